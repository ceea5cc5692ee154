import { describe, expect, it } from '@jest/globals';
import { StorePoolRef, type StoreCommandContext, type StoreProgram, type StoreSql } from '@motia/engine-core/contract';
import { ManualClock } from '@motia/engine-core/testing';
import { rowChecksum, sqliteStore } from '@motia/store-sqlite';
import { temporaryFolder } from '@motia/tools/testing';
import { KvStore } from '../src/index.js';
import { startStream, todo, until, type StreamFixture } from './fixtures/start-stream.js';
import { GroupView } from './fixtures/group-view.js';
import { transports } from './fixtures/stream-client.js';

/** An engine whose app guarded every stream, and that was killed. */
const killed = {
  name: 'killed', source: { specifier: './none.js', from: '' }, migrations: [], queries: {},
  commands: {
    guard(sql: StoreSql, functionId: string, { nowMs }: StoreCommandContext) {
      const { lastId: engine } = sql.run("INSERT INTO store_engines (engine_id, pid, started_at_ms, seen_at_ms) VALUES ('killed', 1, ?, ?)", nowMs, nowMs);
      const row = ['stream:join', 'trg_killed', engine, functionId, '{}'] as const;
      sql.run('INSERT INTO outbox_subscription (kind, trigger_id, engine, function_id, filter, crc) VALUES (?, ?, ?, ?, ?, ?)', ...row, rowChecksum(...row));
    },
  },
} satisfies StoreProgram;

const onShared = (folder: string, clock?: ManualClock): Promise<StreamFixture> =>
  startStream({ ...(clock === undefined ? {} : { clock }), modules: [sqliteStore({ shared: true })], options: { adapter: { class: KvStore.class, config: { store_method: 'file_based', file_path: folder } } } });

