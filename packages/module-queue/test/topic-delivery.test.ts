import { describe, expect, it } from '@jest/globals';
import { ManualClock, startTestHost } from '@motia/engine-core/testing';
import { temporaryFolder } from '@motia/tools/testing';
import { queue, type QueueInput } from '../src/index.js';
import { codeOf, settled } from './fixtures/open-queue.js';

type Mode = NonNullable<QueueInput['topic_delivery']>;

/** How long subscriptions and their history last. */
const quickly = { subscription_grace_ms: 600_000, history_retention_ms: 60_000, result_retention_ms: 60_000 };

/** An engine on a folder. `seen`: what each of its two subscribers handled. */
async function open(folder: string, mode: Mode, { configs = {}, fails = false, functions = ['a', 'b'] }: { readonly configs?: QueueInput['queue_configs']; readonly fails?: boolean; readonly functions?: readonly string[] } = {}) {
  const clock = new ManualClock();
  const host = await startTestHost([queue({ topic_delivery: mode, queue_configs: configs, ...quickly, adapter: { class: 'modules::queue::BuiltinQueueAdapter', config: { store_method: 'file_based', file_path: folder } } })], { clock });
  const seen: Record<string, unknown[]> = { a: [], b: [] };
  const subscribe = async (id: string): Promise<void> => {
    host.functions.register({ id }, (data) => {
      if (fails) throw new Error('not yet');
      seen[id]?.push(data);
    });
    await host.triggers.register({ type: 'queue', functionId: id, config: { topic: 'orders', queue_config: { maxRetries: 0 } } });
  };
  for (const id of functions) await subscribe(id);
  await settled();
  return {
    host, clock, seen, subscribe,
    invoke: (id: string, payload?: unknown) => host.functions.invoke(id, payload) as Promise<never>,
    enqueue: (data: unknown, more: object = {}) => host.functions.invoke('enqueue', { topic: 'orders', data, ...more }),
    counts: () => [seen['a']?.length, seen['b']?.length],
    [Symbol.asyncDispose]: () => host.stop({ drainTimeoutMs: 0 }),
  };
}
type Opened = Awaited<ReturnType<typeof open>>;

const handled = ({ seen }: Opened): readonly unknown[] => [...(seen['a'] ?? []), ...(seen['b'] ?? [])].sort();

describe('topic_delivery that was changed in the config', () => {
  it('from fanout to compete: what waits is still delivered to each function that it was for, and what is new to one of them', async () => {
    await using folder = temporaryFolder('queue-mode');
    {
      await using before = await open(folder.path, 'fanout');
      for (const id of ['old 1', 'old 2']) await before.enqueue(id, { delayMs: 10_000 });
    }
    await using after = await open(folder.path, 'compete');
    expect(after.host.logs.records.filter(({ message }) => message.startsWith('Messages from before')).map(({ fields }) => fields?.['messages'])).toEqual([2, 2]);
    await after.enqueue('new');
    await settled();
    expect(handled(after)).toEqual(['new']);
    await after.clock.advance('10s');
    expect([after.seen['a']?.filter((data) => data !== 'new'), after.seen['b']?.filter((data) => data !== 'new')]).toEqual([['old 1', 'old 2'], ['old 1', 'old 2']]);
  });

  it('from compete to fanout: what waits is delivered once, and what is new to every function', async () => {
    await using folder = temporaryFolder('queue-mode');
    {
      await using before = await open(folder.path, 'compete');
      for (const id of ['old 1', 'old 2']) await before.enqueue(id, { delayMs: 10_000 });
    }
    await using after = await open(folder.path, 'fanout');
    await after.enqueue('new');
    await settled();
    await after.clock.advance('10s');
    expect(handled(after)).toEqual(['new', 'new', 'old 1', 'old 2']);
  });

  it.each([['fanout', 'compete', 2], ['compete', 'fanout', 1]] as const)('from %s to %s: dead letters of before are redriven to whom they were for', async (from, to, deliveries) => {
    await using folder = temporaryFolder('queue-mode');
    {
      await using before = await open(folder.path, from, { fails: true });
      await before.enqueue('old');
      await settled();
    }
    await using after = await open(folder.path, to);
    expect(await after.invoke('queue::redrive', { topic: 'orders' })).toMatchObject({ moved: deliveries, state: 'done' });
    await settled();
    expect(handled(after)).toEqual(Array.from({ length: deliveries }, () => 'old'));
  });

  it('keeps what waits for a function that is away until it comes back', async () => {
    await using folder = temporaryFolder('queue-mode');
    {
      await using before = await open(folder.path, 'fanout');
      await before.enqueue('old', { delayMs: 10_000 });
    }
    await using after = await open(folder.path, 'compete', { functions: ['a'] });
    await after.clock.advance('1m');
    expect([after.counts(), await after.invoke('queue::list', { topic: 'orders', functionId: 'b' })]).toMatchObject([[1, 0], { queues: [{ depth: 1, leftAtMs: expect.any(Number) as unknown as number }] }]);
    await after.subscribe('b');
    await settled();
    expect(after.counts()).toEqual([1, 1]);
  });

  it('gives up what waits for a function that does not come back', async () => {
    await using folder = temporaryFolder('queue-mode');
    {
      await using before = await open(folder.path, 'fanout');
      await before.enqueue('old', { delayMs: 10_000 });
    }
    await using after = await open(folder.path, 'compete', { functions: ['a'] });
    await after.clock.advance('12m');
    await settled();
    expect(await after.invoke('queue::dead_letters')).toMatchObject({ messages: [{ functionId: 'b', lastFailure: { code: 'MOTIA_QUEUE_SUBSCRIBER_GONE' } }] });
  });

  it('is changed back without a trace: what waits and what is new goes to each function', async () => {
    await using folder = temporaryFolder('queue-mode');
    {
      await using first = await open(folder.path, 'fanout');
      await first.enqueue('old', { delayMs: 10_000 });
    }
    {
      await using second = await open(folder.path, 'compete');
      await second.enqueue('between', { delayMs: 10_000 });
    }
    await using third = await open(folder.path, 'fanout');
    await third.enqueue('new');
    await settled();
    await third.clock.advance('10s');
    expect(handled(third)).toEqual(['between', 'new', 'new', 'old', 'old']);
  });

  it('is forgotten with its last message', async () => {
    await using folder = temporaryFolder('queue-mode');
    {
      await using before = await open(folder.path, 'fanout');
      await before.enqueue('old', { delayMs: 10_000 });
    }
    {
      await using between = await open(folder.path, 'compete');
      await between.clock.advance('10s');
      expect(between.counts()).toEqual([1, 1]);
    }
    await using after = await open(folder.path, 'compete');
    await after.clock.advance('15m');
    await settled();
    expect(await after.invoke('queue::list', { topic: 'orders' })).toMatchObject({ queues: [{ functionId: '' }] });
    expect(await codeOf(after.invoke('queue::list', { topic: 'orders', functionId: 'a' }))).toBe('MOTIA_QUEUE_QUEUE_NOT_FOUND');
  });
});

describe('a message that a topic held before anybody subscribed', () => {
  it('Q12 is redriven to the subscribers of now', async () => {
    await using folder = temporaryFolder('queue-mode');
    await using test = await open(folder.path, 'fanout', { configs: { orders: {} }, functions: [] });
    await test.enqueue('early', { ttlMs: 1_000 });
    await test.clock.advance('2m');
    await test.subscribe('a');
    expect(await test.invoke('queue::redrive', { topic: 'orders' })).toMatchObject({ moved: 1 });
    await settled();
    expect(test.counts()).toEqual([1, 0]);
  });
});
