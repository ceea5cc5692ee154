import { describe, expect, it } from '@jest/globals';
import { startStream, todo, until } from './fixtures/start-stream.js';
import { GroupView } from './fixtures/group-view.js';
import { transports, type Frame } from './fixtures/stream-client.js';

const isSync = ({ event }: Frame): boolean => event?.type === 'sync';

describe.each(transports)('a client over %s', (transport) => {
  it('T2 that waits for onJoin while the only other follower of its group leaves gets every change', async () => {
    await using streams = await startStream();
    let admit = (): void => undefined;
    let asked = 0;
    streams.host.functions.register({ id: 'join' }, () => ((asked += 1) === 1 ? undefined : new Promise<void>((resolve) => (admit = resolve))));
    await streams.host.triggers.register({ type: 'stream:join', functionId: 'join', config: {} });
    const first = await streams.connect(transport);
    first.join({ subscriptionId: 'a', streamName: todo, groupId: 'inbox' });
    await first.next(isSync);
    const second = await streams.connect(transport);
    second.join({ subscriptionId: 'b', streamName: todo, groupId: 'inbox' });
    await until(() => asked === 2);
    first.leave('a');
    first.close();
    await first.ended;
    admit();
    await second.next(isSync);
    await streams.set('inbox', 'x', 1);
    expect(await second.next(({ event }) => event?.type === 'create')).toMatchObject({ id: 'x', seq: 1 });
  });

  it.each([0, 5])('T1 gets every change while it is connected, however few are kept to resume from (%i)', async (max_events) => {
    await using streams = await startStream({ options: { resume: { max_events } } });
    const view = new GroupView(todo, 'inbox');
    view.follow(await streams.connect(transport));
    await view.until(() => view.syncs === 1);
    await Promise.all(Array.from({ length: 300 }, (_, n) => streams.set('inbox', `i${n % 10}`, n)));
    await view.until(() => view.lastSeq === 300);
    expect([view.breaches, view.syncs, view.resyncs, view.seqs]).toEqual([[], 1, 0, Array.from({ length: 300 }, (_, n) => n + 1)]);
    const late = await streams.connect(transport);
    late.join({ subscriptionId: 'ok', streamName: todo, groupId: 'inbox', epoch: view.epoch as string, lastSeq: 300 - max_events });
    expect(await late.next(({ subscriptionId }) => subscriptionId === 'ok')).toMatchObject({ type: 'resumed' });
    late.join({ subscriptionId: 'old', streamName: todo, groupId: 'inbox', epoch: view.epoch as string, lastSeq: 299 - max_events });
    expect(await late.next(({ subscriptionId }) => subscriptionId === 'old')).toMatchObject({ type: 'resync', reason: 'log' });
  });

  it('T1 T3 starts over with a snapshot when more was written at once than the log keeps', async () => {
    await using streams = await startStream({ options: { resume: { max_events: 0 } } });
    const view = new GroupView(todo, 'inbox');
    view.follow(await streams.connect(transport));
    await view.until(() => view.syncs === 1);
    // One commit: when the engine reads the log, the first ones have been taken out again.
    const { service } = streams;
    await service.store?.transaction((tx) => Promise.all(Array.from({ length: 3_000 }, (_, n) => service.set({ stream: todo, group: 'inbox', item: `i${n % 10}` }, n, { tx }))));
    await view.until(() => view.lastSeq === 3_000);
    const items = (await streams.call('stream::list', { stream_name: todo, group_id: 'inbox' })) as readonly unknown[];
    expect([...view.items.values()].sort()).toEqual([...items].sort());
    expect(view.breaches).toEqual([]);
    expect([view.resyncs, view.syncs]).toEqual([1, 2]);
    await streams.set('inbox', 'end', 0);
    await view.until(() => view.items.has('end'));
    expect([view.breaches, view.resyncs]).toEqual([[], 1]);
  });
});
