import { describe, expect, it } from '@jest/globals';
import { ManualClock, connectTestWorker } from '@motia/engine-core/testing';
import { startStream, todo, type StreamFixture } from './fixtures/start-stream.js';
import { transports, type Frame, type TransportName } from './fixtures/stream-client.js';

const join = { subscriptionId: 's', streamName: todo, groupId: 'inbox' };
const isSync = ({ event }: Frame): boolean => event?.type === 'sync';

/** Whether a client gets in, else what it is told: HTTP status, close code, or what `connect_error` carried. */
async function outcome(streams: StreamFixture, transport: TransportName, options: Parameters<StreamFixture['connect']>[1] = {}): Promise<unknown> {
  try {
    const client = await streams.connect(transport, options);
    client.join(join);
    return await Promise.race([client.next(isSync).then(() => 'in'), client.ended.then(({ code }) => code)]);
  } catch (error) {
    const { status, data, context, description } = error as { status?: number; data?: { closeCode?: number }; context?: { status?: number }; description?: { message?: string } };
    return status ?? data?.closeCode ?? context?.status ?? Number(/\d{3}/.exec(description?.message ?? '')?.[0]);
  }
}

describe.each(transports)('who may connect over %s', (transport) => {
  it.each([
    ['no Origin, from this machine', {}, 'in'],
    ['a page of this machine on another port', { origin: 'http://localhost:3000' }, 'in'],
    ['a page under .localhost', { origin: 'http://app.localhost:5173' }, 'in'],
    ['a page of 127.0.0.1', { origin: 'http://127.0.0.1' }, 'in'],
    ['a page of ::1', { origin: 'http://[::1]:3000' }, 'in'],
    ['a foreign page', { origin: 'https://evil.example' }, 403],
    ['a sandboxed page', { origin: 'null' }, 403],
    ['a file', { origin: 'file://' }, 403],
    ['a page of a name that only looks alike', { origin: 'http://localhost.evil.example' }, 403],
    ['what is no origin', { origin: 'http://localhost:3000/path@evil' }, 403],
    ['another scheme', { origin: 'chrome-extension://abcdef' }, 403],
  ])('by default: %s', async (_title, headers, expected) => {
    await using streams = await startStream();
    expect(await outcome(streams, transport, { headers })).toBe(expected);
  });

  it('pages of the host by which it is called, and no others, when that is no name of this machine', async () => {
    await using streams = await startStream({ mode: 'production' });
    const at = (origin: string): Promise<unknown> => outcome(streams, transport, { headers: { host: 'app.example.com:3112', origin } });
    expect([await at('https://app.example.com'), await at('http://localhost:3000'), await at('https://example.com')]).toEqual(['in', 403, 403]);
  });

  it('exactly the pages of allowed_origins', async () => {
    await using streams = await startStream({ options: { allowed_origins: ['https://App.example.com/'] } });
    const at = (origin: string): Promise<unknown> => outcome(streams, transport, { headers: { origin } });
    expect([await at('https://app.example.com'), await at('http://app.example.com'), await at('http://localhost:3000'), await at('null')]).toEqual(['in', 403, 403, 403]);
    await using open = await startStream({ options: { allowed_origins: ['*'] } });
    expect(await outcome(open, transport, { headers: { origin: 'null' } })).toBe('in');
  });

  it('in development, only by a name of this machine, an address, or one of allowed_hosts', async () => {
    await using streams = await startStream({ mode: 'development', options: { allowed_hosts: ['.dev.example'] } });
    const by = (host: string): Promise<unknown> => outcome(streams, transport, { headers: { host } });
    expect([await by('rebound.example'), await by('localhost:3112'), await by('10.0.0.7'), await by('a.dev.example'), await by('[::1'), await by('dev.example.evil')]).toEqual([421, 'in', 'in', 'in', 421, 421]);
    await using production = await startStream({ mode: 'production' });
    expect(await outcome(production, transport, { headers: { host: 'anything.example' } })).toBe('in');
  });

  it('as many as max_connections, then 503', async () => {
    await using streams = await startStream({ options: { max_connections: 2 } });
    const first = await streams.connect(transport);
    expect(await outcome(streams, transport)).toBe('in');
    expect(await outcome(streams, transport)).toBe(503);
    first.close();
    await first.ended;
    for (let seen: unknown; seen !== 'in'; seen = await outcome(streams, transport));
  });
});

