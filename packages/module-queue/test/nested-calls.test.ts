import { describe, expect, it } from '@jest/globals';
import { connectTestWorker, type TestWorker } from '@motia/engine-core/testing';
import { deferred, openQueue, until } from './fixtures/open-queue.js';

const twice = { maxRetries: 1, backoffType: 'fixed', backoffDelayMs: 1_000 } as const;

describe('a handler whose own call fails', () => {
  it('Q6 Q7 has failed when it called a function that nobody registered: attempts are counted, and end', async () => {
    await using test = await openQueue();
    const { calls } = await test.subscribe('orders', { config: twice, handle: ({ call }) => test.host.functions.invoke('no::such', {}, { parent: call }) });
    await test.enqueue('orders', 1);
    await test.clock.advance('1m');
    expect(calls.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(await test.service.status(calls[0]?.key ?? '')).toMatchObject({ state: 'dead', error: { code: 'MOTIA_ENGINE_FUNCTION_NOT_FOUND' } });
  });

  it('Q6 Q7 has failed over the wire, too', async () => {
    await using test = await openQueue();
    const worker = deferred<TestWorker>();
    await using connected = await connectTestWorker(test.host, {
      owner: 'app', heartbeatIntervalMs: 0,
      functions: { take: async (_data, call) => (await worker.promise).invoke('no::such', {}, { parent: call }) },
      triggers: [{ type: 'queue', functionId: 'take', config: { topic: 'orders', queue_config: twice } }],
    });
    worker.resolve(connected);
    await test.enqueue('orders', 1);
    for (let second = 0; second < 60; second += 1) await test.clock.advance('1s');
    expect(connected.calls).toHaveLength(2);
    expect(await test.invoke('queue::dead_letters', { topic: 'orders' })).toMatchObject({ messages: [{ attempts: 2, losses: 0 }] });
  });

  it('Q6 has failed when the process of another function died, which is no loss of its message', async () => {
    await using test = await openQueue();
    const processes: TestWorker[] = [];
    const { calls } = await test.subscribe('orders', {
      config: twice,
      handle: async ({ call }) => {
        const other = await connectTestWorker(test.host, { owner: 'other', heartbeatIntervalMs: 0, functions: { charge: () => new Promise(() => undefined) } });
        processes.push(other);
        const charged = test.host.functions.invoke('charge', {}, { parent: call });
        await until(() => other.calls.length > 0);
        other.kill();
        return charged;
      },
    });
    await test.enqueue('orders', 1);
    const message = async (): Promise<{ readonly state: string }> => test.invoke('queue::message', { messageId: calls[0]?.key });
    await until(async () => calls.length === 1 && (await message()).state === 'delayed');
    await test.clock.advance('1s');
    await until(async () => (await message()).state === 'dead');
    expect(await message()).toMatchObject({ state: 'dead', attempts: 2, losses: 0, failures: [{ kind: 'failed', code: 'MOTIA_ENGINE_WORKER_LOST' }, { kind: 'failed' }] });
    for (const each of processes) await each[Symbol.asyncDispose]();
  });
});

describe('a condition that nobody is there to answer', () => {
  it('keeps its messages waiting, as a function that is away does, and the explanation names it', async () => {
    await using test = await openQueue();
    const { id, calls } = await test.subscribe('orders', { condition: 'orders::is_large' });
    const { messageReceiptId } = await test.enqueue('orders', 1);
    await test.clock.advance('1m');
    const messageId = `${messageReceiptId}:${id}`;
    expect(await test.invoke('queue::message', { messageId })).toMatchObject({ state: 'ready', deliveries: 0 });
    expect(await test.invoke('queue::explain', { messageId })).toMatchObject({ reason: 'no_worker', explanation: expect.stringContaining('"orders::is_large"') });
    test.host.functions.register({ id: 'orders::is_large' }, () => true);
    await test.settle();
    expect(calls).toHaveLength(1);
  });
});
