import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { processUsage } from '@motia/engine-core';
import type { Meter, Registration } from '@motia/engine-core/contract';

/** Milliseconds between looks at the event loop; what it finds is lag beyond this. */
const resolutionMs = 20;

/** What this process uses, and how long its event loop keeps others waiting. Runs from now to `dispose`. */
export function measureProcess(meter: Meter): Registration & { lagMs(): number } {
  const loop: IntervalHistogram = monitorEventLoopDelay({ resolution: resolutionMs });
  loop.enable();
  const registrations = [
    meter.gauge('process.memory.rss', () => processUsage().rssBytes, { unit: 'By', description: 'Memory of the engine' }),
    meter.gauge('process.memory.heap_used', () => processUsage().heapUsedBytes, { unit: 'By', description: 'JavaScript heap in use' }),
    meter.gauge('process.memory.heap_total', () => processUsage().heapTotalBytes, { unit: 'By', description: 'JavaScript heap' }),
    meter.gauge('process.memory.external', () => processUsage().externalBytes, { unit: 'By', description: 'Memory of the engine outside the heap' }),
    meter.gauge('process.cpu.time', () => {
      const { cpuUserMicros, cpuSystemMicros } = processUsage();
      return [
        { value: cpuUserMicros / 1e6, attributes: { 'cpu.mode': 'user' } },
        { value: cpuSystemMicros / 1e6, attributes: { 'cpu.mode': 'system' } },
      ];
    }, { unit: 's', description: 'CPU time since the start of the engine' }),
    meter.gauge('process.uptime', () => processUsage().uptimeSeconds, { unit: 's', description: 'Time since the start of the engine' }),
    meter.gauge('nodejs.eventloop.lag', () => lagOf(loop), { unit: 'ms', description: 'How late the event loop is; the worst since the last look under quantile 1' }),
  ];
  return {
    lagMs: () => Math.max(0, loop.percentile(99) / 1e6 - resolutionMs),
    dispose: () => {
      loop.disable();
      for (const registration of registrations) registration.dispose();
    },
  };
}

function lagOf(loop: IntervalHistogram): readonly { readonly value: number; readonly attributes: { readonly quantile: string } }[] {
  const late = (nanos: number): number => (Number.isFinite(nanos) ? Math.max(0, nanos / 1e6 - resolutionMs) : 0);
  const seen = [
    { value: late(loop.percentile(50)), attributes: { quantile: '0.5' } },
    { value: late(loop.percentile(99)), attributes: { quantile: '0.99' } },
    { value: late(loop.count === 0 ? 0 : loop.max), attributes: { quantile: '1' } },
  ];
  return seen;
}
