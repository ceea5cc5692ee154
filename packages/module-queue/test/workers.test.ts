import { describe, expect, it } from '@jest/globals';
import { MotiaError } from '@motia/engine-core/contract';
import { connectTestWorker, type ManualClock, type TestWorker } from '@motia/engine-core/testing';
import { codeOf, deferred, openQueue, until, type OpenQueue } from './fixtures/open-queue.js';

interface Shown {
  readonly state: string;
  readonly attempts: number;
  readonly losses: number;
  readonly deliveries: number;
}
const shown = (test: OpenQueue<ManualClock>, messageId: string): Promise<Shown> => test.invoke('queue::message', { messageId });

/** Messages that have not ended. */
const depth = async (test: OpenQueue<ManualClock>): Promise<number> => ((await test.invoke('queue::list')) as { queues: { depth: number }[] }).queues.reduce((sum, queue) => sum + queue.depth, 0);

interface Process {
  readonly seen: { readonly data: unknown; readonly key: string; readonly attempt: number }[];
  readonly deaths: number;
  stop(): Promise<void>;
}

/** A supervised process: when a handler kills it, the next one comes up in its place. */
async function supervised(test: OpenQueue<ManualClock>, handle: (data: unknown, kill: () => void) => unknown, config: object = {}, topics = ['orders']): Promise<Process> {
  const seen: Process['seen'] = [];
  let current: TestWorker | undefined;
  let deaths = 0;
  let isStopped = false;
  const start = async (): Promise<void> => {
    const started = deferred<TestWorker>();
    const functions = Object.fromEntries(topics.map((topic) => [
      `take ${topic}`,
      async (data: unknown, { params }: { readonly params: { readonly idempotencyKey?: string; readonly attempt?: number } }) => {
        seen.push({ data, key: params.idempotencyKey ?? '', attempt: params.attempt ?? 1 });
        const mine = await started.promise;
        return handle(data, () => mine.kill());
      },
    ]));
    const mine = await connectTestWorker(test.host, {
      owner: 'app', heartbeatIntervalMs: 0, retain: true, functions,
      triggers: topics.map((topic) => ({ type: 'queue', functionId: `take ${topic}`, config: { topic, queue_config: config } })),
    });
    current = mine;
    started.resolve(mine);
    void mine.handle.closed.then(() => {
      if (isStopped) return undefined;
      deaths += 1;
      return start();
    });
  };
  await start();
  return {
    seen,
    get deaths() {
      return deaths;
    },
    stop: async () => {
      isStopped = true;
      await current?.[Symbol.asyncDispose]();
    },
  };
}

