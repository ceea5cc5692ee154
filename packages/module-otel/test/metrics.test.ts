import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { WorkerRegistry } from '@motia/engine-core/contract';
import { connectTestWorker } from '@motia/engine-core/testing';
import { HistogramSeries, quantile } from '../src/metrics/histogram-series.js';
import { MetricMeter, mostSeries } from '../src/metrics/meter.js';
import { WorkerGauges } from '../src/metrics/worker-gauges.js';
import { summarise } from '../src/metrics/metric-series.js';
import { PointStore, pointMs } from '../src/metrics/point-store.js';
import { renderPrometheus } from '../src/metrics/prometheus.js';
import { Rollups } from '../src/metrics/rollups.js';
import { startOtel } from './fixtures/start-otel.js';

interface MetricsShown {
  readonly engine_metrics: { readonly invocations: Record<string, unknown>; readonly workers: Record<string, number>; readonly performance: Record<string, number> };
  readonly metrics: readonly { readonly name: string; readonly data_points: readonly { readonly attributes: Record<string, unknown>; readonly value?: number; readonly count?: number }[] }[];
  readonly sdk_metrics: readonly { readonly name: string; readonly data_points: readonly unknown[] }[];
  readonly aggregated_metrics?: readonly { readonly metric_name: string; readonly count: number }[];
}

