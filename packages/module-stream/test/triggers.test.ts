import { describe, expect, it } from '@jest/globals';
import { connectTestWorker } from '@motia/engine-core/testing';
import { startStream, todo, until, type StreamFixture } from './fixtures/start-stream.js';

interface Told {
  readonly groupId: string;
  readonly id: string | null;
  readonly seq?: number;
  readonly event: { readonly type: string; readonly data?: unknown; readonly event?: unknown };
}

/** A function that keeps what it is told, bound to a trigger. */
async function watch(streams: StreamFixture, config: object, handler: (told: Told) => unknown = () => undefined): Promise<Told[]> {
  const told: Told[] = [];
  const id = `watch::${Math.random()}`;
  streams.host.functions.register({ id }, (payload) => {
    told.push(payload as Told);
    return handler(payload as Told);
  });
  await streams.host.triggers.register({ type: 'stream', functionId: id, config });
  return told;
}

describe('stream triggers', () => {
  it('get the frame that clients get', async () => {
    await using streams = await startStream();
    const told = await watch(streams, { stream_name: todo });
    await streams.set('inbox', 'a', { n: 1 });
    await streams.set('inbox', 'a', { n: 2 });
    await streams.call('stream::delete', { stream_name: todo, group_id: 'inbox', item_id: 'a' });
    await streams.call('stream::send', { stream_name: todo, group_id: 'inbox', type: 'typing', data: 7 });
    await until(() => told.length === 4);
    expect([...told].sort((a, b) => (a.seq ?? 9) - (b.seq ?? 9))).toEqual([
      { type: 'stream', timestamp: expect.any(Number), streamName: todo, groupId: 'inbox', id: 'a', seq: 1, epoch: expect.any(String), traceId: expect.any(String), event: { type: 'create', data: { n: 1 } } },
      expect.objectContaining({ seq: 2, event: { type: 'update', data: { n: 2 } } }),
      expect.objectContaining({ seq: 3, event: { type: 'delete', data: { n: 2 } } }),
      { type: 'stream', timestamp: expect.any(Number), streamName: todo, groupId: 'inbox', id: null, traceId: expect.any(String), event: { type: 'event', event: { type: 'typing', data: 7 } } },
    ]);
  });

  it('hear of their stream, their group and their item alone', async () => {
    await using streams = await startStream();
    const all = await watch(streams, { stream_name: todo });
    const group = await watch(streams, { stream_name: todo, group_id: 'inbox' });
    const item = await watch(streams, { stream_name: todo, group_id: 'inbox', item_id: 'a' });
    const anywhere = await watch(streams, { stream_name: todo, item_id: 'a' });
    const other = await watch(streams, { stream_name: 'chat' });
    for (const [groupId, itemId] of [['inbox', 'a'], ['inbox', 'b'], ['later', 'a']] as const) await streams.set(groupId, itemId, 1);
    await streams.call('stream::send', { stream_name: todo, group_id: 'inbox', type: 'to-all' });
    await until(() => all.length === 4 && group.length === 3 && item.length === 1 && anywhere.length === 2);
    expect(other).toEqual([]);
  });

  it('without a stream_name are refused, and say what is missing', async () => {
    await using streams = await startStream();
    await expect(streams.host.triggers.register({ type: 'stream', functionId: 'f', config: {} })).rejects.toMatchObject({ code: 'MOTIA_ENGINE_TRIGGER_CONFIG_INVALID', message: expect.stringContaining('stream_name') });
    await expect(streams.host.triggers.register({ type: 'stream', functionId: 'f', config: { stream_name: todo, groupid: 'x' } })).rejects.toMatchObject({ message: expect.stringContaining('group_id') });
  });

  it('conditions: only a literal false blocks', async () => {
    await using streams = await startStream();
    streams.host.functions.register({ id: 'is-done' }, (payload) => (payload as Told).event.data);
    const told = await watch(streams, { stream_name: todo, condition_function_id: 'is-done' });
    for (const [index, value] of [true, false, null, 0, ''].entries()) await streams.set('inbox', `i${index}`, value);
    await until(() => told.length === 4);
    expect(told.map(({ event }) => event.data)).toEqual(expect.arrayContaining([true, null, 0, '']));
  });

  it('S6 calls about one item are made in order, those about others do not wait for them', async () => {
    await using streams = await startStream();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const told = await watch(streams, { stream_name: todo }, ({ id }) => (id === 'slow' ? held : undefined));
    for (let n = 1; n <= 5; n += 1) await streams.set('inbox', 'slow', n);
    for (let n = 1; n <= 5; n += 1) await streams.set('inbox', 'quick', n);
    const of = (id: string): readonly unknown[] => told.filter((each) => each.id === id).map(({ event }) => event.data);
    await until(() => of('quick').length === 5);
    expect(of('slow')).toEqual([1]);
    release();
    await until(() => of('slow').length === 5);
    expect([of('slow'), of('quick')]).toEqual([[1, 2, 3, 4, 5], [1, 2, 3, 4, 5]]);
  });

  it('three replicas are one subscriber', async () => {
    await using streams = await startStream();
    let calls = 0;
    const replica = (): ReturnType<typeof connectTestWorker> => connectTestWorker(streams.host, { functions: { watch: () => void (calls += 1) }, triggers: [{ type: 'stream', functionId: 'watch', config: { stream_name: todo } }] });
    await using _a = await replica();
    await using _b = await replica();
    await using _c = await replica();
    for (let n = 0; n < 20; n += 1) await streams.set('inbox', `i${n}`, n);
    await until(() => calls >= 20);
    await streams.host.stop();
    expect(calls).toBe(20);
  });

  it('S6 a worker that is lost, and expected back, gets what happened meanwhile', async () => {
    await using streams = await startStream();
    const seen: unknown[] = [];
    const app = (): ReturnType<typeof connectTestWorker> =>
      connectTestWorker(streams.host, { owner: 'app', retain: true, functions: { watch: (payload) => void seen.push((payload as Told).seq) }, triggers: [{ type: 'stream', functionId: 'watch', config: { stream_name: todo } }] });
    const first = await app();
    first.kill();
    await first.handle.closed;
    for (const n of [1, 2, 3]) await streams.set('inbox', 'a', n);
    expect(seen).toEqual([]);
    await using _second = await app();
    await until(() => seen.length === 3);
    expect(seen).toEqual([1, 2, 3]);
  });

  it('S6 a trigger that changes what triggers it ends after 16 turns, with an error', async () => {
    await using streams = await startStream();
    const told = await watch(streams, { stream_name: todo }, () => undefined);
    streams.host.functions.register({ id: 'loop' }, async (payload, call) => {
      await streams.host.functions.invoke('stream::update', { stream_name: todo, group_id: 'inbox', item_id: 'a', ops: [{ type: 'increment', path: 'n', by: 1 }] }, { parent: call });
    });
    await streams.host.triggers.register({ type: 'stream', functionId: 'loop', config: { stream_name: todo } });
    await streams.set('inbox', 'a', { n: 0 });
    await streams.host.logs.next(({ level, message }) => level === 'error' && message.includes('given up'));
    await until(() => told.length === 17);
    expect(await streams.call('stream::get', { stream_name: todo, group_id: 'inbox', item_id: 'a' })).toEqual({ n: 16 });
  });
});
