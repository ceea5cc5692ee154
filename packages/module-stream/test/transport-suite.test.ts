import { describe, expect, it } from '@jest/globals';
import { GroupView } from './fixtures/group-view.js';
import { startStream, todo, until } from './fixtures/start-stream.js';
import { transports, type Frame } from './fixtures/stream-client.js';

const isSync = ({ event }: Frame): boolean => event?.type === 'sync';
const group = (subscriptionId: string, groupId = 'inbox') => ({ subscriptionId, streamName: todo, groupId });
const address = (item: string, groupId = 'inbox') => ({ stream_name: todo, group_id: groupId, item_id: item });

describe.each([...transports, 'polling' as const])('a client over %s', (transport) => {
  it('T2 gets the snapshot of a group and then every change, in order', async () => {
    await using streams = await startStream();
    await streams.set('inbox', 'a', { id: 'a', n: 1 });
    await streams.set('inbox', 'b', { id: 'b', n: 1 });
    const client = await streams.connect(transport);
    client.join(group('s'));
    const sync = await client.next(isSync);
    expect(sync).toMatchObject({ type: 'stream', subscriptionId: 's', streamName: todo, groupId: 'inbox', id: null, seq: 2, event: { data: [{ id: 'a', n: 1 }, { id: 'b', n: 1 }], ids: ['a', 'b'] } });
    await streams.set('inbox', 'a', { id: 'a', n: 2 });
    await streams.set('inbox', 'c', { id: 'c', n: 1 });
    await streams.call('stream::delete', address('b'));
    await client.next(({ event }) => event?.type === 'delete');
    expect(client.frames.slice(1)).toMatchObject([
      { id: 'a', seq: 3, epoch: sync.epoch, event: { type: 'update', data: { id: 'a', n: 2 } } },
      { id: 'c', seq: 4, epoch: sync.epoch, event: { type: 'create', data: { id: 'c', n: 1 } } },
      { id: 'b', seq: 5, epoch: sync.epoch, event: { type: 'delete', data: { id: 'b', n: 1 } } },
    ]);
    expect(client.frames.every(({ prevSeq }) => prevSeq === undefined)).toBe(true);
  });

  it('T2 gets the snapshot of an item and then its changes alone', async () => {
    await using streams = await startStream();
    const client = await streams.connect(transport);
    client.join({ ...group('s'), id: 'a' });
    expect(await client.next(isSync)).toMatchObject({ id: 'a', seq: 0, event: { data: null } });
    await streams.set('inbox', 'b', 'other');
    await streams.set('inbox', 'a', 1);
    await streams.set('inbox', 'b', 'other');
    await streams.set('inbox', 'a', 2);
    await streams.call('stream::delete', address('a'));
    await client.next(({ event }) => event?.type === 'delete');
    expect(client.frames.slice(1).map(({ id, seq, prevSeq, event }) => [id, seq, prevSeq, event?.type, event?.data])).toEqual([
      ['a', 2, 0, 'create', 1], ['a', 4, 2, 'update', 2], ['a', 5, undefined, 'delete', 2],
    ]);
    const second = await streams.connect(transport);
    await streams.set('inbox', 'a', 3);
    second.join({ ...group('s'), id: 'a' });
    expect(await second.next(isSync)).toMatchObject({ seq: 6, event: { data: 3 } });
  });

  it('is told that a group is larger than what is sent at once, and follows it when it is not', async () => {
    const text = 'ä'.repeat(100);
    const itemBytes = Buffer.byteLength(JSON.stringify(text)) + 1;
    await using streams = await startStream({ options: { max_snapshot_bytes: 2 * itemBytes } });
    for (const item of ['a', 'b', 'c']) await streams.set('inbox', item, text);
    const client = await streams.connect(transport);
    client.join(group('s'));
    expect(await client.next(({ type }) => type === 'error')).toEqual({ type: 'error', code: 'MOTIA_STREAM_SNAPSHOT_TOO_LARGE', message: expect.stringContaining(String(2 * itemBytes)), ref: 's' });
    await streams.call('stream::delete', address('a'));
    client.join(group('s'));
    expect((await client.next(isSync)).event?.ids).toEqual(['b', 'c']);
    // Who follows it already goes on as it grows.
    await streams.set('inbox', 'd', text);
    await client.next(({ id, event }) => id === 'd' && event?.type === 'create');
  });

  it('hears nothing of other groups and streams, nor after it has left', async () => {
    await using streams = await startStream();
    const client = await streams.connect(transport);
    client.join(group('s'));
    await client.next(isSync);
    await streams.set('other', 'a', 1);
    await streams.call('stream::set', { stream_name: 'chat', group_id: 'inbox', item_id: 'a', data: 1 });
    client.leave('s');
    client.leave('nobody');
    client.send('ping');
    await client.next(({ type }) => type === 'pong');
    await streams.set('inbox', 'a', 1);
    client.send('ping');
    await client.next(({ type }) => type === 'pong', 2);
    expect(client.frames.map(({ type }) => type)).toEqual(['stream', 'pong', 'pong']);
  });

  it('has several subscriptions, of which each gets its own frames', async () => {
    await using streams = await startStream();
    const client = await streams.connect(transport);
    client.join(group('all'));
    client.join({ ...group('one'), id: 'a' });
    client.join(group('again'));
    await client.next(({ subscriptionId, event }) => subscriptionId === 'again' && event?.type === 'sync');
    await streams.set('inbox', 'a', 1);
    await streams.set('inbox', 'b', 1);
    await until(() => client.frames.filter(({ event }) => event?.type === 'create').length === 5);
    const changes = client.frames.filter(({ event }) => event?.type === 'create').map(({ subscriptionId, id }) => `${subscriptionId} ${id}`);
    expect(changes.sort()).toEqual(['again a', 'again b', 'all a', 'all b', 'one a']);
  });

  it('gets messages to its group and to its item, which nobody keeps', async () => {
    await using streams = await startStream();
    const client = await streams.connect(transport);
    client.join(group('all'));
    client.join({ ...group('one'), id: 'a' });
    await client.next(({ subscriptionId, event }) => subscriptionId === 'one' && event?.type === 'sync');
    const to = { stream_name: todo, group_id: 'inbox' };
    await streams.call('stream::send', { ...to, type: 'typing', data: { who: 'Ada' } });
    await streams.call('stream::send', { ...to, id: 'a', type: 'seen', data: null });
    await streams.call('stream::send', { ...to, id: 'b', type: 'seen', data: 1 });
    await until(() => client.frames.length === 6);
    expect(client.frames.slice(2).map(({ subscriptionId, id, seq, event }) => [subscriptionId, id, seq, event?.event])).toEqual([
      ['all', null, undefined, { type: 'typing', data: { who: 'Ada' } }],
      ['all', 'a', undefined, { type: 'seen', data: null }],
      ['one', 'a', undefined, { type: 'seen', data: null }],
      ['all', 'b', undefined, { type: 'seen', data: 1 }],
    ]);
    const late = await streams.connect(transport);
    late.join(group('s'));
    expect(await late.next(isSync)).toMatchObject({ seq: 0, event: { data: [] } });
  });

  it('O2 sees the trace that made a change', async () => {
    await using streams = await startStream();
    const client = await streams.connect(transport);
    client.join(group('s'));
    await client.next(isSync);
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    await streams.host.functions.invoke('stream::set', { ...address('a'), data: 1 }, { trace: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } });
    expect((await client.next(({ event }) => event?.type === 'create')).traceId).toBe(traceId);
  });

  it('gets any text and any size whole, whatever its subscription is called', async () => {
    await using streams = await startStream();
    const clients = await Promise.all([streams.connect(transport), streams.connect(transport), streams.connect(transport)]);
    const ids = ['1', 'a "quoted" \\ id', '👋 ünïcode'];
    const odd = { 'key "with" quotes': 'line\u2028break\n', emoji: '👩‍👩‍👧', nul: '\u0000', nested: [[{ deep: [null, true, 1e-7] }]] };
    const values = [odd, 'x'.repeat(100), 'ä'.repeat(40_000), ['y'.repeat(120_000)], 'z'.repeat(65_000)];
    for (const [index, client] of clients.entries()) {
      client.join(group(ids[index] as string));
      await client.next(isSync);
    }
    for (const value of values) await streams.set('inbox', 'item "1"', value);
    for (const [index, client] of clients.entries()) {
      await until(() => client.frames.length === values.length + 1);
      expect(client.frames.slice(1).map(({ event }) => event?.data)).toEqual(values);
      expect(client.frames.every(({ subscriptionId }) => subscriptionId === ids[index])).toBe(true);
    }
    const late = await streams.connect(transport);
    late.join(group(ids[1] as string));
    expect((await late.next(isSync)).event?.data).toEqual([values.at(-1)]);
  });

  it('T2 sees no change twice that came while it joined', async () => {
    await using streams = await startStream();
    const views: GroupView[] = [];
    const writing = (async () => {
      for (let n = 0; n < 200; n += 1) await streams.set('inbox', `i${n % 5}`, { n });
    })();
    for (let n = 0; n < 10; n += 1) {
      const view = new GroupView(todo, 'inbox');
      view.follow(await streams.connect(transport));
      views.push(view);
    }
    await writing;
    for (const view of views) {
      await view.until(() => view.lastSeq === 200);
      expect([view.breaches, view.syncs]).toEqual([[], 1]);
    }
  });
});

