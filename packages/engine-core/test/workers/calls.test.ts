import { describe, expect, it } from '@jest/globals';
import { createEndpoint, PROTOCOL_VERSION, WireValue, type Transport } from '@motia/protocol';
import { connectTestWorker, type TestCall } from '../../src/testing/connect-test-worker.js';
import { ManualClock } from '../../src/testing/manual-clock.js';
import { failureOf, gate, startKernel, turns } from '../functions/start-kernel.js';

/** Two ends that deliver inside `write`: the answer to a frame arrives before the write that sent it returns. */
function synchronousPair(): [Transport, Transport] {
  const listeners: ((chunk: Uint8Array) => void)[] = [];
  const end = (own: number, other: number): Transport => ({
    onData: (listener) => void (listeners[own] = listener),
    onEnd: () => undefined,
    write(chunk) {
      listeners[other]?.(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
      return true;
    },
    onDrain: () => undefined,
    bufferedBytes: 0,
    end: () => undefined,
    destroy: () => undefined,
  });
  return [end(0, 1), end(1, 0)];
}

describe('calls that workers run and make', () => {
  it('R1 accepts an answer that arrives while the call is still being written', async () => {
    await using host = startKernel();
    const [engineSide, workerSide] = synchronousPair();
    const handle = host.kernel.workers.attach(engineSide, { owner: 'a', label: 'a', heartbeatIntervalMs: 0 });
    const endpoint = createEndpoint(workerSide, { role: 'worker' });
    let nested: Promise<unknown> | undefined;
    endpoint.onInvoke(({ params, payload }) => {
      nested = endpoint.invoke({ functionId: 'depth', invocationId: 'n', parentInvocationId: params.invocationId }, {}).result;
      return payload;
    });
    endpoint.listen();
    await endpoint.request('initialize', { protocolVersion: PROTOCOL_VERSION, sdk: { name: 'x', version: '1', language: 'x' } });
    await endpoint.request('functions/register', { functions: [{ id: 'echo' }] });
    await endpoint.request('ready', {});
    host.kernel.functions.register({ id: 'depth' }, (_payload, call) => call.depth);
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => host.kernel.functions.invoke('echo', index)));
    expect(answers).toEqual(Array.from({ length: 50 }, (_, index) => index));
    await expect(nested).resolves.toBe(2);
    expect(handle.inFlight).toBe(0);
  });

  it('takes a worker out of service when a tool asks: it finishes what it has and gets nothing new', async () => {
    await using host = startKernel();
    const release = gate<string>();
    await using first = await connectTestWorker(host.kernel, { functions: { slow: () => release.promise } });
    const running = host.kernel.functions.invoke('slow', {});
    await turns(4);
    expect(await host.kernel.workers.withdraw(first.handle.id)).toBe(true);
    expect(host.kernel.workers.list()).toMatchObject([{ id: first.handle.id, state: 'draining', inFlight: 1 }]);
    expect(await failureOf(host.kernel.functions.invoke('slow', {}))).toMatchObject({ code: 'MOTIA_ENGINE_FUNCTION_NOT_FOUND' });
    release.open('done');
    expect(await running).toBe('done');
    expect(await host.kernel.workers.withdraw('w-nobody')).toBe(false);
  });

  it('carries errors of handlers with code, status and details', async () => {
    await using host = startKernel();
    await using _worker = await connectTestWorker(host.kernel, {
      functions: {
        fails: () => {
          throw new Error('boom');
        },
        refuses: (_payload, call) => host.kernel.functions.invoke('missing', {}, { timeoutMs: call.params.timeoutMs! }),
      },
    });
    expect(await failureOf(host.kernel.functions.invoke('fails', {}))).toMatchObject({ message: 'boom', status: 500 });
    expect(await failureOf(host.kernel.functions.invoke('refuses', {}))).toMatchObject({ code: 'MOTIA_ENGINE_FUNCTION_NOT_FOUND', status: 404 });
    expect(host.kernel.functions.get('fails')!.stats).toMatchObject({ calls: 1, errors: 1, inFlight: 0 });
  });

  it('passes deadline, depth, trace and idempotency key on, and inherits them in nested calls', async () => {
    await using host = startKernel();
    const { functions } = host.kernel;
    functions.register({ id: 'inner' }, (_payload, call) => ({ trace: call.trace.traceparent, depth: call.depth, leftMs: call.deadlineAtMs - performance.now(), callerWorkerId: call.callerWorkerId }));
    let seen: TestCall['params'] | undefined;
    await using worker = await connectTestWorker(host.kernel, {
      functions: {
        outer: (_payload, call) => {
          seen = call.params;
          return worker.invoke('inner', {}, { parent: call, timeoutMs: 20_000 });
        },
      },
    });
    const trace = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
    const inner = (await functions.invoke('outer', {}, { trace, timeoutMs: 5000, attempt: 2, idempotencyKey: 'k' })) as { trace: string; depth: number; leftMs: number; callerWorkerId: string };
    expect(seen).toMatchObject({ functionId: 'outer', timeoutMs: 5000, depth: 1, attempt: 2, idempotencyKey: 'k', trace: { traceparent: expect.stringMatching(/^00-a{32}-(?!b{16})[0-9a-f]{16}-01$/) } });
    expect(inner.trace).toMatch(/^00-a{32}-/);
    expect(inner.depth).toBe(2);
    expect(inner.leftMs).toBeLessThanOrEqual(5000);
    expect(inner.callerWorkerId).toBe(worker.handle.id);
  });

  it('inherits from a parent only if the parent runs on the worker that names it', async () => {
    await using host = startKernel();
    const { functions } = host.kernel;
    functions.register({ id: 'inner' }, (_payload, call) => ({ trace: call.trace.traceparent, depth: call.depth }));
    const asked = gate<TestCall>();
    const release = gate();
    await using _runs = await connectTestWorker(host.kernel, { owner: 'runs', functions: { outer: async (_payload, call) => (asked.open(call), release.promise) } });
    await using stranger = await connectTestWorker(host.kernel, { owner: 'stranger' });
    const outer = functions.invoke('outer', {}, { trace: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` } });
    const foreign = (await stranger.invoke('inner', {}, { parent: await asked.promise })) as { trace: string; depth: number };
    expect(foreign.depth).toBe(1);
    expect(foreign.trace).not.toContain('a'.repeat(32));
    release.open();
    await outer;
  });

  it('stops a recursion through a worker at 64 calls', async () => {
    await using host = startKernel();
    await using worker = await connectTestWorker(host.kernel, { functions: { again: (_payload, call) => worker.invoke('again', {}, { parent: call }) } });
    expect(await failureOf(host.kernel.functions.invoke('again', {}))).toMatchObject({ code: 'MOTIA_ENGINE_CALL_DEPTH' });
    expect(worker.calls).toHaveLength(64);
  });

  it('R1 cancels in the worker what its caller cancels, also when the caller is a worker', async () => {
    await using host = startKernel();
    const running = gate<AbortSignal>();
    await using _server = await connectTestWorker(host.kernel, { owner: 'server', functions: { waits: (_payload, call) => (running.open(call.signal), new Promise(() => undefined)) } });
    await using client = await connectTestWorker(host.kernel, { owner: 'client' });
    const call = client.endpoint.invoke({ functionId: 'waits', invocationId: '1' }, {});
    const signal = await running.promise;
    call.cancel('the client disconnected');
    expect(await failureOf(call.result)).toMatchObject({ code: 'MOTIA_ENGINE_CANCELLED' });
    await turns();
    expect(signal.aborted).toBe(true);
    expect(String(signal.reason)).toContain('the client disconnected');
  });

  it('sends each call to the least busy worker of the pool', async () => {
    await using host = startKernel();
    const release = gate();
    const wait = () => release.promise;
    await using a = await connectTestWorker(host.kernel, { owner: 'a', functions: { f: wait, only: wait } });
    await using b = await connectTestWorker(host.kernel, { owner: 'b', functions: { f: wait } });
    await using c = await connectTestWorker(host.kernel, { owner: 'c', functions: { f: wait } });
    const busy = Array.from({ length: 4 }, () => host.kernel.functions.invoke('only', {}));
    const calls = Array.from({ length: 8 }, () => host.kernel.functions.invoke('f', {}));
    expect([a, b, c].map(({ handle }) => handle.inFlight)).toEqual([4, 4, 4]);
    release.open();
    await Promise.all([...busy, ...calls]);
    expect([a, b, c].map(({ handle }) => handle.inFlight)).toEqual([0, 0, 0]);
  });

  it('spreads calls over idle replicas', async () => {
    await using host = startKernel();
    const workers = await Promise.all(Array.from({ length: 3 }, (_, index) => connectTestWorker(host.kernel, { owner: `r${index}`, functions: { f: () => index } })));
    for (let call = 0; call < 30; call += 1) await host.kernel.functions.invoke('f', {});
    expect(workers.map(({ calls }) => calls.length)).toEqual([10, 10, 10]);
    await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()));
  });

  it('measures calls of workers to the answer', async () => {
    const clock = new ManualClock();
    await using host = startKernel({ clock });
    const release = gate();
    await using _worker = await connectTestWorker(host.kernel, { functions: { f: () => release.promise } });
    const call = host.kernel.functions.invoke('f', {});
    await clock.advance(40);
    expect(host.kernel.functions.get('f')!.stats).toMatchObject({ calls: 1, inFlight: 1 });
    release.open();
    await call;
    expect(host.kernel.functions.get('f')!.stats).toEqual({ calls: 1, errors: 0, inFlight: 0, totalDurationMs: 40, maxDurationMs: 40 });
  });

  it('runs a void call of a worker without an answer, and still counts and waits for it', async () => {
    await using host = startKernel();
    const release = gate();
    await using server = await connectTestWorker(host.kernel, { owner: 'server', functions: { job: () => release.promise } });
    await using client = await connectTestWorker(host.kernel, { owner: 'client' });
    await expect(client.invoke('job', 1, { action: { type: 'void' } })).resolves.toBeUndefined();
    client.endpoint.invokeVoid({ functionId: 'job', invocationId: 'v' }, 2);
    await turns();
    expect(server.calls.map(({ payload }) => payload)).toEqual([1, 2]);
    const drained = server.handle.drain(AbortSignal.timeout(5000)).then(() => 'drained');
    expect(await Promise.race([drained, turns(8).then(() => 'waiting')])).toBe('waiting');
    release.open();
    expect(await drained).toBe('drained');
  });

  it('passes raw bodies through unparsed and gives plain values to those who did not ask', async () => {
    await using host = startKernel();
    await using worker = await connectTestWorker(host.kernel, { functions: { echo: (payload) => payload, raw: () => new WireValue('{"status":200}', { at: '/body', as: 'bytes', bytes: Buffer.from([0, 255, 1]) }) } });
    const big = { at: '/body', as: 'json', bytes: Buffer.from(JSON.stringify({ text: 'x'.repeat(10_000) })) } as const;
    await expect(host.kernel.functions.invoke('echo', new WireValue('{"n":1}', big))).resolves.toEqual({ n: 1, body: { text: 'x'.repeat(10_000) } });
    const wire = (await host.kernel.functions.invoke('raw', {}, { wireResult: true })) as WireValue;
    expect(wire.json).toBe('{"status":200}');
    expect([...wire.raw!.bytes]).toEqual([0, 255, 1]);
    expect(worker.calls).toHaveLength(2);
  });

  it('keeps undefined and null apart', async () => {
    await using host = startKernel();
    await using _worker = await connectTestWorker(host.kernel, { functions: { nothing: () => undefined, nil: () => null } });
    await expect(host.kernel.functions.invoke('nothing', undefined)).resolves.toBeUndefined();
    await expect(host.kernel.functions.invoke('nil', undefined)).resolves.toBeNull();
  });

  it('says which calls a worker is running, newest first, and which one ended last', async () => {
    await using host = startKernel();
    const release = gate();
    await using worker = await connectTestWorker(host.kernel, { functions: { f: () => release.promise, g: () => 1 } });
    expect(worker.handle.runningCalls()).toEqual([]);
    const first = host.kernel.functions.open('f', {});
    const second = host.kernel.functions.open('f', {});
    const many = Array.from({ length: 10 }, () => host.kernel.functions.open('f', {}));
    expect(worker.handle.runningCalls()).toHaveLength(8);
    many.forEach((call) => {
      void call.result.catch(() => undefined);
      call.cancel('x');
    });
    expect(worker.handle.runningCalls().map(({ invocationId }) => invocationId)).toEqual([second.id, first.id]);
    expect(worker.handle.runningCalls()[0]).toMatchObject({ functionId: 'f', traceId: second.trace.traceparent.slice(3, 35), spanId: second.trace.traceparent.slice(36, 52) });
    release.open();
    await Promise.all([first.result, second.result]);
    expect(worker.handle.runningCalls()).toEqual([expect.objectContaining({ functionId: 'f', endedAtMs: expect.any(Number) })]);
  });
});
