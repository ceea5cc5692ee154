import { describe, expect, it } from '@jest/globals';
import { ManualClock, startTestHost } from '@motia/engine-core/testing';
import { sqliteStore } from '@motia/store-sqlite';
import { temporaryFolder } from '@motia/tools/testing';
import { queue } from '../src/index.js';
import { deferred, openQueue } from './fixtures/open-queue.js';

describe('a process with a queue stays', () => {
  it('while a message runs or waits for its next attempt, and no longer', async () => {
    await using app = await openQueue();
    const gate = deferred();
    let isFailing = true;
    const orders = await app.subscribe('orders', {
      config: { backoffDelayMs: 10_000 },
      handle: async () => {
        await gate.promise;
        if (isFailing) throw new Error('not now');
      },
    });
    await app.settle();
    expect(app.clock.holds).toBe(0);
    await app.enqueue('orders', 1);
    await app.settle();
    expect([orders.data, app.clock.holds]).toEqual([[1], 1]);
    gate.resolve();
    await app.settle();
    expect(app.clock.holds).toBe(1);
    isFailing = false;
    await app.clock.advance('10s');
    await app.settle();
    expect([orders.data, app.clock.holds]).toEqual([[1, 1], 0]);
  });

  it('while a message is delayed, also when it was its own handler that enqueued it', async () => {
    await using app = await openQueue();
    const ticks = await app.subscribe('ticks', { handle: ({ data }) => (data === 'first' ? app.enqueue('ticks', 'second', { delayMs: 5_000 }) : undefined) });
    await app.enqueue('ticks', 'first', { delayMs: 1_000 });
    expect(app.clock.holds).toBe(1);
    await app.clock.advance('1s');
    await app.settle();
    expect([ticks.data, app.clock.holds]).toEqual([['first'], 1]);
    await app.clock.advance('5s');
    await app.settle();
    expect([ticks.data, app.clock.holds]).toEqual([['first', 'second'], 0]);
  });

  it('not for what nobody here would run: no subscriber, a subscriber that has left, a queue that is paused', async () => {
    await using app = await openQueue({ queue_configs: { later: {}, orders: {} } });
    await app.enqueue('later', 1);
    await app.settle();
    expect(app.clock.holds).toBe(0);
    const orders = await app.subscribe('orders');
    await app.enqueue('orders', 1, { delayMs: 1_000 });
    expect(app.clock.holds).toBe(1);
    await app.invoke('queue::pause', { topic: 'orders' });
    await app.settle();
    expect(app.clock.holds).toBe(0);
    await app.invoke('queue::resume', { topic: 'orders' });
    await app.settle();
    expect(app.clock.holds).toBe(1);
    orders.unsubscribe();
    await app.settle();
    expect(app.clock.holds).toBe(0);
  });

  it('until it is stopped, with messages left', async () => {
    const app = await openQueue();
    await app.subscribe('orders');
    await app.enqueue('orders', 1, { delayMs: 60_000 });
    expect(app.clock.holds).toBe(1);
    await app.host.stop();
    expect(app.clock.holds).toBe(0);
  });

  it('while dead letters are moved at a rate', async () => {
    await using app = await openQueue();
    const orders = await app.subscribe('orders', { config: { maxRetries: 0 }, handle: () => Promise.reject(new Error('no')) });
    for (let n = 0; n < 3; n += 1) await app.enqueue('orders', n);
    await app.settle();
    orders.unsubscribe();
    await app.settle();
    expect(app.clock.holds).toBe(0);
    await app.invoke('queue::redrive', { topic: 'orders', ratePerSecond: 1 });
    await app.settle();
    expect(app.clock.holds).toBe(1);
    await app.clock.advance('10s');
    await app.settle();
    expect(app.clock.holds).toBe(0);
  });

  it('for a subscriber on a store that other engines may write to', async () => {
    await using folder = temporaryFolder('queue-hold');
    const clock = new ManualClock();
    await using host = await startTestHost(
      [sqliteStore({ data_dir: folder.path, shared: true }), queue({ adapter: { class: 'modules::queue::BuiltinQueueAdapter', config: { store_method: 'file_based', file_path: folder.path } } })],
      { clock },
    );
    expect(clock.holds).toBe(0);
    await host.triggers.register({ type: 'queue', functionId: 'take', config: { topic: 'orders' } });
    expect(clock.holds).toBe(0);
    host.functions.register({ id: 'take' }, () => undefined);
    await clock.advance(1);
    expect(clock.holds).toBe(1);
  });
});
