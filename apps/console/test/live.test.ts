import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { WebSocket } from 'ws';
import { memoryLogger, ManualClock } from '@motia/engine-core/testing';
import { LiveConnection, sendBudgetBytes } from '../src/live/live-connection.js';
import type { LiveFrame } from '../src/live/live-feed.js';
import { LiveHub } from '../src/live/live-hub.js';
import { startConsole, token, type RunningConsole } from './start-console.js';

type Frame = LiveFrame & { readonly id: string; readonly data: { readonly upsert: Record<string, unknown>; readonly remove: string[] } };

/** The frames of a socket, one after the other. */
function framesOf(socket: WebSocket): () => Promise<Frame> {
  const frames: Frame[] = [];
  const waiting: ((frame: Frame) => void)[] = [];
  socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as Frame;
    const next = waiting.shift();
    if (next === undefined) frames.push(frame);
    else next(frame);
  });
  return () => new Promise((resolve) => {
    const frame = frames.shift();
    if (frame === undefined) waiting.push(resolve);
    else resolve(frame);
  });
}

describe('the live socket', () => {
  let app: RunningConsole;
  beforeAll(async () => {
    app = await startConsole();
  });
  afterAll(async () => app[Symbol.asyncDispose]());

  it('sends a snapshot, then what changes, and resumes where a client left', async () => {
    const socket = app.live();
    await once(socket, 'open');
    const next = framesOf(socket);
    socket.send(JSON.stringify({ op: 'sub', id: '1', topic: 'functions' }));
    const snapshot = await next();
    expect([snapshot.id, snapshot.kind]).toEqual(['1', 'snapshot']);
    const registration = app.host.functions.register({ id: 'late' }, () => 1);
    const added = await next();
    expect([added.kind, added.seq, Object.keys(added.data.upsert)]).toEqual(['delta', snapshot.seq + 1, ['late']]);
    socket.close();
    await once(socket, 'close');
    registration.dispose();

    const again = app.live();
    await once(again, 'open');
    const nextAgain = framesOf(again);
    again.send(JSON.stringify({ op: 'sub', id: '2', topic: 'functions', since: { epoch: added.epoch, seq: added.seq } }));
    const missed = await nextAgain();
    expect([missed.kind, missed.seq, missed.data.remove]).toEqual(['delta', added.seq + 1, ['late']]);
    again.send(JSON.stringify({ op: 'sub', id: '3', topic: 'functions', since: { epoch: 'of another start', seq: 4 } }));
    expect([(await nextAgain()).kind, (await nextAgain()).kind]).toEqual(['reset', 'snapshot']);
    again.close();
    await once(again, 'close');
  });

  it('answers what it cannot use, and closes on a client that goes on', async () => {
    const socket = app.live();
    await once(socket, 'open');
    const next = framesOf(socket);
    socket.send('no json');
    expect(await next()).toMatchObject({ kind: 'error', data: { code: 'MOTIA_CONSOLE_FRAME_INVALID' } });
    socket.send(JSON.stringify({ op: 'sub', id: 'x', topic: 'nothing' }));
    expect(await next()).toMatchObject({ id: 'x', kind: 'error', data: { code: 'MOTIA_CONSOLE_TOPIC_UNKNOWN' } });
    const closed = once(socket, 'close');
    for (let bad = 0; bad < 8; bad += 1) socket.send('[]');
    expect((await closed)[0]).toBe(1008);
  });

  it('refuses connections beyond the limit', async () => {
    await using small = await startConsole({ max_live_connections: 1 });
    const first = small.live();
    await once(first, 'open');
    const second = small.live();
    const [, response] = (await once(second, 'unexpected-response')) as [unknown, { statusCode: number; resume(): void }];
    expect(response.statusCode).toBe(503);
    response.resume();
    first.close();
    await once(first, 'close');
  });

  it('asks every 20 seconds who is there, and lets go of who does not answer', async () => {
    await using quiet = await startConsole({ max_live_connections: 2 }, [], new ManualClock());
    const clock = quiet.host.clock as ManualClock;
    const there = quiet.live();
    // Takes what comes, and answers nothing.
    const gone = quiet.live({ authorization: `Bearer ${token}` }, { autoPong: false });
    await Promise.all([once(there, 'open'), once(gone, 'open')]);
    const pinged = Promise.all([once(there, 'ping'), once(gone, 'ping')]);
    await clock.advance('20s');
    await pinged;
    // Behind its answer to the ping on the same socket: once this is answered, that has arrived.
    const answered = once(there, 'message');
    there.send('[]');
    await answered;
    const closed = once(gone, 'close');
    const again = once(there, 'ping');
    await clock.advance('20s');
    await Promise.all([closed, again]);
    expect([there.readyState, gone.readyState]).toEqual([there.OPEN, gone.CLOSED]);
    there.close();
    await once(there, 'close');
  });

  it('lets go of whoever is refused, although they hold on', async () => {
    const other = await startConsole();
    const socket = connect({ port: other.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.write(`GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1:${other.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 401 /);
    await other[Symbol.asyncDispose]();
    socket.destroy();
  });

  it('is there without a socket, too: who polls waits for the next frame', async () => {
    const { body } = await app.get('/api/v1/live/poll?topic=workers');
    const [snapshot] = body['frames'] as LiveFrame[];
    expect(snapshot?.kind).toBe('snapshot');
    expect((await app.get(`/api/v1/live/poll?topic=workers&epoch=${snapshot?.epoch}&seq=${snapshot?.seq}&wait_ms=0`)).body).toEqual({ frames: [] });
    const [before] = (await app.get('/api/v1/live/poll?topic=functions')).body['frames'] as LiveFrame[];
    const polled = app.get(`/api/v1/live/poll?topic=functions&epoch=${before?.epoch}&seq=${before?.seq}&wait_ms=20000`);
    const registration = app.host.functions.register({ id: 'polled' }, () => 1);
    expect((await polled).body).toMatchObject({ frames: [{ kind: 'delta', seq: (before?.seq ?? 0) + 1, data: { upsert: { polled: { id: 'polled' } } } }] });
    registration.dispose();
  });
});

describe('a topic', () => {
  const rows = new Map<string, unknown>();
  let reads = 0;
  const clock = new ManualClock();
  const hub = new LiveHub({
    find: (name) => (name === 'rows' ? { read: async () => { reads += 1; return new Map(rows); } } : undefined),
    epoch: 'e', clock, logger: memoryLogger(), intervalMs: 500,
  });

  it('costs nothing while nobody watches, and one look per interval however many do', async () => {
    await clock.advance('10s');
    expect(reads).toBe(0);
    const ends = [await hub.subscribe({ topic: 'rows' }, () => undefined), await hub.subscribe({ topic: 'rows' }, () => undefined)];
    reads = 0;
    await clock.advance('5s');
    expect(reads).toBe(10);
    for (const end of ends) end();
    await clock.advance('5s');
    expect([reads, clock.pendingTimers]).toEqual([10, 0]);
  });

  it('drops what a slow reader cannot take, says how much, and starts it over', async () => {
    const sent: { kind: string; data: unknown }[] = [];
    const socket = { bufferedBytes: 0, send: (text: string) => void sent.push(JSON.parse(text) as never), close: () => undefined };
    const connection = new LiveConnection(socket, hub, clock);
    await connection.receive(JSON.stringify({ op: 'sub', id: '1', topic: 'rows' }));
    socket.bufferedBytes = sendBudgetBytes + 1;
    for (let change = 1; change <= 3; change += 1) {
      rows.set('row', change);
      await clock.advance(500);
    }
    expect(sent.map(({ kind }) => kind)).toEqual(['snapshot']);
    socket.bufferedBytes = 0;
    await clock.advance('1s');
    expect(sent.map(({ kind }) => kind)).toEqual(['snapshot', 'lag', 'snapshot']);
    expect([sent[1]?.data, sent[2]?.data]).toEqual([{ dropped: 3 }, { upsert: { row: 3 }, remove: [] }]);
    connection.close();
    expect(clock.pendingTimers).toBe(0);
  });
});
