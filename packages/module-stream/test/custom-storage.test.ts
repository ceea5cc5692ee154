import { describe, expect, it } from '@jest/globals';
import { connectTestWorker, ManualClock } from '@motia/engine-core/testing';
import { GroupView } from './fixtures/group-view.js';
import { startStream, todo, until } from './fixtures/start-stream.js';
import { transports } from './fixtures/stream-client.js';

interface Input {
  readonly group_id: string;
  readonly item_id: string;
  readonly data: unknown;
  readonly ops: readonly { readonly by: number }[];
}

/** A worker that keeps the items of a stream itself. */
function storage(delayed: () => Promise<void> = () => Promise.resolve()) {
  const items = new Map<string, unknown>();
  const key = ({ group_id, item_id }: Input): string => `${group_id}/${item_id}`;
  const change = async (input: Input, next: (old: unknown) => unknown): Promise<unknown> => {
    await delayed();
    const old_value = items.get(key(input)) ?? null;
    const new_value = next(old_value);
    if (new_value === undefined) items.delete(key(input));
    else items.set(key(input), new_value);
    return { old_value, new_value };
  };
  const functions = {
    [`stream::get(${todo})`]: (input: unknown) => items.get(key(input as Input)) ?? null,
    [`stream::set(${todo})`]: (input: unknown) => change(input as Input, () => (input as Input).data),
    [`stream::update(${todo})`]: (input: unknown) => change(input as Input, (old) => ({ ...(old as object), n: ((old as { n?: number } | null)?.n ?? 0) + ((input as Input).ops[0]?.by ?? 0) })),
    [`stream::delete(${todo})`]: (input: unknown) => change(input as Input, () => undefined),
    [`stream::list(${todo})`]: (input: unknown) => [...items].filter(([name]) => name.startsWith(`${(input as Input).group_id}/`)).map(([, value]) => value),
    [`stream::list_groups(${todo})`]: () => [...new Set([...items.keys()].map((name) => name.split('/')[0] as string))],
  };
  return { items, functions };
}

const at = (item = 'a') => ({ stream_name: todo, group_id: 'inbox', item_id: item });

