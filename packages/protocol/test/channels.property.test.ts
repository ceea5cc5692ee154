import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ChannelReader, ChannelWriter, creditCost } from '../src/index.js';
import type { ChannelData } from '../src/index.js';

const text = fc.string({ unit: 'grapheme', maxLength: 60 });
const bytes = fc.uint8Array({ maxLength: 200 });
const writes = fc.array(fc.oneof(text, bytes, fc.constant('')), { maxLength: 25 });
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A writer and a reader joined by queues that a scheduler empties in its own order. */
function join(windowBytes: number) {
  let outstanding = 0;
  let worstOutstanding = 0;
  const toReader: (() => void)[] = [];
  const toWriter: (() => void)[] = [];
  const reader = new ChannelReader({
    channelId: 'c',
    windowBytes,
    port: {
      credit: (granted) => {
        outstanding -= granted;
        toWriter.push(() => writer.addCredit(granted));
      },
      close: (error) => toWriter.push(() => writer.closedByPeer(error)),
    },
  });
  const writer = new ChannelWriter({
    channelId: 'c',
    creditBytes: windowBytes,
    port: {
      write: (data, more) => {
        outstanding += creditCost(data);
        worstOutstanding = Math.max(worstOutstanding, outstanding);
        toReader.push(() => reader.push(data, more));
      },
      close: (error) => toReader.push(() => reader.closedByPeer(error)),
    },
  });
  const pump = () => {
    while (toReader.length + toWriter.length > 0) (toReader.shift() ?? toWriter.shift())?.();
  };
  return { reader, writer, toReader, toWriter, pump, worst: () => worstOutstanding };
}

/** Texts stay messages, neighbouring bytes flow together. */
function streamOf(frames: readonly ChannelData[]): (string | number[])[] {
  const stream: (string | number[])[] = [];
  for (const frame of frames) {
    if (typeof frame === 'string') {
      stream.push(frame);
    } else if (frame.byteLength > 0) {
      const last = stream.at(-1);
      if (Array.isArray(last)) last.push(...frame);
      else stream.push([...frame]);
    }
  }
  return stream;
}

describe('a channel', () => {
  it('loses no byte, keeps texts whole and never has more than the window under way', async () => {
    await fc.assert(
      fc.asyncProperty(writes, fc.integer({ min: 4, max: 300 }), fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), async (sent, windowBytes, order) => {
        const { reader, writer, toReader, toWriter, worst } = join(windowBytes);
        const wellFormed = sent.map((data) => (typeof data === 'string' ? Buffer.from(data).toString() : data));
        const received: ChannelData[] = [];
        const reading = (async () => {
          for await (const frame of reader) received.push(frame);
        })();
        const writing = (async () => {
          for (const data of wellFormed) await writer.write(data);
          writer.close();
        })();
        for (let step = 0; !writer.isClosed || toReader.length > 0; step++) {
          const first = order[step % order.length] === true ? toReader : toWriter;
          (first.shift() ?? toReader.shift() ?? toWriter.shift())?.();
          await turn();
        }
        await Promise.all([writing, reading]);
        expect(streamOf(received)).toEqual(streamOf(wellFormed));
        expect(worst()).toBeLessThanOrEqual(windowBytes);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps the writer waiting while nobody reads', async () => {
    const { reader, writer, pump } = join(10);
    let written = 0;
    const writing = (async () => {
      for (let i = 0; i < 5; i++) {
        await writer.write(new Uint8Array(6));
        written++;
      }
    })();
    pump();
    await turn();
    expect(written).toBe(1);
    let read = 0;
    while (read < 30) {
      read += ((await reader.next()).value as Uint8Array).byteLength;
      pump();
      await turn();
    }
    await writing;
    expect(written).toBe(5);
  });

  it('delivers what was written before an error, then the error', async () => {
    const { reader, writer, pump } = join(100);
    await writer.write('last words');
    writer.close({ code: 'MOTIA_SDK_BROKEN', message: 'broken' });
    pump();
    expect(await reader.next()).toEqual({ done: false, value: 'last words' });
    await expect(reader.next()).rejects.toMatchObject({ code: 'MOTIA_SDK_BROKEN' });
  });

  it('tells the writer when the reader leaves its loop', async () => {
    const { reader, writer, pump } = join(8);
    await writer.write('12345678');
    const waiting = writer.write(new Uint8Array(20));
    pump();
    for await (const frame of reader) {
      expect(frame).toBe('12345678');
      break;
    }
    const outcome = expect(waiting).rejects.toMatchObject({ code: 'MOTIA_PROTOCOL_CHANNEL_CLOSED' });
    await turn();
    pump();
    await outcome;
    await expect(writer.write('again')).rejects.toMatchObject({ code: 'MOTIA_PROTOCOL_CHANNEL_CLOSED' });
  });

  it('cuts off a writer that ignores its credit', async () => {
    const closed: unknown[] = [];
    const reader = new ChannelReader({ channelId: 'c', windowBytes: 4, port: { credit: () => {}, close: (error) => closed.push(error) } });
    reader.push('1234');
    reader.push('5');
    expect(closed).toEqual([expect.objectContaining({ code: 'MOTIA_PROTOCOL_CHANNEL_CREDIT_EXCEEDED' })]);
    expect(await reader.next()).toEqual({ done: false, value: '1234' });
    await expect(reader.next()).rejects.toMatchObject({ code: 'MOTIA_PROTOCOL_CHANNEL_CREDIT_EXCEEDED' });
  });
});
