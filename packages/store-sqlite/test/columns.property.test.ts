import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fromColumn, toColumn } from '../src/thread/columns.js';

const leaf = fc.oneof(fc.string(), fc.integer(), fc.constantFrom(0, -0, Number.NaN), fc.boolean(), fc.constant(null), fc.constant(undefined), fc.uint8Array());
/** Alike and unlike things, inside each other. */
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, leaf, tie('list'), tie('record')),
  list: fc.array(tie('value'), { maxLength: 12 }),
  record: fc.oneof(
    fc.record({ key: leaf, version: leaf, entry: tie('value') }, { noNullPrototype: true }),
    fc.record({ key: leaf, entry: tie('value') }, { requiredKeys: [], noNullPrototype: true }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
}));

describe('columns', () => {
  it('give back what was put into them, alike or not', () => {
    fc.assert(fc.property(fc.array(value, { maxLength: 20 }), (values) => {
      expect(fromColumn(toColumn(values), values.length)).toStrictEqual(values);
    }));
  });

  it('give back the members of records in their order', () => {
    fc.assert(fc.property(fc.array(fc.record({ b: leaf, a: leaf, c: fc.record({ z: leaf, y: leaf }) }), { minLength: 2, maxLength: 20 }), (values) => {
      expect(fromColumn(toColumn(values), values.length).map((each) => Object.keys(each as object))).toEqual(values.map((each) => Object.keys(each)));
    }));
  });

  it('keep a key that names the prototype as a key', () => {
    const values = [1, 2].map((n) => JSON.parse(`{"__proto__":{"n":${n}}}`) as unknown);
    expect(fromColumn(toColumn(values), 2)).toEqual(values);
    expect(Object.keys(fromColumn(toColumn(values), 2)[0] as object)).toEqual(['__proto__']);
  });

  it('write the names of alike records once, and what all of them have in common once', () => {
    const history = { limit: 100 };
    const column = toColumn(['a', 'b', 'c'].map((key) => ({ scope: 'orders', key, history, change: { kind: 'set', json: `"${key}"` } })));
    expect(column).toEqual({
      keys: ['scope', 'key', 'history', 'change'],
      members: [{ same: 'orders' }, { values: ['a', 'b', 'c'] }, { same: history }, { keys: ['kind', 'json'], members: [{ same: 'set' }, { values: ['"a"', '"b"', '"c"'] }] }],
    });
  });

  it('look into a single value that holds a long list', () => {
    const adds = Array.from({ length: 8 }, (_, n) => ({ topic: 'orders', id: `m${n}` }));
    expect(toColumn([{ adds, takes: [] }])).toEqual({
      keys: ['adds', 'takes'],
      members: [{ lengths: [8], items: { keys: ['topic', 'id'], members: [{ same: 'orders' }, { values: adds.map(({ id }) => id) }] } }, { values: [[]] }],
    });
    expect(toColumn([{ adds: adds.slice(1) }])).toEqual({ values: [{ adds: adds.slice(1) }] });
  });
});
