import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { nodeStreamTransport } from '@motia/protocol';
import type { AttachOptions, WorkerHandle } from '../../src/contract/workers.js';
import { failureOf, startKernel, turns, type TestKernel } from '../functions/start-kernel.js';

const program = fileURLToPath(new URL('../fixtures/programs/kernel-worker.mjs', import.meta.url));
const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

interface Started {
  readonly child: ChildProcess;
  readonly handle: WorkerHandle;
}

/** Starts a worker process; resolves when it stands by or is live. */
async function start(host: TestKernel, name: string, options: Partial<AttachOptions> = {}): Promise<Started> {
  const child = spawn(process.execPath, [program, name], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const handle = host.kernel.workers.attach(nodeStreamTransport(child.stdout, child.stdin), { owner: 'exec:0', label: name, retain: true, ...options });
  await handle.registered;
  return { child, handle };
}

describe('workers that are processes', () => {
  it('E6 R3 lose no call through ten swaps under load, and leave with exit code 0', async () => {
    await using host = startKernel();
    const { functions, workers } = host.kernel;
    let current = await start(host, 'v0');
    const answers = new Map<unknown, number>();
    const failures: unknown[] = [];
    let isLoading = true;
    const load = Promise.all(
      Array.from({ length: 8 }, async () => {
        while (isLoading) {
          await functions.invoke('who', {}).then((name) => answers.set(name, (answers.get(name) ?? 0) + 1), (error: unknown) => failures.push(error));
          await turns(1);
        }
      }),
    );
    try {
      for (let version = 1; version <= 10; version += 1) {
        const next = await start(host, `v${version}`, { activation: 'manual' });
        await workers.activate({ arriving: [next.handle], leaving: [current.handle] });
        await current.handle.drain(AbortSignal.timeout(5000));
        const exited = once(current.child, 'exit');
        current.handle.close('left');
        expect(await exited).toEqual([0, null]);
        current = next;
      }
    } finally {
      isLoading = false;
      await load;
    }
    expect(failures).toEqual([]);
    expect([...answers.keys()]).toContain('v10');
    expect(answers.size).toBeGreaterThan(8);
  }, 60_000);

  it('R1 fail their calls at once with WORKER_LOST when they are killed, and R3 later calls wait for the successor', async () => {
    await using host = startKernel();
    const { functions } = host.kernel;
    const first = await start(host, 'first');
    const waiting = failureOf(functions.invoke('wait', {}));
    const dying = failureOf(functions.invoke('die', {}));
    expect(await dying).toMatchObject({ code: 'MOTIA_ENGINE_WORKER_LOST', status: 502, retryable: true });
    expect(await waiting).toMatchObject({ code: 'MOTIA_ENGINE_WORKER_LOST' });
    expect(await first.handle.closed).toMatchObject({ reason: 'lost' });
    const parked = [functions.invoke('who', {}), functions.invoke('who', {})];
    await start(host, 'second');
    await expect(Promise.all(parked)).resolves.toEqual(['second', 'second']);
  });

  it('count an exit with code 0 that nobody asked for as lost', async () => {
    await using host = startKernel();
    const { handle } = await start(host, 'leaver');
    expect(await failureOf(host.kernel.functions.invoke('leave', {}))).toMatchObject({ code: 'MOTIA_ENGINE_WORKER_LOST' });
    expect((await handle.closed).reason).toBe('lost');
    expect(host.kernel.functions.has('who')).toBe(true);
  });

  it('R1 take the calls that they made with them', async () => {
    await using host = startKernel();
    let signal: AbortSignal | undefined;
    host.kernel.functions.register({ id: 'engine-side' }, (_payload, call) => {
      signal = call.signal;
      return new Promise(() => undefined);
    });
    await start(host, 'asker');
    expect(await failureOf(host.kernel.functions.invoke('askAndDie', {}))).toMatchObject({ code: 'MOTIA_ENGINE_WORKER_LOST' });
    expect(signal?.aborted).toBe(true);
    expect(host.kernel.functions.get('engine-side')?.stats).toMatchObject({ calls: 1, inFlight: 0 });
  });

  it('that spin are closed as hung, and another replica goes on serving', async () => {
    await using host = startKernel();
    const { functions } = host.kernel;
    const spinning = await start(host, 'spinning', { owner: 'exec:0#0', heartbeatIntervalMs: 400 });
    const spin = failureOf(functions.invoke('spin', {}));
    await start(host, 'healthy', { owner: 'exec:0#1' });
    expect(await spinning.handle.closed).toMatchObject({ reason: 'hung', error: expect.objectContaining({ code: 'MOTIA_ENGINE_WORKER_HUNG' }) });
    expect(await spin).toMatchObject({ code: 'MOTIA_ENGINE_WORKER_LOST' });
    await expect(functions.invoke('who', {})).resolves.toBe('healthy');
  });

  it('R1 that were stopped and go on later answer nobody twice', async () => {
    await using host = startKernel();
    const { child, handle } = await start(host, 'stopped', { heartbeatIntervalMs: 0 });
    child.kill('SIGSTOP');
    const late = failureOf(host.kernel.functions.invoke('who', {}, { timeoutMs: 200 }));
    expect(await late).toMatchObject({ code: 'MOTIA_ENGINE_DEADLINE_EXCEEDED' });
    child.kill('SIGCONT');
    await expect(host.kernel.functions.invoke('who', {})).resolves.toBe('stopped');
    expect(handle.inFlight).toBe(0);
    expect(host.kernel.functions.get('who')?.stats).toMatchObject({ calls: 2, errors: 1, inFlight: 0 });
  });

  it('that do not read are refused further calls instead of filling the memory of the engine', async () => {
    await using host = startKernel({ limits: { endpoint: { maxBufferedBytes: 1024 * 1024 } } });
    const { child } = await start(host, 'deaf', { heartbeatIntervalMs: 0, retain: false });
    child.kill('SIGSTOP');
    const payload = 'x'.repeat(100_000);
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, async () => (await failureOf(host.kernel.functions.invoke('who', payload, { timeoutMs: 5_000 }))).code),
    );
    expect(outcomes.filter((code) => code === 'MOTIA_ENGINE_WORKER_BACKPRESSURE').length).toBeGreaterThan(150);
    child.kill('SIGKILL');
  });
});
