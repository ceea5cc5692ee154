import { describe, expect, it } from '@jest/globals';
import { WireValue } from '@motia/protocol';
import { connectTestWorker } from '../../src/testing/connect-test-worker.js';
import { ManualClock } from '../../src/testing/manual-clock.js';
import { connectRawWorker } from '../workers/raw-worker.js';
import { failureOf, startKernel, turns } from './start-kernel.js';

const codeOf = (work: Promise<unknown>): Promise<string> => work.then(() => 'answered', (error: { code: string }) => error.code);

describe('R2 calls for a worker that does not keep up', () => {
  it('wait their turn, first come, first served, and go out as others are answered', async () => {
    await using host = startKernel({ limits: { endpoint: { maxPendingCalls: 1 } } });
    const worker = await connectRawWorker(host.kernel, ['f']);
    const results = [1, 2, 3].map((payload) => host.kernel.functions.invoke('f', payload));
    const order: unknown[] = [];
    for (let count = 0; count < 3; count += 1) {
      const call = await worker.nextCall('f');
      order.push(call.params['payload']);
      worker.send({ id: call.id, result: call.params['payload'] });
    }
    expect([order, await Promise.all(results)]).toEqual([[1, 2, 3], [1, 2, 3]]);
  });

  it('go out when the bytes before them were taken', async () => {
    await using host = startKernel({ limits: { endpoint: { maxBufferedBytes: 100_000 } } });
    await using _worker = await connectTestWorker(host.kernel, { functions: { f: (payload) => (payload as string).length } });
    const payload = 'x'.repeat(60_000);
    const results = await Promise.all(Array.from({ length: 40 }, () => host.kernel.functions.invoke('f', payload)));
    expect(new Set(results)).toEqual(new Set([60_000]));
  });

  it('are refused after a second', async () => {
    const clock = new ManualClock();
    await using host = startKernel({ clock, limits: { endpoint: { maxPendingCalls: 1 } } });
    const worker = await connectRawWorker(host.kernel, ['f']);
    const first = host.kernel.functions.invoke('f', 1);
    const failure = failureOf(host.kernel.functions.invoke('f', 2));
    const call = await worker.nextCall('f');
    await clock.advance(999);
    const later = codeOf(host.kernel.functions.invoke('f', 3));
    await clock.advance(1);
    expect(await failure).toMatchObject({ code: 'MOTIA_ENGINE_WORKER_BACKPRESSURE', status: 503, retryable: true });
    worker.send({ id: call.id, result: 'ok' });
    await expect(first).resolves.toBe('ok');
    worker.send({ id: (await worker.nextCall('f')).id, result: 'ok' });
    expect(await later).toBe('answered');
  });

  it('are bounded in bytes and number: further ones are refused at once', async () => {
    await using host = startKernel({ limits: { maxParkedCalls: 2, maxCrowdedBytes: 10_000, endpoint: { maxPendingCalls: 1 } } });
    const worker = await connectRawWorker(host.kernel, ['f', 'g']);
    const invoke = (id: string, payload: unknown): Promise<string> => codeOf(host.kernel.functions.invoke(id, payload));
    const raw = new WireValue('{}', { at: '/body', as: 'bytes', bytes: new Uint8Array(9000) });
    const outcomes = [invoke('f', 'a'), invoke('f', 'b'), invoke('f', 'c'), invoke('f', 'd'), invoke('g', raw), invoke('g', raw)];
    expect([await outcomes[3], await outcomes[5]]).toEqual(['MOTIA_ENGINE_WORKER_BACKPRESSURE', 'MOTIA_ENGINE_WORKER_BACKPRESSURE']);
    for (const id of ['f', 'f', 'f', 'g']) worker.send({ id: (await worker.nextCall(id)).id, result: 'ok' });
    expect(await Promise.all([outcomes[0], outcomes[1], outcomes[2], outcomes[4]])).toEqual(['answered', 'answered', 'answered', 'answered']);
    const again = [invoke('g', 'e'), invoke('g', raw)];
    for (const _ of again) worker.send({ id: (await worker.nextCall('g')).id, result: 'ok' });
    expect(await Promise.all(again)).toEqual(['answered', 'answered']);
  });

  it('go to another worker of the pool that has room, less busy or not', async () => {
    await using host = startKernel({ limits: { endpoint: { maxBufferedBytes: 1000 } } });
    const deaf = await connectRawWorker(host.kernel, ['f'], { owner: 'deaf' });
    deaf.pause();
    const first = codeOf(host.kernel.functions.invoke('f', 'x'.repeat(2000)));
    await using _busy = await connectTestWorker(host.kernel, { functions: { f: () => 'answered', wait: (_payload, { signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)) } });
    const waiting = new AbortController();
    const waits = Array.from({ length: 3 }, () => codeOf(host.kernel.functions.invoke('wait', {}, { signal: waiting.signal })));
    await expect(host.kernel.functions.invoke('f', {})).resolves.toBe('answered');
    expect(deaf.handle.inFlight).toBe(1);
    waiting.abort();
    deaf.end();
    expect(await Promise.all([first, ...waits])).toEqual(['MOTIA_ENGINE_WORKER_LOST', ...waits.map(() => 'MOTIA_ENGINE_CANCELLED')]);
  });

  it('can be cancelled, end by their deadline, and wait for a successor when their worker dies', async () => {
    const clock = new ManualClock();
    await using host = startKernel({ clock, limits: { endpoint: { maxPendingCalls: 1 } } });
    const worker = await connectTestWorker(host.kernel, { functions: { f: () => new Promise(() => undefined) }, owner: 'app', retain: true, heartbeatIntervalMs: 0 });
    const running = codeOf(host.kernel.functions.invoke('f', 1));
    const cancelled = host.kernel.functions.open('f', 2);
    cancelled.cancel('enough');
    expect(await codeOf(cancelled.result)).toBe('MOTIA_ENGINE_CANCELLED');
    const hasty = codeOf(host.kernel.functions.invoke('f', 3, { timeoutMs: 10 }));
    await clock.advance(10);
    expect(await hasty).toBe('MOTIA_ENGINE_DEADLINE_EXCEEDED');
    const patient = host.kernel.functions.invoke('f', 4);
    worker.kill();
    expect(await running).toBe('MOTIA_ENGINE_WORKER_LOST');
    await using _successor = await connectTestWorker(host.kernel, { functions: { f: (payload) => payload }, owner: 'app', retain: true, heartbeatIntervalMs: 0 });
    await expect(patient).resolves.toBe(4);
    await turns();
    expect(host.kernel.functions.get('f')?.stats.inFlight).toBe(0);
  });

  it('end when the engine stops', async () => {
    const host = startKernel({ limits: { endpoint: { maxPendingCalls: 1 } } });
    await connectTestWorker(host.kernel, { functions: { f: () => new Promise(() => undefined) } });
    const outcomes = [1, 2].map((payload) => codeOf(host.kernel.functions.invoke('f', payload)));
    await host[Symbol.asyncDispose]();
    expect((await Promise.all(outcomes))[1]).toBe('MOTIA_ENGINE_CANCELLED');
  });
});
