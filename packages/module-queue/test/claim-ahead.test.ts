import { describe, expect, it } from '@jest/globals';
import { Pace } from '../src/dispatch/pace.js';
import { deferred, openQueue, type OpenQueue, type Seen, type Subscriber } from './fixtures/open-queue.js';

interface Held {
  readonly subscriber: Subscriber;
  readonly open: () => void;
  readonly stateOf: (data: string) => Promise<{ readonly state: string; readonly leasedBy?: string; readonly losses: number; readonly attempts: number }>;
}

/** A queue that takes one at a time, has shown that its handlers are quick, and now has one that waits for the gate. */
async function held(test: OpenQueue, waiting: readonly string[], config: Readonly<Record<string, unknown>> = {}): Promise<Held> {
  const gate = deferred();
  const subscriber = await test.subscribe('orders', { config: { concurrency: 1, ...config }, handle: ({ data }: Seen) => (data === 'gate' ? gate.promise : undefined) });
  const ids = new Map<string, string>();
  for (const data of ['quick', 'gate', ...waiting]) {
    ids.set(data, (await test.enqueue('orders', data)).messageReceiptId);
    if (data === 'quick') await test.settle();
  }
  await test.settle();
  return {
    subscriber,
    open: () => gate.resolve(),
    stateOf: (data) => test.invoke('queue::message', { messageId: `${ids.get(data) ?? ''}:${subscriber.id}` }),
  };
}

describe('claiming ahead of free places', () => {
  it('takes as much as is done in the time of a commit, and nothing where handlers are slow or nothing is known', () => {
    const pace = new Pace();
    expect(pace.ahead(100)).toBe(0);
    pace.record(0.5);
    expect([pace.ahead(1), pace.ahead(4)]).toEqual([10, 40]);
    for (let delivery = 0; delivery < 50; delivery += 1) pace.record(20);
    expect([pace.ahead(1), pace.ahead(100)]).toEqual([0, 25]);
    for (let delivery = 0; delivery < 100; delivery += 1) pace.record(0);
    expect(pace.ahead(1)).toBe(128);
    pace.stall(8);
    expect(pace.ahead(8)).toBe(0);
  });

  it('runs what it holds in order, one at a time, and shows it as waiting', async () => {
    await using test = await openQueue();
    const { subscriber, open, stateOf } = await held(test, ['a', 'b', 'c']);
    expect(subscriber.data).toEqual(['quick', 'gate']);
    expect(await stateOf('a')).toMatchObject({ state: 'leased', losses: 0, attempts: 0 });
    expect(await test.invoke('queue::list', { topic: 'orders' })).toMatchObject({ queues: [{ running: 1, waiting: 3, depth: 4 }] });
    open();
    await test.settle();
    expect(subscriber.data).toEqual(['quick', 'gate', 'a', 'b', 'c']);
    expect(await test.invoke('queue::list', { topic: 'orders' })).toMatchObject({ queues: [{ running: 0, waiting: 0, depth: 0 }] });
  });

  it('claims nothing ahead in a queue whose messages may be lost but once', async () => {
    await using test = await openQueue();
    const { stateOf } = await held(test, ['a'], { maxLosses: 1 });
    expect(await stateOf('a')).toMatchObject({ state: 'ready' });
  });

  it('starts nothing more once a queue is paused', async () => {
    await using test = await openQueue();
    const { subscriber, open, stateOf } = await held(test, ['a', 'b']);
    await test.invoke('queue::pause', { topic: 'orders' });
    open();
    await test.settle();
    expect(subscriber.data).toEqual(['quick', 'gate']);
    expect(await stateOf('a')).toMatchObject({ state: 'ready', losses: 0, attempts: 0 });
    await test.invoke('queue::resume', { topic: 'orders' });
    await test.settle();
    expect(subscriber.data).toEqual(['quick', 'gate', 'a', 'b']);
  });

  it('does not run what was called off', async () => {
    await using test = await openQueue();
    const { subscriber, open, stateOf } = await held(test, ['a', 'b']);
    await test.invoke('queue::cancel', { messageId: `${(await stateOf('a') as { readonly messageId?: string }).messageId ?? ''}` });
    open();
    await test.settle();
    expect(subscriber.data).toEqual(['quick', 'gate', 'b']);
    expect(await stateOf('a')).toMatchObject({ state: 'cancelled' });
  });

  it('lets a message of higher priority go first', async () => {
    await using test = await openQueue();
    const { subscriber, open } = await held(test, ['a', 'b']);
    await test.enqueue('orders', 'urgent', { priority: 1 });
    await test.settle();
    open();
    await test.settle(20);
    expect(subscriber.data).toEqual(['quick', 'gate', 'urgent', 'a', 'b']);
  });

  it('gives back what waits longer than it should have', async () => {
    await using test = await openQueue();
    const { subscriber, open, stateOf } = await held(test, ['a', 'b']);
    expect(await stateOf('a')).toMatchObject({ state: 'leased' });
    await test.clock.advance(100);
    await test.settle();
    expect(await stateOf('a')).toMatchObject({ state: 'ready', losses: 0, attempts: 0 });
    open();
    await test.settle(20);
    expect(subscriber.data).toEqual(['quick', 'gate', 'a', 'b']);
  });

  it('gives back what it holds when the engine stops, at no cost', async () => {
    const test = await openQueue();
    const { subscriber, open, stateOf } = await held(test, ['a']);
    const stopped = test.host.stop();
    await test.settle();
    expect(await stateOf('a')).toMatchObject({ state: 'ready', losses: 0, attempts: 0 });
    open();
    await stopped;
    expect(subscriber.data).toEqual(['quick', 'gate']);
  });
});
