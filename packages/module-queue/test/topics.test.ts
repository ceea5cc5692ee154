import { describe, expect, it } from '@jest/globals';
import { connectTestWorker, type ManualClock, type TestHost } from '@motia/engine-core/testing';
import { codeOf, openQueue, type OpenQueue } from './fixtures/open-queue.js';

type Shown = { kind: string; name: string; functionId: string; depth: number; waiting: number; dead: number; leftAtMs?: number };
const list = async (test: OpenQueue<ManualClock>, where: object = {}): Promise<readonly Shown[]> => ((await test.invoke('queue::list', where)) as { queues: Shown[] }).queues;

const worker = (test: OpenQueue<ManualClock>, owner: string, received: unknown[], more: object = {}) =>
  connectTestWorker(test.host, {
    owner, heartbeatIntervalMs: 0,
    functions: { 'steps::Take': (payload) => void received.push(payload) },
    triggers: [{ type: 'queue', functionId: 'steps::Take', config: { topic: 'orders' } }],
    ...more,
  });

/** Swaps generations, once those that arrive have registered everything. */
async function activated(test: OpenQueue<ManualClock>, swap: Parameters<TestHost['workers']['activate']>[0]): Promise<void> {
  await Promise.all(swap.arriving.map(({ registered }) => registered));
  await test.host.workers.activate(swap);
}

describe('a topic', () => {
  it('Q14 gives a message to every function that subscribes, each with its own row, and retries each alone', async () => {
    await using test = await openQueue();
    const steady = await test.subscribe('orders');
    let isFailing = true;
    const flaky = await test.subscribe('orders', {
      config: { backoffDelayMs: 1_000, backoffJitter: 'none' },
      handle: () => {
        if (isFailing) throw new Error('not yet');
      },
    });
    const { messageReceiptId } = await test.enqueue('orders', 1);
    await test.settle();
    isFailing = false;
    await test.clock.advance('1s');
    expect(steady.data).toEqual([1]);
    expect(flaky.data).toEqual([1, 1]);
    expect(new Set(flaky.calls.map(({ key }) => key))).toEqual(new Set([`${messageReceiptId}:${flaky.id}`]));
    expect(steady.calls[0]?.key).toBe(`${messageReceiptId}:${steady.id}`);
  });

  it('Q14 three replicas of a function are one subscriber: each message goes to one of them', async () => {
    await using test = await openQueue();
    const received: unknown[][] = [[], [], []];
    const replicas = await Promise.all(received.map((into, index) => worker(test, `replica-${String(index)}`, into)));
    for (let id = 0; id < 30; id += 1) await test.enqueue('orders', id);
    await test.settle(60);
    expect(received.flat().sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 30 }, (_, id) => id));
    expect(received.every((each) => each.length > 0)).toBe(true);
    expect(await list(test, { topic: 'orders' })).toHaveLength(1);
    await Promise.all(replicas.map((replica) => replica[Symbol.asyncDispose]()));
  });

  it('with topic_delivery compete a message goes to one subscriber, in turns', async () => {
    await using test = await openQueue({ topic_delivery: 'compete' });
    const one = await test.subscribe('orders');
    const other = await test.subscribe('orders');
    for (let id = 0; id < 10; id += 1) await test.enqueue('orders', id);
    await test.settle();
    expect([...one.data, ...other.data].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(Math.abs(one.data.length - other.data.length)).toBeLessThanOrEqual(4);
    one.unsubscribe();
    await test.settle();
    await test.enqueue('orders', 'left');
    await test.settle();
    expect(other.data.at(-1)).toBe('left');
  });

  it('needs no subscriber when a Step names it in virtualEnqueues', async () => {
    await using test = await openQueue();
    const step = test.host.functions.register({ id: 'steps::A', metadata: { virtualEnqueues: ['shown', { topic: 'labelled', label: 'x' }] } }, () => undefined);
    await test.settle();
    expect(await test.enqueue('shown', 1)).toEqual({ messageReceiptId: expect.any(String) });
    expect(await test.enqueue('labelled', 1)).toEqual({ messageReceiptId: expect.any(String) });
    step.dispose();
    await test.settle();
    expect(await codeOf(test.enqueue('shown', 1))).toBe('MOTIA_QUEUE_QUEUE_NOT_FOUND');
  });

  it('that queue_configs names holds messages for its first subscriber', async () => {
    await using test = await openQueue({ queue_configs: { later: { max_retries: 0 } } });
    const { messageReceiptId } = await test.enqueue('later', 'early');
    await test.enqueue('later', 'delayed', { delayMs: 60_000 });
    expect(await list(test, { topic: 'later' })).toMatchObject([{ functionId: '', depth: 2 }]);
    expect(await test.invoke('queue::explain', { messageId: messageReceiptId })).toMatchObject({ reason: 'no_subscriber' });
    const { data, calls, id } = await test.subscribe('later');
    await test.settle();
    expect(data).toEqual(['early']);
    expect(calls[0]?.key).toBe(`${messageReceiptId}:${id}`);
    await test.clock.advance('1m');
    expect(data).toEqual(['early', 'delayed']);
    await test.enqueue('later', 'now');
    await test.settle();
    expect(data).toEqual(['early', 'delayed', 'now']);
    expect((await list(test, { topic: 'later' })).map(({ depth }) => depth)).toEqual([0, 0]);
  });
});