describe('a process that dies', () => {
  it('Q4 #25 gives its messages back at once, which costs a loss and no attempt', async () => {
    await using test = await openQueue();
    let isFirst = true;
    const app = await supervised(test, (_data, kill) => {
      if (!isFirst) return undefined;
      isFirst = false;
      kill();
      return new Promise(() => undefined);
    });
    await test.enqueue('orders', 1);
    await test.settle(40);
    // Not a millisecond has passed.
    expect(app.seen.map(({ data }) => data)).toEqual([1, 1]);
    expect(app.seen[0]?.key).toBe(app.seen[1]?.key);
    expect(app.seen.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(await shown(test, app.seen[0]?.key ?? '')).toMatchObject({ state: 'completed', attempts: 0, losses: 1, deliveries: 2 });
    await app.stop();
  });

  it('Q6 #30 a message that kills its process every time is given up after maxLosses, and its neighbours succeed', async () => {
    await using test = await openQueue();
    const done = new Set<unknown>();
    const app = await supervised(
      test,
      async (data, kill) => {
        await new Promise<void>((resolve) => setImmediate(resolve));
        if (data === 'poison') kill();
        else done.add(data);
      },
      { concurrency: 10 },
    );
    const neighbours = Array.from({ length: 30 }, (_, id) => id);
    for (const id of neighbours.slice(0, 12)) await test.enqueue('orders', id);
    await test.enqueue('orders', 'poison');
    for (const id of neighbours.slice(12)) await test.enqueue('orders', id);
    await until(async () => done.size === 30 && (await depth(test)) === 0);
    expect(app.deaths).toBe(3);
    expect([...done].sort((a, b) => Number(a) - Number(b))).toEqual(neighbours);
    const { messages } = (await test.invoke('queue::dead_letters', { topic: 'orders' })) as { messages: { data: unknown; losses: number; attempts: number; lastFailure: { kind: string; code: string } }[] };
    expect(messages).toMatchObject([{ data: 'poison', losses: 3, attempts: 0, lastFailure: { kind: 'lost', code: 'MOTIA_ENGINE_WORKER_LOST' } }]);
    await app.stop();
  });

  it('Q6 several messages that kill their process, in several queues, take no innocent one with them', async () => {
    await using test = await openQueue();
    const done = new Set<unknown>();
    const app = await supervised(
      test,
      async (data, kill) => {
        await new Promise<void>((resolve) => setImmediate(resolve));
        if (String(data).startsWith('poison')) kill();
        else done.add(data);
      },
      { concurrency: 4 },
      ['a', 'b'],
    );
    for (const topic of ['a', 'b']) {
      for (let id = 0; id < 10; id += 1) await test.enqueue(topic, id === 3 || id === 6 ? `poison ${topic}${String(id)}` : `${topic}${String(id)}`);
    }
    await until(async () => (await depth(test)) === 0);
    const { messages } = (await test.invoke('queue::dead_letters', {})) as { messages: { data: unknown }[] };
    expect(messages.map(({ data }) => data).sort()).toEqual(['poison a3', 'poison a6', 'poison b3', 'poison b6']);
    expect(done.size).toBe(16);
    await app.stop();
  });

  it('G1 Q6 a process that is told to go and does not finish costs nothing', async () => {
    await using test = await openQueue();
    const gate = deferred();
    const functions = { take: () => gate.promise };
    const triggers = [{ type: 'queue', functionId: 'take', config: { topic: 'orders' } }];
    const old = await connectTestWorker(test.host, { owner: 'app', heartbeatIntervalMs: 0, activation: 'manual', functions, triggers });
    await old.handle.registered;
    await test.host.workers.activate({ arriving: [old.handle], leaving: [] });
    await test.enqueue('orders', 1);
    await test.settle(30);
    expect(old.calls).toHaveLength(1);
    const seen: unknown[] = [];
    const next = await connectTestWorker(test.host, { owner: 'app', heartbeatIntervalMs: 0, activation: 'manual', functions: { take: (data) => void seen.push(data) }, triggers });
    await next.handle.registered;
    await test.host.workers.activate({ arriving: [next.handle], leaving: [old.handle] });
    const grace = new AbortController();
    const draining = old.handle.drain(grace.signal);
    await test.settle(30);
    expect(seen).toEqual([]);
    grace.abort();
    await draining;
    old.handle.close('left');
    await test.settle(30);
    expect(seen).toEqual([1]);
    const { messages } = (await test.invoke('queue::messages', { topic: 'orders', state: 'completed' })) as { messages: Shown[] };
    expect(messages).toMatchObject([{ attempts: 0, losses: 0, deliveries: 2 }]);
    for (const each of [old, next]) await each[Symbol.asyncDispose]();
  });

  it('Q5 #28 a process that hung is not heard any more, and its late extension is refused', async () => {
    await using test = await openQueue();
    const seen: string[] = [];
    const hang = deferred<string>();
    const functions = (name: string, answer: () => unknown) => ({ functions: { take: () => { seen.push(name); return answer(); } } });
    const triggers = [{ type: 'queue', functionId: 'take', config: { topic: 'orders' } }];
    const hung = await connectTestWorker(test.host, { owner: 'one', heartbeatIntervalMs: 1_000, triggers, ...functions('hung', () => hang.promise) });
    await test.enqueue('orders', 1);
    await test.settle(30);
    expect(seen).toEqual(['hung']);
    const other = await connectTestWorker(test.host, { owner: 'two', heartbeatIntervalMs: 0, triggers, ...functions('other', () => new Promise(() => undefined)) });
    const { idempotencyKey = '', invocationId } = hung.calls[0]?.params ?? {};
    // It is stopped: nothing of it answers a ping.
    hung.endpoint.onRequest('ping', () => new Promise(() => undefined));
    await test.clock.advance('10s');
    await test.settle(30);
    expect(seen).toEqual(['hung', 'other']);
    hang.resolve('late');
    await test.settle(30);
    expect(await shown(test, idempotencyKey)).toMatchObject({ state: 'leased', losses: 1, deliveries: 2 });
    expect(await codeOf(test.invoke('queue::extend', { idempotencyKey, invocationId, ms: 5_000 }))).toBe('MOTIA_QUEUE_LEASE_LOST');
    expect(await codeOf(test.invoke('queue::extend', { receipt: `${idempotencyKey}#1`, ms: 5_000 }))).toBe('MOTIA_QUEUE_LEASE_LOST');
    for (const each of [hung, other]) await each[Symbol.asyncDispose]();
  });

  it('Q7 what a worker says with an error is honoured over the wire', async () => {
    await using test = await openQueue();
    const seen: unknown[] = [];
    await using _worker = await connectTestWorker(test.host, {
      owner: 'app', heartbeatIntervalMs: 0,
      functions: {
        take: (data) => {
          seen.push(data);
          if (data === 'plain') throw new Error('plain');
          if (data === 'final') throw new MotiaError({ code: 'MOTIA_SDK_NON_RETRYABLE', message: 'never', retryable: false });
          throw new MotiaError({ code: 'MOTIA_SDK_RETRY_AFTER', message: 'later', retryable: true, details: { retryAfterMs: 700 } });
        },
      },
      triggers: [{ type: 'queue', functionId: 'take', config: { topic: 'orders', queue_config: { maxRetries: 1, backoffType: 'fixed', backoffDelayMs: 1_000 } } }],
    });
    for (const data of ['plain', 'final', 'later']) await test.enqueue('orders', data);
    await test.settle(30);
    await test.clock.advance(700);
    await test.settle(30);
    expect(seen).toEqual(['plain', 'final', 'later', 'later']);
    await test.clock.advance(300);
    await test.settle(30);
    expect(seen).toEqual(['plain', 'final', 'later', 'later', 'plain']);
  });
});
