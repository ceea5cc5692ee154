import { describe, expect, it } from '@jest/globals';
import { parseUpdateOps, updateLimits } from '../src/index.js';

const code = (op: unknown): unknown => {
  const parsed = parseUpdateOps([{ type: 'set', path: 'fine', value: 1 }, op]);
  return parsed.ok ? 'ok' : [parsed.problem.code, parsed.problem.opIndex];
};
const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });
const segments = (count: number): string[] => Array.from({ length: count }, () => 's');
const keys = (count: number): object => Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, at]));

describe('§3 a list of operations', () => {
  it.each([[undefined], [null], ['[]'], [{ 0: {} }], [7]])('%j is none', (input) => {
    expect(parseUpdateOps(input)).toMatchObject({ ok: false, problem: { code: 'ops.not_a_list' } });
  });

  it('holds a bounded number of them', () => {
    const ops = Array.from({ length: updateLimits.maxOps + 1 }, () => ({ type: 'remove', path: 'a' }));
    expect(parseUpdateOps(ops)).toMatchObject({ ok: false, problem: { code: 'ops.too_many' } });
    expect(parseUpdateOps(ops.slice(1)).ok).toBe(true);
  });

  it('gives paths as segments', () => {
    expect(parseUpdateOps([{ type: 'set', path: 'a.b', value: 1 }, { type: 'merge', value: {} }, { type: 'remove', path: ['a', 'b'] }])).toEqual({
      ok: true,
      ops: [{ type: 'set', path: ['a.b'], value: 1 }, { type: 'merge', path: [], value: {} }, { type: 'remove', path: ['a', 'b'] }],
    });
  });
});

describe('§3 an operation is refused with its place when', () => {
  it.each([
    ['it is no object', 'set', 'ops.not_an_operation'],
    ['it is a list', ['set'], 'ops.not_an_operation'],
    ['it is null', null, 'ops.not_an_operation'],
    ['its type is unknown', { type: 'multiply', path: 'a' }, 'ops.unknown_type'],
    ['its type is inherited', Object.create({ type: 'set' }), 'set.path.invalid'],
    ['its path is missing', { type: 'set', value: 1 }, 'set.path.invalid'],
    ['its path is a number', { type: 'remove', path: 1 }, 'remove.path.invalid'],
    ['a segment is a number', { type: 'set', path: ['a', 1], value: 1 }, 'set.path.invalid'],
    ['a segment is empty', { type: 'set', path: ['a', ''], value: 1 }, 'set.path.empty_segment'],
    ['its path is too deep', { type: 'set', path: segments(33), value: 1 }, 'set.path.too_deep'],
    ['a segment is too long', { type: 'remove', path: 'x'.repeat(257) }, 'remove.path.segment_too_long'],
    ['a segment is too long in bytes', { type: 'remove', path: 'é'.repeat(129) }, 'remove.path.segment_too_long'],
    ['its path names __proto__', { type: 'set', path: '__proto__', value: 1 }, 'set.path.proto_polluted'],
    ['its path names constructor', { type: 'increment', path: ['a', 'constructor'], by: 1 }, 'increment.path.proto_polluted'],
    ['its path names prototype', { type: 'append', path: ['prototype'], value: 1 }, 'append.path.proto_polluted'],
    ['set has no value', { type: 'set', path: 'a' }, 'set.value.missing'],
    ['append has no value', { type: 'append', path: 'a', value: undefined }, 'append.value.missing'],
    ['merge has no value', { type: 'merge' }, 'merge.value.missing'],
    ['merge brings a list', { type: 'merge', value: [1] }, 'merge.value.not_an_object'],
    ['merge brings null', { type: 'merge', value: null }, 'merge.value.not_an_object'],
    ['merge brings too much depth', { type: 'merge', value: nested(17) }, 'merge.value.too_deep'],
    ['merge brings too many keys', { type: 'merge', value: keys(1025) }, 'merge.value.too_many_keys'],
    ['merge brings __proto__', { type: 'merge', value: JSON.parse('{"__proto__":{"a":1}}') as object }, 'merge.value.proto_polluted'],
    ['merge brings constructor', { type: 'merge', value: { constructor: 1 } }, 'merge.value.proto_polluted'],
    ['set brings __proto__ deep inside', { type: 'set', path: 'a', value: JSON.parse('{"x":[{"__proto__":1}]}') as object }, 'set.value.proto_polluted'],
    ['set would make the item too deep', { type: 'set', path: ['a', 'b'], value: nested(63) }, 'set.value.too_deep'],
    ['append would make the item too deep', { type: 'append', path: 'a', value: nested(63) }, 'append.value.too_deep'],
    ['set brings a function', { type: 'set', path: 'a', value: { f: () => 1 } }, 'set.value.not_serializable'],
    ['by is missing', { type: 'increment', path: 'a' }, 'increment.by_not_number'],
    ['by is a text', { type: 'decrement', path: 'a', by: '1' }, 'decrement.by_not_number'],
    ['by is not finite', { type: 'increment', path: 'a', by: Number.POSITIVE_INFINITY }, 'increment.by_not_number'],
    ['by is NaN', { type: 'increment', path: 'a', by: Number.NaN }, 'increment.by_not_number'],
  ])('%s', (_when, op, expected) => expect(code(op)).toEqual([expected, 1]));

  it('and taken at the limits', () => {
    for (const op of [
      { type: 'set', path: segments(32), value: nested(32) },
      { type: 'remove', path: 'x'.repeat(256) },
      { type: 'merge', value: nested(16) },
      { type: 'merge', value: keys(1024) },
      { type: 'set', path: 'a', value: nested(63) },
      { type: 'set', path: 'a', value: { constructor: 'Ferrari' } },
    ]) expect(code(op)).toBe('ok');
  });

  it('says where an integer may have been rounded before it came here', () => {
    expect(parseUpdateOps([{ type: 'remove', path: 'a' }, { type: 'set', path: 'a', value: { n: [2 ** 53] } }])).toMatchObject({ ok: true, unsafeInteger: { opIndex: 1, pointer: '/value/n/0' } });
    expect(parseUpdateOps([{ type: 'increment', path: 'a', by: 2 ** 60 }])).toMatchObject({ ok: true, unsafeInteger: { opIndex: 0, pointer: '/by' } });
    expect(parseUpdateOps([{ type: 'increment', path: 'a', by: 0.5 }, { type: 'merge', value: { a: 1 } }])).not.toHaveProperty('unsafeInteger');
  });
});
