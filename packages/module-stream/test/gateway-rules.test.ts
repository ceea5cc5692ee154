import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { noOptions } from '@motia/engine-core';
import { defineModule, StreamServiceRef, type HealthReport, type WorkerRegistry, type Trigger } from '@motia/engine-core/contract';
import { ManualClock, memoryLogger, startTestHost, type TestHost } from '@motia/engine-core/testing';
import { authInput } from '../src/gateway/authentication.js';
import { Heartbeat } from '../src/gateway/heartbeat.js';
import { MessageLimits } from '../src/gateway/message-limits.js';
import { OriginPolicy } from '../src/gateway/origin-policy.js';
import { StartGate } from '../src/gateway/start-gate.js';
import { roomOf } from '../src/gateway/client-connection.js';
import { stream } from '../src/index.js';
import { nameProblem } from '../src/name.js';
import { GuardTriggers } from '../src/presence/guard-triggers.js';
import { until } from './fixtures/start-stream.js';
import { connectClient } from './fixtures/stream-client.js';
import { SocketIoSink } from '../src/gateway/socket-io-sink.js';

describe('origins', () => {
  const ask = (origin: string | undefined, remoteAddress: string, isAuthenticated = false): string | undefined =>
    new OriginPolicy({ allowed: undefined, isAuthenticated: () => isAuthenticated }).problemWith({ headers: { host: 'app.example', ...(origin === undefined ? {} : { origin }) }, socket: { remoteAddress } as never })?.code;

  it('a program that names none is let in from this machine, and from elsewhere when somebody authenticates it', () => {
    expect([ask(undefined, '127.0.0.1'), ask(undefined, '::1'), ask(undefined, '::ffff:127.0.0.1')]).toEqual([undefined, undefined, undefined]);
    expect([ask(undefined, '10.0.0.9'), ask(undefined, '10.0.0.9', true)]).toEqual(['MOTIA_STREAM_ORIGIN_NOT_ALLOWED', undefined]);
  });

  it('a page is judged by its own host, wherever it connects from', () => {
    expect([ask('https://app.example', '10.0.0.9'), ask('https://app.example:8443', '10.0.0.9'), ask('https://evil.example', '127.0.0.1', true)]).toEqual([undefined, undefined, 'MOTIA_STREAM_ORIGIN_NOT_ALLOWED']);
  });
});

describe('the heartbeat', () => {
  const options = { intervalMs: 25_000, timeoutMs: 20_000 };

  it('asks after silence and gives up within 45 s', () => {
    const heartbeat = new Heartbeat(options, 0);
    const verdicts = Array.from({ length: 46 }, (_, second) => heartbeat.check(second * 1_000, 0));
    expect([verdicts.indexOf('ask'), verdicts.indexOf('gone'), verdicts.filter((verdict) => verdict === 'ask').length]).toEqual([24, 43, 1]);
  });

  it('begins anew with whatever is heard', () => {
    const heartbeat = new Heartbeat(options, 0);
    expect(heartbeat.check(24_000, 0)).toBe('ask');
    heartbeat.heard(30_000);
    expect([heartbeat.check(53_000, 0), heartbeat.check(54_000, 0)]).toEqual(['alive', 'ask']);
  });

  it('takes a client that takes what waits for it for alive', () => {
    const heartbeat = new Heartbeat(options, 0);
    expect(heartbeat.check(24_000, 10_000_000)).toBe('ask');
    expect(heartbeat.check(42_000, 5_000_000)).toBe('alive');
    expect(heartbeat.check(60_000, 5_000_000)).toBe('alive');
    expect(heartbeat.check(61_000, 5_000_000)).toBe('gone');
  });
});

describe('limits of messages', () => {
  it('refill with time, up to what may come at once', () => {
    const limits = new MessageLimits({ messagesPerSecond: 10, burst: 3 }, 0);
    expect([1, 2, 3, 4].map(() => limits.take(0))).toEqual([true, true, true, false]);
    expect([limits.take(99), limits.take(150), limits.take(199)]).toEqual([false, true, false]);
    expect([1, 2, 3, 4].map(() => limits.take(100_000))).toEqual([true, true, true, false]);
  });
});

