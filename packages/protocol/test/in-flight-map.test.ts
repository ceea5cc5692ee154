import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { InFlightMap } from '../src/index.js';

describe('InFlightMap', () => {
  test('gives back what was set, once', () => {
    const map = new InFlightMap<string, number>();
    map.set('e1', 1);
    map.set('e1', 2);
    expect([map.size, map.get('e1'), map.has('e1'), map.has('e2')]).toEqual([1, 2, true, false]);
    expect([map.take('e1'), map.take('e1'), map.size]).toEqual([2, undefined, 0]);
  });

  test('grows with what is in it, and forgets everything when cleared', () => {
    const map = new InFlightMap<string, number>();
    for (let n = 0; n < 10_000; n++) map.set(`w${n}`, n);
    expect([map.size, map.get('w9999'), [...map.values()].length]).toEqual([10_000, 9_999, 10_000]);
    map.clear();
    expect([map.size, map.get('w9999'), [...map.values()]]).toEqual([0, undefined, []]);
  });

  test('tells an entry whose value is undefined from none', () => {
    const map = new InFlightMap<number, undefined>();
    map.set(0, undefined);
    expect([map.has(0), map.has(1), map.size]).toEqual([true, false, 1]);
  });

  // A handful of keys whose places collide, so that gaps are closed around the end of the table too.
  test('property: it behaves as Map does', () => {
    const key = fc.oneof(fc.integer({ min: -5, max: 200 }), fc.string({ maxLength: 2 }), fc.constantFrom('__proto__', 'constructor', ''));
    const step = fc.oneof(fc.record({ set: key, value: fc.integer() }), fc.record({ take: key }), fc.constant('clear' as const));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
        const model = new Map<string | number, number>();
        const map = new InFlightMap<string | number, number>();
        for (const each of steps) {
          if (each === 'clear') {
            model.clear();
            map.clear();
          } else if ('set' in each) {
            model.set(each.set, each.value);
            map.set(each.set, each.value);
          } else {
            const expected = model.get(each.take);
            model.delete(each.take);
            expect(map.take(each.take)).toBe(expected);
          }
        }
        expect(map.size).toBe(model.size);
        for (const [known, value] of model) expect(map.get(known)).toBe(value);
        expect([...map.values()].sort()).toEqual([...model.values()].sort());
      }),
      { numRuns: 300 },
    );
  });

  // A weak reference would not do: a scavenge takes it for a strong one.
  test('what was taken is gone with the next scavenge, which is what Map fails at', () => {
    const keptMiB = (make: string): number => Number(execFileSync(process.execPath, ['--expose-gc', '--input-type=module', '-e', churn(make)], { encoding: 'utf8' }));
    const built = new URL('../dist/index.js', import.meta.url).href;
    expect(keptMiB(`const { InFlightMap } = await import(${JSON.stringify(built)}); const map = new InFlightMap(); const take = (key) => map.take(key);`)).toBeLessThan(2);
    // Once this fails, V8 has mended it, and a Map will do.
    expect(keptMiB('const map = new Map(); const take = (key) => map.delete(key);')).toBeGreaterThan(3);
  });
});

/** A map that grew old while it was used a little, then has entries of 800 bytes come and go; prints what is left of 32 MB. */
const churn = (make: string): string => `
  ${make}
  for (let n = 0; n < 40; n++) map.set('old' + n, {});
  gc(); gc();
  for (let n = 0; n < 40; n++) take('old' + n);
  const before = process.memoryUsage().heapUsed;
  for (let n = 0; n < 40_000; n++) {
    map.set('e' + n, new Array(100).fill(n));
    if (n >= 8) take('e' + (n - 8));
    if (n % 4_000 === 0) gc({ type: 'minor' });
  }
  for (let n = 0; n < 3; n++) gc({ type: 'minor' });
  console.log((process.memoryUsage().heapUsed - before) / 1048576);
`;
