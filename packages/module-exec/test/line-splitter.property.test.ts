import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LineSplitter, wholeCharacters } from '../src/line-splitter.js';

/** Well-formed text without line ends. */
const line = fc.string({ unit: 'binary', maxLength: 60 }).map((text) => Buffer.from(text.replaceAll(/[\n\r]/g, '')).toString());
const lines = fc.array(line, { maxLength: 30 });
const cuts = fc.array(fc.nat(), { maxLength: 40 });

function chunked(bytes: Buffer, at: readonly number[]): Buffer[] {
  const edges = [0, ...at.map((cut) => (bytes.length === 0 ? 0 : cut % bytes.length)), bytes.length].sort((a, b) => a - b);
  return edges.slice(1).map((end, index) => bytes.subarray(edges[index], end));
}

function split(chunks: readonly Buffer[], maxBytes = 65_536): { text: string; isCut: boolean }[] {
  const seen: { text: string; isCut: boolean }[] = [];
  const splitter = new LineSplitter(maxBytes, (bytes, isCut) => seen.push({ text: bytes.toString('utf8'), isCut }));
  for (const chunk of chunks) splitter.push(chunk);
  splitter.flush();
  return seen;
}

describe('line splitter', () => {
  it('gives the same lines however the bytes are cut, characters of several bytes included', () => {
    fc.assert(
      fc.property(lines, cuts, fc.constantFrom('\n', '\r\n'), (expected, at, end) => {
        const bytes = Buffer.from(expected.map((text) => text + end).join(''));
        expect(split(chunked(bytes, at)).map(({ text }) => text)).toEqual(expected);
      }),
    );
  });

  it('cuts a line over the cap once, at a character, however the bytes are cut', () => {
    fc.assert(
      fc.property(lines, cuts, fc.integer({ min: 4, max: 20 }), (expected, at, cap) => {
        const bytes = Buffer.from(expected.map((text) => `${text}\n`).join(''));
        const seen = split(chunked(bytes, at), cap);
        expect(seen).toHaveLength(expected.length);
        for (const [index, { text, isCut }] of seen.entries()) {
          const whole = expected[index] as string;
          expect(isCut).toBe(Buffer.byteLength(whole) > cap);
          expect(whole.startsWith(text)).toBe(true);
          expect(Buffer.byteLength(text)).toBeLessThanOrEqual(cap);
          if (isCut) expect(Buffer.byteLength(text)).toBeGreaterThan(cap - 4);
        }
      }),
    );
  });

  it('holds no more than the cap of an endless line', () => {
    let reported = 0;
    const splitter = new LineSplitter(1_024, () => reported++);
    for (let index = 0; index < 1_000; index++) {
      splitter.push(Buffer.alloc(1_000, 'x'));
      expect(splitter.heldBytes).toBeLessThanOrEqual(1_024);
    }
    expect(reported).toBe(1);
  });

  it('flushes an unfinished line up to its last whole character', () => {
    const seen: string[] = [];
    const splitter = new LineSplitter(100, (bytes) => seen.push(bytes.toString('utf8')));
    const euro = Buffer.from('€');
    splitter.push(Buffer.concat([Buffer.from('price 5 '), euro.subarray(0, 2)]));
    splitter.flush();
    splitter.push(Buffer.concat([euro.subarray(2), Buffer.from('\n')]));
    expect(seen).toEqual(['price 5 ', '€']);
  });

  it('never reports a prefix that ends inside a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.nat(), (text, at) => {
        const bytes = Buffer.from(text);
        const prefix = bytes.subarray(0, at % (bytes.length + 1));
        expect(prefix.subarray(0, wholeCharacters(prefix)).toString('utf8')).not.toContain('\ufffd');
      }),
    );
  });
});
