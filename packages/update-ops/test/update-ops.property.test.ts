import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseUpdateOps, updateValue } from '../src/index.js';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
interface PlainOp {
  readonly type: 'set' | 'merge' | 'increment' | 'decrement' | 'append' | 'remove';
  readonly path: string | string[];
  readonly value?: Json;
  readonly by?: number;
}

/**
 * The operations once more, as plainly as they can be written: on a deep copy that is thrown away when something fails.
 * It shares no code with the sources.
 */
function plainModel(current: Json | undefined, ops: readonly PlainOp[]): { readonly value: Json } | { readonly code: string; readonly opIndex: number } {
  const box: { item?: Json } = current === undefined ? {} : { item: JSON.parse(JSON.stringify(current)) as Json };
  for (const [opIndex, op] of ops.entries()) {
    const fail = (condition: string) => ({ code: `${op.type}.${condition}`, opIndex });
    const way = ['item', ...(typeof op.path === 'string' ? (op.path === '' ? [] : [op.path]) : op.path)];
    let holder = box as Record<string, Json>;
    let isMissing = false;
    for (const key of way.slice(0, -1)) {
      if (!Object.keys(holder).includes(key)) {
        if (op.type === 'remove') {
          isMissing = true;
          break;
        }
        holder[key] = {};
      }
      const next = holder[key] as Json;
      if (next === null || typeof next !== 'object' || Array.isArray(next)) return fail('target_not_object');
      holder = next;
    }
    const key = way.at(-1) as string;
    const stands = Object.keys(holder).includes(key) ? holder[key] : undefined;
    const value = op.value === undefined ? undefined : (JSON.parse(JSON.stringify(op.value)) as Json);
    if (op.type === 'set') holder[key] = value as Json;
    if (op.type === 'remove' && !isMissing) delete holder[key];
    if (op.type === 'merge') {
      if (stands === undefined) holder[key] = {};
      else if (stands === null || typeof stands !== 'object' || Array.isArray(stands)) return fail('target_not_object');
      for (const [name, member] of Object.entries(value as Record<string, Json>)) (holder[key] as Record<string, Json>)[name] = member;
    }
    if (op.type === 'increment' || op.type === 'decrement') {
      if (stands !== undefined && typeof stands !== 'number') return fail('not_number');
      holder[key] = op.type === 'increment' ? (stands ?? 0) + (op.by as number) : (stands ?? 0) - (op.by as number);
    }
    if (op.type === 'append') {
      if (stands === undefined || stands === null) holder[key] = typeof value === 'string' ? value : [value as Json];
      else if (Array.isArray(stands)) stands.push(value as Json);
      else if (typeof stands === 'string' && typeof value === 'string') holder[key] = stands + value;
      else return fail('type_mismatch');
    }
  }
  return { value: box.item === undefined ? {} : (JSON.parse(JSON.stringify(box.item)) as Json) };
}

// Few keys and small numbers, so that operations meet each other's results.
const key = fc.constantFrom('a', 'b', 'c', 'a.b', 'toString');
const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, fc.constant(null), fc.boolean(), fc.integer({ min: -5, max: 5 }), fc.constantFrom('', 'x', 'yz'), fc.array(tie('value'), { maxLength: 3 }), fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true })),
})).value;
const path = fc.oneof(fc.constant(''), key, fc.array(key, { maxLength: 3 }));
const op: fc.Arbitrary<PlainOp> = fc.oneof(
  fc.record({ type: fc.constant('set' as const), path, value: json }),
  fc.record({ type: fc.constant('merge' as const), path, value: fc.dictionary(key, json, { maxKeys: 3, noNullPrototype: true }) }),
  fc.record({ type: fc.constantFrom('increment' as const, 'decrement' as const), path, by: fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constantFrom(0.5, -0.25)) }),
  fc.record({ type: fc.constant('append' as const), path, value: json }),
  fc.record({ type: fc.constant('remove' as const), path: fc.oneof(key, fc.array(key, { minLength: 1, maxLength: 3 })) }),
);

describe('S2 update operations', () => {
  it('do what the plain model does, errors and their places included, and change nothing that they are given', () => {
    let applied = 0;
    let refused = 0;
    fc.assert(fc.property(fc.option(json, { nil: undefined }), fc.array(op, { maxLength: 8 }), (current, ops) => {
      const before = JSON.stringify([current, ops]);
      const outcome = updateValue(current, ops);
      expect(JSON.stringify([current, ops])).toBe(before);
      const expected = plainModel(current, ops);
      if (outcome.ok) applied += 1;
      else refused += 1;
      expect(outcome.ok ? { value: outcome.value } : { code: outcome.problem.code, opIndex: outcome.problem.opIndex }).toEqual(expected);
    }), { numRuns: 20_000 });
    // Both ends are met often, or the comparison says little.
    expect(Math.min(applied, refused)).toBeGreaterThan(2_000);
  });

  it('never throw, whatever is handed in', () => {
    fc.assert(fc.property(fc.anything({ withBigInt: true, withMap: true, withSparseArray: true, withNullPrototype: true, withTypedArray: true }), fc.anything({ withBigInt: true, withDate: true }), (list, member) => {
      for (const input of [list, [list], [{ type: 'set', path: 'a', value: member }], [{ type: 'merge', path: list, value: member }], [{ type: 'increment', path: ['a'], by: member }]]) {
        const parsed = parseUpdateOps(input);
        if (!parsed.ok) expect(parsed.problem.code).toMatch(/^[a-z]+(\.[a-z_]+)+$/);
        expect(JSON.stringify(updateValue({ a: 1 }, input))).toBeDefined();
      }
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    }), { numRuns: 3000 });
  });
});
