import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Writable } from 'node:stream';
import * as ws from 'ws';
import { encodeFrames, encodePacket, FrameBatch, writeTextHeader } from '../src/delivery/frame-batch.js';
import { changeBody, frameHead, messageBody, syncBody, unauthorizedFrame } from '../src/delivery/frame-text.js';
import type { StreamChangeEvent } from '../src/stream-event.js';

/** Exported by `ws`, and not by its types. */
const { Receiver } = ws as unknown as { readonly Receiver: new (options: { readonly isServer: boolean }) => Writable };

/** What a WebSocket peer reads. */
function received(buffers: readonly Buffer[]): Promise<string[]> {
  const receiver = new Receiver({ isServer: false });
  const texts: string[] = [];
  receiver.on('message', (data: Buffer) => void texts.push(data.toString('utf8')));
  return new Promise((resolve, reject) => {
    receiver.on('error', reject);
    receiver.on('finish', () => resolve(texts));
    for (const buffer of buffers) receiver.write(buffer);
    receiver.end();
  });
}

const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 });
const change = fc.record({
  stream: name, group: name, item: name, type: fc.constantFrom('create' as const, 'update' as const, 'delete' as const),
  seq: fc.integer({ min: 1, max: 2 ** 40 }), timestamp: fc.integer({ min: 0, max: 2 ** 45 }), epoch: name, value: fc.jsonValue(),
}).map(({ value, ...rest }): StreamChangeEvent => ({ kind: 'change', prevSeq: rest.seq - 1, json: JSON.stringify(value), ...rest }));

describe('frames', () => {
  it('are JSON that says what happened, whatever names and values hold', () => {
    fc.assert(fc.property(change, name, (event, subscriptionId) => {
      expect(JSON.parse(frameHead(subscriptionId) + changeBody(event, event.seq - 1))).toEqual({
        type: 'stream', subscriptionId, timestamp: event.timestamp, streamName: event.stream, groupId: event.group, id: event.item, seq: event.seq, epoch: event.epoch,
        event: { type: event.type, data: JSON.parse(event.json) as unknown },
      });
    }));
  });

  it('tell what they continue only where that is not the number before', () => {
    const event: StreamChangeEvent = { kind: 'change', stream: 's', group: 'g', item: 'i', type: 'update', seq: 7, prevSeq: 6, epoch: 'e', timestamp: 1, json: '1', traceId: 'abc' };
    const parsed = (text: string): Record<string, unknown> => JSON.parse(frameHead('1') + text) as Record<string, unknown>;
    expect(parsed(changeBody(event, 6))).not.toHaveProperty('prevSeq');
    expect(parsed(changeBody(event, 3, 'create'))).toMatchObject({ prevSeq: 3, traceId: 'abc', event: { type: 'create' } });
    expect(parsed(messageBody({ kind: 'message', stream: 's', group: 'g', type: 'a "b"', json: '[1]', timestamp: 2 }))).toEqual({ type: 'stream', subscriptionId: '1', timestamp: 2, streamName: 's', groupId: 'g', id: null, event: { type: 'event', event: { type: 'a "b"', data: [1] } } });
    expect(parsed(syncBody({ stream: 's', group: 'g', epoch: 'e', seq: 3, timestamp: 9, json: '[1,2]', ids: ['a', '"'] }))).toMatchObject({ seq: 3, event: { type: 'sync', data: [1, 2], ids: ['a', '"'] } });
    expect(JSON.parse(unauthorizedFrame('"', { stream: 's', group: 'g', item: 'i', timestamp: 4, code: 'C', message: 'm' }))).toMatchObject({ subscriptionId: '"', id: 'i', event: { type: 'unauthorized', code: 'C', message: 'm' } });
  });

  it('T1 are the same over both transports and for every subscription id, and arrive as they were written', async () => {
    const sizes = fc.constantFrom(0, 10, 90, 130, 2_100, 33_000);
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(change, sizes), { minLength: 1, maxLength: 4 }), fc.uniqueArray(name, { minLength: 1, maxLength: 3 }), async (events, ids) => {
      const bodies = events.map(([event, size]) => changeBody({ ...event, json: JSON.stringify('ä'.repeat(size)) }, event.seq - 1));
      const batch = new FrameBatch(bodies);
      for (const id of [...ids, ...ids]) {
        const expected = bodies.map((body) => frameHead(id) + body);
        const plain = batch.frames(id);
        expect(await received(plain.buffers)).toEqual(expected);
        expect(plain.bytes).toBe(plain.buffers.reduce((sum, { length }) => sum + length, 0));
        const packet = batch.packet(id);
        expect(packet.text).toBe(`2["frames",[${expected.join(',')}]]`);
        expect(await received(packet.options.wsPreEncodedFrame)).toEqual([`4${packet.text}`]);
        expect(packet.options.wsPreEncodedFrame.length).toBeLessThanOrEqual(2);
        expect(await received(encodeFrames(expected).buffers)).toEqual(expected);
        expect(encodePacket(expected).text).toBe(packet.text);
      }
    }), { numRuns: 40 });
  });

  it('of one id are made once, and a large body is shared by all', () => {
    const batch = new FrameBatch([changeBody({ kind: 'change', stream: 's', group: 'g', item: 'i', type: 'update', seq: 1, prevSeq: 0, epoch: 'e', timestamp: 1, json: JSON.stringify('x'.repeat(50_000)) }, 0)]);
    expect(batch.frames('a')).toBe(batch.frames('a'));
    expect(batch.packet('a')).toBe(batch.packet('a'));
    expect(batch.frames('a').buffers[1]).toBe(batch.frames('b').buffers[1]);
    expect(batch.packet('a').options.wsPreEncodedFrame[1]).toBe(batch.packet('b').options.wsPreEncodedFrame[1]);
  });

  it('have headers for any length', () => {
    const header = Buffer.alloc(10);
    expect([writeTextHeader(header, 125), header[1]]).toEqual([2, 125]);
    expect([writeTextHeader(header, 126), header[1], header.readUInt16BE(2)]).toEqual([4, 126, 126]);
    expect([writeTextHeader(header, 65_536), header[1], header.readBigUInt64BE(2)]).toEqual([10, 127, 65_536n]);
    expect([writeTextHeader(header, 5 * 2 ** 32 + 7), header.readBigUInt64BE(2)]).toEqual([10, BigInt(5 * 2 ** 32 + 7)]);
  });
});
