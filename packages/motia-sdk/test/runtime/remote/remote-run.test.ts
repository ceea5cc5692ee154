import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { isMotiaError } from '@motia/protocol';
import { step, type Logger, type StepConfig } from '../../../src/index.js';
import { parseEngineAddress } from '../../../src/runtime/remote/engine-address.js';
import { createTestApp, type TestApp } from '../../../src/testing/index.js';
import { EngineHeartbeat } from '../../../src/runtime/remote/engine-heartbeat.js';
import { RemoteRun, type RemoteRunEnd } from '../../../src/runtime/remote/remote-run.js';

type Handler = (input: unknown, ctx: { readonly signal: AbortSignal; readonly logger: Logger; invoke(functionId: string): Promise<unknown> }) => unknown;

interface RemoteEntry {
  readonly name: string;
  readonly state: string;
}

/** The real engine with nothing but a worker socket. */
async function startEngine(port = 0): Promise<TestApp & { readonly engineUrl: string; remote(): readonly RemoteEntry[] }> {
  const app = await createTestApp({ steps: [], config: { modules: [{ class: 'modules::worker::WorkerModule', config: { port, heartbeat_interval_ms: 200 } }] } });
  const [engineUrl = ''] = app.engine.service<{ addresses(): readonly string[] }>({ id: 'worker.listener' }).addresses();
  const workers = app.engine.workers as unknown as { list(): readonly RemoteEntry[] };
  return Object.defineProperties(app, { engineUrl: { value: engineUrl }, remote: { value: () => workers.list().filter(({ name }) => name.startsWith('motia@')) } }) as never;
}

function startRun(url: string, handler: Handler, more: { readonly token?: string; readonly config?: Partial<StepConfig> } = {}): { readonly run: RemoteRun; readonly lines: string[]; readonly ended: Promise<RemoteRunEnd>; said(text: string, times?: number): Promise<void> } & AsyncDisposable {
  const lines: string[] = [];
  const module = { default: step({ name: 'Job', triggers: [{ type: 'queue', topic: 'jobs' }], ...more.config } as never, handler as never) };
  const run = new RemoteRun({
    app: { steps: [{ filePath: 'steps/job.step.ts', module }], mode: 'production' },
    engine: { address: parseEngineAddress(url), token: more.token, tls: {} },
    report: (line) => void lines.push(line),
    random: () => 1,
  });
  const ended = run.run();
  return {
    run, lines, ended,
    async said(text, times = 1) {
      await until(`the run to say "${text}"`, () => lines.filter((line) => line.includes(text)).length >= times);
    },
    async [Symbol.asyncDispose]() {
      await run.leave();
      await ended;
    },
  };
}

async function until(what: string, condition: () => boolean, timeoutMs = 10_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const jobId = 'steps::Job::trigger::queue(jobs)';

describe('a worker of a remote engine', () => {
  it('ends its calls with a coded error when the connection breaks, on both sides, and serves the next engine at the same port', async () => {
    await using former = await startEngine();
    const seen: { aborted?: boolean; nested?: unknown } = {};
    let calls = 0;
    await using started = startRun(former.engineUrl, async (_input, ctx) => {
      calls += 1;
      if (calls > 1) return 'again';
      const nested = ctx.invoke('never::answers').catch((error: unknown) => error);
      ctx.signal.addEventListener('abort', () => (seen.aborted = true));
      seen.nested = await nested;
      ctx.logger.warn('written after the connection broke');
      return 'too late';
    });
    await started.said('serving');
    former.engine.functions.register({ id: 'never::answers' }, () => new Promise(() => undefined));
    const first = former.engine.functions.invoke(jobId, {}).catch((error: { code: string }) => error.code);
    await until('the call to run', () => calls === 1);
    await former.engine.stop({ drainTimeoutMs: 0 });
    expect(await first).toMatch(/^MOTIA_ENGINE_(WORKER_LOST|STOPPED|CANCELLED)$/);
    await until('the handler to know', () => seen.nested !== undefined);
    expect(isMotiaError(seen.nested)).toBe(true);

    await using next = await startEngine(Number(new URL(former.engineUrl).port));
    await started.said('serving', 2);
    expect(await next.engine.functions.invoke(jobId, {})).toBe('again');
    expect(next.logs.map(({ message }) => message)).toContain('written after the connection broke');
    await started.run.leave();
    expect(await started.ended).toEqual({ exitCode: 0, reason: 'it was asked to leave' });
    await until('the engine to know', () => next.remote().length === 0);
  }, 20_000);

  it('finishes its calls before it leaves', async () => {
    await using engine = await startEngine();
    let finish = (): void => undefined;
    let isRunning = false;
    await using started = startRun(engine.engineUrl, () => {
      isRunning = true;
      return new Promise<string>((resolve) => (finish = () => resolve('finished')));
    });
    await started.said('serving');
    const call = engine.engine.functions.invoke(jobId, {});
    await until('the call to run', () => isRunning);
    const left = started.run.leave();
    await until('the engine to give it no more', () => engine.remote()[0]?.state === 'draining');
    finish();
    expect(await call).toBe('finished');
    await left;
    expect(await started.ended).toMatchObject({ exitCode: 0 });
    expect(engine.logs.filter(({ message }) => message.includes('lost'))).toEqual([]);
  });

  it('does not go on when its app cannot be served', async () => {
    await using engine = await startEngine();
    await using started = startRun(engine.engineUrl, () => undefined, { config: { name: '' } });
    expect(await started.ended).toMatchObject({ exitCode: 70, reason: expect.stringContaining('MOTIA_SDK_START_FAILED') as unknown as string });
  });

  it('says what an engine that ends a plain connection without a word may want', async () => {
    const server = createServer((socket) => void socket.once('data', () => socket.end())).listen(0, '127.0.0.1');
    await once(server, 'listening');
    await using started = startRun(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, () => undefined);
    await started.said('ended the stream before it answered (where the engine prints a tls:// address, connect to that); connecting to');
    server.close();
  });

  it('ends at once when it is told to leave while an engine that says nothing keeps it waiting', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const connected = once(server, 'connection');
    await using started = startRun(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, () => undefined);
    const [socket] = (await connected) as [{ destroy(): void }];
    await started.run.leave();
    expect(await started.ended).toMatchObject({ exitCode: 0 });
    socket.destroy();
    server.close();
    await once(server, 'close');
  });
});

describe('EngineHeartbeat', () => {
  it('reports an engine that gives no sign of life, once, and not one that only is slow to answer', async () => {
    const counters = { lateAnswers: 0, droppedNotifications: 0, faults: 0, framesIn: 0, framesOut: 0, bytesIn: 0, bytesOut: 0 };
    const silences: number[] = [];
    let pings = 0;
    const endpoint = { counters, request: () => new Promise<never>(() => void (pings += 1)) };
    const alive = setInterval(() => (counters.framesIn += 1), 5);
    const heartbeat = new EngineHeartbeat({ endpoint, intervalMs: 20, onSilent: (silentMs) => silences.push(silentMs) });
    await until('some beats', () => counters.framesIn > 40);
    expect({ silences, pings }).toEqual({ silences: [], pings: 1 });
    clearInterval(alive);
    await until('the silence to be noticed', () => silences.length > 0);
    expect(silences).toEqual([60]);
    heartbeat.stop();
  });
});
