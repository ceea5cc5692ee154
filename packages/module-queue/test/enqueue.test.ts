import { describe, expect, it } from '@jest/globals';
import { codeOf, deferred, openQueue } from './fixtures/open-queue.js';

describe('enqueue', () => {
  it('answers with a receipt, and refuses a message for nobody with the nearest name', async () => {
    await using test = await openQueue();
    await test.subscribe('order.created');
    expect(await test.enqueue('order.created', 1)).toEqual({ messageReceiptId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/) });
    await expect(test.enqueue('order.craeted', 1)).rejects.toMatchObject({ code: 'MOTIA_QUEUE_QUEUE_NOT_FOUND', message: expect.stringContaining('"order.created"'), details: { nearest: ['order.created'] } });
    await expect(test.invoke('enqueue', { queue: 'defualt', function_id: 'f', data: 1 })).rejects.toMatchObject({ code: 'MOTIA_QUEUE_QUEUE_NOT_FOUND', details: { kind: 'queue', nearest: ['default'], legacyCode: 'enqueue_error' } });
  });

  it.each([
    ['nothing', undefined, 'MOTIA_QUEUE_TOPIC_MISSING'],
    ['no topic', { data: 1 }, 'MOTIA_QUEUE_TOPIC_MISSING'],
    ['an empty topic', { topic: '', data: 1 }, 'MOTIA_QUEUE_TOPIC_MISSING'],
    ['a topic with a space', { topic: 'a b', data: 1 }, 'MOTIA_QUEUE_INVALID_NAME'],
    ['a topic that is too long', { topic: 'x'.repeat(129), data: 1 }, 'MOTIA_QUEUE_INVALID_NAME'],
    ['no data', { topic: 't' }, 'MOTIA_QUEUE_NOT_SERIALIZABLE'],
    ['a function', { topic: 't', data: { deep: [() => 1] } }, 'MOTIA_QUEUE_NOT_SERIALIZABLE'],
    ['a number that is not finite', { topic: 't', data: { n: Number.POSITIVE_INFINITY } }, 'MOTIA_QUEUE_NOT_SERIALIZABLE'],
    ['bytes', { topic: 't', data: Buffer.from('x') }, 'MOTIA_QUEUE_NOT_SERIALIZABLE'],
    ['a negative delay', { topic: 't', data: 1, delayMs: -1 }, 'MOTIA_QUEUE_INVALID_OPTION'],
    ['a delay that is not a number', { topic: 't', data: 1, delayMs: Number.NaN }, 'MOTIA_QUEUE_INVALID_OPTION'],
    ['an endless delay', { topic: 't', data: 1, delaySeconds: Number.POSITIVE_INFINITY }, 'MOTIA_QUEUE_INVALID_OPTION'],
    ['a broken priority', { topic: 't', data: 1, priority: 1.5 }, 'MOTIA_QUEUE_INVALID_OPTION'],
    ['a moment that is none', { topic: 't', data: 1, runAt: 'tomorrow' }, 'MOTIA_QUEUE_INVALID_OPTION'],
    ['a day that is none', { topic: 't', data: 1, runAt: '2030-02-31T00:00:00Z' }, 'MOTIA_QUEUE_INVALID_OPTION'],
    ['a moment without a zone', { topic: 't', data: 1, runAt: '2030-01-01T00:00:00' }, 'MOTIA_QUEUE_INVALID_OPTION'],
    ['an empty dedupId', { topic: 't', data: 1, dedupId: '' }, 'MOTIA_QUEUE_INVALID_GROUP'],
    ['a dedupId that is too long', { topic: 't', data: 1, dedupId: 'x'.repeat(129) }, 'MOTIA_QUEUE_INVALID_GROUP'],
    ['an option that does not exist', { topic: 't', data: 1, dedupeId: 'x' }, 'MOTIA_QUEUE_INVALID_OPTION'],
    ['a topic and a queue', { topic: 't', queue: 'default', function_id: 'f', data: 1 }, 'MOTIA_QUEUE_INVALID_OPTION'],
    ['a queue without a function', { queue: 'default', data: 1 }, 'MOTIA_QUEUE_INVALID_OPTION'],
  ])('refuses %s', async (_what, payload, code) => {
    await using test = await openQueue();
    await test.subscribe('t');
    expect(await codeOf(test.invoke('enqueue', payload))).toBe(code);
  });

  it('names the place of what cannot be kept, and the option that was meant', async () => {
    await using test = await openQueue();
    await test.subscribe('t');
    const cycle: Record<string, unknown> = { a: {} };
    (cycle['a'] as Record<string, unknown>)['back/to'] = cycle;
    await expect(test.enqueue('t', cycle)).rejects.toMatchObject({ details: { path: '/a/back~1to' } });
    await expect(test.enqueue('t', { list: [1, Symbol('x')] })).rejects.toMatchObject({ details: { path: '/list/1' } });
    await expect(test.enqueue('t', 1, { dedupeId: 'x' })).rejects.toMatchObject({ message: expect.stringContaining('"dedupId"') });
  });

  it('keeps what JSON keeps: undefined members are left out, dates become text', async () => {
    await using test = await openQueue();
    const { data } = await test.subscribe('t');
    await test.enqueue('t', { a: undefined, when: new Date(0), nothing: null, list: [undefined] });
    await test.settle();
    expect(data).toEqual([{ when: '1970-01-01T00:00:00.000Z', nothing: null, list: [null] }]);
  });

  it('Q15 refuses a message that is too large, and one more than the queue may hold', async () => {
    await using test = await openQueue({ max_payload_bytes: 1_000, queue_configs: { small: { max_depth: 2 } } });
    const { data } = await test.subscribe('t');
    await test.enqueue('t', 'x'.repeat(998));
    await expect(test.enqueue('t', 'x'.repeat(999))).rejects.toMatchObject({ code: 'MOTIA_QUEUE_PAYLOAD_TOO_LARGE', status: 413, details: { limitBytes: 1_000, receivedBytes: 1_001 } });
    await expect(test.enqueue('t', '€'.repeat(333))).rejects.toMatchObject({ details: { receivedBytes: 1_001 } });
    await test.settle();
    expect(data).toHaveLength(1);

    const work = deferred();
    const small = await test.subscribe('small', { config: { concurrency: 1 }, handle: () => work.promise });
    await test.enqueue('small', 1);
    await test.enqueue('small', 2);
    await expect(test.enqueue('small', 3)).rejects.toMatchObject({ code: 'MOTIA_QUEUE_QUEUE_FULL', status: 503, retryable: true, details: { limit: 2 } });
    work.resolve();
    await test.settle();
    await test.enqueue('small', 4);
    await test.settle();
    expect(small.data).toEqual([1, 2, 4]);
  });

  it('takes several messages: all of them or none', async () => {
    await using test = await openQueue();
    const { data } = await test.subscribe('t');
    const { receipts } = (await test.invoke('queue::enqueue_batch', { messages: [{ topic: 't', data: 1 }, { topic: 't', data: 2 }] })) as { receipts: { messageReceiptId: string }[] };
    expect(new Set(receipts.map(({ messageReceiptId }) => messageReceiptId)).size).toBe(2);
    expect(await test.invoke('enqueue', [{ topic: 't', data: 3 }])).toHaveLength(1);
    await expect(test.invoke('enqueue', [{ topic: 't', data: 4 }, { topic: 'nobody', data: 5 }])).rejects.toMatchObject({ code: 'MOTIA_QUEUE_QUEUE_NOT_FOUND', details: { name: 'nobody' } });
    expect(await codeOf(test.invoke('enqueue', [{ topic: 't', data: 6 }, { topic: 't' }]))).toBe('MOTIA_QUEUE_NOT_SERIALIZABLE');
    expect(await test.invoke('enqueue', [])).toEqual([]);
    await test.settle();
    expect(data).toEqual([1, 2, 3]);
  });

  it('stands in for the name of later versions', async () => {
    await using test = await openQueue();
    const { data } = await test.subscribe('t');
    await test.invoke('iii::durable::publish', { topic: 't', data: 1 });
    await test.host.triggers.register({ type: 'durable:subscriber', functionId: 'test::later', config: { topic: 't' } });
    const later: unknown[] = [];
    test.host.functions.register({ id: 'test::later' }, (payload) => void later.push(payload));
    await test.enqueue('t', 2);
    await test.settle();
    expect(data).toEqual([1, 2]);
    expect(later).toEqual([2]);
  });
});

