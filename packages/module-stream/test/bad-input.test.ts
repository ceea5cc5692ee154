import { createServer, connect as connectTcp, type AddressInfo, type Server, type Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '@motia/engine-core/testing';
import { connectClient, transports, type Frame, type StreamClient, type TransportName } from './fixtures/stream-client.js';
import { startStream, todo, until } from './fixtures/start-stream.js';

const join = { subscriptionId: 's', streamName: todo, groupId: 'inbox' };
const isSync = ({ event }: Frame): boolean => event?.type === 'sync';
const errors = (client: StreamClient): readonly Frame[] => client.frames.filter(({ type }) => type === 'error');

/** A masked frame as a client would send it. */
function frame(payload: Buffer | string, { opcode = 1, isFinal = true, reserved = 0 } = {}): Buffer {
  const body = Buffer.from(payload);
  const length = body.length < 126 ? Buffer.from([0x80 | body.length]) : body.length < 65_536 ? Buffer.from([0x80 | 126, body.length >> 8, body.length & 255]) : Buffer.from([0x80 | 127, 0, 0, 0, 0, body.length >>> 24, (body.length >> 16) & 255, (body.length >> 8) & 255, body.length & 255]);
  return Buffer.concat([Buffer.from([(isFinal ? 0x80 : 0) | reserved | opcode]), length, Buffer.alloc(4), body]);
}

describe.each(transports)('what a client over %s may not send', (transport) => {
  it.each([
    ['an unknown type', 'dance', join, null],
    ['no data', 'join', undefined, null],
    ['a text as data', 'join', 'inbox', null],
    ['a list as data', 'join', [join], null],
    ['no subscription id', 'join', { streamName: todo, groupId: 'inbox' }, null],
    ['a subscription id that is no text', 'join', { ...join, subscriptionId: 1 }, null],
    ['a subscription id that is too long', 'join', { ...join, subscriptionId: 'x'.repeat(129) }, null],
    ['no stream', 'join', { subscriptionId: 's', groupId: 'inbox' }, 's'],
    ['an empty stream', 'join', { ...join, streamName: '' }, 's'],
    ['a group that is no text', 'join', { ...join, groupId: {} }, 's'],
    ['a group that is too long', 'join', { ...join, groupId: 'x'.repeat(257) }, 's'],
    ['control characters in an id', 'join', { ...join, id: 'a\nb' }, 's'],
    ['an epoch without lastSeq', 'join', { ...join, epoch: 'e' }, 's'],
    ['lastSeq without an epoch', 'join', { ...join, lastSeq: 1 }, 's'],
    ['a negative lastSeq', 'join', { ...join, epoch: 'e', lastSeq: -1 }, 's'],
    ['a lastSeq that is no number', 'join', { ...join, epoch: 'e', lastSeq: '1' }, 's'],
    ['a lastSeq beyond 2^53', 'join', { ...join, epoch: 'e', lastSeq: 2 ** 60 }, 's'],
    ['a leave without an id', 'leave', {}, null],
  ])('%s: an error, and nothing else happens', async (_title, type, data, ref) => {
    await using streams = await startStream();
    const client = await streams.connect(transport);
    client.send(type, data);
    expect(await client.next((each) => each.type === 'error')).toEqual({ type: 'error', code: 'MOTIA_STREAM_INVALID_MESSAGE', message: expect.any(String), ref });
    client.join(join);
    await client.next(isSync);
    expect(client.frames).toHaveLength(2);
  });

  it('null where a field is absent is fine: other languages send it', async () => {
    await using streams = await startStream();
    const client = await streams.connect(transport);
    client.send('join', { ...join, id: null, epoch: null, lastSeq: null });
    expect(await client.next(isSync)).toMatchObject({ id: null });
  });

  it('ten bad messages within ten seconds: 1008; nine, and it stays', async () => {
    const clock = new ManualClock();
    await using streams = await startStream({ clock });
    const client = await streams.connect(transport);
    for (let n = 0; n < 9; n += 1) client.send('dance', {});
    await until(() => errors(client).length === 9);
    await clock.advance('11s');
    for (let n = 0; n < 9; n += 1) client.send('dance', {});
    await until(() => errors(client).length === 18);
    client.join(join);
    await client.next(isSync);
    client.send('dance', {});
    expect(await client.ended).toMatchObject({ code: 1008 });
    expect(client.frames.at(-1)).toEqual({ type: 'closing', code: 1008, reason: expect.any(String) });
  });

  it('more than messages_per_second, beyond what it may send at once: an error, then 1008', async () => {
    const clock = new ManualClock();
    await using streams = await startStream({ clock });
    const client = await streams.connect(transport);
    const ping = async (count: number): Promise<void> => {
      const before = client.frames.length;
      for (let n = 0; n < count; n += 1) client.send('ping');
      await until(() => client.frames.length === before + count);
    };
    await ping(256);
    await ping(1);
    expect(errors(client)).toMatchObject([{ code: 'MOTIA_STREAM_RATE_LIMITED', ref: null }]);
    await clock.advance('1s');
    await ping(64);
    expect(errors(client)).toHaveLength(1);
    for (let n = 0; n < 10; n += 1) client.send('ping');
    expect(await client.ended).toMatchObject({ code: 1008 });
    // Nothing is wrong with the client but its pace: it may come again.
    expect(client.frames.at(-1)).toMatchObject({ type: 'closing', reconnectAfterMs: expect.any(Number) });
  });

  it('a join or a leave over the rate is named by its subscription, and is taken when it is sent again later', async () => {
    const clock = new ManualClock();
    await using streams = await startStream({ clock });
    const client = await streams.connect(transport);
    client.join({ ...join, subscriptionId: 'early' });
    for (let n = 0; n < 255; n += 1) client.send('ping');
    client.join(join);
    client.leave('early');
    client.send('join', { ...join, subscriptionId: 'broken', groupId: 7 });
    await until(() => errors(client).length === 3);
    expect(errors(client).map(({ code, ref }) => [code, ref])).toEqual(['s', 'early', 'broken'].map((ref) => ['MOTIA_STREAM_RATE_LIMITED', ref]));
    await clock.advance('1s');
    client.join(join);
    await client.next((frame) => isSync(frame) && frame.subscriptionId === 's');
    await streams.set('inbox', 'a', 1);
    // What was ignored had no effect: it still follows.
    await client.next(({ subscriptionId, event }) => subscriptionId === 'early' && event?.type === 'create');
  });

  it('joins as many places as it may when it comes back, whatever the rate', async () => {
    await using streams = await startStream({ options: { max_subscriptions: 400 } });
    const client = await streams.connect(transport);
    for (let n = 0; n < 400; n += 1) client.join({ subscriptionId: `s${n}`, streamName: todo, groupId: `g${n}` });
    await until(() => client.frames.filter(({ event }) => event?.type === 'sync').length === 400);
    expect(errors(client)).toEqual([]);
  });

  it('more than max_subscriptions, an id twice, an unknown stream', async () => {
    await using streams = await startStream({ options: { max_subscriptions: 3, streams: [todo, 'chat'] } });
    const client = await streams.connect(transport);
    for (const subscriptionId of ['a', 'b', 'c', 'd']) client.join({ ...join, subscriptionId });
    client.leave('a');
    client.join({ ...join, subscriptionId: 'b' });
    client.join({ ...join, subscriptionId: 'e', streamName: 'tood' });
    client.join({ ...join, subscriptionId: 'e' });
    await client.next(({ subscriptionId, event }) => subscriptionId === 'e' && event?.type === 'sync');
    expect(errors(client).map(({ code, ref }) => [code, ref])).toEqual([['MOTIA_STREAM_TOO_MANY_SUBSCRIPTIONS', 'd'], ['MOTIA_STREAM_SUBSCRIPTION_EXISTS', 'b'], ['MOTIA_STREAM_STREAM_NOT_FOUND', 'e']]);
    expect(errors(client)[2]?.message).toContain(todo);
  });

  it('a message over max_message_bytes: closed, and the others stay', async () => {
    await using streams = await startStream();
    const other = await streams.connect(transport);
    const client = await streams.connect(transport);
    client.send('join', { ...join, padding: 'x'.repeat(262_144) });
    const { code } = await client.ended;
    if (transport === 'plain') expect(code).toBe(1009);
    other.join(join);
    await other.next(isSync);
  });
});

describe('what a plain WebSocket may not send', () => {
  it.each([
    ['what is no JSON', frame('{"type":')],
    ['an empty text', frame('')],
    ['a number', frame('7')],
    ['a list', frame('[]')],
    ['null', frame('null')],
    ['bytes', frame(Buffer.from([0xff, 0xfe, 0x00]), { opcode: 2 })],
    ['deep nesting', frame('['.repeat(60_000))],
  ])('%s: an error', async (_title, bytes) => {
    await using streams = await startStream();
    const client = await streams.connect('plain');
    client.raw().write(bytes);
    expect(await client.next(({ type }) => type === 'error')).toMatchObject({ code: 'MOTIA_STREAM_INVALID_MESSAGE', ref: null });
  });

  it('JSON in a binary message is read as well', async () => {
    await using streams = await startStream();
    const client = await streams.connect('plain');
    client.raw().write(frame(JSON.stringify({ type: 'join', data: join }), { opcode: 2 }));
    await client.next(isSync);
  });

  it('keys that could change prototypes change nothing', async () => {
    await using streams = await startStream();
    const client = await streams.connect('plain');
    client.raw().write(frame('{"type":"join","__proto__":{"polluted":1},"data":{"subscriptionId":"s","streamName":"todo","groupId":"inbox","__proto__":{"id":"a"},"constructor":{"prototype":{"polluted":1}}}}'));
    expect(await client.next(isSync)).toMatchObject({ id: null });
    expect('polluted' in {}).toBe(false);
  });

  it.each([
    ['fragments that add up to too much', [frame('x'.repeat(100_000), { isFinal: false }), ...[1, 2].map(() => frame('x'.repeat(100_000), { opcode: 0, isFinal: false }))], 1009],
    ['a flood of fragments', [frame('[', { isFinal: false }), Buffer.concat(Array.from({ length: 17_000 }, () => frame('1', { opcode: 0, isFinal: false })))], 1008],
    ['a compressed frame', [frame('x', { reserved: 0x40 })], 1002],
    ['text that is not UTF-8', [frame(Buffer.from([0xc3, 0x28]))], 1007],
    ['a frame without a mask', [Buffer.from([0x81, 0x02, 0x7b, 0x7d])], 1002],
  ])('%s: closed', async (_title, parts, code) => {
    await using streams = await startStream();
    const client = await streams.connect('plain');
    for (const part of parts) client.raw().write(part);
    expect((await client.ended).code).toBe(code);
  });
});

describe('what socket.io may not send', () => {
  it('events with attachments, or without an object: an error', async () => {
    await using streams = await startStream();
    const client = await streams.connect('socket.io');
    client.send('join', Buffer.from('{}'));
    client.send('join');
    await until(() => errors(client).length === 2);
    client.join(join);
    await client.next(isSync);
  });

  it('packets that are none, or with too many attachments: closed', async () => {
    await using streams = await startStream();
    for (const text of ['42["join"', '4abc', '451000-["join",{"_placeholder":true,"num":0}]', '45999999999-["join"]']) {
      const client = await streams.connect('socket.io');
      client.raw().write(frame(text));
      await client.ended;
    }
  });

  it('acknowledges a join with what became of it', async () => {
    await using streams = await startStream({ options: { streams: [todo] } });
    const { io } = await import('socket.io-client');
    const socket = io(`http://127.0.0.1:${streams.port}`, { transports: ['websocket'], reconnection: false });
    expect(await socket.emitWithAck('join', join)).toEqual({ ok: true, epoch: expect.any(String), seq: 0, resumed: false });
    expect(await socket.emitWithAck('join', { ...join, subscriptionId: 't', streamName: 'x' })).toMatchObject({ ok: false, code: 'MOTIA_STREAM_STREAM_NOT_FOUND' });
    expect(await socket.emitWithAck('dance')).toMatchObject({ ok: false, code: 'MOTIA_STREAM_INVALID_MESSAGE' });
    socket.disconnect();
  });
});

describe('requests that are no connection', () => {
  it.each([
    ['GET', '/', 426, 'MOTIA_STREAM_UPGRADE_REQUIRED'],
    ['GET', '/nowhere', 404, 'MOTIA_STREAM_NOT_FOUND'],
    ['POST', '/', 426, 'MOTIA_STREAM_UPGRADE_REQUIRED'],
  ])('%s %s is answered with %i', async (method, path, status, code) => {
    await using streams = await startStream();
    const response = await fetch(`http://127.0.0.1:${streams.port}${path}`, { method });
    expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/json; charset=utf-8']);
    expect(await response.json()).toMatchObject({ error: { code, message: expect.any(String), requestId: expect.any(String) } });
  });

  it('upgrades to paths that are not ours, or to no WebSocket, are refused', async () => {
    await using streams = await startStream();
    const first = async (head: string): Promise<string> => {
      const socket = connectTcp(streams.port, '127.0.0.1');
      socket.write(`${head}\r\n\r\n`);
      let seen = '';
      for await (const chunk of socket) seen += String(chunk);
      return seen.split('\r\n')[0] ?? '';
    };
    const upgrade = 'Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13';
    expect(await first(`GET /nowhere HTTP/1.1\r\n${upgrade}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==`)).toContain('404');
    expect(await first(`GET / HTTP/1.1\r\n${upgrade}`)).toContain('400');
    expect(await first(`GET / HTTP/1.1\r\n${upgrade.replace('websocket', 'h2c')}`)).toContain('400');
    expect(await first(`GET /?x=${'y'.repeat(20_000)} HTTP/1.1\r\n${upgrade}`)).toContain('431');
  });

  it('socket.io without a session, or with one of somebody else, is refused', async () => {
    await using streams = await startStream();
    for (const query of ['', '?EIO=4', '?EIO=4&transport=smoke', '?EIO=4&transport=polling&sid=unknown', '?EIO=3&transport=polling']) {
      const response = await fetch(`http://127.0.0.1:${streams.port}/socket.io/${query}`);
      expect([query, response.status]).toEqual([query, 400]);
    }
  });

  it('pages that may connect may poll; others may not even ask', async () => {
    await using streams = await startStream();
    const ask = (origin: string, method = 'GET'): Promise<Response> => fetch(`http://127.0.0.1:${streams.port}/socket.io/?EIO=4&transport=polling`, { method, headers: { origin } });
    const allowed = await ask('http://localhost:5173');
    expect([allowed.status, allowed.headers.get('access-control-allow-origin'), allowed.headers.get('access-control-allow-credentials'), allowed.headers.get('vary')]).toEqual([200, 'http://localhost:5173', null, 'Origin']);
    expect((await ask('http://localhost:5173', 'OPTIONS')).status).toBe(204);
    const foreign = await ask('https://evil.example');
    expect([foreign.status, foreign.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    expect((await ask('https://evil.example', 'OPTIONS')).status).toBe(403);
  });
});

describe.each(transports)('a client over %s that vanishes', (transport) => {
  it('is found out by the heartbeat, and has left then', async () => {
    const clock = new ManualClock();
    // socket.io keeps its own time.
    const heartbeat = transport === 'plain' ? {} : { heartbeat: { interval_ms: 1_000, timeout_ms: 1_000 } };
    await using streams = await startStream({ ...(transport === 'plain' ? { clock } : {}), options: heartbeat });
    const left = new Promise<unknown>((resolve) => void streams.host.functions.register({ id: 'app::leave' }, resolve));
    await streams.host.triggers.register({ type: 'stream:leave', functionId: 'app::leave', config: {} });
    await using network = await freezingProxy(streams.port);
    const lost = await connectThrough(network.port, transport);
    const alive = await streams.connect(transport);
    for (const client of [lost, alive]) {
      client.join(join);
      await client.next(isSync);
    }
    network.freeze();
    let hasLeft = false;
    void left.then(() => (hasLeft = true));
    if (transport === 'plain') {
      for (let second = 0; second < 44; second += 1) {
        await clock.advance('1s');
        // The living one answers in real time.
        alive.send('ping');
        await alive.next(({ type }) => type === 'pong', alive.frames.length);
        if (second === 40) expect(hasLeft).toBe(false);
      }
    }
    expect(await left).toMatchObject({ subscription_id: 's' });
    alive.send('ping');
    await alive.next(({ type }) => type === 'pong', alive.frames.length);
    lost.cut();
  });
});

const connectThrough = (port: number, transport: TransportName): Promise<StreamClient> => connectClient(transport, { port });

/** A network between client and server that can stop carrying anything while every connection stays open. */
async function freezingProxy(target: number): Promise<AsyncDisposable & { readonly port: number; freeze(): void }> {
  const sockets: Socket[] = [];
  const server: Server = createServer((near) => {
    const far = connectTcp(target, '127.0.0.1');
    sockets.push(near, far);
    near.pipe(far).on('error', () => undefined);
    far.pipe(near).on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    freeze() {
      for (const socket of sockets) {
        socket.unpipe();
        socket.pause();
      }
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