describe('metrics of the engine', () => {
  it('count calls, errors and durations by function and trigger, whatever is sampled', async () => {
    await using otel = await startOtel({ sampling_ratio: 0 });
    await otel.run('a', () => otel.clock.advance(10));
    await otel.run('a', () => otel.clock.advance(10));
    await otel.run('b', () => { throw new Error('no'); });
    await otel.host.functions.invoke('a', {}, { trigger: { id: 't', type: 'http' } });
    const { engine_metrics: engine, metrics } = await otel.call<MetricsShown>('engine::metrics::list');
    expect(engine.invocations).toEqual({ total: 4, success: 3, error: 1, deferred: 0, by_function: { a: 3, b: 1 } });
    expect(engine.performance).toMatchObject({ max_duration_ms: 10, min_duration_ms: 0 });
    expect(engine.performance['p50_duration_ms']).toBeGreaterThan(4);
    const durations = metrics.find(({ name }) => name === 'iii.invocation.duration')!.data_points;
    expect(durations.map(({ attributes, count }) => [attributes, count])).toEqual(expect.arrayContaining([
      [{ 'iii.function.id': 'a', 'iii.outcome': 'ok' }, 2], [{ 'iii.function.id': 'a', 'iii.trigger.type': 'http', 'iii.outcome': 'ok' }, 1], [{ 'iii.function.id': 'b', 'iii.outcome': 'error' }, 1],
    ]));
    expect(metrics.find(({ name }) => name === 'iii.invocations.total')!.data_points.reduce((sum, { value = 0 }) => sum + value, 0)).toBe(4);
    expect((await otel.call<MetricsShown>('engine::metrics::list', { metric_name: 'iii.invocation.errors.total' })).metrics).toMatchObject([{ data_points: expect.arrayContaining([{ attributes: { 'iii.function.id': 'b', 'iii.outcome': 'error' }, value: 1 }]) }]);
  });

  it('know processes, this process and its event loop', async () => {
    await using otel = await startOtel();
    {
      await using _worker = await connectTestWorker(otel.host, { functions: {} });
      const { engine_metrics: engine } = await otel.call<MetricsShown>('engine::metrics::list');
      expect(engine.workers).toEqual({ spawns: 1, deaths: 0, active: 1 });
    }
    const { engine_metrics: engine, metrics } = await otel.call<MetricsShown>('engine::metrics::list');
    expect(engine.workers).toEqual({ spawns: 1, deaths: 1, active: 0 });
    const names = metrics.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['process.memory.rss', 'process.memory.heap_used', 'process.cpu.time', 'process.uptime', 'nodejs.eventloop.lag']));
    expect(metrics.find(({ name }) => name === 'process.memory.rss')!.data_points[0]!.value).toBeGreaterThan(1e7);
  });

  it('tell of each process what it says of itself, by the names that existing programs know', () => {
    const vitals = { uptimeMs: 10_000, eventLoopLagMs: 2, memory: { rss: 4, heapUsed: 1, heapTotal: 2, external: 3 }, cpu: { userMicros: 600_000, systemMicros: 100_000 } };
    const told = [{ id: 'w-1', label: 'app', state: 'ready', inFlight: 0, vitals }, { id: 'w-2', label: 'quiet', state: 'ready', inFlight: 0 }];
    const meter = new MetricMeter();
    new WorkerGauges(meter, { list: () => told, onChanged: () => ({ dispose: () => undefined }) } as unknown as WorkerRegistry);
    const values = (): Readonly<Record<string, number | undefined>> => Object.fromEntries(meter.collect().flatMap(({ name, series }) => series.filter(({ attributes }) => attributes['worker.id'] === 'w-1').map(({ value }) => [name, value])));
    const first = {
      'iii.workers.in_flight': 0, 'iii.worker.memory.rss': 4, 'iii.worker.memory.heap_used': 1, 'iii.worker.memory.heap_total': 2, 'iii.worker.memory.external': 3,
      'iii.worker.cpu.user_micros': 600_000, 'iii.worker.cpu.system_micros': 100_000, 'iii.worker.event_loop.lag_ms': 2, 'iii.worker.uptime_seconds': 10,
    };
    expect(values()).toEqual(first);
    told[0] = { ...told[0]!, vitals: { ...vitals, uptimeMs: 12_000, cpu: { userMicros: 1_500_000, systemMicros: 200_000 } } };
    // A second in two, and the same until it tells more.
    expect([values()['iii.worker.cpu.percent'], values()['iii.worker.cpu.percent']]).toEqual([50, 50]);
    told.shift();
    expect(values()).toEqual({});
  });

  it('are aggregated over time, and rolled up into minutes, five minutes and hours', async () => {
    await using otel = await startOtel();
    for (let minute = 0; minute < 12; minute += 1) {
      await otel.run('a');
      await otel.clock.advance('1m');
    }
    const { aggregated_metrics: aggregated } = await otel.call<MetricsShown>('engine::metrics::list', { metric_name: 'iii.invocations.total', aggregate_interval: 240 });
    expect(aggregated!.reduce((sum, { count }) => sum + count, 0)).toBe(12);
    expect(aggregated!.length).toBeGreaterThanOrEqual(3);
    const rollups = async (level: number) => (await otel.call<{ rollups: { attributes: Record<string, unknown>; count: number; p95?: number; bucket_start: number; bucket_end: number }[] }>('engine::rollups::list', { level, metric_name: 'iii.invocation.duration' })).rollups.filter(({ attributes }) => attributes['iii.function.id'] === 'a');
    const [minutes, fives, hours] = [await rollups(0), await rollups(1), await rollups(2)];
    expect(minutes.length).toBeGreaterThanOrEqual(11);
    expect(fives.length).toBeGreaterThanOrEqual(3);
    expect(hours).toHaveLength(1);
    for (const windows of [minutes, fives, hours]) expect(windows.reduce((sum, { count }) => sum + count, 0)).toBe(12);
    expect(hours[0]!.bucket_end - hours[0]!.bucket_start).toBe(3_600_000);
    expect(typeof hours[0]!.p95).toBe('number');
  });

  it('are grouped by attributes over any time, calls of tools left out', async () => {
    await using otel = await startOtel();
    await otel.run('early');
    await otel.clock.advance('10m');
    const startMs = otel.clock.now();
    await otel.run('a');
    await otel.host.functions.invoke('a', {}, { trigger: { id: 't', type: 'http' } });
    await otel.clock.advance('1m');
    const grouped = async (more: object): Promise<unknown> =>
      (await otel.call<{ aggregated_metrics: unknown }>('engine::metrics::list', { metric_name: 'iii.invocation.duration', start_time: startMs, end_time: otel.clock.now(), ...more })).aggregated_metrics;
    const byTrigger = await grouped({ group_by: ['iii.trigger.type'] });
    expect(byTrigger).toHaveLength(2);
    expect(byTrigger).toEqual(expect.arrayContaining([
      expect.objectContaining({ attributes: { 'iii.trigger.type': 'http' }, count: 1, bucket_start: startMs, bucket_end: startMs + 60_000, p95: expect.any(Number) }),
      expect.objectContaining({ attributes: { 'iii.trigger.type': null }, count: 1 }),
    ]));
    expect(await grouped({ group_by: ['iii.function.id'] })).toMatchObject([{ attributes: { 'iii.function.id': 'a' }, count: 2 }]);
    await expect(otel.call('engine::metrics::list', { group_by: [] })).rejects.toMatchObject({ code: 'MOTIA_OTEL_INVALID_QUERY' });
  });

  it('metrics_enabled: false measures nothing', async () => {
    await using otel = await startOtel({ metrics_enabled: false, alerts: [{ name: 'a', metric: 'iii.invocations.error', threshold: 0 }] });
    await otel.run('a');
    await expect(otel.call('engine::metrics::prometheus')).rejects.toMatchObject({ code: 'MOTIA_OTEL_NOT_STORED' });
    expect(await otel.call('engine::alerts::list')).toMatchObject({ alerts: [] });
  });

  it('metrics_max_count and metrics_retention_seconds bound single measurements', async () => {
    const points = new PointStore({ retentionMs: 30_000, most: 3 });
    const point = (timeMs: number) => ({ timeMs, metric: 'm', kind: 'gauge' as const, attributes: {}, value: timeMs });
    for (const timeMs of [1, 2, 3, 4, 5].map((n) => n * pointMs)) points.add([point(timeMs)], timeMs);
    expect([points.between(0, 10 * pointMs).map(({ timeMs }) => timeMs / pointMs), points.dropped]).toEqual([[3, 4, 5], 2]);
    points.add([point(100_000)], 100_000);
    expect(points.between(0, 999_999).map(({ timeMs }) => timeMs)).toEqual([100_000]);
    await using otel = await startOtel({ metrics_max_count: 5 });
    await otel.clock.advance('1m');
    expect(await otel.call('engine::telemetry::stats')).toMatchObject({ metrics: { points: 5 } });
  });
});

