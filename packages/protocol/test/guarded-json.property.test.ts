import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseGuardedJson, scanJson } from '../src/index.js';

const native = (text: string): { ok: boolean; value?: unknown } => {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false };
  }
};
/** JSON texts with a few characters inserted, dropped or replaced: valid and nearly valid ones. */
const nearlyJson = fc
  .tuple(
    fc.oneof(fc.json({ maxDepth: 5 }), fc.jsonValue().map((value) => JSON.stringify(value, undefined, 1))),
    fc.array(fc.tuple(fc.nat(), fc.nat(2), fc.constantFrom(...'{}[]",:\\u0eE+-.1truefalsn \n\t\u0001é\ud83d')), { maxLength: 3 }),
  )
  .map(([text, edits]) =>
    edits.reduce((current, [position, drop, insert]) => {
      const at = position % (current.length + 1);
      return current.slice(0, at) + (drop === 2 ? '' : insert) + current.slice(at + Math.min(drop, 1));
    }, text),
  );

describe('guarded JSON', () => {
  it('accepts exactly the texts that JSON.parse accepts, and gives the same value', () => {
    fc.assert(
      fc.property(nearlyJson, (given) => {
        const text = Buffer.from(given).toString();
        const expected = native(text);
        const parsed = parseGuardedJson(text);
        if (!parsed.ok && parsed.problem.reason === 'forbidden_key') return;
        expect({ text, ok: parsed.ok }).toEqual({ text, ok: expected.ok });
        expect(scanJson(Buffer.from(text)) === undefined).toBe(expected.ok);
        if (parsed.ok) expect(parsed.value).toEqual(expected.value);
      }),
      { numRuns: 5000 },
    );
  });

  it('points at the place up to which the text could still become JSON', () => {
    fc.assert(
      fc.property(nearlyJson, (given) => {
        const text = Buffer.from(given).toString();
        const parsed = parseGuardedJson(text);
        if (parsed.ok || parsed.problem.reason !== 'invalid') return;
        const { line, column } = parsed.problem;
        const lines = text.split('\n');
        expect(line).toBeLessThanOrEqual(lines.length);
        expect(column).toBeLessThanOrEqual((lines[line - 1] as string).length + 1);
      }),
      { numRuns: 1000 },
    );
  });

  it('finds invalid UTF-8 wherever it stands', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (before, after) => {
        const head = Buffer.from(`["${before.replaceAll(/["\\\p{Cc}]/gu, '')}`);
        const bytes = Buffer.concat([head, Buffer.from([0xc3, 0x28]), Buffer.from(`${after.replaceAll(/["\\\p{Cc}]/gu, '')}"]`)]);
        expect(scanJson(bytes)).toEqual({ reason: 'invalid', message: 'invalid UTF-8', line: 1, column: head.toString().length + 1 });
      }),
    );
  });
});
