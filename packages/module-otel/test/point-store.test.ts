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

  it('take no room from earlier ones where all room is taken', () => {
    const points = new PointStore({ retentionMs: 600_000, most: 3 });
    const times = [1, 2, 3, 4].map((n) => n * pointMs);
    for (const timeMs of times) points.add([gauge(timeMs, 'a', 1)], timeMs);
    for (let look = 1; look <= 5; look += 1) points.add([gauge(4 * pointMs + look, 'a', look)], 4 * pointMs + look);
    expect(points.between(0, 99_999).map(({ timeMs, value }) => [timeMs, value])).toEqual([[2 * pointMs, 1], [3 * pointMs, 1], [4 * pointMs, 5]]);
    expect(points.dropped).toBe(1);
  });

  it('are not added to one that had to make room', () => {
    const points = new PointStore({ retentionMs: 600_000, most: 1 });
    points.add([gauge(10_000, 'a', 1), gauge(10_000, 'b', 1)], 10_000);
    points.add([gauge(10_001, 'a', 2)], 10_001);
    expect(points.between(0, 99_999)).toMatchObject([{ attributes: { queue: 'a' }, value: 2 }]);
  });
});
