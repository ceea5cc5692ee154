import { describe, expect, it } from '@jest/globals';
import { MotiaError } from '@motia/engine-core/contract';
import { codeOf, deferred, openQueue } from './fixtures/open-queue.js';

const noJitter = { backoffJitter: 'none' } as const;
const finalError = (): MotiaError => new MotiaError({ code: 'CUSTOMER_GONE', message: 'no such customer', retryable: false });

describe('a delivery', () => {
  it('Q2 a message is delivered once when its handler answers, and is then known as completed', async () => {
    await using test = await openQueue();
    const { calls } = await test.subscribe('orders');
    const { messageReceiptId } = await test.enqueue('orders', { id: 1 });
    await test.settle();
    expect(calls.map(({ data, attempt }) => ({ data, attempt }))).toEqual([{ data: { id: 1 }, attempt: 1 }]);
    expect(calls[0]?.key.startsWith(messageReceiptId)).toBe(true);
    expect(await test.service.status(calls[0]?.key ?? '')).toMatchObject({ state: 'completed', attempts: 1 });
    await test.clock.advance('1h');
    expect(calls).toHaveLength(1);
  });

  it('Q6 Q7 a failed attempt comes again after its backoff, with the same key, until its retries are used up', async () => {
    await using test = await openQueue();
    const { calls } = await test.subscribe('orders', {
      config: { maxRetries: 2, backoffDelayMs: 1_000, ...noJitter },
      handle: () => {
        throw new Error('flaky');
      },
    });
    await test.enqueue('orders', { id: 1 });
    await test.settle();
    expect(calls).toHaveLength(1);
    await test.clock.advance(999);
    expect(calls).toHaveLength(1);
    await test.clock.advance(1);
    expect(calls).toHaveLength(2);
    await test.clock.advance(2_000);
    expect(calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(new Set(calls.map(({ key }) => key)).size).toBe(1);
    await test.clock.advance('1d');
    expect(calls).toHaveLength(3);
    const { messages } = (await test.invoke('queue::dead_letters', { topic: 'orders' })) as { messages: { messageId: string; state: string; attempts: number; losses: number }[] };
    expect(messages).toMatchObject([{ messageId: calls[0]?.key, state: 'dead', attempts: 3, losses: 0 }]);
  });

  it('Q6 maxRetries 0 means one attempt', async () => {
    await using test = await openQueue();
    const { calls } = await test.subscribe('orders', { config: { maxRetries: 0 }, handle: () => Promise.reject(new Error('no')) });
    await test.enqueue('orders', 1);
    await test.clock.advance('1h');
    expect(calls).toHaveLength(1);
    expect(await test.service.status(calls[0]?.key ?? '')).toMatchObject({ state: 'dead', error: { message: expect.stringContaining('no') } });
  });

  it('Q7 retryAfterMs of the error replaces the backoff', async () => {
    await using test = await openQueue();
    const { calls } = await test.subscribe('orders', {
      config: { backoffDelayMs: 60_000, ...noJitter },
      handle: () => Promise.reject(new MotiaError({ code: 'SHOP_CLOSED', message: 'closed', retryable: true, details: { retryAfterMs: 5_000 } })),
    });
    await test.enqueue('orders', 1);
    await test.clock.advance(4_999);
    expect(calls).toHaveLength(1);
    await test.clock.advance(1);
    expect(calls).toHaveLength(2);
  });

  it('Q7 an error that says that it is final ends the message at once', async () => {
    await using test = await openQueue();
    const { calls } = await test.subscribe('orders', { handle: () => Promise.reject(finalError()) });
    await test.enqueue('orders', 1);
    await test.clock.advance('1h');
    expect(calls).toHaveLength(1);
    expect(await test.service.status(calls[0]?.key ?? '')).toMatchObject({ state: 'dead', error: { code: 'CUSTOMER_GONE' } });
  });

  it('Q7 an error of an engine function that the handler did not catch is not final', async () => {
    await using test = await openQueue();
    const { calls } = await test.subscribe('orders', { config: { backoffDelayMs: 0 }, handle: () => Promise.reject(new MotiaError({ code: 'MOTIA_STATE_VERSION_CONFLICT', message: 'newer', retryable: false })) });
    await test.enqueue('orders', 1);
    await test.settle();
    expect(calls.length).toBeGreaterThan(1);
  });

  it('Q3 a handler that exceeds timeoutMs is cancelled, and its attempt has failed', async () => {
    await using test = await openQueue();
    let aborted = false;
    const { calls } = await test.subscribe('orders', {
      config: { timeoutMs: 10_000, maxRetries: 0 },
      handle: ({ call }) => new Promise(() => call.signal.addEventListener('abort', () => (aborted = true))),
    });
    await test.enqueue('orders', 1);
    await test.clock.advance(9_999);
    expect(aborted).toBe(false);
    await test.clock.advance(1_001);
    expect(aborted).toBe(true);
    expect(await test.service.status(calls[0]?.key ?? '')).toMatchObject({ state: 'dead', error: { code: 'MOTIA_ENGINE_DEADLINE_EXCEEDED' } });
  });

  it('Q3 a lease lasts for as long as its handler works, far beyond the visibility timeout', async () => {
    await using test = await openQueue();
    const work = deferred();
    const { calls } = await test.subscribe('orders', { config: { visibilityTimeout: 1, timeoutMs: 600_000 }, handle: () => work.promise });
    await test.enqueue('orders', 1);
    await test.clock.advance('4m');
    expect(calls).toHaveLength(1);
    const shown = (await test.invoke('queue::message', { messageId: calls[0]?.key })) as { state: string; leasedUntilMs: number };
    expect(shown.state).toBe('leased');
    expect(shown.leasedUntilMs).toBeGreaterThan(test.clock.now());
    work.resolve();
    await test.settle();
    expect(await test.service.status(calls[0]?.key ?? '')).toMatchObject({ state: 'completed', attempts: 1 });
  });

  it('Q3 queue::extend makes a lease last longer, and is refused to whoever does not hold it', async () => {
    await using test = await openQueue();
    const work = deferred();
    const { calls } = await test.subscribe('orders', { config: { visibilityTimeout: 30 }, handle: () => work.promise });
    await test.enqueue('orders', 1);
    await test.settle();
    const messageId = calls[0]?.key ?? '';
    const until = async (): Promise<number> => ((await test.invoke('queue::message', { messageId })) as { leasedUntilMs: number }).leasedUntilMs;
    const before = await until();
    const { receipt } = (await test.invoke('queue::extend', { idempotencyKey: messageId, ms: 7_200_000 })) as { receipt: string };
    expect(receipt).toBe(`${messageId}#1`);
    expect((await until()) - before).toBe(7_170_000);
    // A renewal does not shorten it.
    await test.clock.advance('1m');
    expect((await until()) - before).toBeGreaterThanOrEqual(7_170_000);
    expect(await codeOf(test.invoke('queue::extend', { receipt: `${messageId}#2`, ms: 1_000 }))).toBe('MOTIA_QUEUE_LEASE_LOST');
    expect(await codeOf(test.invoke('queue::extend', { idempotencyKey: messageId, invocationId: 'another', ms: 1_000 }))).toBe('MOTIA_QUEUE_LEASE_LOST');
    expect(await codeOf(test.invoke('queue::extend', { idempotencyKey: messageId, ms: 43_200_001 }))).toBe('MOTIA_QUEUE_INVALID_OPTION');
    work.resolve();
    await test.settle();
    expect(await codeOf(test.invoke('queue::extend', { receipt, ms: 1_000 }))).toBe('MOTIA_QUEUE_LEASE_LOST');
  });

  it('skips a message when the condition says no, and counts an attempt when it fails', async () => {
    await using test = await openQueue();
    test.host.functions.register({ id: 'test::even' }, (data) => (data as number) % 2 === 0);
    test.host.functions.register({ id: 'test::broken' }, () => {
      throw new Error('no idea');
    });
    const even = await test.subscribe('numbers', { condition: 'test::even' });
    const broken = await test.subscribe('numbers', { condition: 'test::broken', config: { maxRetries: 1, backoffDelayMs: 0 } });
    for (const number of [1, 2, 3, 4]) await test.enqueue('numbers', number);
    await test.settle();
    expect(even.data).toEqual([2, 4]);
    expect(broken.calls).toHaveLength(0);
    const { messages } = (await test.invoke('queue::dead_letters', { topic: 'numbers', functionId: broken.id })) as { messages: { attempts: number }[] };
    expect(messages.map(({ attempts }) => attempts)).toEqual([2, 2, 2, 2]);
  });

  it('handles so many at a time as concurrency says', async () => {
    await using test = await openQueue();
    const works: ReturnType<typeof deferred>[] = [];
    const { calls } = await test.subscribe('orders', {
      config: { concurrency: 3 },
      handle: () => {
        const work = deferred();
        works.push(work);
        return work.promise;
      },
    });
    for (let id = 0; id < 10; id += 1) await test.enqueue('orders', id);
    await test.settle();
    expect(calls).toHaveLength(3);
    works[0]?.resolve();
    works[1]?.resolve();
    await test.settle();
    expect(calls).toHaveLength(5);
    for (let round = 0; round < 10; round += 1) {
      for (const work of works) work.resolve();
      await test.settle();
    }
    expect(calls.map(({ data }) => data)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe('when a message runs', () => {
  it('delays by delayMs, delaySeconds, delay_seconds and the queue', async () => {
    await using test = await openQueue();
    const { data } = await test.subscribe('later');
    const slow = await test.subscribe('slow', { config: { delaySeconds: 60 } });
    await test.enqueue('later', 'ms', { delayMs: 1_500 });
    await test.enqueue('later', 'seconds', { delaySeconds: 2 });
    await test.enqueue('later', 'snake', { delay_seconds: 3 });
    await test.enqueue('later', 'now');
    await test.enqueue('slow', 1);
    await test.enqueue('slow', 2, { delayMs: 0 });
    await test.settle();
    expect(data).toEqual(['now']);
    expect(slow.data).toEqual([2]);
    await test.clock.advance(1_500);
    expect(data).toEqual(['now', 'ms']);
    await test.clock.advance(1_500);
    expect(data).toEqual(['now', 'ms', 'seconds', 'snake']);
    await test.clock.advance('1m');
    expect(slow.data).toEqual([2, 1]);
  });

  it('runs at a moment, and at once when that has passed', async () => {
    await using test = await openQueue();
    const { data } = await test.subscribe('later');
    await test.enqueue('later', 'iso', { runAt: new Date(test.clock.now() + 60_000).toISOString() });
    await test.enqueue('later', 'ms', { run_at: test.clock.now() + 30_000 });
    await test.enqueue('later', 'past', { runAt: '2001-01-01T00:00:00Z' });
    await test.settle();
    expect(data).toEqual(['past']);
    await test.clock.advance('30s');
    expect(data).toEqual(['past', 'ms']);
    await test.clock.advance('30s');
    expect(data).toEqual(['past', 'ms', 'iso']);
  });

  it('takes larger priorities first, and equal ones as they came', async () => {
    await using test = await openQueue();
    const work = deferred();
    const { data } = await test.subscribe('ranked', { config: { concurrency: 1 }, handle: ({ data: which }) => (which === 'first' ? work.promise : undefined) });
    await test.enqueue('ranked', 'first');
    for (const [which, priority] of [['low', -5], ['a', 0], ['high', 7], ['b', 0], ['higher', 9]] as const) await test.enqueue('ranked', which, { priority });
    work.resolve();
    await test.settle();
    expect(data).toEqual(['first', 'higher', 'high', 'a', 'b', 'low']);
  });

  it('#62 delays and leases follow real time when the clock is set back, and windows outlive a jump ahead', async () => {
    await using test = await openQueue();
    const { data } = await test.subscribe('later');
    await test.enqueue('later', 'delayed', { delayMs: 10_000 });
    await test.enqueue('later', 'once', { dedupId: 'once' });
    await test.settle();
    test.clock.jump(test.clock.now() - 3_600_000);
    await test.clock.advance(10_000);
    expect(data).toEqual(['once', 'delayed']);
    test.clock.jump(test.clock.now() + 315_360_000_000);
    expect(await test.enqueue('later', 'once', { dedupId: 'once' })).toMatchObject({ deduplicated: true });
    await test.enqueue('later', 'after the jump', { delayMs: 1_000 });
    await test.clock.advance(1_000);
    expect(data).toEqual(['once', 'delayed', 'after the jump']);
  });

  it('#64 a machine that slept finds its delayed messages due', async () => {
    await using test = await openQueue();
    const { data } = await test.subscribe('later');
    await test.enqueue('later', 'delayed', { delayMs: 3_600_000 });
    await test.settle();
    test.clock.jump(test.clock.now() + 10_800_000);
    await test.clock.advance('1m');
    expect(data).toEqual(['delayed']);
  });
});
