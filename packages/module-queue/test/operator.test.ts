import { describe, expect, it } from '@jest/globals';
import type { ManualClock } from '@motia/engine-core/testing';
import { codeOf, deferred, openQueue, type OpenQueue, type Subscriber } from './fixtures/open-queue.js';

interface Shown {
  readonly messageId: string;
  readonly state: string;
  readonly data?: unknown;
  readonly failures?: readonly { readonly code: string; readonly message: string; readonly stack?: string; readonly traceId?: string; readonly delivery: number }[];
  readonly lastFailure?: { readonly message: string };
}
type Page = { readonly messages: readonly Shown[]; readonly cursor?: string };

/** A topic whose messages end as dead letters until the test lets them through. */
async function failing(test: OpenQueue<ManualClock>, topic = 'orders'): Promise<Subscriber & { heal(): void }> {
  let isFailing = true;
  const subscriber = await test.subscribe(topic, {
    config: { maxRetries: 0 },
    handle: ({ data }) => {
      if (isFailing) throw Object.assign(new Error(`no: ${String(data)}`));
    },
  });
  return Object.assign(subscriber, { heal: () => void (isFailing = false) });
}
const deadLetters = (test: OpenQueue<ManualClock>, where: object = { topic: 'orders' }): Promise<Page> => test.invoke('queue::dead_letters', where);