describe.each(transports)('authentication over %s', (transport) => {
  it('is asked before the connection is open, with headers, path, query and address, and its context reaches onJoin and onLeave', async () => {
    await using streams = await startStream({ options: { auth_function: 'app::auth' } });
    const asked: unknown[] = [];
    const heard: unknown[] = [];
    let left = (): void => undefined;
    const hasLeft = new Promise<void>((resolve) => (left = resolve));
    streams.host.functions.register({ id: 'app::auth' }, (payload) => {
      asked.push(payload);
      return { context: { user: 'Ada' } };
    });
    streams.host.functions.register({ id: 'app::join' }, (payload) => void heard.push(payload));
    streams.host.functions.register({ id: 'app::leave' }, (payload) => {
      heard.push(payload);
      left();
    });
    await streams.host.triggers.register({ type: 'stream:join', functionId: 'app::join', config: {} });
    await streams.host.triggers.register({ type: 'stream:leave', functionId: 'app::leave', config: {} });
    const client = await streams.connect(transport, { headers: { 'x-token': 'secret' }, query: '?room=1&room=2&name=Ada%20L' });
    expect(asked).toHaveLength(1);
    client.join({ ...join, id: 'a' });
    await client.next(isSync);
    client.close();
    await hasLeft;
    expect(heard).toEqual(Array.from({ length: 2 }, () => ({ subscription_id: 's', stream_name: todo, group_id: 'inbox', id: 'a', context: { user: 'Ada' } })));
    expect(asked[0]).toMatchObject({ headers: { 'x-token': 'secret' }, path: transport === 'plain' ? '/' : '/socket.io/', addr: '127.0.0.1' });
    if (transport === 'plain') expect(asked[0]).toMatchObject({ query_params: { room: ['1', '2'], name: ['Ada L'] } });
  });

  it.each([
    ['answers without a context', () => ({}), 4401],
    ['answers nothing', () => undefined, 4401],
    ['answers that there is no context', () => ({ context: null }), 4401],
    ['answers a text', () => 'welcome', 4401],
    ['says that the client is not authorized', () => ({ context: {}, authorized: false }), 4401],
    ['says that the client is unauthorized', () => ({ context: {}, unauthorized: true }), 4401],
    ['throws', () => Promise.reject(new Error('no')), 4401],
  ])('a function that %s lets nobody in', async (_title, handler, code) => {
    await using streams = await startStream({ options: { auth_function: 'app::auth' } });
    streams.host.functions.register({ id: 'app::auth' }, handler);
    expect(await outcome(streams, transport)).toBe(code);
  });

  it('one that never answers: 4408 after auth_timeout_ms, and nothing is left behind', async () => {
    const clock = new ManualClock();
    await using streams = await startStream({ clock, options: { auth_function: 'app::auth', max_connections: 1 } });
    let isStopped = false;
    let isWaiting = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (isWaiting = resolve));
    streams.host.functions.register({ id: 'app::auth' }, (_payload, call) => new Promise(() => {
      call.signal.addEventListener('abort', () => (isStopped = true));
      isWaiting();
    }));
    const seen = outcome(streams, transport);
    await waiting;
    // It has its place while it is being asked about.
    expect(await outcome(streams, transport)).toBe(503);
    await clock.advance('11s');
    expect(await seen).toBe(4408);
    expect(isStopped).toBe(true);
  });

  it('one that nobody serves: 503, and clients may come again', async () => {
    await using streams = await startStream({ options: { auth_function: 'app::auth' } });
    expect(await outcome(streams, transport)).toBe(503);
    streams.host.functions.register({ id: 'app::auth' }, () => ({ context: {} }));
    expect(await outcome(streams, transport)).toBe('in');
  });

  it('stops asking when the client goes away meanwhile', async () => {
    await using streams = await startStream({ options: { auth_function: 'app::auth' } });
    let isWaiting = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (isWaiting = resolve));
    const stopped = new Promise<void>((resolve) => streams.host.functions.register({ id: 'app::auth' }, (_payload, call) => new Promise(() => {
      call.signal.addEventListener('abort', () => resolve());
      isWaiting();
    })));
    const { connect } = await import('node:net');
    const socket = connect(streams.port, '127.0.0.1');
    const path = transport === 'plain' ? '/' : '/socket.io/?EIO=4&transport=websocket';
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
    await waiting;
    socket.destroy();
    await stopped;
  });

  it('a page that nobody can see through is let in by a token, a program from elsewhere needs one', async () => {
    await using streams = await startStream({ options: { auth_function: 'app::auth' } });
    streams.host.functions.register({ id: 'app::auth' }, (payload) => ((payload as { headers: Record<string, string> }).headers['authorization'] === 'Bearer t' ? { context: {} } : {}));
    expect(await outcome(streams, transport, { headers: { authorization: 'Bearer t' } })).toBe('in');
    expect(await outcome(streams, transport, { headers: { authorization: 'Bearer x' } })).toBe(4401);
    // The Origin is looked at all the same.
    expect(await outcome(streams, transport, { headers: { authorization: 'Bearer t', origin: 'https://evil.example' } })).toBe(403);
  });
});

