import { describe, expect, it } from '@jest/globals';
import { TelemetrySinkRef } from '@motia/engine-core/contract';
import { startOtel } from './fixtures/start-otel.js';

interface HistogramShown {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly p50: number;
}
interface RollupShown {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

async function withMetrics(options: object = {}) {
  const otel = await startOtel(options);
  const sink = otel.host.service(TelemetrySinkRef);
  const emit = (name: string, kind: object): void => sink.otlp('w', 'metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name, unit: 'ms', ...kind }] }] }] });
  return {
    otel, emit,
    histogram: (temporality: 'delta' | 'cumulative', { counts, sum, ...more }: { readonly counts: readonly number[]; readonly sum: number; readonly min?: number; readonly max?: number; readonly attributes?: unknown }): void => {
      emit('latency', { histogram: { aggregationTemporality: temporality === 'delta' ? 1 : 2, dataPoints: [{ count: String(counts.reduce((a, b) => a + b, 0)), sum, bucketCounts: counts.map(String), explicitBounds: [5, 50], ...more }] } });
    },
    shown: async (): Promise<HistogramShown> => (await otel.call<{ sdk_metrics: { data_points: HistogramShown[] }[] }>('engine::metrics::list', { metric_name: 'latency' })).sdk_metrics[0]!.data_points[0]!,
    rollup: async (): Promise<RollupShown> => (await otel.call<{ rollups: RollupShown[] }>('engine::rollups::list', { level: 2, metric_name: 'latency' })).rollups[0]!,
    [Symbol.asyncDispose]: () => otel[Symbol.asyncDispose](),
  };
}

describe('histograms of workers', () => {
  it('that are told as totals count each value once, over whatever time', async () => {
    await using setup = await withMetrics({ alerts: [{ name: 'busy', metric: 'latency', statistic: 'increase', threshold: 5, window_seconds: 3_600 }] });
    const { otel, histogram, shown, rollup } = setup;
    histogram('cumulative', { counts: [1, 2, 0], sum: 61, min: 1, max: 40 });
    histogram('cumulative', { counts: [1, 2, 0], sum: 61, min: 1, max: 40 });
    histogram('cumulative', { counts: [1, 3, 0], sum: 91, min: 1, max: 40 });
    expect(await shown()).toMatchObject({ count: 4, sum: 91, min: 1, max: 40 });
    expect(await rollup()).toMatchObject({ count: 4, sum: 91, min: 1, max: 40 });
    expect(await otel.call('engine::alerts::evaluate')).toMatchObject({ triggered: [] });
  });

  it('go on where a process has begun anew', async () => {
    await using setup = await withMetrics();
    const { histogram, shown, rollup } = setup;
    histogram('cumulative', { counts: [4, 0, 0], sum: 8 });
    histogram('cumulative', { counts: [1, 0, 0], sum: 3 });
    expect(await shown()).toMatchObject({ count: 1, sum: 3 });
    expect(await rollup()).toMatchObject({ count: 5, sum: 11 });
  });

  it('that are told as what came add up', async () => {
    await using setup = await withMetrics();
    const { histogram, shown, rollup } = setup;
    histogram('delta', { counts: [1, 0, 0], sum: 2, min: 2, max: 2 });
    histogram('delta', { counts: [0, 2, 0], sum: 50, min: 20, max: 30 });
    histogram('delta', { counts: [0, 0, 0], sum: 0 });
    expect(await shown()).toMatchObject({ count: 3, sum: 52, min: 2, max: 30 });
    expect(await rollup()).toMatchObject({ count: 3, sum: 52, min: 2, max: 30 });
  });

  it('that do not say their least and greatest value are reckoned by their buckets', async () => {
    await using setup = await withMetrics();
    setup.histogram('delta', { counts: [0, 3, 0], sum: 90 });
    const { min, max, p50 } = await setup.shown();
    expect([min, max]).toEqual([25, 50]);
    expect(p50).toBeGreaterThan(25);
  });
});

describe('metrics of workers', () => {
  it('that have no buckets are all below infinity', async () => {
    await using setup = await withMetrics();
    setup.emit('sizes', { histogram: { aggregationTemporality: 1, dataPoints: [{ count: '3', sum: 30, min: 5, max: 15 }] } });
    const { body } = await setup.otel.call<{ body: string }>('engine::metrics::prometheus');
    expect(body).toMatch(/^sizes_milliseconds_bucket\{.*le="\+Inf"\} 3$/m);
    const { sdk_metrics: [sizes] } = await setup.otel.call<{ sdk_metrics: { data_points: HistogramShown[] }[] }>('engine::metrics::list', { metric_name: 'sizes' });
    expect(sizes!.data_points).toMatchObject([{ count: 3, min: 5, max: 15 }]);
  });

  it('that go up and down are what was told together, when only changes are told', async () => {
    await using setup = await withMetrics();
    for (const asInt of [5, -2]) setup.emit('open', { sum: { isMonotonic: false, aggregationTemporality: 1, dataPoints: [{ asInt }] } });
    const { sdk_metrics: [open] } = await setup.otel.call<{ sdk_metrics: { data_points: { value: number }[] }[] }>('engine::metrics::list', { metric_name: 'open' });
    expect(open!.data_points).toMatchObject([{ value: 3 }]);
  });

  it('hold no secrets in their attributes', async () => {
    await using setup = await withMetrics({ redact_keys: ['ssn'] });
    const attributes = Object.entries({ 'url.full': 'https://ada:s3cret@h/x?code=s3cret', api_key: 's3cret', ssn: 's3cret', note: 'password=s3cret', key: 'api_token', value: 's3cret' }).map(([key, stringValue]) => ({ key, value: { stringValue } }));
    setup.emit('calls', { sum: { isMonotonic: true, dataPoints: [{ asInt: 1, attributes }] } });
    const text = JSON.stringify([await setup.otel.call('engine::metrics::list'), await setup.otel.call('engine::metrics::prometheus'), await setup.otel.call('engine::rollups::list', {})]);
    expect(text).toContain('[redacted]');
    expect(text).not.toContain('s3cret');
  });
});
