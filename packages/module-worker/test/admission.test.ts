import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { ManualClock, startTestHost } from '@motia/engine-core/testing';
import { FailureLimit } from '../src/failure-limit.js';
import { worker } from '../src/index.js';
import { WorkerTokens } from '../src/worker-tokens.js';
import { startEngine, until } from './fixtures/engine.js';
import { SocketWorker } from './fixtures/socket-worker.js';

const token = 'a-token-of-some-length';

describe('tokens', () => {
  it('§4.5 let in who has the right one', async () => {
    await using engine = await startEngine({ token });
    await using guest = await SocketWorker.open(engine.address);
    await guest.join({ 'job::run': () => 'done' }, { token });
    expect(await engine.host.functions.invoke('job::run', {})).toBe('done');
  });

  it.each([['a wrong one', 'another-token-of-length'], ['none', undefined], ['no text', 12]])('§4.5 refuse %s with a coded error, and close', async (_what, given) => {
    await using engine = await startEngine({ token });
    await using stranger = await SocketWorker.open(engine.address);
    await expect(stranger.initialize({ token: given })).rejects.toMatchObject({ code: 'MOTIA_ENGINE_WORKER_UNAUTHORIZED' });
    await stranger.closed();
    expect(engine.host.workers.list()).toEqual([]);
    expect(engine.host.logs.records.filter(({ level }) => level === 'warn')).toEqual([
      expect.objectContaining({ message: 'A worker was refused', fields: expect.objectContaining({ code: 'MOTIA_ENGINE_WORKER_UNAUTHORIZED', hint: expect.stringContaining('III_ENGINE_TOKEN') as unknown }) as unknown }),
    ]);
  });

  it('§4.19 that are wrong too often make the address wait, also with the right one', async () => {
    await using engine = await startEngine({ token });
    for (let n = 0; n < 10; n += 1) {
      await using stranger = await SocketWorker.open(engine.address);
      await expect(stranger.initialize({ token: `wrong-token-number-${n}` })).rejects.toMatchObject({ code: 'MOTIA_ENGINE_WORKER_UNAUTHORIZED' });
    }
    await using late = await SocketWorker.open(engine.address);
    await expect(late.initialize({ token })).rejects.toMatchObject({ code: 'MOTIA_WORKER_TOO_MANY_FAILURES', details: { retryAfterMs: expect.any(Number) as unknown as number } });
  });

  it('§4.1 are required beyond loopback: the engine does not start', async () => {
    await expect(startTestHost([worker({ port: 0, host: '0.0.0.0' })])).rejects.toMatchObject({ code: expect.any(String) as unknown as string, message: expect.stringContaining('0.0.0.0 without a token') as unknown as string });
    await using open = await startEngine({ host: '0.0.0.0', token });
    await using guest = await SocketWorker.open(open.address.replace('0.0.0.0', '127.0.0.1'));
    await guest.join({ 'job::run': () => 'done' }, { token });
    expect(open.host.logs.messages('warn')).toEqual([expect.stringContaining('in the clear')]);
  });

  it('are compared as a whole', () => {
    const tokens = new WorkerTokens('secret', new ManualClock());
    expect(['secret', 'secre', 'secret ', '', undefined].map((given) => tokens.versionOf(given))).toEqual([1, undefined, undefined, undefined, undefined]);
    expect(new WorkerTokens(undefined, new ManualClock()).versionOf(undefined)).toBe(0);
  });
});

