import { describe, expect, it } from '@jest/globals';
import { connectTestWorker } from '../../src/testing/connect-test-worker.js';
import { ManualClock } from '../../src/testing/manual-clock.js';
import { failureOf, startKernel, turns } from '../functions/start-kernel.js';
import { connectRawWorker } from './raw-worker.js';

describe('workers that lie, hang or disappear', () => {
  it.each([
    ['lost', false],
    ['left', true],
  ] as const)('R1 tells in what way a worker went: %s', async (reason, isDraining) => {
    await using host = startKernel();
    const worker = await connectRawWorker(host.kernel, ['f']);
    const failure = failureOf(host.kernel.functions.invoke('f', {}));
    await worker.nextCall('f');
    if (isDraining) void worker.handle.drain(new AbortController().signal);
    await turns();
    worker.end();
    expect(await failure).toMatchObject({ code: 'MOTIA_ENGINE_WORKER_LOST', details: { functionId: 'f', reason } });
  });

  it('takes a result only from the worker that runs the call', async () => {
    await using host = startKernel();
    const honest = await connectRawWorker(host.kernel, ['f'], { owner: 'honest' });
    const liar = await connectRawWorker(host.kernel, ['g'], { owner: 'liar' });
    const result = host.kernel.functions.invoke('f', {});
    const call = await honest.nextCall('f');
    liar.send({ id: call.id, result: 'forged' });
    await turns();
    honest.send({ id: call.id, result: 'genuine' });
    await expect(result).resolves.toBe('genuine');
  });

  it('takes the first of two answers and ignores answers that nobody waits for', async () => {
    await using host = startKernel();
    const worker = await connectRawWorker(host.kernel, ['f']);
    const result = host.kernel.functions.invoke('f', {});
    const call = await worker.nextCall('f');
    worker.send({ id: call.id, result: 1 });
    worker.send({ id: call.id, result: 2 });
    worker.send({ id: 'e999', result: 3 });
    await expect(result).resolves.toBe(1);
    await turns();
    expect(host.kernel.functions.get('f')!.stats).toMatchObject({ calls: 1, inFlight: 0, errors: 0 });
    expect(worker.handle.state).toBe('ready');
  });

  it('R1 drops an answer that comes after the deadline and tells the worker to stop', async () => {
    const clock = new ManualClock();
    await using host = startKernel({ clock });
    const worker = await connectRawWorker(host.kernel, ['f']);
    const failure = failureOf(host.kernel.functions.invoke('f', {}, { timeoutMs: 100 }));
    const call = await worker.nextCall('f');
    expect(call.params['timeoutMs']).toBe(100);
    await clock.advance(100);
    expect(await failure).toMatchObject({ code: 'MOTIA_ENGINE_DEADLINE_EXCEEDED', status: 504 });
    expect((await worker.next(({ method }) => method === '$/cancelRequest')).params).toEqual({ id: call.id, reason: 'the deadline passed after 100 ms' });
    worker.send({ id: call.id, result: 'late' });
    await turns();
    expect(worker.handle.inFlight).toBe(0);
    expect(worker.handle.state).toBe('ready');
  });

  it('survives envelope fields of the wrong type', async () => {
    await using host = startKernel();
    host.kernel.functions.register({ id: 'echo' }, (payload, { depth, attempt, deadlineAtMs }) => [payload, depth, attempt, Number.isFinite(deadlineAtMs)]);
    const worker = await connectRawWorker(host.kernel, []);
    const odd = { timeoutMs: 'soon', attempt: {}, depth: 'deep', idempotencyKey: 3, trace: 'x', parentInvocationId: 7 };
    worker.send({ id: 'w1', method: 'functions/invoke', params: { functionId: 'echo', invocationId: '1', payload: 5, ...odd } });
    expect((await worker.next(({ id }) => id === 'w1')).result).toEqual([5, 1, 1, true]);
    worker.send({ id: 'w2', method: 'functions/invoke', params: { functionId: 'echo', invocationId: '2', action: { type: 'teleport' } } });
    expect((await worker.next(({ id }) => id === 'w2')).error?.data?.code).toBe('MOTIA_ENGINE_INVALID_PAYLOAD');
  });

  it('ends the calls of a worker that goes away at once, those it ran and those it made', async () => {
    await using host = startKernel();
    const { functions } = host.kernel;
    let aborted: AbortSignal | undefined;
    functions.register({ id: 'engine-side' }, (_payload, call) => {
      aborted = call.signal;
      return new Promise(() => undefined);
    });
    const worker = await connectRawWorker(host.kernel, ['f']);
    const failure = failureOf(functions.invoke('f', {}));
    await worker.nextCall('f');
    worker.send({ id: 'w1', method: 'functions/invoke', params: { functionId: 'engine-side', invocationId: '1' } });
    await turns();
    expect(aborted?.aborted).toBe(false);
    worker.end();
    expect(await failure).toMatchObject({ code: 'MOTIA_ENGINE_WORKER_LOST', status: 502 });
    await turns();
    expect(aborted?.aborted).toBe(true);
    expect(functions.get('engine-side')!.stats.inFlight).toBe(0);
  });

  it('closes a worker that answers no ping for three intervals as hung, and fails its calls', async () => {
    const clock = new ManualClock();
    await using host = startKernel({ clock });
    const worker = await connectRawWorker(host.kernel, ['f'], { heartbeatIntervalMs: 1000 });
    const failure = failureOf(host.kernel.functions.invoke('f', {}, { timeoutMs: 60_000 }));
    await worker.nextCall('f');
    await clock.advance(3_999);
    expect(worker.handle.state).toBe('ready');
    await clock.advance(1);
    expect(await worker.handle.closed).toMatchObject({ reason: 'hung', error: expect.objectContaining({ code: 'MOTIA_ENGINE_WORKER_HUNG' }) });
    expect(await failure).toMatchObject({ code: 'MOTIA_ENGINE_WORKER_LOST', status: 502 });
  });

  it('keeps a worker that answers pings or sends anything else', async () => {
    const clock = new ManualClock();
    await using host = startKernel({ clock });
    await using answering = await connectTestWorker(host.kernel, { owner: 'answering', heartbeatIntervalMs: 1000 });
    const talking = await connectRawWorker(host.kernel, [], { owner: 'talking', heartbeatIntervalMs: 1000 });
    for (let second = 0; second < 10; second += 1) {
      talking.send({ method: 'logs/emit', params: { entries: [] } });
      await clock.advance(1000);
    }
    expect([answering.handle.state, talking.handle.state]).toEqual(['ready', 'ready']);
  });

  it('refuses more open calls of one worker than the limit', async () => {
    await using host = startKernel({ limits: { maxOpenCallsPerWorker: 2 } });
    host.kernel.functions.register({ id: 'waits' }, () => new Promise(() => undefined));
    const worker = await connectRawWorker(host.kernel, []);
    for (const id of ['w1', 'w2', 'w3']) worker.send({ id, method: 'functions/invoke', params: { functionId: 'waits', invocationId: id } });
    expect((await worker.next(({ id }) => id === 'w3')).error?.data?.code).toBe('MOTIA_ENGINE_WORKER_BACKPRESSURE');
    worker.send({ method: '$/cancelRequest', params: { id: 'w1' } });
    expect((await worker.next(({ id }) => id === 'w1')).error?.data?.code).toBe('MOTIA_ENGINE_CANCELLED');
    worker.send({ id: 'w4', method: 'functions/invoke', params: { functionId: 'engine::functions::list', invocationId: 'w4' } });
    expect((await worker.next(({ id }) => id === 'w4')).result).toHaveProperty('functions');
  });

  it('says WORKER_BACKPRESSURE when too many calls wait for a worker', async () => {
    await using host = startKernel({ limits: { maxParkedCalls: 0, endpoint: { maxPendingCalls: 2 } } });
    const worker = await connectRawWorker(host.kernel, ['f']);
    const first = [host.kernel.functions.invoke('f', 1), host.kernel.functions.invoke('f', 2)];
    const error = await failureOf(host.kernel.functions.invoke('f', 3));
    expect(error).toMatchObject({ code: 'MOTIA_ENGINE_WORKER_BACKPRESSURE', status: 503, retryable: true });
    for (const _ of first) worker.send({ id: (await worker.nextCall('f')).id, result: 'ok' });
    await expect(Promise.all(first)).resolves.toEqual(['ok', 'ok']);
  });
});