describe('dead letters', () => {
  it('Q12 keep payload, group, counters and the last ten errors with stacks and traces, newest first', async () => {
    await using test = await openQueue();
    const { calls } = await test.subscribe('orders', {
      config: { type: 'fifo', maxRetries: 12, backoffType: 'fixed', backoffDelayMs: 1_000 },
      handle: ({ attempt }) => {
        throw new Error(`attempt ${String(attempt)}`);
      },
    });
    await test.enqueue('orders', { id: 7 }, { messageGroupId: 'g' });
    await test.clock.advance('1m');
    expect(calls).toHaveLength(13);
    const { messages } = await deadLetters(test);
    expect(messages).toMatchObject([{ state: 'dead', group: 'g', attempts: 13, losses: 0, deliveries: 13, data: { id: 7 }, lastFailure: { message: expect.stringContaining('attempt 13') } }]);
    const { failures = [] } = (await test.invoke('queue::message', { messageId: messages[0]?.messageId })) as Shown;
    expect(failures.map(({ delivery }) => delivery)).toEqual([13, 12, 11, 10, 9, 8, 7, 6, 5, 4]);
    expect(failures[0]).toMatchObject({ kind: 'failed', code: 'MOTIA_ENGINE_HANDLER_FAILED', stack: expect.stringContaining('operator.test.ts'), traceId: expect.stringMatching(/^[0-9a-f]{32}$/), spanId: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(new Set(failures.map(({ traceId }) => traceId)).size).toBe(1);
  });

  it('Q12 are looked at in pages, without being leased', async () => {
    await using test = await openQueue();
    await failing(test);
    for (let id = 0; id < 5; id += 1) await test.enqueue('orders', id);
    await test.settle();
    const first = await deadLetters(test, { topic: 'orders', limit: 2 });
    const second = await deadLetters(test, { topic: 'orders', limit: 2, cursor: first.cursor });
    const third = await deadLetters(test, { topic: 'orders', limit: 2, cursor: second.cursor });
    expect([first, second, third].map(({ messages }) => messages.map(({ data }) => data))).toEqual([[0, 1], [2, 3], [4]]);
    expect(third.cursor).toBeUndefined();
    // However much is asked for.
    expect((await deadLetters(test, { limit: 1e9 })).messages).toHaveLength(5);
    expect(await codeOf(deadLetters(test, { limit: 0 }))).toBe('MOTIA_QUEUE_INVALID_OPTION');
  });

  it('Q12 are not looked at from the beginning again with a cursor that no page gave', async () => {
    await using test = await openQueue();
    await failing(test);
    for (let id = 0; id < 3; id += 1) await test.enqueue('orders', id);
    await test.settle();
    const { cursor = '' } = await deadLetters(test, { limit: 1 });
    for (const damaged of ['x', `${cursor}0x`, cursor.slice(0, -1), cursor.slice(2), '0:', '5:1', '5:1:', '5:NaN:1', '5:1:1:1', ':1:1', '5:1e3:1']) {
      expect([damaged, await codeOf(deadLetters(test, { limit: 1, cursor: damaged }))]).toEqual([damaged, 'MOTIA_QUEUE_INVALID_OPTION']);
    }
    // A list of other states did not give it.
    expect(await codeOf(test.invoke('queue::messages', { topic: 'orders', state: 'ready', cursor }))).toBe('MOTIA_QUEUE_INVALID_OPTION');
  });

  it('Q12 one is redriven, counters at zero, to the end, and only once', async () => {
    await using test = await openQueue();
    const subscriber = await failing(test);
    await test.enqueue('orders', 'a');
    await test.settle();
    const messageId = subscriber.calls[0]?.key ?? '';
    subscriber.heal();
    expect(await test.invoke('queue::redrive', { message_id: messageId })).toEqual({ moved: 1, state: 'done' });
    await test.settle();
    expect(subscriber.calls.map(({ key, attempt }) => [key, attempt])).toEqual([[messageId, 1], [messageId, 1]]);
    expect(await test.service.status(messageId)).toEqual({ messageId, state: 'completed', attempts: 2 });
    expect(await test.invoke('queue::redrive', { messageId })).toEqual({ moved: 0, state: 'done' });
    expect(await codeOf(test.invoke('queue::redrive', { messageId: 'never' }))).toBe('MOTIA_QUEUE_MESSAGE_NOT_FOUND');
  });

  it('Q12 one is redriven with other data', async () => {
    await using test = await openQueue({ max_payload_bytes: 100 });
    const subscriber = await failing(test);
    await test.enqueue('orders', { cents: 'ten' });
    await test.settle();
    subscriber.heal();
    const messageId = subscriber.calls[0]?.key ?? '';
    expect(await codeOf(test.invoke('queue::redrive', { messageId, data: 'x'.repeat(200) }))).toBe('MOTIA_QUEUE_PAYLOAD_TOO_LARGE');
    expect(await codeOf(test.invoke('queue::redrive', { messageIds: [messageId, messageId], data: 1 }))).toBe('MOTIA_QUEUE_INVALID_OPTION');
    await test.invoke('queue::redrive', { messageId, data: { cents: 10 } });
    await test.settle();
    expect(subscriber.data).toEqual([{ cents: 'ten' }, { cents: 10 }]);
    expect(subscriber.calls[1]?.key).toBe(messageId);
  });

  it('Q12 many are redriven by a filter, at the head or the end', async () => {
    await using test = await openQueue();
    const gate = deferred();
    let isFailing = true;
    const { data } = await test.subscribe('orders', {
      config: { maxRetries: 0, concurrency: 1 },
      handle: ({ data: which }) => {
        if (which === 'gate') return gate.promise;
        if (isFailing) throw Object.assign(new Error(String(which)));
        return undefined;
      },
    });
    for (const which of ['a', 'b', 'c']) await test.enqueue('orders', which);
    await test.settle();
    isFailing = false;
    await test.enqueue('orders', 'gate');
    await test.enqueue('orders', 'new');
    await test.settle();
    const { messages } = await deadLetters(test);
    expect(await test.invoke('queue::redrive', { topic: 'orders', code: 'OTHER' })).toEqual({ moved: 0, state: 'done' });
    expect(await test.invoke('queue::redrive', { topic: 'orders', code: 'MOTIA_ENGINE_HANDLER_FAILED', dryRun: true })).toEqual({ moved: 0, total: 3, state: 'dryRun' });
    expect(await test.invoke('queue::redrive', { messageIds: [messages[2]?.messageId, messages[2]?.messageId, 'never'], dryRun: true })).toEqual({ moved: 0, total: 1, state: 'dryRun' });
    expect(await test.invoke('queue::redrive', { messageIds: [messages[2]?.messageId], head: true })).toEqual({ moved: 1, state: 'done' });
    expect(await test.invoke('queue::redrive', { topic: 'orders', code: 'MOTIA_ENGINE_HANDLER_FAILED', before: test.clock.now() })).toEqual({ moved: 2, state: 'done' });
    gate.resolve();
    await test.settle(30);
    expect(data.slice(3)).toEqual(['gate', 'c', 'new', 'a', 'b']);
  });

  it('Q12 are redriven at the rate of the last redrive, though one before it was stopped between two parts', async () => {
    await using test = await openQueue();
    await failing(test);
    for (let id = 0; id < 9; id += 1) await test.enqueue('orders', id);
    await test.settle();
    await test.invoke('queue::pause', { topic: 'orders' });
    for (let time = 0; time < 3; time += 1) {
      await test.invoke('queue::redrive', { topic: 'orders', ratePerSecond: 0.1 });
      await test.settle();
      if (time < 2) await test.invoke('queue::redrive_cancel', { topic: 'orders' });
    }
    expect((await deadLetters(test)).messages).toHaveLength(6);
    await test.clock.advance('10s');
    expect((await deadLetters(test)).messages).toHaveLength(5);
  });

  it('Q12 many are redriven at a rate, one move per queue, and the move can be stopped', async () => {
    await using test = await openQueue();
    const subscriber = await failing(test);
    for (let id = 0; id < 50; id += 1) await test.enqueue('orders', id);
    await test.settle();
    subscriber.heal();
    expect(await test.invoke('queue::redrive', { topic: 'orders', ratePerSecond: 10 })).toEqual({ moved: 0, state: 'running' });
    expect(await codeOf(test.invoke('queue::redrive', { topic: 'orders' }))).toBe('MOTIA_QUEUE_REDRIVE_RUNNING');
    await test.clock.advance('2s');
    const moved = ((await test.invoke('queue::redrive_status', { topic: 'orders' })) as { moves: { moved: number; state: string }[] }).moves[0]?.moved ?? 0;
    expect(moved).toBeGreaterThanOrEqual(15);
    expect(moved).toBeLessThanOrEqual(25);
    await test.invoke('queue::redrive_cancel', { topic: 'orders' });
    await test.clock.advance('1m');
    expect((await test.invoke('queue::redrive_status', {})) as object).toMatchObject({ moves: [{ topic: 'orders', state: 'cancelled' }] });
    expect(subscriber.data.length).toBeLessThanOrEqual(80);
    expect((await deadLetters(test)).messages.length + subscriber.data.length).toBe(100);
    expect(await test.invoke('queue::redrive', { topic: 'orders' })).toMatchObject({ state: 'done' });
    await test.settle(30);
    expect(subscriber.data).toHaveLength(100);
  });

  it('Q12 are discarded one by one, or all with a word', async () => {
    await using test = await openQueue();
    const { calls } = await failing(test);
    for (let id = 0; id < 4; id += 1) await test.enqueue('orders', id);
    await test.settle();
    expect(await test.invoke('queue::discard', { messageId: calls[0]?.key })).toEqual({ discarded: 1 });
    expect(await test.invoke('queue::discard', { messageId: calls[0]?.key })).toEqual({ discarded: 0 });
    expect(await codeOf(test.invoke('queue::discard', { messageId: 'never' }))).toBe('MOTIA_QUEUE_MESSAGE_NOT_FOUND');
    expect(await codeOf(test.invoke('queue::discard', { topic: 'orders' }))).toBe('MOTIA_QUEUE_INVALID_OPTION');
    expect(await test.invoke('queue::discard', { topic: 'orders', all: true })).toEqual({ discarded: 3 });
    expect((await deadLetters(test)).messages).toEqual([]);
    expect(await test.invoke('queue::explain', { messageId: calls[0]?.key })).toMatchObject({ state: 'discarded' });
  });

  it('Q12 are kept for dead_letter_retention_ms', async () => {
    await using test = await openQueue({ dead_letter_retention_ms: 3_600_000 });
    await failing(test);
    await test.enqueue('orders', 1);
    await test.clock.advance('59m');
    expect((await deadLetters(test)).messages).toHaveLength(1);
    await test.clock.advance('2m');
    expect((await deadLetters(test)).messages).toHaveLength(0);
  });

  it('are found under the names of later versions, too', async () => {
    await using test = await openQueue();
    const subscriber = await failing(test);
    for (const id of [1, 2, 3]) await test.enqueue('orders', id);
    await test.settle();
    expect(await test.invoke('engine::queue::list_topics')).toMatchObject({ topics: expect.arrayContaining([{ name: 'orders', kind: 'topic', subscriber_count: 1 }]) });
    expect(await test.invoke('engine::queue::topic_stats', { topic: 'orders' })).toEqual({ topic: 'orders', depth: 0, delayed: 0, in_flight: 0, dlq_depth: 3, consumer_count: 1 });
    expect(await test.invoke('engine::queue::topic_stats', { topic: 'default' })).toMatchObject({ topic: 'default', dlq_depth: 0 });
    expect(await test.invoke('engine::queue::dlq_topics')).toEqual({ topics: [{ topic: 'orders', message_count: 3 }] });
    const { messages } = (await test.invoke('engine::queue::dlq_messages', { topic: 'orders', limit: 10 })) as Page;
    expect(messages).toHaveLength(3);
    subscriber.heal();
    expect(await test.invoke('iii::queue::redrive_message', { message_id: messages[0]?.messageId })).toMatchObject({ moved: 1 });
    expect(await test.invoke('iii::queue::discard_message', { message_id: messages[1]?.messageId })).toEqual({ discarded: 1 });
    expect(await test.invoke('iii::queue::redrive', { topic: 'orders' })).toMatchObject({ moved: 1 });
    await test.settle();
    expect(subscriber.data).toEqual([1, 2, 3, 1, 3]);
  });
});

describe('an operator', () => {
  it('finds a message by its receipt, and is told the ids where several have it', async () => {
    await using test = await openQueue();
    await test.subscribe('orders', { id: 'steps::Take' });
    await test.invoke('queue::pause', { topic: 'orders' });
    const { messageReceiptId } = await test.enqueue('orders', 1);
    expect(await test.invoke('queue::explain', { messageId: messageReceiptId })).toMatchObject({ messageId: `${messageReceiptId}:steps::Take`, reason: 'paused' });
    expect(await test.invoke('queue::message', { messageId: messageReceiptId })).toMatchObject({ messageId: `${messageReceiptId}:steps::Take`, data: 1 });
    await test.subscribe('orders', { id: 'steps::Bill' });
    const { messageReceiptId: shared } = await test.enqueue('orders', 2, { delayMs: 60_000 });
    await expect(test.invoke('queue::explain', { messageId: shared })).rejects.toThrow(`messageId is the receipt of 2 messages: ${shared}:steps::`);
    expect(await codeOf(test.invoke('queue::explain', { messageId: 'never' }))).toBe('MOTIA_QUEUE_MESSAGE_NOT_FOUND');
  });

  it('touches no message of another queue than the one that is named beside it', async () => {
    await using test = await openQueue();
    await test.subscribe('orders', { id: 'fail', config: { maxRetries: 0 }, handle: () => { throw new Error('no'); } });
    await test.subscribe('alerts');
    const { messageReceiptId } = await test.enqueue('orders', 1);
    await test.settle();
    const messageId = `${messageReceiptId}:fail`;
    for (const what of ['redrive', 'discard']) {
      await expect(test.invoke(`queue::${what}`, { topic: 'alerts', messageIds: [messageId] })).rejects.toMatchObject({ code: 'MOTIA_QUEUE_MESSAGE_NOT_FOUND', message: `There is no message "${messageId}" in "alerts".` });
      await expect(test.invoke(`queue::${what}`, { topic: 'orders', functionId: 'fial', all: true, code: 'x' })).rejects.toThrow();
    }
    await expect(test.invoke('queue::dead_letters', { topic: 'orders', functionId: 'fial' })).rejects.toThrow('"fial" does not subscribe to the topic "orders". Did you mean "fail"?');
    expect(await test.invoke('queue::redrive', { topic: 'orders', messageIds: [messageId], dryRun: true })).toMatchObject({ total: 1 });
    expect(await test.invoke('queue::discard', { topic: 'orders', messageIds: [messageId] })).toEqual({ discarded: 1 });
  });

  it('pauses and resumes a queue: what runs goes on, what comes in waits', async () => {
    await using test = await openQueue();
    const gate = deferred();
    const { data, calls } = await test.subscribe('orders', { handle: () => gate.promise });
    await test.enqueue('orders', 1);
    await test.settle();
    expect(await test.invoke('queue::pause', { topic: 'orders' })).toEqual({ queues: 1 });
    const { messageReceiptId } = await test.enqueue('orders', 2);
    await test.enqueue('orders', 3, { delayMs: 1_000 });
    gate.resolve();
    await test.clock.advance('1m');
    expect(data).toEqual([1]);
    expect(await test.invoke('queue::explain', { messageId: messageReceiptId + (calls[0]?.key.slice(36) ?? '') })).toMatchObject({ state: 'ready', reason: 'paused' });
    expect((await test.invoke('queue::list', { topic: 'orders' })) as object).toMatchObject({ queues: [{ isPaused: true, depth: 2 }] });
    await test.invoke('queue::resume', { topic: 'orders' });
    await test.settle();
    expect(data).toEqual([1, 2, 3]);
    await expect(test.invoke('queue::pause', { topc: 'orders' })).rejects.toThrow(/^topc is not known \(did you mean "topic"\?\)\.$/);
    expect(await codeOf(test.invoke('queue::pause', { topic: 'ordesr' }))).toBe('MOTIA_QUEUE_QUEUE_NOT_FOUND');
    expect(await codeOf(test.invoke('queue::pause', {}))).toBe('MOTIA_QUEUE_INVALID_OPTION');
  });

  it('cancels messages that wait, are delayed or run, by message or receipt', async () => {
    await using test = await openQueue();
    const { data, calls } = await test.subscribe('orders', { config: { concurrency: 1 }, handle: () => new Promise(() => undefined) });
    await test.enqueue('orders', 'runs');
    const waiting = await test.enqueue('orders', 'waits');
    const delayed = await test.enqueue('orders', 'later', { delayMs: 1_000 });
    await test.settle();
    expect(await test.invoke('queue::cancel', { messageReceiptId: waiting.messageReceiptId })).toEqual({ cancelled: 1 });
    expect(await test.invoke('queue::cancel', { messageReceiptId: delayed.messageReceiptId })).toEqual({ cancelled: 1 });
    expect(await test.invoke('queue::cancel', { messageReceiptId: delayed.messageReceiptId })).toEqual({ cancelled: 0 });
    expect(calls[0]?.call.signal.aborted).toBe(false);
    expect(await test.invoke('queue::cancel', { messageId: calls[0]?.key })).toEqual({ cancelled: 1 });
    expect(calls[0]?.call.signal.aborted).toBe(true);
    await test.clock.advance('1m');
    expect(data).toEqual(['runs']);
    expect(await test.service.status(calls[0]?.key ?? '')).toMatchObject({ state: 'cancelled' });
    expect(await codeOf(test.invoke('queue::cancel', { messageId: 'never' }))).toBe('MOTIA_QUEUE_MESSAGE_NOT_FOUND');
    expect(await codeOf(test.invoke('queue::cancel', { messageReceiptId: 'never' }))).toBe('MOTIA_QUEUE_MESSAGE_NOT_FOUND');
    // The place of the cancelled one is free.
    await test.enqueue('orders', 'next');
    await test.settle();
    expect(data).toEqual(['runs', 'next']);
  });

  it('is told why a message is where it is', async () => {
    await using test = await openQueue();
    const gate = deferred();
    const { calls } = await test.subscribe('orders', {
      config: { concurrency: 1, backoffType: 'fixed', backoffDelayMs: 60_000 },
      handle: ({ data }) => {
        if (data === 'fails') throw new Error('no luck');
        return gate.promise;
      },
    });
    await test.enqueue('orders', 'fails');
    await test.settle();
    const tail = calls[0]?.key.slice(36) ?? '';
    const explain = (messageId: string): Promise<{ readonly explanation: string }> => test.invoke('queue::explain', { messageId });
    expect(await explain(calls[0]?.key ?? '')).toMatchObject({ state: 'delayed', reason: 'backoff', untilMs: test.clock.now() + 60_000, explanation: expect.stringContaining('no luck') });
    await test.enqueue('orders', 'runs');
    const waits = await test.enqueue('orders', 'waits');
    const later = await test.enqueue('orders', 'later', { delayMs: 5_000 });
    await test.settle();
    expect(await explain(calls[1]?.key ?? '')).toMatchObject({ state: 'leased', reason: 'running' });
    expect(await explain(waits.messageReceiptId + tail)).toMatchObject({ state: 'ready', reason: 'concurrency', explanation: expect.stringContaining('All 1 places') });
    expect(await explain(later.messageReceiptId + tail)).toMatchObject({ state: 'delayed', reason: 'delay' });
    gate.resolve();
    await test.settle();
    expect(await explain(calls[1]?.key ?? '')).toMatchObject({ state: 'completed', reason: 'completed' });
    expect(await codeOf(explain('never'))).toBe('MOTIA_QUEUE_MESSAGE_NOT_FOUND');
  });

  it('sees messages by state', async () => {
    await using test = await openQueue();
    await test.subscribe('orders', { config: { concurrency: 1, type: 'fifo' }, handle: () => new Promise(() => undefined) });
    await test.enqueue('orders', 'runs', { messageGroupId: 'a' });
    await test.enqueue('orders', 'behind', { messageGroupId: 'a' });
    await test.enqueue('orders', 'ready', { messageGroupId: 'b' });
    await test.enqueue('orders', 'delayed', { messageGroupId: 'c', delayMs: 1_000 });
    await test.settle();
    const seen = async (state?: string | string[]): Promise<unknown[]> => ((await test.invoke('queue::messages', { topic: 'orders', ...(state === undefined ? {} : { state }) })) as Page).messages.map(({ data }) => data);
    expect(await seen()).toEqual(['runs', 'ready', 'delayed', 'behind']);
    expect(await seen('waiting')).toEqual(['ready', 'behind']);
    expect(await seen(['running', 'scheduled'])).toEqual(['runs', 'delayed']);
    expect(await codeOf(seen('sleeping'))).toBe('MOTIA_QUEUE_INVALID_OPTION');
    const { messages } = (await test.invoke('queue::messages', { topic: 'orders', state: 'running' })) as { messages: { receipt: string; messageId: string }[] };
    expect(messages[0]?.receipt).toBe(`${messages[0]?.messageId ?? ''}#1`);
    expect(await codeOf(test.invoke('queue::messages', { topic: 'orders', stat: 'x' }))).toBe('MOTIA_QUEUE_INVALID_OPTION');
  });

  it('reads what was completed for a while, and no more than so many', async () => {
    await using test = await openQueue({ history_max_messages: 3, history_retention_ms: 7_200_000 });
    const { data } = await test.subscribe('orders');
    for (let id = 0; id < 5; id += 1) await test.enqueue('orders', id);
    await test.settle();
    expect(data).toHaveLength(5);
    const completed = async (): Promise<number> => ((await test.invoke('queue::messages', { topic: 'orders', state: 'completed' })) as Page).messages.length;
    await test.clock.advance('1m');
    expect(await completed()).toBe(3);
    await test.clock.advance('2h');
    await test.clock.advance('1m');
    expect(await completed()).toBe(0);
  });
});