describe('FailureLimit', () => {
  it('gives ten failures, then one every six seconds, each address for itself', async () => {
    const clock = new ManualClock();
    const limit = new FailureLimit(clock);
    for (let n = 0; n < 10; n += 1) {
      expect(limit.waitMs('a')).toBe(0);
      limit.noteFailure('a');
    }
    expect(limit.waitMs('a')).toBe(6_000);
    expect(limit.waitMs('b')).toBe(0);
    await clock.advance(6_000);
    expect(limit.waitMs('a')).toBe(0);
    limit.noteFailure('a');
    expect(limit.waitMs('a')).toBe(6_000);
    await clock.advance(60_000);
    for (let n = 0; n < 10; n += 1) {
      expect(limit.waitMs('a')).toBe(0);
      limit.noteFailure('a');
    }
    expect(limit.waitMs('a')).toBeGreaterThan(0);
  });

  it('remembers a bounded number of addresses', () => {
    const limit = new FailureLimit(new ManualClock());
    for (let n = 0; n < 10; n += 1) limit.noteFailure('first');
    for (let n = 0; n < 10_000; n += 1) limit.noteFailure(`other-${n}`);
    expect(limit.waitMs('first')).toBe(0);
  });
});

describe('connections', () => {
  it('beyond the limit are told so, and there is room again when one leaves', async () => {
    await using engine = await startEngine({ max_connections: 1 });
    const first = await SocketWorker.open(engine.address);
    await first.join({ 'job::run': () => 1 });
    await using second = await SocketWorker.open(engine.address);
    await expect(second.initialize()).rejects.toMatchObject({ code: 'MOTIA_WORKER_TOO_MANY_CONNECTIONS', details: { limit: 1 } });
    await second.closed();
    await first[Symbol.asyncDispose]();
    await until('room', async () => {
      await using third = await SocketWorker.open(engine.address);
      return await third.initialize().then(() => true, () => false);
    });
  });

  it('#32 that say nothing are closed in time, and no worker was made of them', async () => {
    await using engine = await startEngine({ handshake_timeout_ms: 150 });
    await using silent = await SocketWorker.open(engine.address);
    await silent.closed();
    await using half = await SocketWorker.open(engine.address);
    await half.initialize();
    await half.closed();
    expect(engine.host.logs.records.filter(({ message }) => message === 'A worker was lost').map(({ fields }) => fields?.['code'])).toEqual(['MOTIA_ENGINE_HANDSHAKE_TIMEOUT']);
  });

  it('#32 have one time from the connection to ready, whatever they have said by then', async () => {
    const clock = new ManualClock();
    await using engine = await startEngine({ handshake_timeout_ms: 10_000 }, { port: 0 }, clock);
    await using slow = await SocketWorker.open(engine.address);
    await using other = await SocketWorker.open(engine.address);
    await other.join({});
    await clock.advance(6_000);
    await slow.initialize();
    expect(slow.isClosed).toBe(false);
    await clock.advance(4_000);
    await slow.closed();
  });

  it('from a web page cannot speak to the engine: an HTTP request with messages in its body is cut off', async () => {
    await using engine = await startEngine();
    const socket = connect(Number(new URL(engine.address).port), '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    let heard = '';
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
    const message = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '1.0', sdk: { name: 'page', version: '0', language: 'js' } } });
    const body = `Content-Length: ${message.length}\r\n\r\n${message}`;
    socket.write(`POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await once(socket, 'close');
    expect(heard).toBe('');
    expect(engine.host.logs.messages('warn')).toEqual([]);
  });

  it('may send the first message in single bytes', async () => {
    await using engine = await startEngine();
    await using slow = await SocketWorker.open(engine.address);
    slow.socket.setNoDelay(true);
    const body = JSON.stringify({ jsonrpc: '2.0', id: 99, method: 'initialize', params: { protocolVersion: '1.0', sdk: { name: 'slow', version: '0', language: 'none' } } });
    for (const byte of `Content-Length: ${body.length}\r\n\r\n`) {
      slow.socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    slow.socket.write(body);
    expect((await slow.next(({ id }) => id === 99)).result).toMatchObject({ limits: { heartbeatIntervalMs: 5_000 } });
  });

  it('that send much before they said who they are are cut', async () => {
    await using engine = await startEngine({ token });
    await using flooder = await SocketWorker.open(engine.address);
    flooder.socket.write(`Content-Length: 10000000\r\n\r\n${'x'.repeat(1_000_000)}`);
    await flooder.closed();
    await until('the log to say why', () => engine.host.logs.records.some(({ fields }) => String(fields?.['problem']).includes('before it had said who it is')));
  });
});