describe('a dedupId', () => {
  it('Q10 makes a repeated message one, with the receipt of the first, even after it was handled', async () => {
    await using test = await openQueue();
    const { data } = await test.subscribe('t');
    const first = await test.enqueue('t', { a: 1, b: 2 }, { dedupId: 'x' });
    await test.settle();
    expect(await test.enqueue('t', { b: 2, a: 1 }, { dedup_id: 'x' })).toEqual({ ...first, deduplicated: true });
    await test.settle();
    expect(data).toHaveLength(1);
  });

  it('Q10 is refused for other data', async () => {
    await using test = await openQueue();
    await test.subscribe('t');
    const { messageReceiptId } = await test.enqueue('t', 1, { dedupId: 'x' });
    await expect(test.enqueue('t', 2, { dedupId: 'x' })).rejects.toMatchObject({ code: 'MOTIA_QUEUE_DEDUP_CONFLICT', status: 409, details: { dedupId: 'x', messageReceiptId } });
  });

  it('Q10 counts per topic and queue, and for as long as the window says', async () => {
    await using test = await openQueue({ queue_configs: { t: { dedup_window_ms: 60_000 } } });
    const { data } = await test.subscribe('t');
    const other = await test.subscribe('other');
    await test.enqueue('t', 1, { dedupId: 'x' });
    expect(await test.enqueue('other', 1, { dedupId: 'x' })).not.toHaveProperty('deduplicated');
    await test.clock.advance(59_999);
    expect(await test.enqueue('t', 1, { dedupId: 'x' })).toMatchObject({ deduplicated: true });
    expect(await test.enqueue('other', 1, { dedupId: 'x' })).toMatchObject({ deduplicated: true });
    await test.clock.advance(1);
    expect(await test.enqueue('t', 1, { dedupId: 'x' })).not.toHaveProperty('deduplicated');
    await test.clock.advance('4m');
    expect(await test.enqueue('other', 1, { dedupId: 'x' })).not.toHaveProperty('deduplicated');
    await test.settle();
    expect(data).toEqual([1, 1]);
    expect(other.data).toEqual([1, 1]);
  });

  it('Q10 a message that was refused is not remembered', async () => {
    await using test = await openQueue();
    expect(await codeOf(test.enqueue('t', 1, { dedupId: 'x' }))).toBe('MOTIA_QUEUE_QUEUE_NOT_FOUND');
    await test.subscribe('t');
    expect(await test.enqueue('t', 1, { dedupId: 'x' })).not.toHaveProperty('deduplicated');
  });
});