describe.each(transports)('a client over %s that comes back', (transport) => {
  it('T3 gets what it missed, and nothing else', async () => {
    await using streams = await startStream();
    const view = new GroupView(todo, 'inbox');
    const first = await streams.connect(transport);
    view.follow(first);
    for (const n of [1, 2]) await streams.set('inbox', 'a', n);
    await view.until(() => view.lastSeq === 2);
    first.cut();
    await first.ended;
    for (const n of [3, 4]) await streams.set('inbox', `b${n}`, n);
    await streams.call('stream::delete', address('a'));
    const second = await streams.connect(transport);
    view.follow(second);
    await view.until(() => view.lastSeq === 5);
    expect(second.frames.map(({ type, seq, event }) => [type, seq, event?.type])).toEqual([['resumed', 2, undefined], ['stream', 3, 'create'], ['stream', 4, 'create'], ['stream', 5, 'delete']]);
    await streams.set('inbox', 'c', 6);
    await view.until(() => view.lastSeq === 6);
    expect([view.breaches, [...view.items.keys()]]).toEqual([[], ['b3', 'b4', 'c']]);
  });

  it('T3 resumes one item, and when nothing was missed', async () => {
    await using streams = await startStream();
    const view = new GroupView(todo, 'inbox', 'a');
    const first = await streams.connect(transport);
    view.follow(first);
    await streams.set('inbox', 'a', 1);
    await view.until(() => view.lastSeq === 1);
    first.cut();
    await first.ended;
    for (const item of ['b', 'a', 'b', 'c']) await streams.set('inbox', item, 2);
    const second = await streams.connect(transport);
    view.follow(second);
    await view.until(() => view.lastSeq === 3);
    expect(second.frames.map(({ type, seq }) => [type, seq])).toEqual([['resumed', 1], ['stream', 3]]);
    const third = await streams.connect(transport);
    third.join({ ...group('s'), id: 'a', epoch: view.epoch as string, lastSeq: 5 });
    expect(await third.next(({ type }) => type === 'resumed')).toMatchObject({ seq: 5 });
    await streams.set('inbox', 'a', 3);
    expect(await third.next(({ type }) => type === 'stream')).toMatchObject({ seq: 6, event: { data: 3 } });
  });

  it.each([
    ['another history', 'epoch', { epoch: 'foreign', lastSeq: 1 }],
    ['a change that has not happened', 'future', { lastSeq: 1_000 }],
    ['more than is kept', 'log', { lastSeq: 1 }],
  ])('T3 starts over when it remembers %s, and is told why', async (_title, reason, remembered) => {
    await using streams = await startStream({ options: { resume: { max_events: 5 } } });
    for (let n = 0; n < 10; n += 1) await streams.set('inbox', 'a', n);
    const probe = await streams.connect(transport);
    probe.join(group('p'));
    const { epoch = '' } = await probe.next(isSync);
    const client = await streams.connect(transport);
    client.join({ ...group('s'), epoch, ...remembered });
    await client.next(isSync);
    expect(client.frames).toMatchObject([{ type: 'resync', subscriptionId: 's', reason }, { type: 'stream', seq: 10, epoch, event: { type: 'sync', data: [9] } }]);
  });

  it('T3 gets thousands of changes that it missed, page by page', async () => {
    await using streams = await startStream();
    const view = new GroupView(todo, 'inbox');
    const first = await streams.connect(transport);
    view.follow(first);
    await view.until(() => view.syncs === 1);
    first.cut();
    await first.ended;
    await Promise.all(Array.from({ length: 3_000 }, (_, n) => streams.set('inbox', `i${n % 100}`, { n, text: 'x'.repeat(300) })));
    view.follow(await streams.connect(transport));
    await view.until(() => view.lastSeq === 3_000);
    expect([view.breaches, view.resumes, view.seqs.length]).toEqual([[], 1, 3_000]);
  });
});

describe('clients of both transports', () => {
  it('T1 get the same numbers, times and data', async () => {
    await using streams = await startStream();
    const clients = await Promise.all((['plain', 'socket.io', 'polling'] as const).map((transport) => streams.connect(transport)));
    for (const client of clients) {
      client.join(group('s'));
      await client.next(isSync);
    }
    await Promise.all(Array.from({ length: 50 }, (_, n) => (n % 7 === 3 ? streams.call('stream::delete', address(`i${n % 4}`)) : streams.set('inbox', `i${n % 4}`, { n }))));
    await streams.set('inbox', 'end', 1);
    for (const client of clients) await client.next(({ id }) => id === 'end');
    const [plain, ...others] = clients.map(({ frames }) => frames.slice(1));
    for (const frames of others) expect(frames).toEqual(plain);
    expect(plain?.map(({ seq }) => seq)).toEqual(Array.from({ length: plain?.length ?? 0 }, (_, n) => n + 1));
  });
});