describe('a subscriber that is away', () => {
  it('gets what was enqueued meanwhile when it comes back', async () => {
    await using test = await openQueue();
    const received: unknown[] = [];
    const first = await worker(test, 'first', received);
    await test.enqueue('orders', 'before');
    await test.settle();
    first.kill();
    await first.handle.closed;
    await test.settle();
    await test.enqueue('orders', 'meanwhile');
    await test.settle();
    expect(received).toEqual(['before']);
    expect(await list(test, { topic: 'orders' })).toMatchObject([{ depth: 1, leftAtMs: test.clock.now() }]);
    await using _again = await worker(test, 'again', received);
    await test.settle();
    expect(received).toEqual(['before', 'meanwhile']);
    expect((await list(test, { topic: 'orders' }))[0]).not.toHaveProperty('leftAtMs');
  });

  it('#44 loses nothing in a reload in which its trigger is missing for a while', async () => {
    await using test = await openQueue();
    const received: unknown[] = [];
    const swap = { activation: 'manual' as const };
    const one = await worker(test, 'app', received, swap);
    await activated(test, { arriving: [one.handle], leaving: [] });
    // A Step that does not compile: the next generation comes without it.
    const broken = await worker(test, 'app', received, { ...swap, functions: {}, triggers: [] });
    await activated(test, { arriving: [broken.handle], leaving: [one.handle] });
    await test.enqueue('orders', 1);
    const mended = await worker(test, 'app', received, swap);
    await activated(test, { arriving: [mended.handle], leaving: [broken.handle] });
    await test.settle(40);
    expect(received).toEqual([1]);
    for (const each of [one, broken, mended]) await each[Symbol.asyncDispose]();
  });

  it('takes over changed options in a reload, and keeps what waits', async () => {
    await using test = await openQueue();
    const received: unknown[] = [];
    const swap = { activation: 'manual' as const };
    const fail = { 'steps::Take': (payload: unknown) => { received.push(payload); throw new Error('no'); } };
    const one = await worker(test, 'app', received, { ...swap, functions: fail, triggers: [{ type: 'queue', functionId: 'steps::Take', config: { topic: 'orders', queue_config: { maxRetries: 9, backoffType: 'fixed', backoffDelayMs: 60_000 } } }] });
    await activated(test, { arriving: [one.handle], leaving: [] });
    await test.enqueue('orders', 1);
    await test.settle(40);
    const two = await worker(test, 'app', received, { ...swap, functions: fail, triggers: [{ type: 'queue', functionId: 'steps::Take', config: { topic: 'orders', queue_config: { maxRetries: 1 } } }] });
    await activated(test, { arriving: [two.handle], leaving: [one.handle] });
    await test.clock.advance('1m');
    await test.settle(40);
    expect(received).toEqual([1, 1]);
    expect(await list(test, { topic: 'orders' })).toMatchObject([{ depth: 0, dead: 1 }]);
    for (const each of [one, two]) await each[Symbol.asyncDispose]();
  });

  it('stops getting messages after subscription_grace_ms, and what waits for it is dead-lettered', async () => {
    await using test = await openQueue({ subscription_grace_ms: 120_000 });
    const stays = await test.subscribe('orders');
    const leaves = await test.subscribe('orders');
    leaves.unsubscribe();
    await test.settle();
    await test.enqueue('orders', 1);
    await test.clock.advance(119_000);
    await test.enqueue('orders', 2);
    await test.clock.advance(1_000);
    await test.enqueue('orders', 3);
    await test.clock.advance('2m');
    expect(stays.data).toEqual([1, 2, 3]);
    const { messages } = (await test.invoke('queue::dead_letters', { topic: 'orders', functionId: leaves.id })) as { messages: { data: unknown; lastFailure: { code: string } }[] };
    expect(messages.map(({ data, lastFailure }) => [data, lastFailure.code])).toEqual([[1, 'MOTIA_QUEUE_SUBSCRIBER_GONE'], [2, 'MOTIA_QUEUE_SUBSCRIBER_GONE']]);
    // It is forgotten once nothing is left of it.
    await test.invoke('queue::discard', { topic: 'orders', functionId: leaves.id, all: true });
    await test.clock.advance('2d');
    expect(await list(test, { topic: 'orders' })).toHaveLength(1);
    // Its number in the store is another queue's now.
    const later = await test.subscribe('invoices', { config: { maxRetries: 0 }, handle: () => Promise.reject(new Error('no')) });
    await test.enqueue('invoices', 1);
    await test.settle();
    expect(test.host.logs.find('was given up')?.fields?.['queue']).toBe(`invoices → ${later.id}`);
  });

  it('can be let go at once', async () => {
    await using test = await openQueue();
    const leaves = await test.subscribe('orders');
    leaves.unsubscribe();
    await test.settle();
    await test.enqueue('orders', 1);
    expect(await test.invoke('queue::unsubscribe', { topic: 'orders', functionId: leaves.id })).toEqual({ queues: 1 });
    expect(await codeOf(test.enqueue('orders', 2))).toBe('MOTIA_QUEUE_QUEUE_NOT_FOUND');
    await test.clock.advance('1m');
    expect(await list(test, { topic: 'orders' })).toMatchObject([{ depth: 0, dead: 1 }]);
  });

  it('delivers nothing while no process is ready for it, and spends no attempt', async () => {
    await using test = await openQueue();
    const received: unknown[] = [];
    const first = await worker(test, 'place', received, { retain: true });
    first.kill();
    await first.handle.closed;
    await test.settle();
    const { messageReceiptId } = await test.enqueue('orders', 1);
    await test.clock.advance('1h');
    expect(await test.invoke('queue::explain', { messageId: `${messageReceiptId}:steps::Take` })).toMatchObject({ state: 'ready', reason: 'no_worker' });
    await using _again = await worker(test, 'place', received);
    await test.settle();
    expect(received).toEqual([1]);
    expect(await test.invoke('queue::message', { messageId: `${messageReceiptId}:steps::Take` })).toMatchObject({ attempts: 0, losses: 0, deliveries: 1 });
  });
});
