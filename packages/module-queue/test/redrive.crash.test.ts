import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { ManualClock, startTestHost, type TestHost } from '@motia/engine-core/testing';
import { sqliteStore } from '@motia/store-sqlite';
import { killRepeatedly } from '@motia/tools/killer';
import { temporaryFolder } from '@motia/tools/testing';
import { queue } from '../src/index.js';
import { settled, until } from './fixtures/open-queue.js';

const program = fileURLToPath(new URL('./fixtures/programs/redriving-queue.mjs', import.meta.url));
const redriving = fileURLToPath(new URL('./fixtures/programs/redriving-shared.mjs', import.meta.url));
const total = 1_000;

const open = (folder: string): Promise<TestHost<ManualClock>> =>
  startTestHost([queue({ adapter: { class: 'modules::queue::BuiltinQueueAdapter', config: { store_method: 'file_based', file_path: folder } } })], { clock: new ManualClock(Date.now()) });

describe('a redrive of many', () => {
  it('Q12 #5 is finished by later engines when it is killed, each message in one place at any time', async () => {
    await using folder = temporaryFolder('queue-redrive');
    const path = folder.file('data');
    const first = await open(path);
    first.functions.register({ id: 'take' }, () => Promise.reject(new Error('no')));
    await first.triggers.register({ type: 'queue', functionId: 'take', config: { topic: 'orders', queue_config: { maxRetries: 0, concurrency: 50 } } });
    await first.functions.invoke('enqueue', Array.from({ length: total }, (_, id) => ({ topic: 'orders', data: id })));
    const counts = async (host: TestHost<ManualClock>): Promise<{ readonly depth: number; readonly dead: number }> =>
      ((await host.functions.invoke('queue::list', { topic: 'orders' })) as { queues: { depth: number; dead: number }[] }).queues[0] as { depth: number; dead: number };
    await until(async () => (await counts(first)).dead === total);
    await first.functions.invoke('queue::pause', { topic: 'orders' });
    await first.stop();

    const seen: { readonly depth: number; readonly dead: number; readonly moved: number }[] = [];
    const look = async (): Promise<void> => {
      // A look changes nothing: time stands still, so the redrive does not go on here.
      const host = await open(path);
      const { moves } = (await host.functions.invoke('queue::redrive_status', { topic: 'orders' })) as { moves: { moved: number }[] };
      seen.push({ ...(await counts(host)), moved: moves[0]?.moved ?? 0 });
      await host.stop();
    };
    await killRepeatedly({ program: [program], env: { QUEUE_FOLDER: path }, kills: 5, afterMs: [20, 80], onLine: () => undefined, onKilled: look });
    for (const { depth, dead } of seen) expect(depth + dead).toBe(total);
    const last = await open(path);
    await until(async () => {
      await last.clock?.advance(200);
      return (await counts(last)).dead === 0;
    });
    expect(await last.functions.invoke('queue::redrive_status', { topic: 'orders' })).toMatchObject({ moves: [{ moved: total, state: 'done' }] });
    const taken: unknown[] = [];
    last.functions.register({ id: 'take' }, (data) => void taken.push(data));
    await last.triggers.register({ type: 'queue', functionId: 'take', config: { topic: 'orders', queue_config: { concurrency: 100 } } });
    await last.functions.invoke('queue::resume', { topic: 'orders' });
    await until(() => taken.length >= total);
    await settled();
    expect(new Set(taken).size).toBe(total);
    expect(taken).toHaveLength(total);
    await last.stop();
  }, 120_000);

  it('Q12 #5 is finished by an engine that lives on beside the one that is killed', async () => {
    await using folder = temporaryFolder('queue-redrive');
    const path = folder.file('data');
    await using living = await startTestHost([sqliteStore({ data_dir: path, shared: true }), queue({ adapter: { class: 'modules::queue::BuiltinQueueAdapter', config: { store_method: 'file_based', file_path: path } } })]);
    living.functions.register({ id: 'take' }, () => Promise.reject(new Error('no')));
    await living.triggers.register({ type: 'queue', functionId: 'take', config: { topic: 'orders', queue_config: { maxRetries: 0, concurrency: 50 } } });
    await living.functions.invoke('enqueue', Array.from({ length: 200 }, (_, id) => ({ topic: 'orders', data: id })));
    const counts = async (): Promise<{ readonly depth: number; readonly dead: number }> =>
      ((await living.functions.invoke('queue::list', { topic: 'orders' })) as { queues: { depth: number; dead: number }[] }).queues[0] as { depth: number; dead: number };
    await until(async () => (await counts()).dead === 200);
    await living.functions.invoke('queue::pause', { topic: 'orders' });

    const child = spawn(process.execPath, [redriving], { env: { ...process.env, QUEUE_FOLDER: path }, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await ended;
    const { depth, dead } = await counts();
    await living.logs.next(({ message }) => message === 'A redrive that another engine began goes on here');
    expect([depth + dead, dead > 0]).toEqual([200, true]);
    const move = async (): Promise<object | undefined> => ((await living.functions.invoke('queue::redrive_status', { topic: 'orders' })) as { moves: object[] }).moves[0];
    await until(async () => (await move() as { state: string }).state === 'done');
    expect([await counts(), await move()]).toMatchObject([{ depth: 200, dead: 0 }, { moved: 200 }]);
  }, 60_000);
});
