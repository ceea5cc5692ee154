import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { stopwatch } from '@motia/tools/stopwatch';
import { temporaryFolder } from '@motia/tools/testing';
import { callPort, type Answer } from './fixtures/start-rest.js';

const program = fileURLToPath(new URL('./fixtures/programs/keyed-engine.mjs', import.meta.url));

class Engine implements AsyncDisposable {
  private constructor(private readonly child: ChildProcess, readonly port: number) {}

  static async start(folder: string, ...options: string[]): Promise<Engine> {
    const child = spawn(process.execPath, [program, folder, ...options], { env: { ...process.env, NODE_OPTIONS: '' }, stdio: ['pipe', 'pipe', 'inherit'] });
    const failed = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the engine ended with ${String(code)} before it listened`)));
    const [line] = (await Promise.race([once(createInterface({ input: child.stdout }), 'line'), failed])) as [string];
    failed.catch(() => undefined);
    return new Engine(child, Number(line));
  }

  pay(order: string, body: object = {}): Promise<Answer> {
    return callPort(this.port, 'POST /pay', { body: JSON.stringify({ order, ...body }), headers: { 'content-type': 'application/json', 'idempotency-key': order } });
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}

const runsIn = (folder: string): { readonly order: string; readonly key: string; readonly run: string }[] =>
  existsSync(`${folder}/runs`) ? readFileSync(`${folder}/runs`, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as never) : [];

describe('R4 kill -9 of the engine', () => {
  it('after the answer: the repetition gets it again', async () => {
    await using folder = temporaryFolder('keyed');
    const first = await Engine.start(folder.path);
    const answer = await first.pay('a');
    expect(answer.status).toBe(201);
    await first.kill();
    await using second = await Engine.start(folder.path);
    expect(await second.pay('a')).toMatchObject({ status: 201, text: answer.text, headers: { 'idempotent-replayed': 'true' } });
    expect(runsIn(folder.path)).toHaveLength(1);
  });

  it('in the middle of the run: the repetition runs at once, known by the same key', async () => {
    await using folder = temporaryFolder('keyed');
    const first = await Engine.start(folder.path);
    const cut = first.pay('a', { hangs: true }).catch((error: { code?: string }) => error.code);
    while (runsIn(folder.path).length === 0) await new Promise((resolve) => setImmediate(resolve));
    await first.kill();
    expect(await cut).toBe('ECONNRESET');
    await using second = await Engine.start(folder.path, '--hurry');
    expect((await second.pay('a', { hangs: true })).status).toBe(201);
    const [one, two] = runsIn(folder.path);
    expect([one?.key, one?.run === two?.run]).toEqual([two?.key, false]);
  });

  it('in the middle of the run, on a shared store: a repetition that waits at another engine runs there within two seconds', async () => {
    await using folder = temporaryFolder('keyed');
    const first = await Engine.start(folder.path, '--shared');
    await using second = await Engine.start(folder.path, '--shared', '--hurry');
    first.pay('a', { hangs: true }).catch(() => undefined);
    while (runsIn(folder.path).length === 0) await new Promise((resolve) => setImmediate(resolve));
    const repeated = second.pay('a', { hangs: true });
    // As long as the first one lives it is its request, though it hangs.
    expect(await Promise.race([repeated, second.pay('b')])).toMatchObject({ status: 201 });
    expect(runsIn(folder.path).map(({ order }) => order)).toEqual(['a', 'b']);
    const sinceKill = stopwatch();
    await first.kill();
    expect((await repeated).status).toBe(201);
    // Noticed within one second.
    expect(sinceKill.elapsedMs()).toBeLessThan(2_000);
    expect(runsIn(folder.path).map(({ order }) => order)).toEqual(['a', 'b', 'a']);
  }, 60_000);

  it('at any moment: what was answered once is answered so for ever', async () => {
    await using folder = temporaryFolder('keyed');
    const answered = new Map<string, string>();
    const asked: string[] = [];
    for (let round = 0; round < 10; round += 1) {
      await using engine = await Engine.start(folder.path);
      let isKilled = false;
      const lanes = Array.from({ length: 4 }, async (_, lane) => {
        for (let turn = 0; !isKilled; turn += 1) {
          // Every second one is a repetition of whatever came before, answered or not.
          const order = turn % 2 === 1 && asked.length > 0 ? (asked[(turn * 31 + lane * 7 + round) % asked.length] ?? '') : `${round}-${lane}-${turn}`;
          asked.push(order);
          const answer = await engine.pay(order).catch(() => undefined);
          if (answer === undefined) return;
          expect([201, 409]).toContain(answer.status);
          if (answer.status !== 201) continue;
          expect(answer.text).toBe(answered.get(order) ?? answer.text);
          answered.set(order, answer.text);
        }
      });
      while (answered.size < (round + 1) * 12) await new Promise((resolve) => setImmediate(resolve));
      await engine.kill();
      isKilled = true;
      await Promise.all(lanes);
    }
    await using engine = await Engine.start(folder.path);
    for (const [order, text] of answered) expect((await engine.pay(order)).text).toBe(text);
    expect(answered.size).toBeGreaterThanOrEqual(120);
  }, 60_000);
});
