import { describe, expect, it } from '@jest/globals';
import { ManualClock, startTestHost } from '@motia/engine-core/testing';
import { temporaryFolder } from '@motia/tools/testing';
import { queue } from '../src/index.js';
import { deferred, settled } from './fixtures/open-queue.js';

const fileBased = (path: string) => queue({ adapter: { class: 'modules::queue::BuiltinQueueAdapter', config: { store_method: 'file_based', file_path: path } } });

/** An engine on a folder, with one subscriber. */
async function open(path: string, handle: (data: unknown, call: { readonly signal: AbortSignal; readonly attempt: number }) => unknown, config: object = {}) {
  const clock = new ManualClock();
  const host = await startTestHost([fileBased(path)], { clock });
  host.functions.register({ id: 'take' }, handle);
  await host.triggers.register({ type: 'queue', functionId: 'take', config: { topic: 'orders', queue_config: config } });
  return { host, clock, enqueue: (data: unknown, more: object = {}) => host.functions.invoke('enqueue', { topic: 'orders', data, ...more }) };
}

describe('an engine that stops', () => {
  it('G1 #47 lets running handlers finish, and starts nothing more', async () => {
    await using folder = temporaryFolder('queue');
    const gate = deferred();
    const seen: unknown[] = [];
    const { host, enqueue } = await open(folder.path, async (data) => {
      seen.push(data);
      await gate.promise;
    }, { concurrency: 1 });
    await enqueue('running');
    await enqueue('waiting');
    await settled();
    const stopping = host.stop();
    await settled();
    expect(seen).toEqual(['running']);
    gate.resolve();
    await stopping;

    const again: [unknown, number][] = [];
    const next = await open(folder.path, (data, { attempt }) => void again.push([data, attempt]));
    await settled();
    expect(again).toEqual([['waiting', 1]]);
    await next.host.stop();
  });

  it('G1 #48 cancels what outlasts the grace, and gives it back without an attempt spent', async () => {
    await using folder = temporaryFolder('queue');
    const aborted: unknown[] = [];
    const { host, enqueue } = await open(folder.path, (data, { signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => {
      aborted.push(data);
      reject(new Error('stopped'));
    })), { maxRetries: 0 });
    await enqueue(1);
    await enqueue(2);
    await settled();
    await host.stop({ drainTimeoutMs: 0 });
    expect(aborted).toEqual([1, 2]);

    const again: [unknown, number][] = [];
    const next = await open(folder.path, (data, { attempt }) => void again.push([data, attempt]));
    await settled();
    expect(again).toEqual([[1, 1], [2, 1]]);
    const { messages } = (await next.host.functions.invoke('queue::messages', { topic: 'orders', state: 'completed' })) as { messages: object[] };
    expect(messages).toMatchObject([{ attempts: 0, losses: 0, deliveries: 2 }, { attempts: 0, losses: 0, deliveries: 2 }]);
    await next.host.stop();
  });

  it('Q1 keeps what waits, is delayed or dead, its subscriptions and what was paused', async () => {
    await using folder = temporaryFolder('queue');
    const first = await open(folder.path, (data) => {
      if (data === 'dies') throw new Error('no');
    }, { maxRetries: 0 });
    await first.enqueue('dies');
    await first.enqueue('later', { delayMs: 60_000 });
    await settled();
    await first.host.functions.invoke('queue::pause', { topic: 'orders' });
    await first.enqueue('waits', { priority: 3 });
    await first.host.stop();

    // The subscriber has not come yet: what is enqueued waits for it.
    const clock = new ManualClock();
    const host = await startTestHost([fileBased(folder.path)], { clock });
    await host.functions.invoke('enqueue', { topic: 'orders', data: 'meanwhile' });
    const seen: unknown[] = [];
    host.functions.register({ id: 'take' }, (data) => void seen.push(data));
    await host.triggers.register({ type: 'queue', functionId: 'take', config: { topic: 'orders' } });
    await settled();
    expect(seen).toEqual([]);
    expect(await host.functions.invoke('queue::list', { topic: 'orders' })).toMatchObject({ queues: [{ isPaused: true, waiting: 2, delayed: 1, dead: 1 }] });
    await host.functions.invoke('queue::resume', { topic: 'orders' });
    await clock.advance('1m');
    expect(seen).toEqual(['waits', 'meanwhile', 'later']);
    await host.stop();
  });

  it('Q12 goes on with a redrive that it did not finish', async () => {
    await using folder = temporaryFolder('queue');
    const first = await open(folder.path, () => Promise.reject(new Error('no')), { maxRetries: 0 });
    for (let id = 0; id < 20; id += 1) await first.enqueue(id);
    await settled();
    await first.host.functions.invoke('queue::pause', { topic: 'orders' });
    await first.host.functions.invoke('queue::redrive', { topic: 'orders', ratePerSecond: 10 });
    await first.clock.advance(500);
    await first.host.stop();

    const seen: unknown[] = [];
    const next = await open(folder.path, (data) => void seen.push(data));
    await next.clock.advance('3s');
    expect(await next.host.functions.invoke('queue::redrive_status', { topic: 'orders' })).toMatchObject({ moves: [{ moved: 20, state: 'done' }] });
    await next.host.functions.invoke('queue::resume', { topic: 'orders' });
    await settled();
    expect(new Set(seen).size).toBe(20);
    expect(seen).toHaveLength(20);
    await next.host.stop();
  });
});
