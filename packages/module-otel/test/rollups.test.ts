import { describe, expect, it } from '@jest/globals';
import { mostWindows, Rollups } from '../src/metrics/rollups.js';

describe('rollups of very many series', () => {
  it('let the oldest windows go for the newest', () => {
    const rollups = new Rollups();
    const point = (timeMs: number, n: number) => ({ timeMs, metric: 'm', kind: 'counter' as const, attributes: { n }, value: 1 });
    rollups.add(Array.from({ length: mostWindows }, (_, n) => point(0, n)));
    rollups.add([point(3_600_000, 1), point(3_600_000, 2)]);
    for (const level of [0, 1, 2]) {
      const windows = rollups.list({ level });
      expect(windows).toHaveLength(mostWindows);
      expect(windows.slice(-2).map(({ startMs, attributes }) => [startMs, attributes['n']])).toEqual([[3_600_000, 1], [3_600_000, 2]]);
      expect(windows[0]!.attributes['n']).toBe(2);
    }
    expect(rollups.dropped).toBe(6);
  });
});
