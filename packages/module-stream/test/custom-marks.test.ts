import { describe, expect, it } from '@jest/globals';
import { connectTestWorker, ManualClock, memoryLogger, type TestWorker } from '@motia/engine-core/testing';
import { sqliteStore } from '@motia/store-sqlite';
import { temporaryFolder } from '@motia/tools/testing';
import { CustomMarks } from '../src/custom/custom-marks.js';
import { KvStore } from '../src/index.js';
import { startStream, todo, until, type StreamFixture } from './fixtures/start-stream.js';

interface Input {
  readonly item_id: string;
  readonly data: unknown;
}

const at = { stream_name: todo, group_id: 'inbox', item_id: 'a' };
const unavailable = { code: 'MOTIA_STREAM_CUSTOM_STORAGE_UNAVAILABLE', status: 503, retryable: true };
const start = (folder: string, clock = new ManualClock(), isShared = false): Promise<StreamFixture> =>
  startStream({ clock, modules: isShared ? [sqliteStore({ shared: true })] : [], options: { adapter: { class: KvStore.class, config: { store_method: 'file_based', file_path: folder } } } });

/** A worker that keeps items, in a store that outlives engines. */
function keeper(items = new Map<string, unknown>()) {
  const functions = {
    [`stream::get(${todo})`]: (input: unknown) => items.get((input as Input).item_id) ?? null,
    [`stream::set(${todo})`]: (input: unknown) => {
      const { item_id, data } = input as Input;
      const old_value = items.get(item_id) ?? null;
      items.set(item_id, data);
      return { old_value, new_value: data };
    },
    [`stream::list(${todo})`]: () => [...items.values()],
  };
  return { items, connect: ({ host }: StreamFixture, more: Parameters<typeof connectTestWorker>[1] = {}): Promise<TestWorker> => connectTestWorker(host, { functions, ...more }) };
}

/** What the engine itself has. */
const ofEngine = async ({ call }: StreamFixture): Promise<unknown> => (await call('stream::list_all', {}) as { stream: unknown }).stream;

