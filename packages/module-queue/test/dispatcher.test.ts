import { describe, expect, it } from '@jest/globals';
import { MotiaError, type AnyAdapterDefinition } from '@motia/engine-core/contract';
import { ManualClock } from '@motia/engine-core/testing';
import { BuiltinQueueAdapter } from '../src/index.js';
import type { Exchange, JobStore } from '../src/job-store.js';
import { message } from '../src/testing/open-job-store.js';
import { codeOf, deferred, openQueueOn, type OpenQueue } from './fixtures/open-queue.js';

interface Watched {
  readonly test: OpenQueue<ManualClock>;
  readonly exchanges: readonly Exchange[];
  /** Makes exchanges fail until it is called with undefined. */
  fail(error: Error | undefined): void;
  /** Keeps back what the store answers from now on, until the returned function is called. */
  hold(): () => void;
  /** Puts a message on a topic as another engine does. */
  addElsewhere(topic: string, data: unknown): Promise<unknown>;
}

/** A queue on a store that can be looked at, and made to fail, and may be able to do less. */
async function watched(capabilities = BuiltinQueueAdapter.capabilities): Promise<Watched> {
  const exchanges: Exchange[] = [];
  let failure: Error | undefined;
  let gate = Promise.resolve();
  let opened: JobStore | undefined;
  const adapter: AnyAdapterDefinition = {
    ...BuiltinQueueAdapter,
    class: 'test::WatchedStore',
    capabilities,
    async create(ctx: never, options: never) {
      const created = await BuiltinQueueAdapter.create(ctx, options);
      const store = (opened = created.service);
      const exchange: JobStore['exchange'] = async (given, how) => {
        exchanges.push(given);
        if (failure !== undefined) throw failure;
        const open = gate;
        const result = await store.exchange(given, how);
        await open;
        return result;
      };
      // Methods that read private members need the store itself.
      const service = new Proxy(store, {
        get(of, key) {
          if (key === 'exchange') return exchange;
          const value: unknown = Reflect.get(of, key, of);
          return typeof value === 'function' ? (value.bind(of) as unknown) : value;
        },
      });
      return { start: created.start?.bind(created), stop: created.stop?.bind(created), service } as never;
    },
  };
  const test = await openQueueOn(new ManualClock(), { adapter: { class: 'test::WatchedStore' } }, { definitions: [adapter] });
  return {
    test, exchanges,
    fail: (error) => void (failure = error),
    hold() {
      const held = deferred();
      gate = held.promise;
      return () => {
        gate = Promise.resolve();
        held.resolve();
      };
    },
    addElsewhere: async (topic, data) => opened?.exchange({ settlements: [], takes: [], adds: [message(topic, data)] }),
  };
}

const shape = ({ adds, settlements, takes }: Exchange): string => `${String(adds.length)} in, ${String(settlements.length)} done, ${takes.length > 0 ? 'work wanted' : 'no work wanted'}`;