describe('somebody who looks all the time', () => {
  it('takes no room from what was measured before', async () => {
    await using otel = await startOtel({ metrics_max_count: 500, alerts: [{ name: 'busy', metric: 'iii.invocations.total', threshold: 2, window_seconds: 600 }] });
    for (let n = 0; n < 3; n += 1) await otel.run('f');
    for (let n = 0; n < 240; n += 1) {
      await otel.call('engine::metrics::list', {});
      await otel.clock.advance(250);
    }
    expect(await otel.call('engine::alerts::evaluate')).toMatchObject({ triggered: [{ alert: 'busy', value: 3 }] });
    expect(await otel.call('engine::telemetry::stats')).toMatchObject({ metrics: { dropped_points: 0 } });
  });
});

describe('a clock that is set', () => {
  it('back hides nothing that is measured from then on', async () => {
    await using otel = await startOtel({ alerts: [{ name: 'busy', metric: 'iii.invocations.total', threshold: 2 }] });
    await otel.run('f');
    await otel.clock.advance('10s');
    otel.clock.jump(otel.clock.now() - 3_600_000);
    for (let n = 0; n < 3; n += 1) await otel.run('f');
    expect(await otel.call('engine::alerts::evaluate')).toMatchObject({ triggered: [{ alert: 'busy', value: 3 }] });
  });

  it('far ahead and back again keeps no rollup for ever', () => {
    const rollups = new Rollups();
    const point = (timeMs: number) => ({ timeMs, metric: 'm', kind: 'counter' as const, attributes: {}, value: 1 });
    rollups.add([point(10 * 365 * 24 * 3_600_000), point(0)]);
    rollups.evict(2 * 3_600_000);
    expect(rollups.list({ level: 0 }).map(({ startMs }) => startMs)).toEqual([10 * 365 * 24 * 3_600_000]);
  });
});

describe('instruments', () => {
  it('tell at most so many series apart, and lose no count', () => {
    const meter = new MetricMeter();
    const counter = meter.counter('c');
    for (let n = 0; n < mostSeries + 500; n += 1) counter.add(1, { n });
    const [metric] = meter.collect();
    expect(metric!.series.length).toBeLessThanOrEqual(mostSeries + 1);
    expect(metric!.series.reduce((sum, { value = 0 }) => sum + value, 0)).toBe(mostSeries + 500);
    expect(metric!.series.some(({ attributes }) => attributes['otel.metric.overflow'] === true)).toBe(true);
  });

  it('of one name are one, and pass over what is no number', () => {
    const meter = new MetricMeter();
    meter.counter('c').add(1);
    meter.counter('c').with({ a: 1 }).add(2);
    meter.counter('c').add(Number.NaN);
    meter.counter('c').add(-5);
    meter.histogram('h').record(Number.POSITIVE_INFINITY);
    meter.gauge('g', () => { throw new Error('broken'); });
    meter.gauge('g2', () => [{ value: Number.NaN }, { value: 2, attributes: { x: 1 } }]);
    expect(meter.collect().map(({ name, series }) => [name, series.map(({ value, distribution }) => value ?? distribution?.count)])).toEqual([['c', [1, 2]], ['h', [0]], ['g', []], ['g2', [2]]]);
  });

  it('give points that add up to what was recorded, however often one looks', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.double({ min: 0, max: 100_000, noNaN: true }), fc.constant('look' as const)), { maxLength: 200 }), (steps) => {
      const meter = new MetricMeter();
      const histogram = meter.histogram('h');
      let count = 0;
      let sum = 0;
      let seen = 0;
      let seenSum = 0;
      const look = (): void => {
        for (const { distribution } of meter.takePoints(0)) {
          seen += distribution!.count;
          seenSum += distribution!.sum;
          expect(distribution!.buckets.reduce((a, b) => a + b, 0)).toBe(distribution!.count);
        }
      };
      for (const step of steps) {
        if (step === 'look') look();
        else {
          histogram.record(step);
          count += 1;
          sum += step;
        }
      }
      look();
      expect(seen).toBe(count);
      expect(seenSum).toBeCloseTo(sum, 3);
    }));
  });

  it('reckon quantiles within the bucket that holds them', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 300 }), fc.constantFrom(0.5, 0.95, 0.99), (values, share) => {
      const series = new HistogramSeries();
      for (const value of values) series.record(value);
      const reckoned = quantile(series.total(), share);
      expect(reckoned).toBeGreaterThanOrEqual(Math.min(...values));
      expect(reckoned).toBeLessThanOrEqual(Math.max(...values));
    }));
  });
});