describe.each(transports)('motia::stream::authenticate over %s', (transport) => {
  const auth = 'motia::stream::authenticate';

  it('is asked once an app registers it, and whoever came in before must come again', async () => {
    await using streams = await startStream();
    const before = await streams.connect(transport);
    await using worker = await connectTestWorker(streams.host, { functions: { [auth]: (payload) => ((payload as { headers: Record<string, string> }).headers['x-user'] === undefined ? {} : { context: { user: 1 } }) } });
    expect(await before.ended).toMatchObject({ code: 1012 });
    expect(before.frames.at(-1)).toMatchObject({ type: 'closing', reconnectAfterMs: expect.any(Number) });
    expect(await outcome(streams, transport)).toBe(4401);
    expect(await outcome(streams, transport, { headers: { 'x-user': 'Ada' } })).toBe('in');
    // Gone with its process: nobody gets in until it is back.
    worker.kill();
    await worker.handle.closed;
    expect(await outcome(streams, transport, { headers: { 'x-user': 'Ada' } })).toBe(503);
  });

  it('is not asked when auth_function is false or another', async () => {
    await using streams = await startStream({ options: { auth_function: false } });
    streams.host.functions.register({ id: auth }, () => ({}));
    expect(await outcome(streams, transport)).toBe('in');
    await using other = await startStream({ options: { auth_function: 'app::auth' } });
    other.host.functions.register({ id: auth }, () => ({}));
    other.host.functions.register({ id: 'app::auth' }, () => ({ context: 1 }));
    expect(await outcome(other, transport)).toBe('in');
  });

  it('in development, an app that runs on without it is believed after a while; in production never', async () => {
    for (const mode of ['development', 'production'] as const) {
      const clock = new ManualClock();
      await using streams = await startStream({ clock, mode });
      const registered = streams.host.functions.register({ id: auth }, () => ({}));
      await using _worker = await connectTestWorker(streams.host, { functions: { other: () => 1 } });
      expect(await outcome(streams, transport)).toBe(4401);
      registered.dispose();
      await clock.advance(100);
      expect(await outcome(streams, transport)).toBe(503);
      await clock.advance('6s');
      expect(await outcome(streams, transport)).toBe(mode === 'development' ? 'in' : 503);
    }
  });
});

describe('a client that is being authenticated', () => {
  it('may send its first messages already', async () => {
    await using streams = await startStream({ options: { auth_function: 'app::auth' } });
    let admit = (): void => undefined;
    let isAsked = (): void => undefined;
    const asked = new Promise<void>((resolve) => (isAsked = resolve));
    streams.host.functions.register({ id: 'app::auth' }, () => new Promise((resolve) => {
      admit = () => resolve({ context: {} });
      isAsked();
    }));
    const { connect } = await import('node:net');
    const socket = connect(streams.port, '127.0.0.1');
    const text = JSON.stringify({ type: 'join', data: join });
    const frame = Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
    expect(text.length).toBeLessThan(126);
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n');
    await asked;
    socket.write(frame);
    // A turn of the network for the early message, so that it has come before the answer.
    expect(await outcome(streams, 'plain', { headers: { origin: 'null' } })).toBe(403);
    admit();
    let seen = '';
    for await (const chunk of socket) {
      seen += String(chunk);
      if (seen.includes('"type":"sync"')) break;
    }
    expect(seen).toContain('101 Switching Protocols');
  });
});

describe('a client that polls', () => {
  it('and is refused keeps its session for five seconds at most when it never asks again', async () => {
    const clock = new ManualClock();
    await using streams = await startStream({ clock, options: { auth_function: 'app::auth', max_connections: 1 } });
    streams.host.functions.register({ id: 'app::auth' }, () => undefined);
    const url = `http://127.0.0.1:${streams.port}/socket.io/?EIO=4&transport=polling`;
    const refused = async (): Promise<string> => {
      const opened = await fetch(url);
      if (opened.status !== 200) return String(opened.status);
      const { sid } = JSON.parse((await opened.text()).slice(1)) as { readonly sid: string };
      await fetch(`${url}&sid=${sid}`, { method: 'POST', body: '40' });
      return (await fetch(`${url}&sid=${sid}`)).text();
    };
    expect(await refused()).toContain('MOTIA_STREAM_UNAUTHORIZED');
    expect(await refused()).toBe('503');
    await clock.advance('5s');
    expect(await refused()).toContain('MOTIA_STREAM_UNAUTHORIZED');
  });
});
