import { createHistogram } from 'node:perf_hooks';
import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '@motia/engine-core/testing';
import { MetricMeter } from '../src/metrics/meter.js';
import { summarise } from '../src/metrics/metric-series.js';
import { measureProcess } from '../src/metrics/process-gauges.js';

describe('how late the event loop is', () => {
  const lag = (meter: MetricMeter): number | undefined => meter.collect().find(({ name }) => name === 'nodejs.eventloop.lag')?.series.find(({ attributes }) => attributes['quantile'] === '1')?.value;

  it('is told for ten to twenty seconds, whoever looks, and forgotten', async () => {
    const clock = new ManualClock();
    const loop = createHistogram();
    const meter = new MetricMeter();
    const registration = measureProcess(meter, clock, Object.assign(loop, { enable: () => true, disable: () => true }));
    loop.record(520_000_000);
    for (const _ of [1, 2, 3]) expect(lag(meter)).toBeCloseTo(500, -1);
    await clock.advance('10s');
    expect(lag(meter)).toBeCloseTo(500, -1);
    expect(lag(meter)).toBeCloseTo(500, -1);
    await clock.advance('10s');
    expect(lag(meter)).toBeCloseTo(500, -1);
    expect(lag(meter)).toBe(0);
    registration.dispose();
  });

  it('is the worst of its quantiles, not their sum', () => {
    const points = ['0.5', '0.99', '1'].flatMap((quantile, index) => [1, 2].map((timeMs) => ({ timeMs, metric: 'm', kind: 'gauge' as const, attributes: { quantile }, value: index * 10 + timeMs })));
    expect(summarise(points, { metric: 'm', takes: () => true, counts: false })).toMatchObject({ last: 22, min: 21, max: 22 });
  });
});