describe('a summary', () => {
  it('takes any number of looks at a gauge', () => {
    const points = Array.from({ length: 300_000 }, (_, timeMs) => ({ timeMs, metric: 'm', kind: 'gauge' as const, attributes: {}, value: timeMs % 7 }));
    expect(summarise(points, { metric: 'm', takes: () => true, counts: false })).toMatchObject({ increase: 300_000, min: 0, max: 6 });
  });
});

describe('rollups', () => {
  it('let windows go when their time is over', () => {
    const rollups = new Rollups();
    const point = (timeMs: number) => ({ timeMs, metric: 'm', kind: 'counter' as const, attributes: {}, value: 1 });
    rollups.add([point(0), point(30_000), point(3_600_000)]);
    expect([0, 1, 2].map((level) => rollups.list({ level }).map(({ count }) => count))).toEqual([[2, 1], [2, 1], [2, 1]]);
    rollups.evict(2 * 3_600_000);
    expect([0, 1, 2].map((level) => rollups.list({ level }).length)).toEqual([1, 2, 2]);
    rollups.evict(8 * 24 * 3_600_000);
    expect(rollups.size).toBe(0);
  });
});

describe('the Prometheus text', () => {
  it('has names, types, labels and buckets as Prometheus reads them', () => {
    const meter = new MetricMeter();
    meter.counter('iii.calls.total', { description: 'Calls\nof functions' }).add(3, { 'iii.function.id': 'a"b\\c\n', ok: true });
    meter.histogram('iii.invocation.duration', { unit: 'ms' }).record(3, { f: 'x' });
    meter.gauge('process.memory.rss', () => 5, { unit: 'By' });
    const text = renderPrometheus(meter.collect());
    expect(text).toContain('# HELP iii_calls_total Calls\\nof functions\n# TYPE iii_calls_total counter\niii_calls_total{iii_function_id="a\\"b\\\\c\\n",ok="true"} 3\n');
    expect(text).toContain('# TYPE iii_invocation_duration_milliseconds histogram\n');
    expect(text).toContain('iii_invocation_duration_milliseconds_bucket{f="x",le="2.5"} 0\niii_invocation_duration_milliseconds_bucket{f="x",le="5"} 1\n');
    expect(text).toContain('iii_invocation_duration_milliseconds_bucket{f="x",le="+Inf"} 1\niii_invocation_duration_milliseconds_sum{f="x"} 3\niii_invocation_duration_milliseconds_count{f="x"} 1\n');
    expect(text).toContain('# TYPE process_memory_rss_bytes gauge\nprocess_memory_rss_bytes 5\n');
    for (const line of text.trimEnd().split('\n')) expect(line).toMatch(/^(?:# (?:HELP|TYPE) [a-zA-Z_:][\w:]* .+|[a-zA-Z_:][\w:]*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*",?)*\})? (?:[-+\d.e]+|NaN|[+-]Inf))$/);
  });

  it('names what counts once only, however its maker spells it', () => {
    const counter = (name: string) => ({ name, kind: 'counter' as const, unit: '', description: '', series: [{ attributes: {}, value: 1 }] });
    expect(renderPrometheus(['http_requests_total', 'orders.total', 'made'].map(counter)).split('\n').filter((line) => /^\w/.test(line))).toEqual(['http_requests_total 1', 'orders_total 1', 'made_total 1']);
  });

  it('is offered as a function', async () => {
    await using otel = await startOtel();
    await otel.run('a');
    expect(await otel.call('engine::metrics::prometheus')).toMatchObject({ content_type: expect.stringContaining('version=0.0.4'), body: expect.stringContaining('iii_invocations_total{iii_function_id="a",iii_outcome="ok"} 1') });
  });
});
