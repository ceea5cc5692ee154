import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LineAssembler } from '../../src/output/line-assembler.js';

function assemble(chunks: readonly (string | Uint8Array)[], maxLineLength = 1_000): string[] {
  const lines: string[] = [];
  const assembler = new LineAssembler(maxLineLength, (line) => lines.push(line));
  for (const chunk of chunks) assembler.push(chunk);
  assembler.flush();
  return lines;
}

function cut<T extends { slice(from: number, to?: number): T; readonly length: number }>(whole: T, places: readonly number[]): T[] {
  const bounds = [0, ...places.map((place) => place % (whole.length + 1)).sort((a, b) => a - b), whole.length];
  return bounds.slice(1).map((end, index) => whole.slice(bounds[index] ?? 0, end));
}

const text = fc.stringMatching(/^[a-zäß€😀 ]*$/u);
const cuts = fc.array(fc.nat(10_000), { maxLength: 20 });

describe('LineAssembler', () => {
  it('gives the same lines however the bytes were split, characters included', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 10 }), cuts, (lines, places) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''), 'utf8');
        expect(assemble(cut(bytes, places))).toEqual(lines);
      }),
    );
  });

  it('gives the same lines however text was split, whatever the line end', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 10 }), fc.constantFrom('\n', '\r\n'), cuts, (lines, end, places) => {
        expect(assemble(cut(lines.map((line) => line + end).join(''), places))).toEqual(lines);
      }),
    );
  });

  it('keeps every character when it cuts long lines, and none of the pieces is too long', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 200 }), fc.integer({ min: 1, max: 20 }), cuts, (line, max, places) => {
        const pieces = assemble(cut(`${line}\n`, places), max);
        expect(pieces.join('')).toBe(line);
        for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(max);
      }),
    );
  });

  it('hands on what has no line end when it is flushed, once', () => {
    const lines: string[] = [];
    const assembler = new LineAssembler(100, (line) => lines.push(line));
    assembler.push('half');
    assembler.flush();
    assembler.flush();
    expect(lines).toEqual(['half']);
  });

  it('shows half a character as a replacement character when text follows', () => {
    expect(assemble([Buffer.from([0xe2, 0x82]), 'x\n'])).toEqual(['\ufffdx']);
  });
});
