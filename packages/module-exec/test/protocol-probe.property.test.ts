import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isProgramOutput, ProtocolProbe } from '../src/protocol-probe.js';

/** Feeds chunks until frames are seen; answers all that was called text and all that was called frames. */
function probe(chunks: readonly Buffer[]): { text: string; frames: string | undefined } {
  const probing = new ProtocolProbe();
  let text = '';
  for (const [index, chunk] of chunks.entries()) {
    const found = probing.push(chunk);
    text += found.text.toString('latin1');
    if (found.frames !== undefined) return { text, frames: Buffer.concat([found.frames, ...chunks.slice(index + 1)]).toString('latin1') };
  }
  return { text: text + probing.rest().toString('latin1'), frames: undefined };
}

function chunked(text: string, at: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text, 'latin1');
  const edges = [0, ...at.map((cut) => (bytes.length === 0 ? 0 : cut % bytes.length)), bytes.length].sort((a, b) => a - b);
  return edges.slice(1).map((end, index) => bytes.subarray(edges[index], end));
}

const banner = fc.string({ unit: fc.constantFrom('C', 'c', 'o', 'n', '-', '\n', ' ', 'Content-', 'é') });

describe('protocol probe', () => {
  it('finds the first header whatever stands before it and however the bytes are cut', () => {
    fc.assert(
      fc.property(banner, fc.array(fc.nat()), fc.constantFrom('Content-Length: 2\r\n\r\n{}', 'content-length:2\r\n\r\n{}'), (before, cuts, frame) => {
        expect(probe(chunked(before + frame, cuts))).toEqual({ text: before, frames: frame });
      }),
    );
  });

  it('calls everything text when no header comes, and loses no byte of it', () => {
    fc.assert(
      fc.property(banner, fc.array(fc.nat()), (text, cuts) => {
        expect(probe(chunked(text, cuts))).toEqual({ text, frames: undefined });
      }),
    );
  });
});

it.each([
  ['\n> app@1.0.0 dev\n> motia dev\n\n', false],
  ['yarn run v1.22.22\n$ motia dev\n', false],
  ['> app@1.0.0 dev\nlistening on 3000\n', true],
  ['listening', true],
])('tells what a package manager announces from what a program says: %j', (text, expected) => {
  expect(isProgramOutput(Buffer.from(text))).toBe(expected);
});
