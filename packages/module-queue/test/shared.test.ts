import { describe, expect, it } from '@jest/globals';
import { systemClock } from '@motia/engine-core';
import { QueueServiceRef, type Clock } from '@motia/engine-core/contract';
import { ManualClock, startTestHost, type TestHost } from '@motia/engine-core/testing';
import { sqliteStore } from '@motia/store-sqlite';
import { temporaryFolder } from '@motia/tools/testing';
import { queue } from '../src/index.js';
import { deferred, settled } from './fixtures/open-queue.js';

const start = <C extends Clock>(folder: string, clock: C): Promise<TestHost<C>> =>
  startTestHost([sqliteStore({ data_dir: folder, shared: true }), queue({ adapter: { class: 'modules::queue::BuiltinQueueAdapter', config: { store_method: 'file_based', file_path: folder } } })], { clock });

async function engines(count: number, handle: (engine: number, data: unknown, signal: AbortSignal) => unknown, config: object = {}) {
  const folder = temporaryFolder('queue-shared');
  const hosts = await Promise.all(Array.from({ length: count }, () => start(folder.path, systemClock)));
  for (const [engine, host] of hosts.entries()) {
    host.functions.register({ id: 'take' }, (data, { signal }) => handle(engine, data, signal));
    await host.triggers.register({ type: 'queue', functionId: 'take', config: { topic: 'orders', queue_config: config } });
  }
  return {
    hosts,
    enqueue: (engine: number, data: unknown, more: object = {}) => hosts[engine]!.functions.invoke('enqueue', { topic: 'orders', data, ...more }) as Promise<{ messageReceiptId: string }>,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(hosts.map((host) => host.stop({ drainTimeoutMs: 0 })));
      await folder.remove();
    },
  };
}

/** Waits for something that another engine's commit brings about. */
async function until(isSo: () => unknown): Promise<void> {
  for (let attempt = 0; attempt < 2_000; attempt += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`it never was so: ${String(isSo)}`);
}

