import { describe, expect, it } from '@jest/globals';
import { updateValue, type UpdateOp } from '../src/index.js';

const after = (current: unknown, ...ops: readonly UpdateOp[]): unknown => {
  const outcome = updateValue(current, ops);
  if (!outcome.ok) throw new Error(`${outcome.problem.code}: ${outcome.problem.message}`);
  return outcome.value;
};
const problem = (current: unknown, ...ops: readonly unknown[]): unknown => {
  const outcome = updateValue(current, ops);
  return outcome.ok ? 'applied' : outcome.problem;
};

describe('S2 paths', () => {
  it('given as a string are one literal top-level key', () => {
    expect(after({}, { type: 'set', path: 'user.name', value: 'Ada' })).toEqual({ 'user.name': 'Ada' });
    expect(after({ user: { name: 'Ada' } }, { type: 'set', path: '/user/name', value: 1 })).toEqual({ user: { name: 'Ada' }, '/user/name': 1 });
  });

  it('given as a list reach into nested objects, and make those that are missing', () => {
    expect(after({ user: { name: 'Ada' } }, { type: 'set', path: ['user', 'address', 'a.b'], value: 1 })).toEqual({ user: { name: 'Ada', address: { 'a.b': 1 } } });
    expect(after(undefined, { type: 'increment', path: ['a', 'b'], by: 2 })).toEqual({ a: { b: 2 } });
  });

  it('that are empty mean the whole item', () => {
    expect(after({ a: 1 }, { type: 'set', path: '', value: [1] })).toEqual([1]);
    expect(after({ a: 1 }, { type: 'set', path: [], value: null })).toBeNull();
    expect(after({ a: 1 }, { type: 'merge', value: { b: 2 } })).toEqual({ a: 1, b: 2 });
    expect(after(4, { type: 'increment', path: '', by: 1 })).toBe(5);
    expect(after(undefined, { type: 'decrement', path: [], by: 3 })).toBe(-3);
    expect(after([1], { type: 'append', value: 2 })).toEqual([1, 2]);
  });

  it.each([
    ['set', { type: 'set', path: ['a', 'b'], value: 1 }],
    ['merge', { type: 'merge', path: ['a', 'b'], value: { c: 1 } }],
    ['increment', { type: 'increment', path: ['a', 'b'], by: 1 }],
    ['decrement', { type: 'decrement', path: ['a', 'b'], by: 1 }],
    ['append', { type: 'append', path: ['a', 'b'], value: 1 }],
    ['remove', { type: 'remove', path: ['a', 'b'] }],
  ])('§3 through something without keys are refused by %s', (type, op) => {
    for (const a of [1, 'text', null, true, [1]]) expect(problem({ a }, op)).toMatchObject({ code: `${type}.target_not_object`, opIndex: 0 });
  });
});

