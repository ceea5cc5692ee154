import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { toJsonValue } from '../src/index.js';

const result = (value: unknown): unknown => {
  const given = toJsonValue(value);
  return given.ok ? given.value : [given.problem.reason, given.problem.pointer, given.problem.found];
};
const circle: { self?: unknown } = {};
circle.self = { again: circle };

describe('toJsonValue', () => {
  it.each([
    ['undefined', undefined, '', 'undefined'],
    ['a function', { a: [1, () => 1] }, '/a/1', 'a function'],
    ['a symbol', { a: Symbol('s') }, '/a', 'a symbol'],
    ['a big integer', [1n], '/0', 'a bigint'],
    ['NaN', { 'a/b~c': Number.NaN }, '/a~1b~0c', 'NaN'],
    ['Infinity', [[Number.NEGATIVE_INFINITY]], '/0/0', '-Infinity'],
    ['a circle', circle, '/self/again', 'a circle'],
    ['a map', { m: new Map() }, '/m', 'an instance of Map'],
    ['bytes', { b: new Uint8Array(1) }, '/b', 'an instance of Uint8Array'],
    ['a hole', [1, undefined], '/1', 'undefined'],
  ])('§3 refuses %s and says where', (_what, value, pointer, found) => expect(result(value)).toEqual(['not_serializable', pointer, found]));

  it('§4.11 refuses keys that lead to prototypes, and only those', () => {
    expect(result(JSON.parse('{"a":{"__proto__":1}}'))).toEqual(['forbidden_key', '/a/__proto__', 'the key "__proto__"']);
    expect(result({ constructor: { prototype: 1 } })).toEqual(['forbidden_key', '/constructor/prototype', 'the key "constructor.prototype"']);
    expect(result({ constructor: 'Ferrari', prototype: true })).toEqual({ constructor: 'Ferrari', prototype: true });
  });

  it('§3 refuses what is nested too deep, without recursion running away', () => {
    let value: unknown = 1;
    for (let depth = 0; depth < 100_000; depth += 1) value = [value];
    expect(toJsonValue(value)).toMatchObject({ ok: false, problem: { reason: 'too_deep' } });
    expect(toJsonValue([[1]], { maxDepth: 2 })).toMatchObject({ ok: true, depth: 2 });
    expect(toJsonValue([[1]], { maxDepth: 1 })).toMatchObject({ ok: false, problem: { reason: 'too_deep', pointer: '/0' } });
  });

  it('leaves out members that are undefined, and asks toJSON once', () => {
    expect(result({ a: 1, b: undefined, c: { d: undefined, e: 2 } })).toEqual({ a: 1, c: { e: 2 } });
    expect(result({ at: new Date(0), url: new URL('http://a/') })).toEqual({ at: '1970-01-01T00:00:00.000Z', url: 'http://a/' });
    expect(result({ toJSON: () => ({ x: 1 }) })).toEqual({ x: 1 });
    expect(result({ toJSON: () => undefined })).toEqual(['not_serializable', '', 'undefined']);
    const self = { n: 1, toJSON: (): unknown => ({ ...self, toJSON: undefined }) };
    expect(result(self)).toEqual({ n: 1 });
    expect(Object.is(result({ zero: -0 }), undefined)).toBe(false);
    expect(Object.is((result({ zero: -0 }) as { zero: number }).zero, 0)).toBe(true);
  });

  it('takes objects without a prototype, and names what throws', () => {
    expect(result(Object.assign(Object.create(null) as object, { a: 1 }))).toEqual({ a: 1 });
    expect(result({ get broken(): unknown { throw new Error('no'); } })).toEqual(['not_serializable', '/broken', 'an object that throws when it is read']);
  });

  it('§3 points at integers that may have been rounded', () => {
    expect(toJsonValue({ a: [1, 2 ** 53] })).toMatchObject({ ok: true, unsafeIntegerAt: '/a/1' });
    expect(toJsonValue({ a: 2 ** 53 - 1, b: 0.5 })).not.toHaveProperty('unsafeIntegerAt');
  });

  it('gives what a trip through JSON gives, and the same object when that changes nothing', () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 5, noUnicodeString: false }), (value) => {
      const given = toJsonValue(value);
      if (JSON.stringify(value).includes('__proto__') && !given.ok) return;
      expect(given.ok && given.value).toEqual(JSON.parse(JSON.stringify(value)));
      if (given.ok && !JSON.stringify(value, (_key, member: unknown) => (Object.is(member, -0) ? 'minus zero' : member)).includes('minus zero')) expect(given.value).toBe(value);
    }), { numRuns: 2000 });
    fc.assert(fc.property(fc.object({ withUndefined: true, withDate: true, maxDepth: 3, values: [fc.string(), fc.integer(), fc.constant(undefined), fc.date({ noInvalidDate: true })] } as never), (value) => {
      const given = toJsonValue(value);
      if (given.ok) expect(given.value).toEqual(JSON.parse(JSON.stringify(value)));
    }), { numRuns: 1000 });
  });
});
