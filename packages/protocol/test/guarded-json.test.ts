import { describe, expect, it } from '@jest/globals';
import { parseGuardedJson, scanJson } from '../src/index.js';

const problemOf = (text: string | Uint8Array) => {
  const parsed = parseGuardedJson(text);
  return parsed.ok ? undefined : parsed.problem;
};

describe('guarded JSON', () => {
  it.each([
    ['', 1, 1],
    ['{"a":1,}', 1, 8],
    ['{\n  "a": tru\n}', 2, 11],
    ['{"ü":"\u0001"}', 1, 7],
    ['[1 2]', 1, 4],
    ['01', 1, 2],
    ['"abc', 1, 5],
    ['{"a":1}x', 1, 8],
    ["{'a':1}", 1, 2],
  ])('names line and column of the first error in %j', (text, line, column) => {
    expect(problemOf(text)).toMatchObject({ reason: 'invalid', line, column });
  });

  it('drops a byte order mark', () => {
    expect(parseGuardedJson('\uFEFF{"a":1}')).toEqual({ ok: true, value: { a: 1 } });
    expect(parseGuardedJson(Buffer.from('\uFEFF[1]'))).toEqual({ ok: true, value: [1] });
    expect(problemOf('\uFEFF{x')).toMatchObject({ line: 1, column: 2 });
  });

  it('allows 64 levels and refuses the 65th', () => {
    expect(problemOf('['.repeat(64) + ']'.repeat(64))).toBeUndefined();
    expect(problemOf('['.repeat(65) + ']'.repeat(65))).toMatchObject({ reason: 'too_deep', limit: 64, line: 1, column: 65 });
    expect(problemOf('{"a":'.repeat(1_000_000))).toMatchObject({ reason: 'too_deep' });
  });

  it('refuses more than 100,000 values', () => {
    expect(problemOf(`[${'0,'.repeat(99_998)}0]`)).toBeUndefined();
    expect(problemOf(`[${'0,'.repeat(99_999)}0]`)).toMatchObject({ reason: 'too_complex', limit: 100_000 });
    expect(scanJson(Buffer.from('[[],[],[]]'), { maxNodes: 3 })).toMatchObject({ reason: 'too_complex', limit: 3 });
  });

  it.each(['{"__proto__":1}', '[{"a":{"__proto__":{}}}]', '{"\\u005f_proto__":1}', '{"constructor":{"x":1,"prototype":{}}}', '{"con\\u0073tructor": {"prototype":1}}'])(
    'refuses the key that pollutes prototypes in %s',
    (text) => {
      expect(problemOf(text)).toMatchObject({ reason: 'forbidden_key' });
    },
  );

  it.each(['{"constructor":1,"prototype":2}', '{"constructor":[{"prototype":1}]}', '["__proto__"]', '{"a":"__proto__","proto":1,"__Proto__":2}', '{"constructor":{"a":{"prototype":1}}}'])(
    'accepts harmless look-alikes in %s',
    (text) => {
      expect(parseGuardedJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
    },
  );
});