describe('a stream that a worker keeps stays its own', () => {
  it('when the engine starts anew and the worker is not there yet: what comes soon waits for it, what waits for long fails, and nothing lands in the engine', async () => {
    await using folder = temporaryFolder('custom');
    const { items, connect } = keeper();
    {
      await using before = await start(folder.path);
      await using _worker = await connect(before);
      await before.set('inbox', 'a', 'before');
    }
    const clock = new ManualClock();
    await using streams = await start(folder.path, clock);
    const failures = Promise.all([
      expect(streams.set('inbox', 'a', 'lost')).rejects.toMatchObject({ ...unavailable, details: { stream: todo, functionId: `stream::set(${todo})`, legacyCode: 'STREAM_SET_ERROR' } }),
      expect(streams.call('stream::get', at)).rejects.toMatchObject(unavailable),
      expect(streams.call('stream::list', at)).rejects.toMatchObject(unavailable),
      expect(streams.call('stream::update', { ...at, ops: [] })).rejects.toMatchObject(unavailable),
    ]);
    const client = await streams.connect('plain');
    client.join({ subscriptionId: 's', streamName: todo, groupId: 'inbox' });
    await clock.advance('5s');
    await failures;
    expect(await client.next(({ type }) => type === 'error')).toMatchObject({ code: 'MOTIA_STREAM_SNAPSHOT_FAILED', ref: 's' });
    const soon = streams.set('inbox', 'a', 'after');
    await clock.advance('4s');
    await using _worker = await connect(streams);
    expect(await soon).toEqual({ old_value: 'before', new_value: 'after' });
    expect([await ofEngine(streams), Object.fromEntries(items)]).toEqual([[], { a: 'after' }]);
  });

  it('when the worker is replaced or lost, for as long as that takes', async () => {
    await using folder = temporaryFolder('custom');
    const clock = new ManualClock();
    await using streams = await start(folder.path, clock);
    const { items, connect } = keeper();
    const worker = await connect(streams, { owner: 'place', retain: true });
    await streams.set('inbox', 'a', 1);
    worker.kill();
    await worker.handle.closed;
    const waiting = streams.set('inbox', 'a', 2);
    await using _next = await connect(streams, { owner: 'place', retain: true });
    expect(await waiting).toMatchObject({ old_value: 1 });
    await _next[Symbol.asyncDispose]();
    await streams.host.workers.release('place');
    const failing = expect(streams.set('inbox', 'a', 3)).rejects.toMatchObject({ retryable: true });
    await clock.advance('5s');
    await failing;
    expect([await ofEngine(streams), Object.fromEntries(items)]).toEqual([[], { a: 2 }]);
  });

  it('until a user gives it back, which is refused while the worker is there', async () => {
    await using folder = temporaryFolder('custom');
    {
      await using streams = await start(folder.path);
      const worker = await keeper().connect(streams);
      await streams.set('inbox', 'a', 1);
      await expect(streams.call('stream::reset_storage', { stream_name: todo })).rejects.toMatchObject({ code: 'MOTIA_STREAM_CUSTOM_STORAGE_IN_USE', status: 409 });
      await worker[Symbol.asyncDispose]();
      await until(() => !streams.host.functions.has(`stream::set(${todo})`));
      const answer = (await streams.call('stream::reset_storage', { stream_name: todo })) as { operations: string[] };
      expect([...answer.operations].sort()).toEqual(['get', 'list', 'set']);
      expect(await streams.set('inbox', 'a', 'of the engine')).toMatchObject({ old_value: null });
    }
    await using after = await start(folder.path);
    expect(await after.call('stream::get', at)).toBe('of the engine');
    expect(await after.call('stream::reset_storage', { stream_name: 'never' })).toEqual({ operations: [] });
  });

  it('from when it first registers on: what the engine had before is named in a warning', async () => {
    await using folder = temporaryFolder('custom');
    await using streams = await start(folder.path);
    await streams.set('inbox', 'old', 1);
    await using _worker = await keeper().connect(streams);
    await until(() => streams.host.logs.find('nobody sees them any more') !== undefined);
    expect(streams.host.logs.find('nobody sees them any more')).toMatchObject({ level: 'warn', fields: { stream: todo } });
    expect(await streams.call('stream::get', { ...at, item_id: 'old' })).toBeNull();
  });

  it('on every engine of a store: one without the worker refuses, and takes no change that it does not know to be of a worker', async () => {
    await using folder = temporaryFolder('custom');
    const clock = new ManualClock();
    await using one = await start(folder.path, clock, true);
    await using other = await start(folder.path, clock, true);
    const { items, connect } = keeper();
    const worker = await connect(one);
    await one.set('inbox', 'a', 1);
    // It has not heard of it yet: the store has.
    await expect(other.set('inbox', 'a', 'astray')).rejects.toMatchObject(unavailable);
    await clock.advance('1s');
    const failing = expect(other.call('stream::get', at)).rejects.toMatchObject(unavailable);
    await clock.advance('5s');
    await failing;
    expect(Object.fromEntries(items)).toEqual({ a: 1 });
    await worker[Symbol.asyncDispose]();
    await until(() => !one.host.functions.has(`stream::set(${todo})`));
    await one.call('stream::reset_storage', { stream_name: todo });
    await clock.advance('1s');
    expect(await other.set('inbox', 'a', 2)).toEqual({ old_value: null, new_value: 2 });
  });

  it('before its function is called the first time it is written down, and one that cannot be written down is not called', async () => {
    const writes: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
    const marks = new CustomMarks({
      functions: { has: () => true, list: () => [], onChanged: () => ({ dispose: () => undefined }) },
      store: {
        customMarks: () => Promise.resolve([]), clearCustom: () => Promise.resolve(), onCustomMarks: () => ({ dispose: () => undefined }), groups: () => Promise.resolve({ groups: [], hasMore: false }),
        markCustom: () => new Promise<void>((resolve, reject) => writes.push({ resolve, reject })),
      },
      clock: new ManualClock(), logger: memoryLogger(),
    });
    let isReady = false;
    const first = marks.ready({ stream: todo, operation: 'set' }, 0).then(() => (isReady = true));
    await until(() => writes.length === 1);
    expect(isReady).toBe(false);
    writes[0]?.reject(new Error('the disk is full'));
    await expect(first).rejects.toThrow('the disk is full');
    const second = marks.ready({ stream: todo, operation: 'set' }, 0);
    await until(() => writes.length === 2);
    writes[1]?.resolve();
    await second;
    await marks.ready({ stream: todo, operation: 'set' }, 0);
    expect(writes).toHaveLength(2);
  });

  it('also for updates, of a worker that offers none: they are made by its get and set, one at a time', async () => {
    await using streams = await startStream();
    const { items, connect } = keeper();
    await using _worker = await connect(streams);
    await Promise.all(Array.from({ length: 20 }, () => streams.call('stream::update', { ...at, ops: [{ type: 'increment', path: 'n', by: 1 }] })));
    expect(Object.fromEntries(items)).toEqual({ a: { n: 20 } });
    expect(await streams.call('stream::update', { ...at, ops: [{ type: 'increment', path: 'n', by: 1 }] })).toEqual({ old_value: { n: 20 }, new_value: { n: 21 } });
    await expect(streams.call('stream::update', { ...at, ops: [{ type: 'append', path: 'n', value: 1 }] })).rejects.toMatchObject({ code: 'MOTIA_STREAM_UPDATE_REFUSED' });
    expect(await ofEngine(streams)).toEqual([]);
  });
});
