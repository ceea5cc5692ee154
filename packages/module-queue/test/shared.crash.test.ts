import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { QueueServiceRef } from '@motia/engine-core/contract';
import { startTestHost } from '@motia/engine-core/testing';
import { sqliteStore } from '@motia/store-sqlite';
import { randomNumbers } from '@motia/tools/killer';
import { stopwatch } from '@motia/tools/stopwatch';
import { temporaryFolder } from '@motia/tools/testing';
import { queue } from '../src/index.js';
import { QueueChecker } from './fixtures/queue-checker.js';

const program = fileURLToPath(new URL('./fixtures/programs/shared-queue.mjs', import.meta.url));
const holder = fileURLToPath(new URL('./fixtures/programs/holding-queue.mjs', import.meta.url));
const seed = Number(process.env['MOTIA_KILLER_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

interface Running {
  readonly child: ChildProcess;
  readonly complaints: () => string;
}

/** One more engine on the store. All of them write into one history, so that what happened before what is known. */
async function start(folder: string, history: string, life: number): Promise<Running> {
  const file = openSync(history, 'a');
  const child = spawn(process.execPath, [program], { env: { ...process.env, QUEUE_FOLDER: folder, LIFE: String(life) }, stdio: ['pipe', 'pipe', 'pipe', file] });
  closeSync(file);
  let complaints = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaints = (complaints + text).slice(-4_000)));
  const isReady = await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data').then(() => true), once(child, 'exit').then(() => false)]);
  if (!isReady) throw new Error(`an engine did not start: ${complaints}`);
  return { child, complaints: () => complaints };
}

describe('several engines on one store, one of which is killed now and then', () => {
  it('Q1 Q2 Q8 Q14 each message is handled once between them, in the order of its group, and what a dead one held is taken over', async () => {
    await using folder = temporaryFolder('queue-shared');
    const random = randomNumbers(seed);
    const history = folder.file('history.jsonl');
    const running: Running[] = [];
    let lives = 0;
    try {
      for (; lives < 3; lives += 1) running.push(await start(folder.file('data'), history, lives));
      for (let kill = 0; kill < 6; kill += 1) {
        await new Promise((resolve) => setTimeout(resolve, 200 + random() * 600));
        const [victim] = running.splice(Math.floor(random() * running.length), 1) as [Running];
        appendFileSync(history, `${JSON.stringify({ killed: victim.child.pid })}\n`);
        victim.child.kill('SIGKILL');
        await once(victim.child, 'exit');
        running.push(await start(folder.file('data'), history, lives));
        lives += 1;
      }
      const ends = running.map(({ child }) => once(child, 'exit'));
      for (const { child } of running) child.stdin?.end();
      const codes = (await Promise.all(ends)).map(([code]) => code as number | null);
      expect([codes, running.map(({ complaints }) => complaints())]).toEqual([[0, 0, 0], ['', '', '']]);
    } finally {
      for (const { child } of running) child.kill('SIGKILL');
    }
    const checker = new QueueChecker();
    for (const line of readFileSync(history, 'utf8').split('\n')) if (line !== '') checker.note(JSON.parse(line), 0);
    expect({ seed, faults: checker.finish() }).toEqual({ seed, faults: [] });
    expect(checker.acknowledged).toBeGreaterThan(100);
    expect(checker.processKills).toBe(6);
  }, 120_000);
});

describe('a message that an engine holds on a shared store', () => {
  it('Q4 #17 is handled by another one within two seconds of the death of its engine, whatever its visibility timeout', async () => {
    await using folder = temporaryFolder('queue-takeover');
    const data = folder.file('data');
    const child = spawn(process.execPath, [holder], { env: { ...process.env, QUEUE_FOLDER: data }, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    await using other = await startTestHost([sqliteStore({ data_dir: data, shared: true }), queue({ adapter: { class: 'modules::queue::BuiltinQueueAdapter', config: { store_method: 'file_based', file_path: data } } })]);
    let hasTaken: (key: string) => void = () => undefined;
    const taken = new Promise<string>((resolve) => (hasTaken = resolve));
    other.functions.register({ id: 'take' }, (_data, { idempotencyKey }) => hasTaken(idempotencyKey as string));
    await other.triggers.register({ type: 'queue', functionId: 'take', config: { topic: 'orders' } });
    const sinceKill = stopwatch();
    child.kill('SIGKILL');
    await ended;
    const messageId = await taken;
    // Noticed within one second.
    expect(sinceKill.elapsedMs()).toBeLessThan(2_000);
    expect(await other.service(QueueServiceRef).ended(messageId)).toMatchObject({ state: 'completed' });
    expect(await other.functions.invoke('queue::message', { messageId })).toMatchObject({ losses: 1, deliveries: 2, failures: [{ code: 'MOTIA_QUEUE_ENGINE_LOST' }] });
  }, 60_000);
});
