import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FrameParser } from '../src/framing/frame-parser.js';
import { FrameWriter } from '../src/framing/frame-writer.js';
import type { Transport } from '../src/index.js';
import { turn } from './connected-pair.js';

/** A transport that keeps what is written and is full when told so. */
function recorder() {
  const chunks: Buffer[] = [];
  let drain: () => void = () => {};
  const state = { isFull: false, bufferedBytes: 0 };
  const transport: Transport = {
    onData: () => {},
    onEnd: () => {},
    onDrain: (listener) => (drain = listener),
    write: (chunk, encoding) => {
      chunks.push(Buffer.from(chunk as string, encoding));
      return !state.isFull;
    },
    get bufferedBytes() {
      return state.bufferedBytes;
    },
    end: () => {},
    destroy: () => {},
  };
  return { transport, chunks, state, drain: () => drain() };
}
const limits = { maxFrameBytes: 1_000_000, maxBufferedBytes: 1000 };

describe('the frame writer', () => {
  it('writes all small frames of a turn at once, header and body together', async () => {
    const { transport, chunks } = recorder();
    const writer = new FrameWriter(transport, limits);
    writer.send('{"a":1}');
    writer.send('{"é":2}');
    writer.send('{"raw":3}', Buffer.from('bytes'));
    expect(chunks).toEqual([]);
    await turn();
    expect(chunks.map(String)).toEqual([
      'Content-Length: 7\r\n\r\n{"a":1}Content-Length: 8\r\n\r\n{"é":2}Content-Length: 14\r\nContent-Type: application/vnd.motia.raw; envelope=9\r\n\r\n{"raw":3}bytes',
    ]);
    writer.send('{"b":1}');
    await turn();
    expect(chunks.length).toBe(2);
    expect([writer.framesOut, writer.bytesOut]).toEqual([4, Buffer.concat(chunks).length]);
  });

  it('hands a full turn over early', () => {
    const { transport, chunks } = recorder();
    const writer = new FrameWriter(transport, limits);
    for (let i = 0; i < 10; i++) writer.send(`"${'x'.repeat(1000)}"`);
    expect(chunks.length).toBe(1);
  });

  it('neither copies nor splits large raw parts, and keeps the order around them', async () => {
    const { transport, chunks } = recorder();
    const writer = new FrameWriter(transport, limits);
    const large = Buffer.alloc(100_000, 1);
    const written: (Uint8Array | string)[] = [];
    const write = transport.write.bind(transport);
    transport.write = (chunk, encoding) => {
      written.push(chunk);
      return write(chunk, encoding);
    };
    writer.send('{"n":1}', Buffer.from('small'));
    writer.send('{"n":2}', large);
    writer.send('{"n":3}');
    await turn();
    expect(written).toContain(large);
    expect(Buffer.concat(chunks).toString('latin1').replaceAll('\u0001', '')).toMatch(/"n":1\}small.+"n":2\}.+"n":3\}$/s);
  });

  it('stops while the transport is full and goes on when it has drained', async () => {
    const { transport, chunks, state, drain } = recorder();
    const writer = new FrameWriter(transport, limits);
    state.isFull = true;
    writer.send('1');
    await turn();
    expect(chunks.length).toBe(1);
    writer.send(`"${'x'.repeat(2000)}"`);
    writer.send('2');
    await turn();
    expect(chunks.length).toBe(1);
    expect(writer.hasRoom).toBe(false);
    const flushed = writer.flush();
    state.isFull = false;
    drain();
    expect(chunks.length).toBe(2);
    await flushed;
    expect([writer.hasRoom, writer.bufferedBytes]).toEqual([true, 0]);
  });

  it('waits in flush for what the transport still holds', async () => {
    const { transport, state, drain } = recorder();
    const writer = new FrameWriter(transport, limits);
    writer.send('1');
    state.bufferedBytes = 20;
    let isFlushed = false;
    const flushed = writer.flush().then(() => (isFlushed = true));
    await turn();
    expect(isFlushed).toBe(false);
    state.bufferedBytes = 0;
    drain();
    await flushed;
    writer.send('2');
    state.bufferedBytes = 20;
    const abandoned = writer.flush();
    writer.close();
    await abandoned;
  });

  it('refuses a frame over the limit and sends the others', async () => {
    const { transport, chunks } = recorder();
    const writer = new FrameWriter(transport, { ...limits, maxFrameBytes: 10 });
    expect(() => writer.send('{"long":"é"}')).toThrow('a frame of 13 bytes is over the limit of 10 bytes');
    expect(() => writer.send('{}', Buffer.alloc(9))).toThrow('a frame of 11 bytes');
    writer.send('{}');
    await turn();
    expect(chunks.map(String)).toEqual(['Content-Length: 2\r\n\r\n{}']);
  });

  it('writes what the parser reads', async () => {
    const frame = fc.tuple(fc.json(), fc.option(fc.uint8Array({ maxLength: 100_000, size: 'max' }), { nil: undefined }));
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 6 }), async (frames) => {
        const { transport, chunks } = recorder();
        const writer = new FrameWriter(transport, limits);
        for (const [json, raw] of frames) writer.send(`{"v":${json}}`, raw);
        await turn();
        const seen: [string, Buffer | undefined][] = [];
        const parser = new FrameParser(
          { onFrame: (envelope, raw) => seen.push([envelope, raw]) > 0, onFault: (fault) => { throw fault; }, onText: (line) => { throw new Error(line); } },
          limits,
        );
        for (const chunk of chunks) parser.push(chunk);
        expect(seen.map(([envelope, raw]) => [envelope, raw?.toString('hex')])).toEqual(
          frames.map(([json, raw]) => [Buffer.from(`{"v":${json}}`).toString(), raw && Buffer.from(raw).toString('hex')]),
        );
      }),
      { numRuns: 50 },
    );
  });
});
