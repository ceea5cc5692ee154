import { describe, expect, it } from '@jest/globals';
import { MotiaError, type AnyAdapterDefinition } from '@motia/engine-core/contract';
import { ManualClock } from '@motia/engine-core/testing';
import { BuiltinQueueAdapter } from '../src/index.js';
import type { Exchange, JobStore } from '../src/job-store.js';
import { codeOf, deferred, openQueueOn, type OpenQueue } from './fixtures/open-queue.js';

interface Watched {
  readonly test: OpenQueue<ManualClock>;
  readonly exchanges: readonly Exchange[];
  /** Makes exchanges fail until it is called with undefined. */
  fail(error: Error | undefined): void;
  /** Keeps back what the store answers to exchanges, until the function that it returns is called. */
  keepBack(): () => void;
}

/** A queue on a store that can be looked at, and made to fail, and may be able to do less. */
async function watched(capabilities = BuiltinQueueAdapter.capabilities): Promise<Watched> {
  const exchanges: Exchange[] = [];
  let failure: Error | undefined;
  let kept = Promise.resolve();
  const adapter: AnyAdapterDefinition = {
    ...BuiltinQueueAdapter,
    class: 'test::WatchedStore',
    capabilities,
    async create(ctx: never, options: never) {
      const created = await BuiltinQueueAdapter.create(ctx, options);
      const store = created.service;
      const exchange: JobStore['exchange'] = (given, how) => {
        exchanges.push(given);
        return failure === undefined ? store.exchange(given, how).finally(() => kept) : Promise.reject(failure);
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
    test,
    exchanges,
    fail: (error) => void (failure = error),
    keepBack() {
      const { promise, resolve } = deferred();
      kept = promise;
      return resolve;
    },
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

  it('Q3 starts nothing that somebody else may have by the time it hears of it', async () => {
    const { test, exchanges, keepBack } = await watched();
    const { data } = await test.subscribe('orders', { config: { visibilityTimeout: 10 } });
    await test.settle();
    const before = exchanges.length;
    const goOn = keepBack();
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
