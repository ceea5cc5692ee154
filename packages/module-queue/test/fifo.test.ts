import { describe, expect, it } from '@jest/globals';
import { codeOf, deferred, openQueue, type Seen } from './fixtures/open-queue.js';

const fifo = { type: 'fifo', backoffDelayMs: 1_000, backoffJitter: 'none' } as const;

/** Handlers that end when the test says so, by what they were called with. */
function works(): { handle(seen: Seen): Promise<void>; end(data: string, error?: Error): void } {
  const open = new Map<unknown, ReturnType<typeof deferred>>();
  return {
    handle: ({ data }) => {
      const work = deferred();
      open.set(data, work);
      return work.promise;
    },
    end(data, error) {
      const work = open.get(data);
      if (error === undefined) work?.resolve();
      else work?.reject(error);
    },
  };
}

describe('a fifo queue', () => {
  it('Q8 keeps the order of a group, one at a time, and runs groups in parallel', async () => {
    await using test = await openQueue();
    const { handle, end } = works();
    const { data } = await test.subscribe('orders', { config: fifo, handle });
    for (const which of ['a1', 'a2', 'b1', 'a3', 'b2']) await test.enqueue('orders', which, { messageGroupId: which[0] });
    await test.settle();
    expect(data).toEqual(['a1', 'b1']);
    end('b1');
    await test.settle();
    expect(data).toEqual(['a1', 'b1', 'b2']);
    end('a1');
    await test.settle();
    end('a2');
    await test.settle();
    expect(data).toEqual(['a1', 'b1', 'b2', 'a2', 'a3']);
  });

  it('Q8 a retry blocks its own group only', async () => {
    await using test = await openQueue();
    let isFailing = true;
    const { data } = await test.subscribe('orders', {
      config: fifo,
      handle: ({ data: which }) => {
        if (which === 'a1' && isFailing) throw new Error('not yet');
      },
    });
    for (const which of ['a1', 'a2', 'b1', 'b2']) await test.enqueue('orders', which, { messageGroupId: which[0] });
    await test.settle();
    expect(data).toEqual(['a1', 'b1', 'b2']);
    isFailing = false;
    await test.clock.advance(1_000);
    expect(data).toEqual(['a1', 'b1', 'b2', 'a1', 'a2']);
  });

  it('Q8 a delayed message holds its group until it is due', async () => {
    await using test = await openQueue();
    const { data } = await test.subscribe('orders', { config: fifo });
    await test.enqueue('orders', 'a1', { messageGroupId: 'a', delayMs: 5_000 });
    await test.enqueue('orders', 'a2', { messageGroupId: 'a' });
    await test.enqueue('orders', 'b1', { messageGroupId: 'b' });
    await test.settle();
    expect(data).toEqual(['b1']);
    await test.clock.advance(5_000);
    expect(data).toEqual(['b1', 'a1', 'a2']);
  });

  it('Q8 no group is refused, and so is one that is empty or too long', async () => {
    await using test = await openQueue();
    await test.subscribe('orders', { config: fifo });
    await test.subscribe('orders');
    expect(await codeOf(test.enqueue('orders', 1))).toBe('MOTIA_QUEUE_GROUP_REQUIRED');
    expect(await codeOf(test.enqueue('orders', 1, { messageGroupId: '' }))).toBe('MOTIA_QUEUE_INVALID_GROUP');
    expect(await codeOf(test.enqueue('orders', 1, { messageGroupId: 'x'.repeat(129) }))).toBe('MOTIA_QUEUE_INVALID_GROUP');
    // Nobody got it: the standard subscriber neither.
    expect(((await test.invoke('queue::list', { topic: 'orders' })) as { queues: { depth: number }[] }).queues.map(({ depth }) => depth)).toEqual([0, 0]);
  });

  it('Q8 takes the group from the field that the queue names', async () => {
    await using test = await openQueue({ queue_configs: { orders: { type: 'fifo', message_group_field: 'customer' } } });
    const { handle, end } = works();
    const { data } = await test.subscribe('orders', { handle: (seen) => handle({ ...seen, data: (seen.data as { id: string }).id }) });
    for (const [id, customer] of [['a1', 'a'], ['a2', 'a'], ['b1', 7]] as const) await test.enqueue('orders', { id, customer });
    await test.settle();
    expect(data).toEqual([{ id: 'a1', customer: 'a' }, { id: 'b1', customer: 7 }]);
    end('a1');
    await test.settle();
    expect(data).toHaveLength(3);
    expect(await codeOf(test.enqueue('orders', { id: 'c1' }))).toBe('MOTIA_QUEUE_GROUP_REQUIRED');
    expect(await codeOf(test.enqueue('orders', { id: 'c1', customer: '' }))).toBe('MOTIA_QUEUE_INVALID_GROUP');
    expect(await codeOf(test.enqueue('orders', 'no object'))).toBe('MOTIA_QUEUE_GROUP_REQUIRED');
  });

  it('an adapter with mode fifo puts messages without a group into one', async () => {
    await using test = await openQueue({ adapter: { class: 'modules::queue::BuiltinQueueAdapter', config: { mode: 'fifo' } } });
    const { handle, end } = works();
    const { data } = await test.subscribe('orders', { handle });
    for (const which of ['1', '2']) await test.enqueue('orders', which);
    await test.enqueue('orders', 'own', { messageGroupId: 'own' });
    await test.settle();
    expect(data).toEqual(['1', 'own']);
    end('1');
    await test.settle();
    expect(data).toEqual(['1', 'own', '2']);
  });

  it('Q9 goes on after a message was given up, with a gap', async () => {
    await using test = await openQueue();
    const { data } = await test.subscribe('orders', {
      config: { ...fifo, maxRetries: 0 },
      handle: ({ data: which }) => {
        if (which === 'a1') throw new Error('poison');
      },
    });
    for (const which of ['a1', 'a2']) await test.enqueue('orders', which, { messageGroupId: 'a' });
    await test.settle();
    expect(data).toEqual(['a1', 'a2']);
  });

  it('Q9 with onExhausted block the group stops, is listed, and goes on after a redrive or a discard', async () => {
    await using test = await openQueue();
    let isFailing = true;
    const { data, calls } = await test.subscribe('orders', {
      config: { ...fifo, maxRetries: 0, onExhausted: 'block' },
      handle: ({ data: which }) => {
        if (isFailing && String(which).endsWith('1')) throw new Error('poison');
      },
    });
    for (const which of ['a1', 'a2', 'b1', 'b2', 'c2']) await test.enqueue('orders', which, { messageGroupId: which[0] });
    await test.settle();
    expect(data).toEqual(['a1', 'b1', 'c2']);
    const { messages } = (await test.invoke('queue::dead_letters', { topic: 'orders' })) as { messages: { state: string; group: string; messageId: string }[] };
    expect(messages.map(({ state, group }) => `${state} ${group}`)).toEqual(['blocked a', 'blocked b']);
    expect(test.host.logs.messages('error')).toEqual(Array(2).fill('A message was given up; its group waits until it is redriven or discarded'));
    const waiting = (await test.invoke('queue::messages', { topic: 'orders', state: 'behind' })) as { messages: { messageId: string }[] };
    expect(await test.invoke('queue::explain', { messageId: waiting.messages[0]?.messageId })).toMatchObject({ reason: 'group', waitsFor: calls[0]?.key });
    isFailing = false;
    expect(await test.invoke('queue::redrive', { messageId: messages[0]?.messageId })).toMatchObject({ moved: 1 });
    await test.settle();
    expect(data).toEqual(['a1', 'b1', 'c2', 'a1', 'a2']);
    expect(await test.invoke('queue::discard', { messageId: messages[1]?.messageId })).toEqual({ discarded: 1 });
    await test.settle();
    expect(data).toEqual(['a1', 'b1', 'c2', 'a1', 'a2', 'b2']);
  });

  it('Q8 the end of a message that waits lets none of its group run beside the one that does', async () => {
    await using test = await openQueue();
    const { handle, end } = works();
    const { data, calls } = await test.subscribe('orders', { config: { ...fifo, maxRetries: 0 }, handle });
    for (const which of ['a1', 'a2', 'a3']) await test.enqueue('orders', which, { messageGroupId: 'a' });
    const { messageReceiptId } = await test.enqueue('orders', 'a4', { messageGroupId: 'a' });
    await test.settle();
    end('a1', new Error('poison'));
    await test.settle();
    // In front of the one that runs.
    await test.invoke('queue::redrive', { messageId: calls[0]?.key, head: true });
    await test.invoke('queue::cancel', { messageReceiptId });
    await test.settle();
    expect(data).toEqual(['a1', 'a2']);
    end('a2');
    await test.settle();
    expect(data).toEqual(['a1', 'a2', 'a1']);
  });

  it('Q8 cancelling a message lets its group go on', async () => {
    await using test = await openQueue();
    const { handle } = works();
    const { data, calls } = await test.subscribe('orders', { config: fifo, handle });
    for (const which of ['a1', 'a2']) await test.enqueue('orders', which, { messageGroupId: 'a' });
    await test.settle();
    await test.invoke('queue::cancel', { messageId: calls[0]?.key });
    await test.settle();
    expect(data).toEqual(['a1', 'a2']);
    expect(calls[0]?.call.signal.aborted).toBe(true);
  });
});
