import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { systemClock } from '@motia/engine-core';
import { nodeStreamTransport, type WorkerHandle } from '@motia/engine-core/contract';
import { openQueueOn, type OpenQueue } from './fixtures/open-queue.js';

const program = fileURLToPath(new URL('./fixtures/programs/test-worker.mjs', import.meta.url));

/** Three of them without a sign of life: long enough that a process which only waits for a processor is not taken for one that hangs. */
const heartbeatIntervalMs = 400;

interface Process {
  readonly child: ChildProcess;
  readonly handle: WorkerHandle;
}
interface Processes extends AsyncDisposable {
  readonly test: OpenQueue;
  /** Those that were started, in order. */
  readonly all: readonly Process[];
  start(owner: string): Promise<Process>;
  /** Starts one, and another whenever one ends. */
  supervise(owner: string): Promise<void>;
}

async function open({ config = {}, node = [], heartbeatIntervalMs = 0 }: { readonly config?: object; readonly node?: readonly string[]; readonly heartbeatIntervalMs?: number } = {}): Promise<Processes> {
  const test = await openQueueOn(systemClock);
  const all: Process[] = [];
  let isEnding = false;
  const start = async (owner: string): Promise<Process> => {
    const child = spawn(process.execPath, [...node, program, JSON.stringify(config)], { stdio: ['pipe', 'pipe', 'ignore'] });
    const handle = test.host.workers.attach(nodeStreamTransport(child.stdout, child.stdin), { owner, label: owner, retain: true, heartbeatIntervalMs, ...(child.pid === undefined ? {} : { pid: child.pid }) });
    const started: Process = { child, handle };
    all.push(started);
    await handle.registered;
    return started;
  };
  const supervise = async (owner: string): Promise<void> => {
    const { child, handle } = await start(owner);
    void Promise.race([once(child, 'exit'), handle.closed]).then(() => {
      child.kill('SIGKILL');
      return isEnding ? undefined : supervise(owner).catch(() => undefined);
    });
  };
  return {
    test, all, start, supervise,
    async [Symbol.asyncDispose]() {
      isEnding = true;
      await test.host.stop({ drainTimeoutMs: 0 });
      for (const { child } of all) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    },
  };
}

interface Shown {
  readonly messageId: string;
  readonly state: string;
  readonly attempts: number;
  readonly losses: number;
  readonly deliveries: number;
}
const shown = (test: OpenQueue, receipt: string): Promise<Shown> => test.invoke('queue::message', { messageId: `${receipt}:work` });
const send = async (test: OpenQueue, data: object): Promise<string> => (await test.enqueue('work', data)).messageReceiptId;
const ended = (test: OpenQueue, receipt: string) => test.service.ended(`${receipt}:work`, AbortSignal.timeout(30_000));

describe('worker processes', () => {
  it.each([
    ['#25 is killed', 'die'],
    ['#26 ends by itself', 'exit'],
  ])('Q4 Q6 a message whose process %s is delivered again at once, and given up after three losses', async (_what, action) => {
    await using processes = await open({ config: { maxRetries: 0 } });
    const { test, supervise } = processes;
    await supervise('app');
    const receipt = await send(test, { do: action });
    expect(await ended(test, receipt)).toMatchObject({ state: 'dead', error: { code: 'MOTIA_ENGINE_WORKER_LOST' } });
    expect(await shown(test, receipt)).toMatchObject({ attempts: 0, losses: 3, deliveries: 3 });
    expect(await ended(test, await send(test, { do: 'answer' }))).toMatchObject({ state: 'completed' });
  }, 60_000);

  it('Q6 #27 #30 a message that hangs its process is given up, while its neighbours are done by other processes', async () => {
    await using processes = await open({ heartbeatIntervalMs });
    const { test, supervise } = processes;
    await Promise.all([supervise('one'), supervise('two')]);
    const neighbours: string[] = [];
    for (let id = 0; id < 5; id += 1) neighbours.push(await send(test, { do: 'answer' }));
    const poison = await send(test, { do: 'spin' });
    for (let id = 0; id < 15; id += 1) neighbours.push(await send(test, { do: 'answer' }));
    expect((await Promise.all(neighbours.map((receipt) => ended(test, receipt)))).map(({ state }) => state)).toEqual(neighbours.map(() => 'completed'));
    expect(await ended(test, poison)).toMatchObject({ state: 'dead' });
    expect(await shown(test, poison)).toMatchObject({ attempts: 0, losses: 3 });
  }, 90_000);

  it('Q6 #29 a message that eats the memory of its process is given up', async () => {
    await using processes = await open({ node: ['--max-old-space-size=40'] });
    const { test, supervise } = processes;
    await supervise('app');
    const receipt = await send(test, { do: 'grow' });
    expect(await ended(test, receipt)).toMatchObject({ state: 'dead' });
    expect(await shown(test, receipt)).toMatchObject({ losses: 3 });
  }, 90_000);

  it('Q5 #28 a message of a stopped process is done by another, and the answer of the first, once it goes on, changes nothing', async () => {
    await using processes = await open({ heartbeatIntervalMs });
    const { test, start } = processes;
    const stopped = await start('one');
    const receipt = await send(test, { do: 'wait', ms: 300 });
    while ((await shown(test, receipt)).state !== 'leased') await test.settle();
    stopped.child.kill('SIGSTOP');
    await start('two');
    expect(await stopped.handle.closed).toMatchObject({ reason: 'hung' });
    const end = await ended(test, receipt);
    expect(end).toMatchObject({ state: 'completed', attempts: 2 });
    stopped.child.kill('SIGCONT');
    // It says its late answer into a connection that is closed, and ends.
    await once(stopped.child, 'exit');
    expect(await test.service.status(end.messageId)).toEqual(end);
    expect(await shown(test, receipt)).toMatchObject({ state: 'completed', losses: 1, deliveries: 2 });
    await expect(test.invoke('queue::extend', { receipt: `${receipt}:work#1`, ms: 1_000 })).rejects.toMatchObject({ code: 'MOTIA_QUEUE_LEASE_LOST' });
  }, 60_000);
});
