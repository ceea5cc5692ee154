import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FrameParser } from '../src/framing/frame-parser.js';

const MAX_FRAME = 300;
/** `MOTIA_FUZZ_RUNS=300000 npm test -- framing.property` fuzzes for about a minute. */
const RUNS = Number(process.env['MOTIA_FUZZ_RUNS'] ?? 3000);

interface Seen {
  frames: { envelope: string; raw: string | undefined }[];
  faults: string[];
  text: string[];
}

function parse(bytes: Buffer, cuts: readonly number[]): Seen {
  const seen: Seen = { frames: [], faults: [], text: [] };
  const parser = new FrameParser(
    {
      onFrame(envelope, raw) {
        try {
          JSON.parse(envelope);
        } catch {
          seen.faults.push('MOTIA_PROTOCOL_JSON_MALFORMED');
          return false;
        }
        seen.frames.push({ envelope, raw: raw?.toString('hex') });
        return true;
      },
      onFault: (fault) => seen.faults.push(fault.code),
      onText: (line) => seen.text.push(line),
    },
    { maxFrameBytes: MAX_FRAME },
  );
  const positions = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  for (let i = 1; i < positions.length; i++) parser.push(bytes.subarray(positions[i - 1], positions[i]));
  parser.end();
  return seen;
}

const frameOf = (envelope: string, raw?: Uint8Array, extraHeader = ''): Buffer => {
  const json = Buffer.from(envelope);
  const type = raw === undefined ? '' : `Content-Type: application/vnd.motia.raw; envelope=${json.length}\r\n`;
  return Buffer.concat([Buffer.from(`Content-Length: ${json.length + (raw?.length ?? 0)}\r\n${extraHeader}${type}\r\n`), json, raw ?? Buffer.alloc(0)]);
};

interface Piece {
  readonly bytes: Buffer;
  readonly envelope?: string;
  readonly raw?: string | undefined;
}

/** An envelope whose own data may look like a header. */
const envelope = fc
  .record({ n: fc.nat(), s: fc.oneof(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.constant('Content-Length: 5\r\n\r\n{"a":1}'), fc.constant('\uFFFD')) })
  .map((value) => JSON.stringify(value));
const goodFrame: fc.Arbitrary<Piece> = fc
  .tuple(envelope, fc.option(fc.uint8Array({ maxLength: 60 }), { nil: undefined }), fc.constantFrom('', 'Content-Type: application/vscode-jsonrpc; charset=utf-8\r\n', 'X-Trace: 1\r\n'))
  .map(([json, raw, extra]) => ({ bytes: frameOf(json, raw, raw === undefined ? extra : ''), envelope: json, raw: raw && Buffer.from(raw).toString('hex') }));

/** Text that ends its line, prompts without line end, half headers, broken headers. */
const text = fc
  .oneof(
    fc.string({ maxLength: 40 }),
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc.constantFrom(
      '\n> shop@1.0.0 dev\n> motia dev\n\n',
      'Content-Length',
      'Content-Length:',
      'Content-Length: 5',
      'Content-Length: 5\r\n',
      'Content-Length: 5\n\n',
      'Content-Length: 10abc\r\n\r\n',
      'Content-Length: -1\r\n\r\n',
      'Content-Length: 4294967296\r\n\r\n',
      'Content-Length: 99999999999999999999\r\n\r\n',
      'Content-Length: \r\n\r\n',
      'Content-Length: 7\r\nContent-Type: text/plain\r\n',
      'Content-Type: application/json\r\n\r\n',
      'Content-Length: 1256\r\n\r\n<html>',
      'CContent-LengthContent-Length: 3\r',
      'done. ',
    ),
  )
  .map((value) => ({ bytes: Buffer.from(value) }));
const invalidUtf8: fc.Arbitrary<Piece> = fc.constant({ bytes: Buffer.from([0x66, 0xc3, 0x28, 0xff, 0x0a]) });
const oversized: fc.Arbitrary<Piece> = fc.integer({ min: MAX_FRAME + 1, max: MAX_FRAME * 4 }).map((size) => ({ bytes: frameOf(`{"x":"${'x'.repeat(size - 8)}"}`) }));
const malformed: fc.Arbitrary<Piece> = fc
  .constantFrom('{"a":', '[1,', '{"a":1}}', 'not json', '', '{"a":"\u0000"}', ' ')
  .map((json) => ({ bytes: frameOf(json) }));
const badUtf8Frame: fc.Arbitrary<Piece> = fc.constant({ bytes: Buffer.concat([Buffer.from('Content-Length: 9\r\n\r\n'), Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]) });
/** A header that promises more than its body has, so that it swallows what follows. */
const lying: fc.Arbitrary<Piece> = fc.integer({ min: 1, max: 40 }).map((extra) => ({ bytes: Buffer.from(`Content-Length: ${7 + extra}\r\n\r\n{"a":1}`) }));

const cuts = fc.array(fc.nat(), { maxLength: 30 });
const expectedFrames = (pieces: readonly Piece[]) => pieces.filter((piece) => piece.envelope !== undefined).map(({ envelope: json, raw }) => ({ envelope: json, raw }));

describe('the frame parser', () => {
  it('delivers every good frame exactly once and in order, whatever stands between them and however it is split', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 3, arbitrary: goodFrame }, { weight: 2, arbitrary: text }, oversized, malformed, badUtf8Frame, invalidUtf8), { maxLength: 12 }), cuts, (pieces, where) => {
        const seen = parse(Buffer.concat(pieces.map((piece) => piece.bytes)), where);
        expect(seen.frames).toEqual(expectedFrames(pieces));
      }),
      { numRuns: RUNS },
    );
  });

  it('says the same however the bytes are split', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(goodFrame, text as fc.Arbitrary<Piece>, oversized, malformed, invalidUtf8, lying), { maxLength: 8 }), cuts, (pieces, where) => {
        const bytes = Buffer.concat(pieces.map((piece) => piece.bytes));
        const everyByte = Array.from({ length: bytes.length }, (_, i) => i);
        expect(parse(bytes, where)).toEqual(parse(bytes, []));
        expect(parse(bytes, everyByte)).toEqual(parse(bytes, []));
      }),
      { numRuns: RUNS / 10 },
    );
  });

  it('finds the frames that a lying length swallowed', () => {
    fc.assert(
      fc.property(lying, fc.array(goodFrame, { minLength: 2, maxLength: 4 }), cuts, (lie, pieces, where) => {
        const seen = parse(Buffer.concat([lie.bytes, ...pieces.map((piece) => piece.bytes)]), where);
        expect(seen.frames).toEqual(expectedFrames(pieces));
        expect(seen.faults).toEqual(['MOTIA_PROTOCOL_JSON_MALFORMED']);
      }),
    );
  });

  it('keeps text lines whole and in order', () => {
    const line = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }).map((value) => `log ${value.replaceAll(/[\r\n]/g, '')}`);
    fc.assert(
      fc.property(fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n')), { maxLength: 10 }), goodFrame, cuts, (lines, frame, where) => {
        const bytes = Buffer.concat([...lines.map(([value, end]) => Buffer.from(value + end)), Buffer.from('no line end'), frame.bytes, Buffer.from('after')]);
        expect(parse(bytes, where).text).toEqual([...lines.map(([value]) => Buffer.from(value).toString()), 'no line end', 'after']);
      }),
    );
  });
});