describe('a stream that a worker keeps', () => {
  it('is asked of the worker, with the same answers', async () => {
    await using streams = await startStream();
    const { items, functions } = storage();
    await using _worker = await connectTestWorker(streams.host, { functions });
    const { call } = streams;
    expect(await call('stream::set', { ...at(), data: { id: 'a', n: 1 } })).toEqual({ old_value: null, new_value: { id: 'a', n: 1 } });
    expect(await call('stream::update', { ...at(), ops: [{ type: 'increment', path: 'n', by: 2 }] })).toEqual({ old_value: { id: 'a', n: 1 }, new_value: { id: 'a', n: 3 } });
    expect(await call('stream::get', at())).toEqual({ id: 'a', n: 3 });
    expect(await call('stream::get', at('nothing'))).toBeNull();
    expect(await call('stream::list', { stream_name: todo, group_id: 'inbox' })).toEqual([{ id: 'a', n: 3 }]);
    expect(await call('stream::list', { stream_name: todo, group_id: 'inbox', with_ids: true })).toEqual({ items: [{ id: 'a', value: { id: 'a', n: 3 } }] });
    expect(await call('stream::list_groups', { stream_name: todo })).toEqual(['inbox']);
    expect(await call('stream::delete', at())).toEqual({ old_value: { id: 'a', n: 3 } });
    expect(await call('stream::delete', at())).toEqual({ old_value: null });
    expect(items.size).toBe(0);
    // Nothing of it was kept by the engine.
    expect(await call('stream::list_all', {})).toEqual({ stream: [], count: 0 });
    // Other streams are the engine's.
    expect(await call('stream::set', { ...at(), stream_name: 'chat', data: 1 })).toEqual({ old_value: null, new_value: 1 });
  });

  it.each(transports)('T1 T2 T3 is followed over %s as any other', async (transport) => {
    await using streams = await startStream();
    const { items, functions } = storage(() => new Promise((resolve) => setImmediate(resolve)));
    await using _worker = await connectTestWorker(streams.host, { functions });
    items.set('inbox/old', { id: 'old', n: 0 });
    const view = new GroupView(todo, 'inbox');
    const writing = Promise.all(Array.from({ length: 100 }, (_, n) => streams.set('inbox', `i${n % 5}`, { id: `i${n % 5}`, n })));
    const first = await streams.connect(transport);
    view.follow(first);
    await view.until(() => view.syncs === 1);
    first.cut();
    await writing;
    view.follow(await streams.connect(transport));
    await view.until(() => view.lastSeq === 100);
    await streams.call('stream::delete', at('i0'));
    await view.until(() => view.lastSeq === 101);
    expect(view.breaches).toEqual([]);
    expect(Object.fromEntries(view.items)).toEqual(Object.fromEntries([...items].map(([name, value]) => [name.split('/')[1], value])));
  });

  it('answers pages itself, if it knows them', async () => {
    await using streams = await startStream();
    const asked: unknown[] = [];
    const list = (input: unknown): unknown => {
      asked.push(input);
      return { items: [{ id: 'a', value: 1 }], cursor: 'mine' };
    };
    await using _worker = await connectTestWorker(streams.host, { functions: { [`stream::list(${todo})`]: list } });
    const page = { stream_name: todo, group_id: 'inbox', with_ids: true, limit: 5, cursor: 'of-theirs' };
    expect(await streams.call('stream::list', page)).toEqual({ items: [{ id: 'a', value: 1 }], cursor: 'mine' });
    expect(asked).toEqual([page]);
  });

  it('answers pages of its groups itself, or all of them as one', async () => {
    await using streams = await startStream();
    const asked: unknown[] = [];
    const groupsOf = (answer: unknown) => (input: unknown): unknown => {
      asked.push(input);
      return answer;
    };
    await using _worker = await connectTestWorker(streams.host, { functions: { [`stream::list_groups(${todo})`]: groupsOf({ groups: ['a'], cursor: 'mine' }), 'stream::list_groups(plain)': groupsOf(['a', 'b']) } });
    const page = { with_cursor: true, limit: 1, cursor: 'of-theirs' };
    expect(await streams.call('stream::list_groups', { stream_name: todo, ...page })).toEqual({ groups: ['a'], cursor: 'mine' });
    expect(await streams.call('stream::list_groups', { stream_name: 'plain', ...page })).toEqual({ groups: ['a', 'b'] });
    expect(await streams.call('stream::list_groups', { stream_name: 'plain', limit: 1 })).toEqual(['a']);
    expect(asked.slice(0, 2)).toEqual([{ stream_name: todo, ...page }, { stream_name: 'plain', ...page }]);
  });

  it.each(transports)('with more than max_snapshot_bytes in a group is refused to those who follow it over %s, and the item is not', async (transport) => {
    await using streams = await startStream({ options: { max_snapshot_bytes: 1_000 } });
    const { items, functions } = storage();
    items.set('inbox/a', { id: 'a', text: 'x'.repeat(1_000) });
    await using _worker = await connectTestWorker(streams.host, { functions });
    const client = await streams.connect(transport);
    client.join({ subscriptionId: 'group', streamName: todo, groupId: 'inbox' });
    client.join({ subscriptionId: 'item', streamName: todo, groupId: 'inbox', id: 'a' });
    expect(await client.next(({ type }) => type === 'error')).toMatchObject({ code: 'MOTIA_STREAM_SNAPSHOT_TOO_LARGE', ref: 'group' });
    await client.next(({ subscriptionId, event }) => subscriptionId === 'item' && event?.type === 'sync');
  });

  it('triggers fire, times grow, and what goes wrong in the worker is told', async () => {
    await using streams = await startStream();
    const { functions } = storage();
    await using _worker = await connectTestWorker(streams.host, { functions: { ...functions, [`stream::list(${todo})`]: () => 'no list', [`stream::update(${todo})`]: () => ({}) } });
    const told: { timestamp: number; event: { type: string } }[] = [];
    streams.host.functions.register({ id: 'watch' }, (payload) => void told.push(payload as never));
    await streams.host.triggers.register({ type: 'stream', functionId: 'watch', config: { stream_name: todo } });
    for (let n = 0; n < 5; n += 1) await streams.set('inbox', 'a', { n });
    await until(() => told.length === 5);
    expect(told.map(({ event }) => event.type)).toEqual(['create', 'update', 'update', 'update', 'update']);
    expect(told.every(({ timestamp }, index) => index === 0 || timestamp > (told[index - 1]?.timestamp ?? 0))).toBe(true);
    await expect(streams.call('stream::list', { stream_name: todo, group_id: 'inbox' })).rejects.toMatchObject({ code: 'MOTIA_STREAM_CUSTOM_STORAGE_FAILED' });
    await expect(streams.call('stream::update', { ...at(), ops: [] })).rejects.toMatchObject({ code: 'MOTIA_STREAM_CUSTOM_STORAGE_FAILED' });
    const client = await streams.connect('plain');
    client.join({ subscriptionId: 's', streamName: todo, groupId: 'inbox' });
    // Clients learn that it may be tried again, and nothing of what is inside.
    const refused = await client.next(({ type }) => type === 'error');
    expect(refused).toMatchObject({ code: 'MOTIA_STREAM_SNAPSHOT_FAILED', ref: 's' });
    expect(refused.message).not.toContain('stream::list');
  });

  it.each(transports)('that does not answer holds up no other subscription of the same client over %s', async (transport) => {
    await using streams = await startStream();
    let release = (): void => undefined;
    const list = (input: unknown): unknown => ((input as Input).group_id === 'hung' ? new Promise((resolve) => (release = () => resolve([]))) : [{ id: 'a' }]);
    await using _worker = await connectTestWorker(streams.host, { functions: { [`stream::list(${todo})`]: list } });
    const client = await streams.connect(transport);
    const join = (subscriptionId: string, groupId: string, streamName = todo): void => client.join({ subscriptionId, streamName, groupId });
    join('hung', 'hung');
    join('kept by the worker', 'inbox');
    join('kept by the engine', 'inbox', 'chat');
    const syncOf = (id: string) => client.next(({ subscriptionId, event }) => subscriptionId === id && event?.type === 'sync');
    await Promise.all([syncOf('kept by the worker'), syncOf('kept by the engine')]);
    expect(client.frames.some(({ subscriptionId }) => subscriptionId === 'hung')).toBe(false);
    release();
    await syncOf('hung');
  });

  it('that does not answer fails each operation of the group 30 s after it came, however many wait', async () => {
    const clock = new ManualClock();
    await using streams = await startStream({ clock });
    const asked: unknown[] = [];
    const set = (input: unknown): unknown => {
      asked.push((input as Input).item_id);
      return new Promise(() => undefined);
    };
    await using _worker = await connectTestWorker(streams.host, { functions: { [`stream::set(${todo})`]: set } });
    const failures: { item: string; atMs: number; code: string }[] = [];
    const begunAtMs = clock.monotonicMs();
    const write = (item: string): Promise<void> => streams.service.set({ stream: todo, group: 'inbox', item }, 1).then(
      () => undefined,
      (error: { code: string }) => void failures.push({ item, atMs: clock.monotonicMs() - begunAtMs, code: error.code }),
    );
    const writes = [write('a')];
    await until(() => asked.length === 1);
    await clock.advance('10s');
    writes.push(write('b'), write('c'));
    await clock.advance('20s');
    await until(() => asked.length === 2);
    await clock.advance('10s');
    await Promise.all(writes);
    expect(failures).toEqual([
      { item: 'a', atMs: 30_000, code: 'MOTIA_ENGINE_DEADLINE_EXCEEDED' },
      { item: 'b', atMs: 40_000, code: 'MOTIA_ENGINE_DEADLINE_EXCEEDED' },
      { item: 'c', atMs: 40_000, code: 'MOTIA_STREAM_CUSTOM_STORAGE_BUSY' },
    ]);
    // Whose caller was told that it failed is not done after all.
    expect(asked).toEqual(['a', 'b']);
  });

  it('takes part in no transaction', async () => {
    await using streams = await startStream();
    await using _worker = await connectTestWorker(streams.host, { functions: storage().functions });
    const { service } = streams;
    expect(() => service.set({ stream: todo, group: 'inbox', item: 'a' }, 1, { tx: { store: service.store as never } })).toThrow(expect.objectContaining({ code: 'MOTIA_STREAM_CUSTOM_STORAGE_TX' }));
  });
});
