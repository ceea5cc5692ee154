import { describe, expect, it } from '@jest/globals';
import { ManualClock, connectTestWorker } from '@motia/engine-core/testing';
import { startStream, todo, until, type StreamFixture } from './fixtures/start-stream.js';
import { transports, type Frame } from './fixtures/stream-client.js';

const join = { subscriptionId: 's', streamName: todo, groupId: 'inbox' };
const isSync = ({ event }: Frame): boolean => event?.type === 'sync';
const isRefusal = ({ event }: Frame): boolean => event?.type === 'unauthorized';

/** Registers onJoin and onLeave of an app, and keeps what they were told. */
async function guard(streams: StreamFixture, onJoin: (payload: never) => unknown = () => undefined, config: object = {}): Promise<{ readonly joins: unknown[]; readonly leaves: unknown[] }> {
  const told = { joins: [] as unknown[], leaves: [] as unknown[] };
  streams.host.functions.register({ id: 'app::join' }, (payload) => {
    told.joins.push(payload);
    return onJoin(payload as never);
  });
  streams.host.functions.register({ id: 'app::leave' }, (payload) => void told.leaves.push(payload));
  await streams.host.triggers.register({ type: 'stream:join', functionId: 'app::join', config });
  await streams.host.triggers.register({ type: 'stream:leave', functionId: 'app::leave', config });
  return told;
}

