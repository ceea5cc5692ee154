import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { listPage } from '../src/api/list-page.js';
import { stateAt } from '../src/api/state-at.js';

interface Row {
  readonly id: string;
  readonly depth?: number;
}
const shape = { keyOf: ({ id }: Row) => id, textOf: ({ id }: Row) => `row ${id}`, sorts: { depth: ({ depth }: Row) => depth } };
const rowsOf = fc.uniqueArray(fc.record({ id: fc.string({ minLength: 1, maxLength: 4 }), depth: fc.integer({ min: 0, max: 3 }) }, { requiredKeys: ['id'] }), { selector: ({ id }) => id, maxLength: 30 });

function everyPage(rows: readonly Row[], given: Readonly<Record<string, string>>, meanwhile: (page: number) => readonly Row[] = () => rows): readonly Row[] {
  const seen: Row[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < 100; page += 1) {
    const { items, nextCursor } = listPage(meanwhile(page), new Map(Object.entries({ ...given, ...(cursor === undefined ? {} : { cursor }) })), shape);
    seen.push(...items);
    if (nextCursor === null) return seen;
    cursor = nextCursor;
  }
  throw new Error('the list never ends');
}

describe('a list in memory', () => {
  it.each([['key', 'asc'], ['key', 'desc'], ['depth', 'asc'], ['depth', 'desc']])('by %s %s gives every row once, in order, whatever the page size', (sort, order) => {
    fc.assert(fc.property(rowsOf, fc.integer({ min: 1, max: 7 }), (rows, limit) => {
      const seen = everyPage(rows, { sort, order, limit: String(limit) });
      expect([...seen].map(({ id }) => id).sort()).toEqual(rows.map(({ id }) => id).sort());
      if (sort !== 'depth') return;
      const depths = seen.map(({ depth }) => depth);
      const known = depths.filter((depth) => depth !== undefined);
      // Rows without a value come last either way.
      expect(depths.slice(0, known.length)).toEqual(known);
      expect(known).toEqual([...known].sort((a, b) => (order === 'asc' ? a - b : b - a)));
    }));
  });

  it('repeats and hides none of the rows that stay while others come and go', () => {
    fc.assert(fc.property(rowsOf, rowsOf, (rows, others) => {
      const staying = new Set(rows.map(({ id }) => id));
      const coming = others.filter(({ id }) => !staying.has(id));
      const seen = everyPage(rows, { limit: '3' }, (page) => (page % 2 === 0 ? rows : [...coming, ...rows])).filter(({ id }) => staying.has(id));
      expect(seen.map(({ id }) => id)).toEqual([...staying].sort((a, b) => (a < b ? -1 : 1)));
    }));
  });

  it('finds text literally, and counts what it found', () => {
    expect(listPage([{ id: 'a.b' }, { id: 'axb' }], new Map([['filter', 'A.B']]), shape)).toMatchObject({ items: [{ id: 'a.b' }], total: { value: 1, exact: true } });
    expect(listPage([{ id: 'a' }], new Map([['filter', '(a+)+$']]), shape).items).toEqual([]);
  });

  it.each([[{ cursor: 'WyJrZXkgZmFsc2UiLG51bGwsImEiXQ', sort: 'depth' }], [{ cursor: 'bm8' }], [{ cursor: 'W10' }], [{ sort: 'colour' }], [{ order: 'up' }]])('refuses %j', (query) => {
    expect(() => listPage([{ id: 'a' }], new Map(Object.entries(query)), shape)).toThrow(/CURSOR|cursor|sort|order/);
  });
});

describe('the value of a key at a time', () => {
  const change = { seq: 7, op: 'set', version: 2, at_ms: 1, trace_id: 't' };
  it.each([
    ['a value', { ...change, after: 5 }, false, { is_known: true, exists: true, value: 5, seq: 7, version: 2, at_ms: 1, trace_id: 't' }],
    ['a stored null, which is a value', { ...change, after: null }, false, { is_known: true, exists: true, value: null, seq: 7, version: 2, at_ms: 1, trace_id: 't' }],
    ['a key that was deleted', { ...change, op: 'delete' }, false, { is_known: true, exists: false, seq: 7 }],
    ['a value that was too large for the history', { ...change, after_unknown: true }, false, { is_known: false }],
    ['a time before the first change', undefined, false, { is_known: true, exists: false }],
    ['a time that the history has forgotten', undefined, true, { is_known: false }],
  ])('is told of %s', (_what, last, isTruncated, expected) => {
    expect(stateAt(last, isTruncated)).toEqual(expected);
  });
});