describe('the dispatcher', () => {
  it('Q1 accepts and leases a message in one commit when a place is free, and ends it in another', async () => {
    const { test, exchanges } = await watched();
    await test.subscribe('orders');
    await test.settle();
    const before = exchanges.length;
    await test.enqueue('orders', 1);
    await test.settle();
    expect(exchanges.slice(before).map(shape)).toEqual(['1 in, 0 done, work wanted', '0 in, 1 done, no work wanted']);
    await test.host.stop();
  });

  it('hands over together what one turn brings, and asks for nothing while nothing happens', async () => {
    const { test, exchanges } = await watched();
    const { data } = await test.subscribe('orders', { config: { concurrency: 100 } });
    await test.settle();
    const before = exchanges.length;
    await Promise.all(Array.from({ length: 50 }, (_, id) => test.enqueue('orders', id)));
    await test.settle();
    expect(data).toHaveLength(50);
    expect(exchanges.slice(before).map(shape)).toEqual(['50 in, 0 done, work wanted', '0 in, 50 done, no work wanted']);
    await test.clock.advance('1h');
    expect(exchanges).toHaveLength(before + 2);
    await test.host.stop();
  });

  it('refuses what comes in while the store fails, and tells results again until they are taken', async () => {
    const { test, exchanges, fail } = await watched();
    const { data } = await test.subscribe('orders', { handle: () => fail(new MotiaError({ code: 'MOTIA_STORE_FULL', message: 'no room', retryable: true })) });
    await test.enqueue('orders', 1);
    await test.settle();
    expect(data).toEqual([1]);
    expect(await codeOf(test.enqueue('orders', 2))).toBe('MOTIA_STORE_FULL');
    await test.clock.advance('3s');
    const attempts = exchanges.filter(({ settlements }) => settlements.length > 0).length;
    expect(attempts).toBeGreaterThan(2);
    expect(attempts).toBeLessThan(20);
    fail(undefined);
    await test.clock.advance('6s');
    // Done once, and the queue goes on.
    expect(data).toEqual([1]);
    expect((await test.invoke('queue::list', { topic: 'orders' })) as object).toMatchObject({ queues: [{ depth: 0 }] });
    await test.enqueue('orders', 3);
    await test.settle();
    expect(data).toEqual([1, 3]);
    fail(undefined);
    await test.clock.advance('6s');
    await test.host.stop();
  });

  it('G1 tells a result that the store did not take before it stops', async () => {
    const { test, exchanges, fail } = await watched();
    await test.subscribe('orders', { handle: () => fail(new MotiaError({ code: 'MOTIA_STORE_FULL', message: 'no room', retryable: true })) });
    await test.enqueue('orders', 1);
    await test.settle();
    fail(undefined);
    const before = exchanges.length;
    await test.host.stop();
    expect(exchanges.slice(before).flatMap(({ settlements }) => settlements.map(({ end }) => end.kind))).toEqual(['completed']);
  });

  it('still wants the work that a batch asked for along with it, when that batch is refused', async () => {
    const { test, hold } = await watched();
    const seen: unknown[] = [];
    await test.host.triggers.register({ type: 'queue', functionId: 'late', config: { topic: 'jobs' } });
    await test.subscribe('one', { handle: () => new Promise(() => undefined) });
    await test.enqueue('jobs', 1);
    await test.settle();
    const release = hold();
    for (let turn = 0; turn < 2; turn += 1) {
      void test.enqueue('one', turn);
      await test.settle();
    }
    // Both exchanges that may be under way are: what is wanted now waits, until the batch takes it along.
    test.host.functions.register({ id: 'late' }, (data) => void seen.push(data));
    await test.settle();
    const batch = codeOf(test.invoke('enqueue', [{ topic: 'nobody', data: 1 }]));
    await test.settle();
    release();
    expect(await batch).toBe('MOTIA_QUEUE_QUEUE_NOT_FOUND');
    await test.settle();
    expect(seen).toEqual([1]);
    await test.host.stop({ drainTimeoutMs: 0 });
  });

  it('takes nothing of what another engine brought for gone because of an older answer of the store', async () => {
    const { test, hold, addElsewhere } = await watched();
    const { data } = await test.subscribe('orders', { handle: () => new Promise(() => undefined) });
    await test.subscribe('others');
    await test.settle();
    const release = hold();
    for (const topic of ['orders', 'others']) {
      void test.enqueue(topic, topic);
      await test.settle();
    }
    await addElsewhere('orders', 'elsewhere');
    await test.invoke('queue::resume', { topic: 'orders' });
    await test.settle();
    release();
    await test.settle();
    expect(data).toEqual(['orders', 'elsewhere']);
    await test.host.stop({ drainTimeoutMs: 0 });
  });

  it('a message that is cancelled while it is on its way to its handler does not run on', async () => {
    const { test, hold } = await watched();
    const { id, calls } = await test.subscribe('orders', { handle: () => new Promise(() => undefined) });
    const { messageReceiptId } = await test.enqueue('orders', 1, { delayMs: 1_000 });
    const release = hold();
    await test.clock.advance('1s');
    const cancelled = test.invoke('queue::cancel', { messageId: `${messageReceiptId}:${id}` });
    await test.settle();
    release();
    expect(await cancelled).toEqual({ cancelled: 1 });
    await test.settle();
    expect(calls.every(({ call }) => call.signal.aborted)).toBe(true);
    expect(await test.invoke('queue::list', { topic: 'orders' })).toMatchObject({ queues: [{ depth: 0, running: 0 }] });
    await test.host.stop({ drainTimeoutMs: 0 });
  });

  it('nothing of a paused queue starts once the pause is confirmed', async () => {
    const { test, hold } = await watched();
    const { calls } = await test.subscribe('orders', { handle: () => new Promise(() => undefined) });
    await test.enqueue('orders', 1, { delayMs: 1_000 });
    const release = hold();
    await test.clock.advance('1s');
    let isConfirmed = false;
    const paused = test.invoke('queue::pause', { topic: 'orders' }).then(() => (isConfirmed = true));
    await test.settle();
    expect([isConfirmed, calls.length]).toEqual([false, 0]);
    release();
    await paused;
    const begun = calls.length;
    await test.settle();
    expect(calls).toHaveLength(begun);
    await test.host.stop({ drainTimeoutMs: 0 });
  });

  it('Q3 starts nothing that somebody else may have by the time it hears of it', async () => {
    const { test, exchanges, hold } = await watched();
    const { data } = await test.subscribe('orders', { config: { visibilityTimeout: 10 } });
    await test.settle();
    const before = exchanges.length;
    const goOn = hold();
    const enqueued = test.enqueue('orders', 1);
    await test.settle();
    await test.clock.advance('10s');
    goOn();
    await enqueued;
    await test.settle();
    // It is given back, and taken anew.
    expect(exchanges.slice(before).flatMap(({ settlements }) => settlements.map(({ end }) => end.kind))).toEqual(['again', 'completed']);
    expect(data).toEqual([1]);
    await test.host.stop();
  });

  it('says what a store cannot do', async () => {
    const { test } = await watched([]);
    await test.subscribe('orders');
    expect(await codeOf(test.subscribe('ordered', { config: { type: 'fifo' } }))).toBe('MOTIA_QUEUE_UNSUPPORTED');
    await expect(test.enqueue('orders', 1, { priority: 1 })).rejects.toMatchObject({ code: 'MOTIA_QUEUE_UNSUPPORTED', details: { feature: 'priorities' } });
    const store = await test.stores.open({ durability: 'memory' });
    expect(await codeOf(store.transaction((tx) => test.service.enqueue({ topic: 'orders', data: 1 }, { tx })))).toBe('MOTIA_QUEUE_UNSUPPORTED');
    expect(await test.enqueue('orders', 1, { priority: 0 })).toHaveProperty('messageReceiptId');
    await test.settle();
    await test.host.stop();
  });
});
