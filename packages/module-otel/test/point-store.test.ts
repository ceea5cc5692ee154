import { describe, expect, it } from '@jest/globals';
import { summarise } from '../src/metrics/metric-series.js';
import { PointStore, pointMs } from '../src/metrics/point-store.js';

const gauge = (timeMs: number, queue: string, value: number) => ({ timeMs, metric: 'depth', kind: 'gauge' as const, attributes: { queue }, value });

describe('measurements that are taken down soon after each other', () => {
  it('add up over their series, those that came in between included', () => {
    const points = new PointStore({ retentionMs: 60_000, most: 100 });
    points.add([gauge(10_000, 'a', 3)], 10_000);
    points.add([gauge(12_000, 'a', 5), gauge(12_000, 'b', 7)], 12_000);
    const last = (): number | undefined => summarise(points.between(0, 99_999), { metric: 'depth', takes: () => true, counts: false })?.last;
    expect(last()).toBe(12);
    points.add([gauge(10_000 + pointMs, 'a', 1), gauge(10_000 + pointMs, 'b', 1)], 10_000 + pointMs);
    expect([last(), points.size]).toEqual([2, 4]);
  });
});
