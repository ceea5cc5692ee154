import { describe, expect, it } from '@jest/globals';
import { codeOf, openQueue } from './fixtures/open-queue.js';

const minute = 60_000;

describe('Q2 a message with a time to live', () => {
  it('that nobody took up in time is a dead letter and says so; one that was is none', async () => {
    await using test = await openQueue();
    const { data, id } = await test.subscribe('orders');
    await test.enqueue('orders', 'in time', { ttlMs: minute });
    await test.settle();
    await test.invoke('queue::pause', { topic: 'orders' });
    const { messageReceiptId } = await test.enqueue('orders', 'late', { ttlMs: minute });
    const ended = test.service.ended(`${messageReceiptId}:${id}`);
    await test.clock.advance(2 * minute);
    expect(await ended).toMatchObject({ state: 'dead', error: { code: 'MOTIA_QUEUE_EXPIRED' } });
    await test.invoke('queue::resume', { topic: 'orders' });
    await test.settle();
    expect(data).toEqual(['in time']);
    expect(await test.invoke('queue::dead_letters', { topic: 'orders' })).toMatchObject({ messages: [{ data: 'late', attempts: 0, lastFailure: { code: 'MOTIA_QUEUE_EXPIRED' } }] });
    expect(await test.invoke('queue::explain', { messageId: `${messageReceiptId}:${id}` })).toMatchObject({ reason: 'dead', explanation: expect.stringContaining('waited for longer than its ttlMs, which ended') });
    await test.invoke('queue::redrive', { topic: 'orders' });
    await test.settle();
    expect(data).toEqual(['in time', 'late']);
  });

  it('counts from the end of its delay, and between attempts', async () => {
    await using test = await openQueue();
    const { data } = await test.subscribe('orders', { config: { maxRetries: 9, backoffType: 'fixed', backoffDelayMs: 10 * minute }, handle: ({ data: what }) => (what === 'fails' ? Promise.reject(new Error('on purpose')) : undefined) });
    await test.enqueue('orders', 'delayed', { ttlMs: minute, delayMs: 10 * minute });
    await test.enqueue('orders', 'fails', { ttlMs: minute });
    await test.clock.advance(30 * minute);
    expect(data).toEqual(['fails', 'delayed']);
    const { messages } = (await test.invoke('queue::dead_letters', { topic: 'orders' })) as { messages: { messageId: string }[] };
    expect(messages).toHaveLength(1);
    expect(await test.invoke('queue::message', { messageId: messages[0]?.messageId })).toMatchObject({ data: 'fails', attempts: 1, failures: [{ code: 'MOTIA_QUEUE_EXPIRED' }, { message: expect.stringContaining('on purpose') }] });
  });

  it('leaves its group, which goes on without anybody enqueueing', async () => {
    await using test = await openQueue();
    const { data } = await test.subscribe('orders', { config: { type: 'fifo', onExhausted: 'block', maxRetries: 3, backoffType: 'fixed', backoffDelayMs: 60 * minute }, handle: ({ data: what }) => (what === 'first' ? Promise.reject(new Error('on purpose')) : undefined) });
    await test.enqueue('orders', 'first', { messageGroupId: 'g', ttlMs: 5 * minute });
    await test.enqueue('orders', 'second', { messageGroupId: 'g' });
    await test.clock.advance(7 * minute);
    expect(data).toEqual(['first', 'second']);
  });

  it('is shown while it waits, and must be a number that makes sense', async () => {
    await using test = await openQueue();
    const { id } = await test.subscribe('orders');
    await test.invoke('queue::pause', { topic: 'orders' });
    const { messageReceiptId } = await test.enqueue('orders', 1, { ttl_ms: 1_000.4 });
    expect(await test.invoke('queue::message', { messageId: `${messageReceiptId}:${id}` })).toMatchObject({ expiresAtMs: test.clock.now() + 1_000 });
    for (const ttlMs of [0, -1, Number.NaN, Infinity, '5', 31_536_000_001]) expect(await codeOf(test.enqueue('orders', 1, { ttlMs }))).toBe('MOTIA_QUEUE_INVALID_OPTION');
  });
});
