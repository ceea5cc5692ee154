import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { CronProcess, journalOf } from './fixtures/cron-process.js';
import { checkSlots } from './fixtures/slot-checker.js';

describe('two engines on one store, for a minute', () => {
  it.each([['and nothing happens', false], ['while one after the other is killed and comes back', true]])('C1 each slot is dispatched once: %s', async (_, withKills) => {
    await using folder = temporaryFolder('cron-soak');
    const journal = folder.file('journal.jsonl');
    const options = { folder: folder.file('data'), journal, shared: true, config: { expression: '* * * * * * *', overlap: 'allow', catch_up: 'all' }, runMs: 100 };
    const engines: { name: string; process: CronProcess }[] = [];
    let started = 0;
    const start = async (): Promise<void> => {
      const name = `engine-${(started += 1)}`;
      engines.push({ name, process: await CronProcess.start({ ...options, name }) });
    };
    await start();
    await start();
    const killed = new Set<string>();
    for (let second = 0; second < 60; second += 1) {
      await sleep(1_000);
      if (!withKills || second % 6 !== 5) continue;
      const victim = engines.shift();
      if (victim === undefined) continue;
      killed.add(victim.name);
      await victim.process.kill();
      await start();
    }
    for (const { process } of engines) await process.kill('SIGTERM');
    const check = checkSlots(journalOf(journal), killed);
    expect(check).toMatchObject({ lost: [], duplicates: [], unfenced: [] });
    expect(check.slots).toBeGreaterThan(40);
  }, 180_000);
});
