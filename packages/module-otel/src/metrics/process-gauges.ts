import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { processUsage } from '@motia/engine-core';
import type { Clock, Measurement, Meter, Registration } from '@motia/engine-core/contract';

/** Milliseconds between looks at the event loop; what it finds is lag beyond this. */
const resolutionMs = 20;
/** How long a time lateness is told of, and the one before it: whoever looks at least so often misses nothing. */
const lagWindowMs = 10_000;

type Loop = Pick<IntervalHistogram, 'enable' | 'disable' | 'reset' | 'percentile' | 'count' | 'max'>;

/** What this process uses, and how long its event loop keeps others waiting. Runs from now to `dispose`. */
export function measureProcess(meter: Meter, clock: Pick<Clock, 'monotonicMs'>, loop: Loop = monitorEventLoopDelay({ resolution: resolutionMs })): Registration {
  loop.enable();
  const lag = lagOf(loop, clock);
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
    meter.gauge('nodejs.eventloop.lag', lag, { unit: 'ms', description: 'How late the event loop was in the last ten to twenty seconds; the worst under quantile 1' }),
  ];
  return {
    dispose: () => {
      loop.disable();
      for (const registration of registrations) registration.dispose();
    },
  };
}

function lagOf(loop: Loop, clock: Pick<Clock, 'monotonicMs'>): () => readonly Measurement[] {
  const late = (nanos: number): number => (Number.isFinite(nanos) ? Math.max(0, nanos / 1e6 - resolutionMs) : 0);
  const look = (): readonly number[] => (loop.count === 0 ? [0, 0, 0] : [late(loop.percentile(50)), late(loop.percentile(99)), late(loop.max)]);
  let before: readonly number[] = [0, 0, 0];
  let begunMs = clock.monotonicMs();
  return () => {
    const now = look();
    const worst = now.map((value, index) => Math.max(value, before[index] ?? 0));
    if (clock.monotonicMs() - begunMs >= lagWindowMs) {
      before = now;
      begunMs = clock.monotonicMs();
      loop.reset();
    }
    return ['0.5', '0.99', '1'].map((quantile, index) => ({ value: worst[index] ?? 0, attributes: { quantile } }));
  };
}