describe('several engines on one store', () => {
  it('Q14 three engines with the same subscriber get each message once between them', async () => {
    const seen: unknown[][] = [[], [], []];
    await using test = await engines(3, (engine, data) => void seen[engine]?.push(data), { concurrency: 2 });
    await Promise.all(Array.from({ length: 90 }, (_, id) => test.enqueue(id % 3, id)));
    await until(() => seen.flat().length >= 90);
    expect(seen.flat().sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 90 }, (_, id) => id));
  });

  it('a message enqueued in one engine is handled in the other, which noticed the commit', async () => {
    const gate = deferred();
    const seen: [number, unknown][] = [];
    await using test = await engines(2, (engine, data) => {
      seen.push([engine, data]);
      return engine === 0 ? gate.promise : undefined;
    }, { concurrency: 1 });
    await test.enqueue(0, 'occupies');
    await until(() => seen.length === 1);
    await test.enqueue(0, 'overflows');
    await until(() => seen.length === 2);
    expect(seen).toEqual([[0, 'occupies'], [1, 'overflows']]);
    gate.resolve();
  });

  it('Q8 groups keep their order across engines', async () => {
    const seen: string[] = [];
    await using test = await engines(2, async (_engine, data) => {
      seen.push(`${String(data)} begins`);
      await new Promise((resolve) => setTimeout(resolve, 2));
      seen.push(`${String(data)} ends`);
    }, { type: 'fifo' });
    for (let id = 0; id < 20; id += 1) await test.enqueue(id % 2, id, { messageGroupId: 'g' });
    await until(() => seen.length >= 40);
    expect(seen).toEqual(Array.from({ length: 20 }, (_, id) => [`${String(id)} begins`, `${String(id)} ends`]).flat());
  });

  it('Q3 Q5 a lease that its engine does not renew lapses: another takes the message over, and the late result is refused', async () => {
    await using folder = temporaryFolder('queue-shared');
    const gate = deferred();
    const seen: [string, unknown][] = [];
    const open = async (name: string, handle: () => unknown): Promise<TestHost<ManualClock>> => {
      const host = await start(folder.path, new ManualClock());
      host.functions.register({ id: 'take' }, (_data, { idempotencyKey }) => {
        seen.push([name, idempotencyKey]);
        return handle();
      });
      await host.triggers.register({ type: 'queue', functionId: 'take', config: { topic: 'orders' } });
      return host;
    };
    // Time stands still for the first engine, as for one that is stopped.
    const stopped = await open('stopped', () => gate.promise);
    const { messageReceiptId } = (await stopped.functions.invoke('enqueue', { topic: 'orders', data: 1 })) as { messageReceiptId: string };
    await settled();
    const other = await open('other', () => 'done');
    await other.clock?.advance('29s');
    expect(seen.map(([name]) => name)).toEqual(['stopped']);
    await other.clock?.advance('2s');
    await settled(40);
    const messageId = `${messageReceiptId}:take`;
    expect(seen).toEqual([['stopped', messageId], ['other', messageId]]);
    expect(await other.functions.invoke('queue::message', { messageId })).toMatchObject({ state: 'completed', losses: 1, deliveries: 2, failures: [{ code: 'MOTIA_QUEUE_ENGINE_LOST' }] });
    gate.resolve();
    expect(await stopped.logs.next(({ message }) => message === 'A late result was refused')).toMatchObject({ level: 'warn', fields: { code: 'MOTIA_QUEUE_LEASE_LOST', messageId, delivery: 1 } });
    expect(await other.functions.invoke('queue::message', { messageId })).toMatchObject({ state: 'completed', deliveries: 2 });
    for (const host of [stopped, other]) await host.stop({ drainTimeoutMs: 0 });
  });

  it('Q3 a lease that lapses is found in its time, however long others last', async () => {
    await using folder = temporaryFolder('queue-shared');
    const seen: unknown[] = [];
    const open = async (handle: (data: unknown) => unknown): Promise<TestHost<ManualClock>> => {
      const host = await start(folder.path, new ManualClock());
      host.functions.register({ id: 'take' }, handle);
      for (const [topic, visibilityTimeout] of [['long', 43_200], ['short', 10]] as const) await host.triggers.register({ type: 'queue', functionId: 'take', config: { topic, queue_config: { visibilityTimeout } } });
      return host;
    };
    const stopped = await open(() => new Promise(() => undefined));
    await stopped.functions.invoke('enqueue', { topic: 'long', data: 'long' });
    await settled();
    const other = await open((data) => void seen.push(data));
    // The first lease is known by now.
    await other.clock?.advance('1s');
    await stopped.functions.invoke('enqueue', { topic: 'short', data: 'short' });
    await settled();
    await other.clock?.advance('30s');
    await settled(40);
    expect(seen).toEqual(['short']);
    for (const host of [stopped, other]) await host.stop({ drainTimeoutMs: 0 });
  });

  it('Q12 a redrive whose engine stands still is taken over by another when its lease is over, and that engine goes on with it no more', async () => {
    await using folder = temporaryFolder('queue-shared');
    const open = async (): Promise<TestHost<ManualClock>> => start(folder.path, new ManualClock());
    const stopped = await open();
    const fail = stopped.functions.register({ id: 'take' }, () => Promise.reject(new Error('no')));
    const trigger = await stopped.triggers.register({ type: 'queue', functionId: 'take', config: { topic: 'orders', queue_config: { maxRetries: 0 } } });
    await stopped.functions.invoke('enqueue', Array.from({ length: 6 }, (_, id) => ({ topic: 'orders', data: id })));
    const counts = async ({ functions }: TestHost<ManualClock>): Promise<unknown> => {
      const [queue] = ((await functions.invoke('queue::list', { topic: 'orders' })) as { queues: { dead: number; waiting: number }[] }).queues;
      return [queue?.dead, queue?.waiting];
    };
    await until(async () => String(await counts(stopped)) === '6,0');
    trigger.dispose();
    fail.dispose();
    // One at once, then one every ten seconds; time stands still for this engine from now on.
    await stopped.functions.invoke('queue::redrive', { topic: 'orders', ratePerSecond: 0.1 });
    await until(async () => String(await counts(stopped)) === '5,1');
    const other = await open();
    await settled();
    await other.clock?.advance('29s');
    expect(await counts(other)).toEqual([5, 1]);
    await other.clock?.advance('2s');
    await until(async () => String(await counts(other)) === '4,2');
    expect(other.logs.messages('info')).toContain('A redrive that another engine began goes on here');
    // When its next part would come.
    await stopped.clock?.advance('11s');
    await settled();
    expect(await counts(stopped)).toEqual([4, 2]);
    await other.clock?.advance('1m');
    await until(async () => String(await counts(other)) === '0,6');
    expect(await other.functions.invoke('queue::redrive_status', { topic: 'orders' })).toMatchObject({ moves: [{ moved: 6, state: 'done' }] });
    for (const host of [stopped, other]) await host.stop({ drainTimeoutMs: 0 });
  });

  it('Q12 a slow redrive stays with its engine, which says between its parts that it is at it', async () => {
    await using folder = temporaryFolder('queue-shared');
    const one = await start(folder.path, new ManualClock());
    const other = await start(folder.path, new ManualClock());
    one.functions.register({ id: 'take' }, () => Promise.reject(new Error('no')));
    await one.triggers.register({ type: 'queue', functionId: 'take', config: { topic: 'orders', queue_config: { maxRetries: 0 } } });
    await one.functions.invoke('enqueue', [{ topic: 'orders', data: 1 }, { topic: 'orders', data: 2 }, { topic: 'orders', data: 3 }]);
    const dead = async (): Promise<number> => ((await one.functions.invoke('queue::list', { topic: 'orders' })) as { queues: { dead: number }[] }).queues[0]?.dead ?? 0;
    await until(async () => (await dead()) === 3);
    await one.functions.invoke('queue::pause', { topic: 'orders' });
    await one.functions.invoke('queue::redrive', { topic: 'orders', ratePerSecond: 0.01 });
    await until(async () => (await dead()) === 2);
    for (let second = 0; second < 99; second += 3) {
      await one.clock?.advance('3s');
      await settled();
      await other.clock?.advance('3s');
    }
    expect([await dead(), other.logs.messages('info').filter((message) => message.includes('goes on here'))]).toEqual([2, []]);
    for (const host of [one, other]) await host.stop({ drainTimeoutMs: 0 });
  });

  it('what an operator does in one engine holds in all', async () => {
    const seen: unknown[] = [];
    const signals: AbortSignal[] = [];
    await using test = await engines(2, (_engine, data, signal) => {
      seen.push(data);
      signals.push(signal);
      return data === 'hangs' ? new Promise(() => undefined) : undefined;
    }, { visibilityTimeout: 1, concurrency: 1 });
    const [one, other] = test.hosts as [TestHost, TestHost];
    await one.functions.invoke('queue::pause', { topic: 'orders' });
    await test.enqueue(1, 'paused');
    expect(await other.functions.invoke('queue::list', { topic: 'orders' })).toMatchObject({ queues: [{ isPaused: true, depth: 1 }] });
    expect(seen).toEqual([]);
    await other.functions.invoke('queue::resume', { topic: 'orders' });
    await until(() => seen.length === 1);

    await other.functions.invoke('queue::pause', { topic: 'orders' });
    const { messageReceiptId } = await test.enqueue(0, 'hangs');
    await other.functions.invoke('queue::resume', { topic: 'orders' });
    await until(() => seen.includes('hangs'));
    const messageId = `${messageReceiptId}:take`;
    const ended = test.hosts.map((host) => host.service(QueueServiceRef).ended(messageId));
    await other.functions.invoke('queue::cancel', { messageId });
    expect(await Promise.all(ended)).toMatchObject([{ state: 'cancelled' }, { state: 'cancelled' }]);
    // Wherever it runs: there it is noticed at the latest with the next renewal.
    await until(() => signals.at(-1)?.aborted);
  });
});
