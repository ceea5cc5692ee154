import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TelemetrySinkRef } from '@motia/engine-core/contract';
import { connectTestWorker } from '@motia/engine-core/testing';
import { attribute, startOtel, type RunningOtel, type SpanShown } from './fixtures/start-otel.js';

const nanos = (ms: number): string => `${String(Math.round(ms))}000000`;
const span = (otel: RunningOtel, more: object = {}): object => ({ traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), name: 'fetch', kind: 3, startTimeUnixNano: nanos(otel.clock.now() - 50), endTimeUnixNano: nanos(otel.clock.now()), ...more });
const traces = (spans: readonly object[], service?: string): object => ({
  resourceSpans: [{ resource: { attributes: service === undefined ? [] : [{ key: 'service.name', value: { stringValue: service } }] }, scopeSpans: [{ scope: { name: 'http' }, spans }] }],
});
interface StatsShown {
  readonly otlp_in: { readonly accepted: number; readonly rejected: number; readonly truncated: number; readonly adjusted: number; readonly reasons: Readonly<Record<string, number>> };
}
const stats = async (otel: RunningOtel): Promise<StatsShown['otlp_in']> => (await otel.call<StatsShown>('engine::telemetry::stats')).otlp_in;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function withWorker(options: object = {}) {
  const otel = await startOtel(options);
  const worker = await connectTestWorker(otel.host, { functions: { f: () => 1 }, name: 'shop' });
  return {
    otel, worker,
    emit: async (signal: 'traces' | 'metrics' | 'logs', otlp: unknown): Promise<void> => {
      worker.endpoint.notify('telemetry/emit', { signal, otlp });
      await turn();
      await turn();
    },
    [Symbol.asyncDispose]: async () => {
      await worker[Symbol.asyncDispose]();
      await otel[Symbol.asyncDispose]();
    },
  };
}

