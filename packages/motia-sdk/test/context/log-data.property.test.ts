import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { toLogData } from '../../src/context/log-data.js';

// Hundreds of runs, on machines that may be busy.
jest.setTimeout(30_000);

const anything = fc.anything({ withBigInt: true, withBoxedValues: true, withDate: true, withMap: true, withSet: true, withTypedArray: true, withNullPrototype: true, withObjectString: true, withSparseArray: true });

describe('log data', () => {
  it('can always be sent, whatever it was made of', () => {
    fc.assert(
      fc.property(anything, (value) => {
        expect(() => JSON.stringify({ data: toLogData(value) })).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });

  it('is an equal copy of plain JSON within the bounds', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const plain = JSON.parse(JSON.stringify(value)) as unknown;
        expect(toLogData(plain)).toEqual(plain);
        if (typeof plain === 'object' && plain !== null) expect(toLogData(plain)).not.toBe(plain);
      }),
      { numRuns: 300 },
    );
  });

  it('stays small however large the value is', () => {
    const wide = Array.from({ length: 50_000 }, (_, i) => ({ i, text: 'x'.repeat(100) }));
    expect(JSON.stringify(toLogData(wide)).length).toBeLessThan(200_000);
    const long = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, 'y'.repeat(20_000)]));
    expect(JSON.stringify(toLogData(long)).length).toBeLessThan(200_000);
    let deep: unknown = 'end';
    for (let i = 0; i < 10_000; i += 1) deep = { deep };
    expect(JSON.stringify(toLogData(deep)).length).toBeLessThan(200);
    const row = Array.from({ length: 1_000 }, () => 0.123456789);
    expect(JSON.stringify(toLogData(Array.from({ length: 1_000 }, () => row))).length).toBeLessThan(300_000);
    const keys = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`${i}`.padEnd(5_000, 'k'), i]));
    expect(JSON.stringify(toLogData(keys)).length).toBeLessThan(300_000);
    expect(JSON.stringify(toLogData({ error: new Error('e'.repeat(5_000_000)) })).length).toBeLessThan(100_000);
  });
});