describe.each(transports)('onJoin and onLeave of clients over %s', (transport) => {
  it('T5 onJoin is asked before the first byte of data, onLeave is told once, for leaving and for going away', async () => {
    await using streams = await startStream();
    await streams.set('inbox', 'a', 1);
    let admit = (): void => undefined;
    const told = await guard(streams, () => new Promise<void>((resolve) => (admit = resolve)));
    const client = await streams.connect(transport);
    client.join(join);
    await until(() => told.joins.length === 1);
    client.send('ping');
    await client.next(({ type }) => type === 'pong');
    expect(client.frames).toHaveLength(1);
    admit();
    await client.next(isSync);
    client.leave('s');
    client.leave('s');
    await until(() => told.leaves.length === 1);
    client.join({ ...join, id: 'a' });
    await until(() => told.joins.length === 2);
    admit();
    await client.next(({ id, event }) => id === 'a' && event?.type === 'sync');
    client.cut();
    await until(() => told.leaves.length === 2);
    expect(told.leaves).toEqual(told.joins);
    expect(told.joins).toEqual([{ subscription_id: 's', stream_name: todo, group_id: 'inbox' }, { subscription_id: 's', stream_name: todo, group_id: 'inbox', id: 'a' }]);
  });

  it('T5 whoever is refused gets nothing, has no subscription, and is not reported to have left', async () => {
    await using streams = await startStream();
    const told = await guard(streams, ({ group_id }: { group_id: string }) => (group_id === 'inbox' ? { unauthorized: true } : { unauthorized: false }));
    const client = await streams.connect(transport);
    client.join(join);
    expect(await client.next(isRefusal)).toMatchObject({ type: 'stream', subscriptionId: 's', streamName: todo, groupId: 'inbox', id: null, event: { code: 'MOTIA_STREAM_JOIN_REFUSED' } });
    await streams.set('inbox', 'a', 1);
    client.leave('s');
    client.join({ ...join, groupId: 'other' });
    await client.next(isSync);
    client.cut();
    await until(() => told.leaves.length === 1);
    expect(told.leaves).toMatchObject([{ group_id: 'other' }]);
    expect(client.frames).toHaveLength(2);
  });

  it('T5 every onJoin is asked, and one refusal is enough', async () => {
    await using streams = await startStream();
    const asked: string[] = [];
    for (const id of ['a', 'b', 'c']) {
      streams.host.functions.register({ id }, () => {
        asked.push(id);
        return id === 'b' ? { unauthorized: true } : undefined;
      });
      await streams.host.triggers.register({ type: 'stream:join', functionId: id, config: id === 'c' ? { stream_name: 'chat' } : {} });
    }
    const client = await streams.connect(transport);
    client.join(join);
    await client.next(isRefusal);
    expect(asked).toEqual(['a', 'b']);
  });

  it.each([
    ['throws', () => Promise.reject(new Error('no')), 'MOTIA_STREAM_JOIN_FAILED'],
    ['takes too long', () => new Promise(() => undefined), 'MOTIA_STREAM_JOIN_TIMEOUT'],
  ])('T5 an onJoin that %s refuses, and leaves nothing behind', async (_title, handler, code) => {
    const clock = new ManualClock();
    await using streams = await startStream({ clock });
    const told = await guard(streams, handler);
    const client = await streams.connect(transport);
    client.join(join);
    await until(() => told.joins.length === 1);
    await clock.advance('11s');
    expect(await client.next(isRefusal)).toMatchObject({ event: { code } });
    // The id is free again.
    client.join(join);
    await until(() => told.joins.length === 2);
    client.cut();
    await client.ended;
    await clock.advance('11s');
    await streams.host.stop();
    expect(told.leaves).toEqual([]);
  });

  it('T5 a condition that is false passes over onJoin; one that fails refuses', async () => {
    await using streams = await startStream();
    streams.host.functions.register({ id: 'only-vip' }, (payload) => {
      const { group_id: group } = payload as { group_id: string };
      if (group === 'broken') throw new Error('no idea');
      return group === 'vip';
    });
    const told = await guard(streams, () => ({ unauthorized: true }), { condition_function_id: 'only-vip' });
    const client = await streams.connect(transport);
    client.join(join);
    await client.next(isSync);
    client.join({ ...join, subscriptionId: 'v', groupId: 'vip' });
    client.join({ ...join, subscriptionId: 'b', groupId: 'broken' });
    await until(() => client.frames.filter(isRefusal).length === 2);
    expect(client.frames.filter(isRefusal).map(({ subscriptionId, event }) => [subscriptionId, event?.code]).sort()).toEqual([['b', 'MOTIA_STREAM_JOIN_FAILED'], ['v', 'MOTIA_STREAM_JOIN_REFUSED']]);
    expect(told.joins).toHaveLength(1);
  });

  it('T5 whoever goes away while onJoin is asked has left when it answers', async () => {
    await using streams = await startStream();
    let admit = (): void => undefined;
    const told = await guard(streams, () => new Promise<void>((resolve) => (admit = resolve)));
    const client = await streams.connect(transport);
    client.join(join);
    await until(() => told.joins.length === 1);
    client.cut();
    await client.ended;
    // The server has noticed as soon as it would take the place anew.
    await using other = await streams.connect(transport);
    other.send('ping');
    await other.next(({ type }) => type === 'pong');
    expect(told.leaves).toEqual([]);
    admit();
    await until(() => told.leaves.length === 1);
  });

  it.each([
    ['allowed', undefined, 2],
    ['refused', { unauthorized: true }, 1],
  ])('T5 a subscription id that is used again while onJoin is asked about its first use, which is %s last, has left once for each', async (_title, answer, leaves) => {
    await using streams = await startStream();
    const answers: ((answer: unknown) => void)[] = [];
    const told = await guard(streams, () => new Promise((resolve) => answers.push(resolve)));
    const client = await streams.connect(transport);
    client.join(join);
    await until(() => answers.length === 1);
    client.leave('s');
    client.join(join);
    await until(() => answers.length === 2);
    answers[1]?.(undefined);
    await client.next(isSync);
    answers[0]?.(answer);
    await until(() => told.leaves.length === leaves - 1);
    client.cut();
    await client.ended;
    await streams.host.stop();
    expect(told.leaves).toHaveLength(leaves);
  });

  it('T5 onLeave is told of everybody when the engine stops', async () => {
    const streams = await startStream();
    const told = await guard(streams);
    const clients = await Promise.all([1, 2, 3].map(() => streams.connect(transport)));
    for (const client of clients) {
      client.join(join);
      await client.next(isSync);
    }
    await streams.host.stop();
    expect(told.leaves).toHaveLength(3);
    for (const client of clients) {
      expect(await client.ended).toMatchObject({ code: 1001 });
      const { reconnectAfterMs = 0 } = client.frames.at(-1) as Frame;
      expect(reconnectAfterMs).toBeGreaterThanOrEqual(1_000);
    }
    // Not all at the same time.
    expect(new Set(clients.map(({ frames }) => frames.at(-1)?.reconnectAfterMs)).size).toBeGreaterThan(1);
    await streams[Symbol.asyncDispose]();
  });

  it('T5 an onLeave that comes later hears of those who were there before it', async () => {
    await using streams = await startStream();
    const client = await streams.connect(transport);
    client.join(join);
    await client.next(isSync);
    const told = await guard(streams);
    client.cut();
    await until(() => told.leaves.length === 1);
  });

  it('T5 three replicas are asked once and told once', async () => {
    await using streams = await startStream();
    const asked: string[] = [];
    const replica = (): ReturnType<typeof connectTestWorker> =>
      connectTestWorker(streams.host, {
        functions: { 'app::join': () => void asked.push('join'), 'app::leave': () => void asked.push('leave') },
        triggers: [{ type: 'stream:join', functionId: 'app::join' }, { type: 'stream:leave', functionId: 'app::leave' }],
      });
    await using _a = await replica();
    await using _b = await replica();
    await using _c = await replica();
    const client = await streams.connect(transport);
    client.join(join);
    await client.next(isSync);
    client.cut();
    await until(() => asked.length === 2);
    await streams.host.stop();
    expect(asked).toEqual(['join', 'leave']);
  });

  it('T5 nobody gets in while the process that guards is gone, and onLeave waits for it', async () => {
    const clock = new ManualClock();
    await using streams = await startStream({ clock });
    const asked: string[] = [];
    const app = (): ReturnType<typeof connectTestWorker> =>
      connectTestWorker(streams.host, {
        functions: { 'app::join': () => void asked.push('join'), 'app::leave': () => void asked.push('leave') },
        triggers: [{ type: 'stream:join', functionId: 'app::join' }, { type: 'stream:leave', functionId: 'app::leave' }],
      });
    const first = await app();
    const inside = await streams.connect(transport);
    inside.join(join);
    await inside.next(isSync);
    first.kill();
    await first.handle.closed;
    const outside = await streams.connect(transport);
    outside.join(join);
    await outside.next(isRefusal);
    inside.cut();
    await inside.ended;
    expect(asked).toEqual(['join']);
    await using _second = await app();
    await until(() => asked.includes('leave'));
    outside.join(join);
    await outside.next(isSync);
    expect(asked).toEqual(['join', 'leave', 'join']);
  });
});