describe('S2 operations', () => {
  it('set, merge and remove', () => {
    expect(after({ a: 1 }, { type: 'set', path: 'a', value: { b: 1 } })).toEqual({ a: { b: 1 } });
    expect(after({ a: { x: { deep: 1 }, y: 1 } }, { type: 'merge', path: 'a', value: { x: 2, z: 3 } })).toEqual({ a: { x: 2, y: 1, z: 3 } });
    expect(after({}, { type: 'merge', path: ['a', 'b'], value: { c: 1 } })).toEqual({ a: { b: { c: 1 } } });
    expect(after({ a: 1, b: { c: 1, d: 2 } }, { type: 'remove', path: 'a' }, { type: 'remove', path: ['b', 'c'] })).toEqual({ b: { d: 2 } });
  });

  it('remove of what is not there changes nothing and makes nothing', () => {
    expect(after({ a: 1 }, { type: 'remove', path: ['x', 'y'] })).toEqual({ a: 1 });
    expect(after(undefined, { type: 'remove', path: 'x' })).toEqual({});
    expect(problem({ a: 1 }, { type: 'remove', path: '' })).toMatchObject({ code: 'remove.path.root' });
  });

  it('increment and decrement start at nothing, with whole numbers and fractions', () => {
    expect(after({ n: 1.5 }, { type: 'increment', path: 'n', by: 0.25 }, { type: 'decrement', path: 'm', by: 2 })).toEqual({ n: 1.75, m: -2 });
    expect(Object.is(after(undefined, { type: 'decrement', path: '', by: 0 }), 0)).toBe(true);
  });

  it('§3 increment on what is no number is refused, null included', () => {
    for (const n of ['1', null, true, {}, []]) {
      expect(problem({ n }, { type: 'increment', path: 'n', by: 1 })).toMatchObject({ code: 'increment.not_number', opIndex: 0 });
      expect(problem({ n }, { type: 'decrement', path: 'n', by: 1 })).toMatchObject({ code: 'decrement.not_number' });
    }
  });

  it('§3 counts never become inexact without notice', () => {
    expect(problem({ n: Number.MAX_SAFE_INTEGER }, { type: 'increment', path: 'n', by: 1 })).toMatchObject({ code: 'increment.unsafe_integer' });
    expect(problem({ n: Number.MIN_SAFE_INTEGER }, { type: 'decrement', path: 'n', by: 1 })).toMatchObject({ code: 'decrement.unsafe_integer' });
    expect(problem({ n: 1.7e308 }, { type: 'increment', path: 'n', by: 1.7e308 })).toMatchObject({ code: 'increment.not_finite' });
    expect(after({ n: Number.MAX_SAFE_INTEGER - 1 }, { type: 'increment', path: 'n', by: 1 })).toEqual({ n: Number.MAX_SAFE_INTEGER });
  });

  it('append adds to arrays and strings, and begins one where there is nothing or null', () => {
    expect(after({ l: [1] }, { type: 'append', path: 'l', value: [2] })).toEqual({ l: [1, [2]] });
    expect(after({ s: 'a' }, { type: 'append', path: 's', value: 'b' })).toEqual({ s: 'ab' });
    expect(after({ n: null }, { type: 'append', path: 'n', value: 1 }, { type: 'append', path: 'n', value: 2 })).toEqual({ n: [1, 2] });
    expect(after(undefined, { type: 'append', path: ['log', 'text'], value: 'a' }, { type: 'append', path: ['log', 'text'], value: 'b' })).toEqual({ log: { text: 'ab' } });
  });

  it('§3 append to objects and scalars, and of others to strings, is refused', () => {
    for (const target of [{}, 1, false]) expect(problem({ target }, { type: 'append', path: 'target', value: 1 })).toMatchObject({ code: 'append.type_mismatch' });
    expect(problem({ target: 'a' }, { type: 'append', path: 'target', value: 1 })).toMatchObject({ code: 'append.type_mismatch', message: expect.stringContaining('a number cannot be appended') as unknown as string });
  });

  it('a merge into something that is no object fails with a code', () => {
    for (const target of [1, 'a', null, [1]]) expect(problem({ target }, { type: 'merge', path: 'target', value: { a: 1 } })).toMatchObject({ code: 'merge.target_not_object', opIndex: 0 });
    expect(problem(1, { type: 'merge', value: { a: 1 } })).toMatchObject({ code: 'merge.target_not_object', message: expect.stringContaining('At the root stands a number') as unknown as string });
  });

  it('an empty list gives the item, or an empty object where there is none', () => {
    expect(after({ a: 1 })).toEqual({ a: 1 });
    expect(after(undefined)).toEqual({});
    expect(after(null)).toBeNull();
  });
});

describe('S2 all or nothing', () => {
  it('an operation that fails leaves item and operations as they were, and says which it was', () => {
    const current = deepFreeze({ count: 1, list: [{ a: 1 }], nested: { text: 'a' } });
    const ops = deepFreeze([
      { type: 'increment', path: 'count', by: 1 },
      { type: 'append', path: 'list', value: { b: 1 } },
      { type: 'set', path: ['nested', 'more'], value: { c: [] } },
      { type: 'append', path: ['nested', 'more', 'c'], value: 1 },
      { type: 'merge', path: ['nested', 'text'], value: { d: 1 } },
    ]);
    expect(updateValue(current, ops)).toEqual({ ok: false, problem: { code: 'merge.target_not_object', message: 'At ["nested","text"] stands a string; merge needs an object or nothing there.', opIndex: 4 } });
    expect(updateValue(current, ops.slice(0, 4))).toEqual({ ok: true, value: { count: 2, list: [{ a: 1 }, { b: 1 }], nested: { text: 'a', more: { c: [1] } } } });
  });

  it('what is given is shared, never changed: also when one value goes to two places', () => {
    const value = deepFreeze({ n: 0 });
    expect(after(undefined, { type: 'set', path: 'a', value }, { type: 'set', path: 'b', value }, { type: 'increment', path: ['a', 'n'], by: 1 })).toEqual({ a: { n: 1 }, b: { n: 0 } });
  });

  it('inherited members are no members', () => {
    expect(after({}, { type: 'append', path: 'toString', value: 'x' })).toEqual({ toString: 'x' });
    expect(after({}, { type: 'set', path: ['hasOwnProperty', 'a'], value: 1 })).toEqual({ hasOwnProperty: { a: 1 } });
  });
});

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
