import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { createMemoryTransportPair, nodeStreamTransport } from '../src/index.js';
import { turn, until } from './connected-pair.js';

describe('the memory transport', () => {
  it('delivers in a later turn, in order, and then the end', async () => {
    const [left, right] = createMemoryTransportPair();
    const seen: string[] = [];
    right.onData((chunk) => seen.push(Buffer.from(chunk).toString()));
    right.onEnd((error) => seen.push(`end ${String(error)}`));
    left.write('a');
    left.write(Buffer.from('é'));
    left.end();
    expect(seen).toEqual([]);
    await until(() => seen.length === 3);
    expect(seen).toEqual(['a', 'é', 'end undefined']);
  });

  it('makes the writer wait for a reader that is paused', async () => {
    const [left, right] = createMemoryTransportPair({ highWaterMarkBytes: 10 });
    let drained = 0;
    let received = 0;
    left.onDrain(() => drained++);
    right.onData((chunk) => (received += chunk.byteLength));
    right.pause?.();
    expect(left.write('12345')).toBe(true);
    expect(left.write('67890')).toBe(false);
    expect(left.bufferedBytes).toBe(10);
    await turn();
    expect([received, drained]).toEqual([0, 0]);
    right.resume?.();
    await until(() => drained === 1);
    expect([received, left.bufferedBytes]).toEqual([10, 0]);
  });

  it('tells both sides when one is destroyed', async () => {
    const [left, right] = createMemoryTransportPair();
    const ends: string[] = [];
    left.onEnd((error) => ends.push(`left ${String(error?.message)}`));
    right.onEnd((error) => ends.push(`right ${String(error?.message)}`));
    left.destroy(new Error('broken'));
    await until(() => ends.length === 2);
    expect(ends.sort()).toEqual(['left broken', 'right undefined']);
  });
});

describe('the stream transport', () => {
  it('reports bytes, drain and end', async () => {
    const input = new PassThrough();
    const output = new PassThrough({ highWaterMark: 4 });
    const transport = nodeStreamTransport(input, output);
    const seen: string[] = [];
    transport.onData((chunk) => seen.push(Buffer.from(chunk).toString()));
    transport.onDrain(() => seen.push('drain'));
    transport.onEnd((error) => seen.push(`end ${String(error)}`));
    expect(transport.write('hello')).toBe(false);
    expect(transport.bufferedBytes).toBeGreaterThan(0);
    output.resume();
    await until(() => seen.includes('drain'));
    input.end('bytes');
    await until(() => seen.length >= 3);
    expect(seen.filter((event) => event !== 'drain')).toEqual(['bytes', 'end undefined']);
  });

  it('reads what the peer had sent before it reports that writing failed', async () => {
    const input = new PassThrough();
    const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    const transport = nodeStreamTransport(input, broken);
    const seen: string[] = [];
    transport.onData((chunk) => seen.push(Buffer.from(chunk).toString()));
    transport.onEnd((error) => seen.push(`end ${String(error?.message)}`));
    input.write('last answer');
    transport.write('x');
    await until(() => seen.length === 2);
    expect(seen).toEqual(['last answer', 'end EPIPE']);
    expect(transport.write('ignored')).toBe(true);
    transport.destroy();
  });

  it('survives errors before anybody listens', async () => {
    const input = new PassThrough();
    const transport = nodeStreamTransport(input, new PassThrough());
    input.destroy(new Error('early'));
    await turn();
    const seen: (string | undefined)[] = [];
    transport.onEnd((error) => seen.push(error?.message));
    await until(() => seen.length === 1);
    expect(seen).toEqual(['early']);
  });
});