describe('two engines on one store', () => {
  it('T1 T2 clients of either follow the changes of both, in one order', async () => {
    await using folder = temporaryFolder('shared');
    await using a = await onShared(folder.path);
    await using b = await onShared(folder.path);
    const views: GroupView[] = [];
    for (const engine of [a, b]) {
      for (const transport of transports) {
        const view = new GroupView(todo, 'inbox');
        view.follow(await engine.connect(transport));
        views.push(view);
      }
    }
    await Promise.all(views.map((view) => view.until(() => view.syncs === 1)));
    for (let n = 0; n < 60; n += 1) await (n % 2 === 0 ? a : b).set('inbox', `i${n % 7}`, { n });
    await Promise.all(views.map((view) => view.until(() => view.lastSeq === 60)));
    for (const view of views) {
      expect(view.breaches).toEqual([]);
      expect(view.seqs).toEqual(Array.from({ length: 60 }, (_, n) => n + 1));
      expect([...view.items]).toEqual([...(views[0] as GroupView).items]);
    }
  });

  it('T3 a client goes on at the other engine where it stopped at the first', async () => {
    await using folder = temporaryFolder('shared');
    await using a = await onShared(folder.path);
    await using b = await onShared(folder.path);
    const view = new GroupView(todo, 'inbox');
    const first = await a.connect('plain');
    view.follow(first);
    await a.set('inbox', 'x', 1);
    await view.until(() => view.lastSeq === 1);
    first.cut();
    await first.ended;
    await a.set('inbox', 'x', 2);
    view.follow(await b.connect('plain'));
    await view.until(() => view.lastSeq === 2);
    expect([view.resumes, view.syncs, view.breaches]).toEqual([1, 1, []]);
  });

  it('messages reach the clients of both', async () => {
    await using folder = temporaryFolder('shared');
    await using a = await onShared(folder.path);
    await using b = await onShared(folder.path);
    const clients = [await a.connect('plain'), await b.connect('socket.io')];
    for (const client of clients) {
      client.join({ subscriptionId: 's', streamName: todo, groupId: 'inbox' });
      await client.next(({ event }) => event?.type === 'sync');
    }
    await a.call('stream::send', { stream_name: todo, group_id: 'inbox', type: 'typing', data: { who: 'Ada' } });
    for (const client of clients) expect((await client.next(({ event }) => event?.type === 'event')).event?.event).toEqual({ type: 'typing', data: { who: 'Ada' } });
  });

  it('S6 a trigger that only the other one has hears of changes and messages here, as its config says', async () => {
    await using folder = temporaryFolder('shared');
    await using a = await onShared(folder.path);
    await using b = await onShared(folder.path);
    const told: unknown[] = [];
    for (const [functionId, config] of [['of-stream', {}], ['of-group', { group_id: 'inbox' }], ['of-item', { item_id: 'x' }]] as const) {
      a.host.functions.register({ id: functionId }, (payload) => {
        const { groupId, id, event } = payload as { readonly groupId: string; readonly id: string | null; readonly event: { readonly type: string } };
        told.push(`${functionId} ${groupId}/${id ?? '*'} ${event.type}`);
      });
      await a.host.triggers.register({ type: 'stream', functionId, config: { stream_name: todo, ...config } });
    }
    await b.set('inbox', 'x', 1);
    await b.set('later', 'y', 1);
    await b.call('stream::send', { stream_name: todo, group_id: 'inbox', type: 'typing' });
    await b.call('stream::set', { stream_name: 'elsewhere', group_id: 'inbox', item_id: 'x', data: 1 });
    await until(() => told.length >= 6);
    expect([...told].sort()).toEqual([
      'of-group inbox/* event', 'of-group inbox/x create', 'of-item inbox/x create', 'of-stream inbox/* event', 'of-stream inbox/x create', 'of-stream later/y create',
    ]);
  });

  it('T5 a stream that the app of one guards lets nobody in at the other, until its app is there or the guard is gone', async () => {
    await using folder = temporaryFolder('shared');
    await using a = await onShared(folder.path);
    await using b = await onShared(folder.path);
    await b.set('inbox', 'x', 1);
    const outcome = async (engine: StreamFixture, streamName = todo): Promise<string> => {
      const client = await engine.connect('plain');
      client.join({ subscriptionId: 's', streamName, groupId: 'inbox' });
      const { event } = await client.next(({ event: found }) => found?.type === 'sync' || found?.type === 'unauthorized');
      client.cut();
      await client.ended;
      return event?.type ?? '';
    };
    const guard = async (engine: StreamFixture, asked: unknown[]) => {
      engine.host.functions.register({ id: 'app::join' }, (payload) => void asked.push(payload));
      return engine.host.triggers.register({ type: 'stream:join', functionId: 'app::join', config: { stream_name: todo } });
    };
    expect(await outcome(b)).toBe('sync');
    const [ofA, ofB]: unknown[][] = [[], []];
    const guardOfA = await guard(a, ofA as unknown[]);
    expect([await outcome(a), await outcome(b), await outcome(b, 'elsewhere')]).toEqual(['sync', 'unauthorized', 'sync']);
    expect(b.host.logs.records.filter(({ message }) => message.includes('only the app of another engine'))).toEqual([expect.objectContaining({ level: 'warn', fields: expect.objectContaining({ stream: todo, functionIds: ['app::join'] }) as unknown })]);
    const guardOfB = await guard(b, ofB as unknown[]);
    expect([await outcome(b), ofA?.length, ofB?.length]).toEqual(['sync', 1, 1]);
    guardOfB.dispose();
    while ((await outcome(b)) !== 'unauthorized');
    guardOfA.dispose();
    while ((await outcome(b)) !== 'sync');
  });

  it('T5 an engine that was killed guards its streams until a minute after it, or another one, has started without what guards them', async () => {
    await using folder = temporaryFolder('shared');
    const clock = new ManualClock();
    await using b = await onShared(folder.path, clock);
    const store = await b.host.service(StorePoolRef).open({ directory: folder.path });
    await (await store.open(killed)).run('guard', 'app::join');
    const outcome = async (): Promise<string> => {
      const client = await b.connect('plain');
      client.join({ subscriptionId: 's', streamName: todo, groupId: 'inbox' });
      const { event } = await client.next(({ event: found }) => found?.type === 'sync' || found?.type === 'unauthorized');
      client.cut();
      await client.ended;
      return event?.type ?? '';
    };
    expect(await outcome()).toBe('unauthorized');
    // By now it is known to be gone, and written down.
    await clock.advance('5m');
    expect(await outcome()).toBe('unauthorized');
    {
      // One that comes and goes within the minute has taken nothing back.
      await using _short = await onShared(folder.path, clock);
      await clock.advance('30s');
    }
    expect(await outcome()).toBe('unauthorized');
    await using _restarted = await onShared(folder.path, clock);
    expect(await outcome()).toBe('unauthorized');
    await clock.advance('62s');
    expect(await outcome()).toBe('sync');
  });

  it('T5 an engine that has stopped guards nothing any more', async () => {
    await using folder = temporaryFolder('shared');
    await using b = await onShared(folder.path);
    {
      await using a = await onShared(folder.path);
      a.host.functions.register({ id: 'app::join' }, () => undefined);
      await a.host.triggers.register({ type: 'stream:join', functionId: 'app::join', config: {} });
    }
    const client = await b.connect('plain');
    client.join({ subscriptionId: 's', streamName: todo, groupId: 'inbox' });
    expect((await client.next(({ event }) => event?.type === 'sync' || event?.type === 'unauthorized')).event?.type).toBe('sync');
  });

  it('three engines and a trigger that all of them have: one delivery for each change', async () => {
    await using folder = temporaryFolder('shared');
    const engines = await Promise.all([onShared(folder.path), onShared(folder.path), onShared(folder.path)]);
    try {
      const calls: unknown[] = [];
      let arrived = (): void => undefined;
      for (const { host } of engines) {
        host.functions.register({ id: 'watch' }, (payload) => {
          calls.push((payload as { readonly seq: number }).seq);
          arrived();
        });
        await host.triggers.register({ type: 'stream', functionId: 'watch', config: { stream_name: todo } });
      }
      for (let n = 0; n < 30; n += 1) await engines[n % 3]!.set('inbox', 'only', { n });
      while (calls.length < 30) await new Promise<void>((resolve) => (arrived = resolve));
      expect(calls).toEqual(Array.from({ length: 30 }, (_, n) => n + 1));
    } finally {
      for (const engine of engines) await engine[Symbol.asyncDispose]();
    }
    // Nothing was left to be delivered a second time.
    await using late = await onShared(folder.path);
    const called = new Promise<unknown>((resolve) => void late.host.functions.register({ id: 'watch' }, resolve));
    await late.host.triggers.register({ type: 'stream', functionId: 'watch', config: { stream_name: todo } });
    await late.set('other', 'x', 1);
    expect(await called).toMatchObject({ groupId: 'other', seq: 1 });
  });
});
