import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readCursor } from '../src/query/cursor.js';
import { parseTraceQuery, sortName } from '../src/query/trace-query.js';
import { Turns } from '../src/query/turns.js';
import { TracePlaces, type TraceCandidate } from '../src/storage/trace-places.js';
import type { ListedTrace } from '../src/storage/trace-store.js';

const found = fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 60 })), { selector: ([, id]) => id, maxLength: 50 });
const candidateOf = ([key, id]: readonly [number, number]): TraceCandidate => ({ key, id: id.toString(16).padStart(32, '0'), load: () => ({ spanCount: id }) as ListedTrace });

describe('places of traces on a page', () => {
  it('are the same when what cannot stand on the page is only counted', () => {
    fc.assert(fc.property(found, fc.constantFrom('asc', 'desc'), fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 6 }), fc.boolean(), (traces, direction, limit, offset, goesOn) => {
      const queryOf = (cursor?: string) => parseTraceQuery({ sort_order: direction, limit, ...(cursor === undefined ? { offset } : { cursor }) });
      const pageOf = (cursor: string | undefined, counts: boolean) => {
        const places = new TracePlaces(queryOf(cursor));
        for (const trace of traces) {
          const candidate = candidateOf(trace);
          if (counts && !places.mayShow(candidate.key)) places.count();
          else places.add(candidate);
        }
        return places.page();
      };
      const first = pageOf(undefined, false);
      expect(pageOf(undefined, true)).toEqual(first);
      if (!goesOn || first.nextCursor === undefined) return;
      expect(readCursor(first.nextCursor, sortName('start_time', direction === 'asc'))).toBeDefined();
      expect(pageOf(first.nextCursor, true)).toEqual(pageOf(first.nextCursor, false));
    }), { numRuns: 500 });
  });
});

describe('turns', () => {
  it('are over when two milliseconds have gone, looked at now and then, and begin anew', async () => {
    let nowMs = 100;
    let looks = 0;
    const turns = new Turns(() => ((looks += 1), nowMs));
    const stepsUntilOver = (most: number): number => {
      for (let step = 1; step <= most; step += 1) if (turns.step()) return step;
      return -1;
    };
    expect(stepsUntilOver(1_000)).toBe(-1);
    expect(looks).toBeLessThan(20);
    nowMs += 2;
    expect(stepsUntilOver(64)).toBeGreaterThan(0);
    await turns.next();
    expect(stepsUntilOver(1_000)).toBe(-1);
  });
});