/** Undefined before the module was made. */
function addressOf(host: TestHost): { readonly port: number } | undefined {
  try {
    return host.service(StreamServiceRef).address();
  } catch {
    return undefined;
  }
}

describe('the gate at the start', () => {
  const health = (state: { ready: boolean }) => ({ report: () => ({ ready: state.ready }) as HealthReport });

  it('opens when the engine is ready, its processes included, and stays open', async () => {
    const clock = new ManualClock();
    const state = { ready: false };
    const gate = new StartGate(health(state), clock);
    const opened = gate.opened(10_000, new AbortController().signal);
    await clock.advance(1_000);
    expect(gate.isOpen).toBe(false);
    state.ready = true;
    await clock.advance(100);
    expect(await opened).toBe(true);
    state.ready = false;
    expect(gate.isOpen).toBe(true);
  });

  it('gives up in time, and when the client has gone', async () => {
    const clock = new ManualClock();
    const gate = new StartGate(health({ ready: false }), clock);
    const late = gate.opened(1_000, new AbortController().signal);
    await clock.advance(1_100);
    expect(await late).toBe(false);
    expect(await gate.opened(60_000, AbortSignal.abort())).toBe(false);
  });

  it('holds a client until the modules that start later are up, so that it meets what guards it', async () => {
    let release = (): void => undefined;
    let isHeld = false;
    const slow = defineModule({
      name: 'slow', version: '0.0.0', contract: 1, class: 'test::Slow', options: noOptions, startsLast: true,
      create: async (ctx) => ({
        services: {},
        start: () => new Promise<void>((resolve) => {
          isHeld = true;
          release = () => {
            ctx.functions.register({ id: 'motia::stream::authenticate' }, () => ({}));
            resolve();
          };
        }),
      }),
    });
    await using host = await startTestHost([{ definition: slow }, stream({ port: 0 })], { start: false });
    const starting = host.start();
    const port = (): number | undefined => addressOf(host)?.port;
    await until(() => port() !== undefined && isHeld);
    const client = connectClient('plain', { port: port() ?? 0 });
    release();
    await starting;
    expect(await (await client).ended).toMatchObject({ code: 4401 });
  });
});

describe('triggers that guard', () => {
  const workers = (list: { readonly label: string; readonly state: string }[]) => {
    let changed = (): void => undefined;
    return {
      registry: { list: () => list, onChanged: (listener: () => void) => ((changed = listener), { dispose: () => undefined }) } as unknown as WorkerRegistry,
      change: () => changed(),
    };
  };
  const trigger = (id: string, owner: string): Trigger<object> => ({ id, type: 't', functionId: `f-${id}`, config: {}, generation: 1, owners: [owner] });

  it('stay in force when the only process is lost, and go when it comes back without them', async () => {
    const list = [{ label: 'app', state: 'ready' }];
    const { registry, change } = workers(list);
    const clock = new ManualClock();
    const guard = new GuardTriggers<object>({ type: 't', workers: registry, clock, logger: memoryLogger() });
    guard.start();
    guard.apply({ added: [trigger('a', 'app'), trigger('b', 'a module')], removed: [] });
    list.length = 0;
    guard.apply({ added: [], removed: [trigger('a', 'app'), trigger('b', 'a module')] });
    expect(guard.all().map(({ id }) => id)).toEqual(['a']);
    list.push({ label: 'app', state: 'ready' });
    change();
    await clock.advance(4_000);
    expect(guard.isEmpty).toBe(false);
    await clock.advance(2_000);
    expect(guard.isEmpty).toBe(true);
    guard.stop();
  });

  it('are no news when the engine stops', () => {
    const list = [{ label: 'app', state: 'ready' }];
    const logger = memoryLogger();
    const guard = new GuardTriggers<object>({ type: 't', workers: workers(list).registry, clock: new ManualClock(), logger });
    guard.start();
    guard.apply({ added: [trigger('a', 'app'), trigger('b', 'app')], removed: [] });
    list.length = 0;
    guard.apply({ added: [], removed: [trigger('a', 'app')] });
    guard.expectEnd();
    guard.apply({ added: [], removed: [trigger('b', 'app')] });
    expect([logger.messages('warn').length, guard.all().length]).toEqual([1, 2]);
  });

  it('go at once when the app that runs takes them back, and when they are registered again', () => {
    const list = [{ label: 'app', state: 'ready' }];
    const guard = new GuardTriggers<object>({ type: 't', workers: workers(list).registry, clock: new ManualClock(), logger: memoryLogger() });
    guard.apply({ added: [trigger('a', 'app')], removed: [] });
    guard.apply({ added: [], removed: [trigger('a', 'app')] });
    expect(guard.isEmpty).toBe(true);
    guard.apply({ added: [trigger('a', 'app')], removed: [] });
    list.length = 0;
    guard.apply({ added: [], removed: [trigger('a', 'app')] });
    guard.apply({ added: [trigger('a', 'app')], removed: [] });
    expect(guard.all()).toHaveLength(1);
  });
});

