import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { KvStore } from '../src/index.js';
import { seededRandom, startStateEngine, type StateEngine } from '../src/testing/index.js';

const program = fileURLToPath(new URL('./fixtures/writing-engine.mjs', import.meta.url));
const reopen = (folder: string): Promise<StateEngine> => startStateEngine({ adapter: KvStore, options: () => ({}) }, { store_method: 'file_based', file_path: folder });

/** Runs the program until its lines satisfy `isEnough`, and kills it then. Answers all lines that came out. */
async function runAndKill(folder: string, job: string, isEnough: (lines: readonly string[]) => boolean): Promise<readonly string[]> {
  // The published build: without the condition that sends imports to the sources.
  const child: ChildProcess = spawn(process.execPath, [program, folder, job], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } });
  const lines: string[] = [];
  const out = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const exited = once(child, 'exit');
  const ended = once(out, 'close');
  out.on('line', (line) => {
    lines.push(line);
    if (isEnough(lines)) child.kill('SIGKILL');
  });
  const [code, signal] = (await exited) as [number | null, string | null];
  await ended;
  expect([code, signal]).toEqual([null, 'SIGKILL']);
  return lines;
}

describe('an engine that is killed', () => {
  it('S4 #6 loses nothing that it acknowledged, and keeps each update whole, with its history', async () => {
    const seed = Math.floor(Math.random() * 1_000_000);
    const random = seededRandom(seed);
    await using folder = temporaryFolder('state-kill');
    const acked = new Map<string, number>();
    for (let kill = 0; kill < 6; kill += 1) {
      const enough = 1 + Math.floor(random() * 400);
      const lines = await runAndKill(folder.path, 'write', (given) => given.length >= enough);
      for (const line of lines) {
        const [, key = '', version] = line.split(' ');
        acked.set(key, Math.max(acked.get(key) ?? 0, Number(version)));
      }
      await using engine = await reopen(folder.path);
      for (const [key, version] of acked) {
        const place = { seed, kill, key };
        const { entries } = await engine.call<{ entries: { version: number; after?: unknown }[] }>('state::history', { scope: 's', key, limit: 1 });
        const stored = await engine.call<{ version: number; value: { a: number; b: number; log: string } } | undefined>('state::get', { scope: 's', key, with_version: true });
        // What was written and not acknowledged may be there as well.
        expect({ ...place, lost: Math.max(0, version - (entries[0]?.version ?? 0)) }).toEqual({ ...place, lost: 0 });
        expect({ ...place, newest: entries[0]?.after }).toEqual({ ...place, newest: stored?.value });
        if (stored !== undefined) expect({ ...place, b: stored.value.b, log: stored.value.log.length }).toEqual({ ...place, b: stored.value.a, log: stored.value.a });
      }
    }
  }, 120_000);

  it('S6 #3 leaves state triggers due: those it was running and those it could not, once each and in order', async () => {
    await using folder = temporaryFolder('state-kill');
    const lines = await runAndKill(folder.path, 'trigger', (given) => given.includes('begun k') && given.includes('written'));
    expect(lines).toEqual(expect.arrayContaining(['begun k', 'written']));
    await using engine = await reopen(folder.path);
    const seen: string[] = [];
    await new Promise<void>((resolve) => {
      for (const functionId of ['hangs', 'missing']) {
        engine.host.functions.register({ id: functionId }, (payload) => {
          seen.push(`${functionId} ${String((payload as { new_value: number }).new_value)}`);
          if (seen.length === 6) resolve();
        });
        void engine.host.triggers.register({ type: 'state', functionId, config: { scope: 's' } });
      }
    });
    await engine.clock.advance('1h');
    expect(seen.filter((name) => name.startsWith('hangs'))).toEqual(['hangs 1', 'hangs 2', 'hangs 3']);
    expect(seen.filter((name) => name.startsWith('missing'))).toEqual(['missing 1', 'missing 2', 'missing 3']);
  }, 60_000);
});