describe('OTLP from workers', () => {
  it('O2 puts spans into the trace of their call, with all that they hold', async () => {
    await using setup = await withWorker();
    const { otel, emit, worker } = setup;
    await otel.host.functions.invoke('f', {});
    const traceparent = worker.calls[0]!.params.trace!.traceparent;
    await emit('traces', traces([span(otel, {
      traceId: traceparent.slice(3, 35), parentSpanId: traceparent.slice(36, 52), status: { code: 2, message: 'refused' },
      attributes: [
        { key: 'http.request.method', value: { stringValue: 'GET' } }, { key: 'n', value: { intValue: '12' } }, { key: 'f', value: { doubleValue: 0.5 } }, { key: 'b', value: { boolValue: true } },
        { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { intValue: 2 }] } } }, { key: 'map', value: { kvlistValue: { values: [{ key: 'x', value: { intValue: 1 } }] } } },
        { key: 'http.request.header.authorization', value: { stringValue: 'Bearer s3cret' } },
      ],
      events: [{ name: 'dns', timeUnixNano: nanos(otel.clock.now() - 20), attributes: [{ key: 'host', value: { stringValue: 'x' } }] }],
      links: [{ traceId: '12'.repeat(16), spanId: '34'.repeat(8) }],
    })], 'shop-sdk'));
    const { spans } = await otel.list({ name: 'f' });
    const { roots } = await otel.call<{ roots: SpanShown[] }>('engine::traces::tree', { trace_id: spans[0]!.trace_id });
    const [child] = roots[0]!.children;
    expect(child).toMatchObject({ name: 'fetch', kind: 'client', status: 'error', status_description: 'refused', service_name: 'shop-sdk', instrumentation_scope_name: 'http', duration_ms: 50, links: [{ trace_id: '12'.repeat(16) }], events: [{ name: 'dns', attributes: [['host', 'x']] }] });
    expect(Object.fromEntries(child!.attributes)).toEqual({ 'http.request.method': 'GET', n: 12, f: 0.5, b: true, list: ['a', 2], map: '{"x":1}', 'http.request.header.authorization': '[redacted]' });
    expect(await stats(otel)).toMatchObject({ accepted: 1, rejected: 0 });
  });

  it('names spans without a service after their worker', async () => {
    await using setup = await withWorker();
    await setup.emit('traces', traces([span(setup.otel)]));
    expect((await setup.otel.list({ name: 'fetch' })).spans[0]!.service_name).toBe('shop');
  });

  it('takes what it can of an export, and counts the rest by its reason', async () => {
    await using setup = await withWorker();
    const { otel, emit } = setup;
    await emit('traces', traces([
      span(otel), span(otel, { traceId: 'short' }), span(otel, { spanId: '0'.repeat(16) }), span(otel, { name: '' }), span(otel, { startTimeUnixNano: 'x' }),
      span(otel, { spanId: 'ee'.repeat(8), startTimeUnixNano: nanos(otel.clock.now() + 10_000_000), endTimeUnixNano: nanos(otel.clock.now() + 10_000_100) }),
      span(otel, { spanId: 'ef'.repeat(8), attributes: Array.from({ length: 10_000 }, (_, n) => ({ key: `k${String(n)}`, value: { intValue: n } })) }),
    ]));
    expect(await stats(otel)).toEqual({ accepted: 3, rejected: 4, truncated: 1, adjusted: 1, reasons: { 'an id is malformed': 2, 'it has no name': 1, 'its times are malformed': 1 } });
    const { spans } = await otel.call<{ spans: (SpanShown & { dropped_attributes_count?: number })[] }>('engine::traces::tree', { trace_id: 'ab'.repeat(16), flat: true });
    const future = spans.find(({ span_id: id }) => id === 'ee'.repeat(8))!;
    expect(future.start_time_unix_nano / 1e6).toBeLessThanOrEqual(otel.clock.now() + 1);
    expect(spans.find(({ span_id: id }) => id === 'ef'.repeat(8))).toMatchObject({ dropped_attributes_count: 9_872 });
  });

  it('shows spans that call each other their parent once each', async () => {
    await using setup = await withWorker();
    const { otel, emit } = setup;
    const id = (n: number): string => String(n).padStart(16, '0');
    await emit('traces', traces([
      span(otel, { spanId: id(1), parentSpanId: id(2), name: 'one' }), span(otel, { spanId: id(2), parentSpanId: id(3), name: 'two' }), span(otel, { spanId: id(3), parentSpanId: id(1), name: 'three' }),
      span(otel, { spanId: id(4), parentSpanId: id(4), name: 'own' }), span(otel, { spanId: id(5), parentSpanId: id(1), name: 'below' }),
    ]));
    const tree = (query: object = {}) => otel.call<{ roots: SpanShown[]; spans: SpanShown[]; returned: number }>('engine::traces::tree', { trace_id: 'ab'.repeat(16), ...query });
    const { roots, returned } = await tree();
    expect([returned, roots.map(({ name }) => name).sort()]).toEqual([5, ['one', 'own']]);
    expect((await tree({ flat: true })).spans.map(({ name }) => name).sort()).toEqual(['below', 'one', 'own', 'three', 'two']);
    expect((await tree({ flat: true, root_span_id: id(2) })).spans.map(({ name }) => name)).toEqual(['two']);
  });

  it('is bounded by export, by trace and by memory (fault #61)', async () => {
    await using setup = await withWorker({ max_spans_per_trace: 5_000, memory_max_bytes: 1_048_576 });
    const { otel, emit } = setup;
    const many = (from: number, count: number) => Array.from({ length: count }, (_, n) => span(otel, { spanId: (from + n + 1).toString(16).padStart(16, '0') }));
    for (let from = 0; from < 36_000; from += 12_000) await emit('traces', traces(many(from, 12_000)));
    const seen = await stats(otel);
    expect(seen.reasons['one export holds too much']).toBe(6_000);
    expect(seen.accepted + seen.rejected).toBe(36_000);
    const { spans } = await otel.call<{ spans: { bytes: number } }>('engine::telemetry::stats');
    expect(spans.bytes).toBeLessThan(2_000_000);
  });

  it('takes metrics: sums, gauges and histograms, cumulative and delta', async () => {
    await using setup = await withWorker();
    const { otel, emit } = setup;
    const metric = (name: string, kind: object): object => ({ resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name, unit: 'ms', ...kind }] }] }] });
    for (const value of [3, 5]) await emit('metrics', metric('orders', { sum: { isMonotonic: true, aggregationTemporality: 2, dataPoints: [{ asInt: String(value), attributes: [{ key: 'shop', value: { stringValue: 'a' } }] }] } }));
    for (const value of [3, 5]) await emit('metrics', metric('delta', { sum: { isMonotonic: true, aggregationTemporality: 1, dataPoints: [{ asInt: value }] } }));
    await emit('metrics', metric('iii.worker.memory.external', { gauge: { dataPoints: [{ asDouble: 12.5 }] } }));
    await emit('metrics', metric('latency', { histogram: { dataPoints: [{ count: '3', sum: 30, bucketCounts: ['1', '2'], explicitBounds: [5], min: 1, max: 20 }] } }));
    await emit('metrics', metric('bad', { summary: {} }));
    await emit('metrics', metric('', { gauge: { dataPoints: [{ asInt: 1 }] } }));
    const { sdk_metrics: sdk } = await otel.call<{ sdk_metrics: { name: string; data_points: { value?: number; count?: number; attributes: object }[] }[] }>('engine::metrics::list');
    const shown = Object.fromEntries(sdk.map(({ name, data_points: [point] }) => [name, point!.value ?? point!.count]));
    expect(shown).toEqual({ orders: 5, delta: 8, 'iii.worker.memory.external': 12.5, latency: 3 });
    expect(sdk[0]!.data_points[0]!.attributes).toMatchObject({ shop: 'a', 'worker.id': setup.worker.handle.id });
    expect(await stats(otel)).toMatchObject({ accepted: 6, rejected: 2 });
    await otel.clock.advance('3m');
    expect((await otel.call<{ sdk_metrics: { name: string }[] }>('engine::metrics::list')).sdk_metrics.map(({ name }) => name)).not.toContain('iii.worker.memory.external');
  });

  it('takes logs the way of all others', async () => {
    await using setup = await withWorker();
    const { otel, emit } = setup;
    await emit('logs', { resourceLogs: [{ scopeLogs: [{ logRecords: [
      { body: { stringValue: 'hello' }, severityNumber: 17, timeUnixNano: nanos(otel.clock.now()), traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), attributes: [{ key: 'a', value: { intValue: 1 } }] },
      { body: { kvlistValue: { values: [{ key: 'x', value: { boolValue: true } }] } }, severityText: 'Debug' },
      { severityNumber: 9 },
    ] }] }] });
    expect(otel.host.logs.find('hello')).toMatchObject({ level: 'error', traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), fields: { a: 1 }, source: 'shop' });
    expect(otel.host.logs.find('{"x":true}')).toMatchObject({ level: 'debug' });
    expect(await stats(otel)).toMatchObject({ accepted: 2, rejected: 1 });
  });

  it('survives whatever a worker sends', async () => {
    await using otel = await startOtel();
    const otlp = otel.host.service(TelemetrySinkRef);
    fc.assert(fc.property(fc.constantFrom('traces', 'metrics', 'logs'), fc.jsonValue({ maxDepth: 6 }), (signal, value) => {
      otlp.otlp('w', signal, value);
      otlp.otlp('w', signal, { resourceSpans: [value], resourceLogs: [{ scopeLogs: [{ logRecords: [value] }] }], resourceMetrics: [{ scopeMetrics: [{ metrics: [value] }] }] });
      otlp.otlp('w', signal, { resourceSpans: [{ scopeSpans: [{ spans: [value, { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), name: 'x', startTimeUnixNano: 1, endTimeUnixNano: 2, attributes: value, events: value, links: value, status: value }] }] }] });
    }), { numRuns: 300 });
    await expect(otel.list()).resolves.toBeDefined();
  });

  it('is not asked of workers while nothing is recorded', async () => {
    await using setup = await withWorker({ enabled: false });
    await setup.emit('traces', traces([span(setup.otel)]));
    expect(await stats(setup.otel)).toMatchObject({ accepted: 0 });
    expect(attribute({ attributes: [] }, 'x')).toBeUndefined();
  });
});
