import { describe, expect, it } from '@jest/globals';
import type { Counter, Histogram, Meter, SpanAttributes, TelemetrySink } from '../../src/contract/telemetry.js';
import { randomHex } from '../../src/telemetry/trace-context.js';
import { connectTestWorker } from '../../src/testing/connect-test-worker.js';
import { startKernel } from '../functions/start-kernel.js';

interface Seen {
  readonly spans: { readonly name: string; readonly attributes: Record<string, unknown> }[];
  readonly counted: unknown[];
  readonly durations: { readonly attributes: SpanAttributes; readonly ms: number }[];
}

function recordingSink(seen: Seen, isRecording = true): TelemetrySink {
  const histogram = (bound: SpanAttributes): Histogram => ({
    record: (ms) => void seen.durations.push({ attributes: bound, ms }),
    with: (more) => histogram({ ...bound, ...more }),
  });
  const counter = (name: string): Counter => ({ add: (value, attributes = {}) => void seen.counted.push([name, value, attributes]), with: () => counter(name) });
  const meter: Meter = { counter, histogram: () => histogram({}), gauge: () => ({ dispose: () => undefined }) };
  return {
    log: () => undefined,
    otlp: () => undefined,
    meter,
    startSpan(name, { parent, common, attributes }) {
      const span = { name, attributes: { ...common, ...attributes } as Record<string, unknown> };
      seen.spans.push(span);
      const { tracestate, baggage } = parent ?? {};
      return {
        context: {
          traceparent: `00-${parent?.traceparent.slice(3, 35) ?? randomHex(32)}-${randomHex(16)}-01`,
          ...(tracestate === undefined ? {} : { tracestate }),
          ...(baggage === undefined ? {} : { baggage }),
        },
        isRecording,
        setAttribute: (key, value) => void (span.attributes[key] = value),
        event: () => undefined,
        end: (outcome = {}) => void Object.assign(span.attributes, outcome),
      };
    },
  };
}
const start = (isRecording = true) => {
  const host = startKernel();
  const seen: Seen = { spans: [], counted: [], durations: [] };
  host.kernel.telemetry.setSink(recordingSink(seen, isRecording));
  return { host, seen };
};

describe('calls that are recorded', () => {
  it('split the time of a worker call into transit and handler', async () => {
    const { host, seen } = start();
    await using _host = host;
    await using _worker = await connectTestWorker(host.kernel, { functions: { f: async () => new Promise((resolve) => setImmediate(() => resolve(1))) } });
    await host.kernel.functions.invoke('f', {});
    const { attributes } = seen.spans[0]!;
    expect(attributes['handlerMs']).toBeGreaterThan(0);
    expect(attributes['transitMs']).toBeGreaterThanOrEqual(0);
    expect((attributes['handlerMs'] as number) + (attributes['transitMs'] as number)).toBeCloseTo(seen.durations[0]!.ms, 6);
    expect(attributes['waitMs']).toBe(0);
  });

  it('ask no worker for its time when nothing of the span is kept', async () => {
    const { host } = start(false);
    await using _host = host;
    await using worker = await connectTestWorker(host.kernel, { functions: { f: () => 1 } });
    await host.kernel.functions.invoke('f', {});
    expect(worker.calls[0]?.params).not.toHaveProperty('timed');
  });

  it('measure every call by function, trigger type and outcome', async () => {
    const { host, seen } = start();
    await using _host = host;
    host.kernel.functions.register({ id: 'ok' }, () => 1);
    host.kernel.functions.register({ id: 'bad' }, () => {
      throw new Error('no');
    });
    await host.kernel.functions.invoke('ok', {}, { trigger: { id: 't', type: 'http' } });
    await host.kernel.functions.invoke('ok', {});
    await host.kernel.functions.invoke('bad', {}).catch(() => undefined);
    expect(seen.durations.map(({ attributes }) => attributes)).toEqual([
      { 'iii.function.id': 'ok', 'iii.trigger.type': 'http', 'iii.outcome': 'ok' },
      { 'iii.function.id': 'ok', 'iii.outcome': 'ok' },
      { 'iii.function.id': 'bad', 'iii.outcome': 'error' },
    ]);
  });
});

describe('calls that are put on a queue', () => {
  it('are counted apart, and are no run of the function', async () => {
    const { host, seen } = start();
    await using _host = host;
    host.kernel.functions.register({ id: 'mail' }, () => 1);
    host.kernel.setEnqueueRouter({ enqueue: async () => ({ messageReceiptId: 'r' }) });
    await host.kernel.functions.invoke('mail', {}, { action: { type: 'enqueue', queue: 'q' } });
    expect(seen.counted).toEqual([['iii.invocations.deferred.total', 1, { 'iii.function.id': 'mail' }]]);
    expect(seen.durations).toEqual([]);
  });
});

describe('baggage', () => {
  it('O2 that a call sets on its caller goes along with what the caller calls from then on', async () => {
    const { host } = start();
    await using _host = host;
    const seen: (string | undefined)[] = [];
    host.kernel.functions.register({ id: 'set' }, (_payload, call) => call.setCallerBaggage?.('tenant=a'));
    host.kernel.functions.register({ id: 'look' }, (_payload, call) => void seen.push(call.trace.baggage));
    await using worker = await connectTestWorker(host.kernel, {
      functions: {
        outer: async (_payload, call) => {
          await worker.invoke('look', {}, { parent: call });
          expect(await worker.invoke('set', {}, { parent: call })).toBe(true);
          await worker.invoke('look', {}, { parent: call });
        },
      },
    });
    await host.kernel.functions.invoke('outer', {}, { trace: { traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`, baggage: 'from=outside' } });
    expect(seen).toEqual(['from=outside', 'tenant=a']);
    expect(await host.kernel.functions.invoke('set', {})).toBe(false);
  });
});
