import { describe, expect, it } from '@jest/globals';
import { FrameParser } from '../src/framing/frame-parser.js';
import { MAX_TEXT_LINE_BYTES } from '../src/framing/text-lines.js';

function parser(maxFrameBytes = 16 * 1024 * 1024) {
  const frames: string[] = [];
  const faults: { code: string; message: string; head?: string | undefined }[] = [];
  const text: string[] = [];
  const frameParser = new FrameParser(
    {
      onFrame: (envelope) => frames.push(envelope) > 0,
      onFault: ({ code, message }, head) => faults.push({ code, message, head }),
      onText: (line) => text.push(line),
    },
    { maxFrameBytes },
  );
  const push = (...chunks: (string | Buffer)[]) => {
    for (const chunk of chunks) frameParser.push(Buffer.from(chunk as string));
  };
  return { frameParser, push, frames, faults, text };
}
const good = 'Content-Length: 7\r\n\r\n{"a":1}';

describe('the frame parser', () => {
  it.each([
    ['a missing length', 'Content-Type: application/json\r\n\r\n', 'the header has no Content-Length'],
    ['an empty length', 'Content-Length: \r\n\r\n', 'Content-Length is not a number'],
    ['a negative length', 'Content-Length: -5\r\n\r\n', 'Content-Length is not a number'],
    ['letters after the digits', 'Content-Length: 10abc\r\n\r\n', 'Content-Length is not a plain decimal number'],
    ['a length of 4 GiB', 'Content-Length: 4294967296\r\n\r\n', 'Content-Length is over 2147483647'],
    ['a bare line feed', 'Content-Length: 7\n\n', 'Content-Length is not a plain decimal number'],
    ['two lengths', 'Content-Length: 7\r\nContent-Length: x\r\n\r\n', 'Content-Length appears twice'],
    ['a header line without name', 'Content-Length: 7\r\nhello\r\n\r\n', 'a header line has no name'],
    ['another charset', 'Content-Length: 7\r\nContent-Type: application/json; charset=utf-16\r\n\r\n', 'the charset is not utf-8'],
    ['a raw frame without envelope', 'Content-Length: 7\r\nContent-Type: application/vnd.motia.raw\r\n\r\n', 'a raw frame needs envelope=<bytes>'],
    ['an envelope beyond the body', 'Content-Length: 7\r\nContent-Type: application/vnd.motia.raw; envelope=8\r\n\r\n', 'envelope is not a number within the body'],
    ['an endless header', `Content-Length: 7\r\nX: ${'y'.repeat(2000)}\r\n\r\n`, 'the header is too long'],
  ])('reports %s as FRAME_INVALID and reads on at the next frame', (_, broken, reason) => {
    const { push, frames, faults } = parser();
    push(`${broken}${good}`);
    expect(faults[0]).toMatchObject({ code: 'MOTIA_PROTOCOL_FRAME_INVALID', message: expect.stringContaining(reason) });
    expect(frames).toEqual(['{"a":1}']);
  });

  it('takes the words of a frame header inside a line of prose for prose', () => {
    const { push, frames, faults, text } = parser();
    push(`the header Content-Length: is missing\nand ${good}`);
    expect({ frames, faults, text }).toEqual({ frames: ['{"a":1}'], faults: [], text: ['the header Content-Length: is missing', 'and '] });
  });

  it('does not wait for the body of an HTTP answer that was dumped to the stream', () => {
    const { push, frames, faults } = parser();
    push('HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n', '<html>', `\n${good}`);
    expect(frames).toEqual(['{"a":1}']);
    expect(faults).toMatchObject([{ code: 'MOTIA_PROTOCOL_JSON_MALFORMED' }]);
  });

  it('skips a body over the limit without keeping it, and shows its start', () => {
    const { push, frames, faults } = parser(1024);
    push('Content-Length: 1000000\r\n\r\n', '{"jsonrpc":"2.0","id":"e7","result":"');
    const rest = 1_000_000 - 37;
    for (let sent = 0; sent < rest; sent += 100_000) push(Buffer.alloc(Math.min(100_000, rest - sent), 0x78));
    push(good);
    expect(faults).toMatchObject([{ code: 'MOTIA_PROTOCOL_FRAME_TOO_LARGE', head: expect.stringContaining('"id":"e7"') }]);
    expect(frames).toEqual(['{"a":1}']);
  });

  it('reports half a frame and half a header at the end of the stream', () => {
    const body = parser();
    body.push('Content-Length: 70\r\n\r\n{"jsonrpc":"2.0","id":"e1","result":1');
    body.frameParser.end();
    expect(body.faults).toMatchObject([{ code: 'MOTIA_PROTOCOL_FRAME_INVALID', head: expect.stringContaining('"id":"e1"') }]);
    const header = parser();
    header.push('Content-Length: 70\r\n');
    header.frameParser.end();
    expect(header.faults).toMatchObject([{ code: 'MOTIA_PROTOCOL_FRAME_INVALID' }]);
    expect(header.text).toEqual(['Content-Length: 70']);
  });

  it('cuts endless lines between characters', () => {
    const { push, text } = parser();
    push(`a${'é'.repeat(MAX_TEXT_LINE_BYTES)}`, '\n');
    expect(text.length).toBe(3);
    expect(text.join('')).toBe(`a${'é'.repeat(MAX_TEXT_LINE_BYTES)}`);
    for (const line of text) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(MAX_TEXT_LINE_BYTES);
  });

  it('reads a large body in small chunks in linear time', () => {
    const { push, frames } = parser();
    const body = JSON.stringify('x'.repeat(8_000_000));
    push(`Content-Length: ${body.length + 2}\r\n\r\n[`);
    const started = process.cpuUsage();
    for (let at = 0; at < body.length; at += 1000) push(body.slice(at, at + 1000));
    push(']');
    expect(frames[0]?.length).toBe(body.length + 2);
    // Copying everything again for each chunk would move 32 GB.
    expect(process.cpuUsage(started).user / 1000).toBeLessThan(2000);
  });
});