describe('names', () => {
  it.each([undefined, null, 1, '', 'x'.repeat(257), 'a\u0000', 'a\u007f', '\ud800x', 'x\udc00'])('%j is none', (name) => expect(nameProblem(name)).toEqual(expect.any(String)));
  it.each(['a', 'x'.repeat(256), 'a b', '👋', 'ä/ö:ü', '__proto__'])('%j is one', (name) => expect(nameProblem(name)).toBeUndefined());
  it('make rooms that cannot be mistaken for one another', () => {
    expect([roomOf({ stream: 'a/b', group: 'c' }), roomOf({ stream: 'a', group: 'b/c' }), roomOf({ stream: 'a', group: 'b', item: 'c' })]).toEqual(['stream/a%2Fb/c', 'stream/a/b%2Fc', 'stream/a/b/c']);
  });
});

describe('what the authentication function is told', () => {
  it.each([
    ['/?a=1&a=2&b=%20x', { path: '/', query_params: { a: ['1', '2'], b: [' x'] } }],
    ['/socket.io/?EIO=4', { path: '/socket.io/', query_params: { EIO: ['4'] } }],
    ['//evil?x', { path: '//evil', query_params: { x: [''] } }],
    ['/?__proto__=1&a=%', { path: '/', query_params: { ['__proto__']: ['1'], a: ['%'] } }],
    ['*', { path: '*', query_params: {} }],
  ])('of %s', (url, expected) => {
    const input = authInput({ url, headers: { cookie: 'a=b', 'set-cookie': ['x', 'y'] }, socket: { remoteAddress: '::ffff:10.0.0.1' } as never });
    expect(JSON.parse(JSON.stringify(input))).toEqual({ headers: { cookie: 'a=b', 'set-cookie': 'x, y' }, addr: '10.0.0.1', ...(JSON.parse(JSON.stringify(expected)) as object) });
  });
});

describe('the way out to a socket.io client', () => {
  it('waits for a slow client without piling up listeners', () => {
    const transport = Object.assign(new EventEmitter(), { name: 'websocket', writable: false });
    const socket = Object.assign(new EventEmitter(), { readyState: 'open', writeBuffer: [] as unknown[], transport, send: () => undefined, close: () => undefined });
    const sink = new SocketIoSink(socket, new ManualClock());
    let drained = 0;
    sink.onceDrained(() => (drained += 1));
    for (let turn = 0; turn < 50; turn += 1) transport.emit('ready');
    expect([socket.listenerCount('upgrade'), transport.listenerCount('ready'), drained]).toEqual([1, 1, 0]);
    transport.writable = true;
    transport.emit('ready');
    sink.onceDrained(() => (drained += 1));
    expect([socket.listenerCount('upgrade'), transport.listenerCount('ready'), drained]).toEqual([1, 0, 1]);
  });
});
