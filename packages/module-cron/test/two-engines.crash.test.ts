import { describe, expect, it } from '@jest/globals';
import { stopwatch } from '@motia/tools/stopwatch';
import { temporaryFolder } from '@motia/tools/testing';
import { CronProcess, journalOf, journalUntil, type CronProcessOptions, type JournalLine } from './fixtures/cron-process.js';
import { checkSlots } from './fixtures/slot-checker.js';

// However slow the machine is: what it cannot do in time, it catches up with.
const everySecond = { expression: '* * * * * * *', overlap: 'allow', catch_up: 'all' };

/** The journal once there is no gap in it: the later of two slots may be written down first, by the engine that is less busy. */
function untilWhole(journal: string): Promise<readonly JournalLine[]> {
  return journalUntil(journal, 'the slots in between', (seen) => checkSlots(seen, new Set()).lost.length === 0);
}

describe('two engines on one store', () => {
  it('C1 dispatch each slot of a job that runs each second once', async () => {
    await using folder = temporaryFolder('cron-two');
    const journal = folder.file('journal.jsonl');
    const options = { folder: folder.file('data'), journal, shared: true, config: everySecond };
    await using _here = await CronProcess.start({ ...options, name: 'here' });
    await using _there = await CronProcess.start({ ...options, name: 'there' });
    await journalUntil(journal, 'ten slots', (seen) => seen.length >= 10);
    const lines = await untilWhole(journal);
    expect(checkSlots(lines, new Set())).toMatchObject({ lost: [], duplicates: [], unfenced: [] });
  }, 90_000);

  it('C1 C4 go on when one of them is killed: no slot is lost, and none runs twice but those that died with it', async () => {
    await using folder = temporaryFolder('cron-two');
    const journal = folder.file('journal.jsonl');
    const options: Omit<CronProcessOptions, 'name'> = { folder: folder.file('data'), journal, shared: true, config: everySecond, runMs: 5_000 };
    const engines = new Map<string, CronProcess>();
    for (const name of ['first', 'second']) engines.set(name, await CronProcess.start({ ...options, name }));
    // The one that has the slots is the one to kill, in the middle of a run.
    const victim = (await journalUntil(journal, 'three slots', (seen) => seen.length >= 3)).at(-1)?.by ?? '';
    await engines.get(victim)?.kill();
    const sinceKill = stopwatch();
    const dead = journalOf(journal).filter(({ by }) => by === victim).at(-1)?.slot;
    // What died with it is started once more: as soon as its death is noticed, before its lease of ten seconds is over.
    await journalUntil(journal, 'the lost run', (seen) => seen.some(({ slot, attempt }) => slot === dead && attempt === 2));
    expect(sinceKill.elapsedMs()).toBeLessThan(5_000);
    await journalUntil(journal, 'ten slots of the other', (seen) => seen.filter(({ by }) => by !== victim).length >= 10);
    const lines = await untilWhole(journal);
    expect(checkSlots(lines, new Set([victim]))).toMatchObject({ lost: [], duplicates: [], unfenced: [] });
    expect(lines.filter(({ slot }) => slot === dead)).toHaveLength(2);
    for (const engine of engines.values()) await engine.kill();
  }, 120_000);
});

describe('an engine that is killed in the middle of a run, without a queue', () => {
  const config = { expression: '*/2 * * * * * *', catch_up_window_ms: 60_000 };

  it('starts it once more when it is back, with the same slot and a larger token; a second time it has failed', async () => {
    await using folder = temporaryFolder('cron-killed');
    const journal = folder.file('journal.jsonl');
    const options = { folder: folder.file('data'), journal, config, runMs: 600_000 };
    const starts: number[] = [];
    for (const name of ['one', 'two', 'three']) {
      const engine = await CronProcess.start({ ...options, name });
      await journalUntil(journal, `a run of ${name}`, (seen) => seen.some(({ by }) => by === name));
      starts.push(journalOf(journal).length);
      await engine.kill();
    }
    const lines = journalOf(journal);
    const [first, second, third] = lines;
    expect([second?.slot, second?.by, second?.attempt]).toEqual([first?.slot, 'two', 2]);
    expect((second?.token ?? 0) > (first?.token ?? 0)).toBe(true);
    // The third engine gives it up, and begins with another slot.
    expect(third?.slot === first?.slot).toBe(false);
    expect([third?.by, third?.attempt]).toEqual(['three', 1]);
  }, 90_000);

  it('that stops in order instead, gives it back at no cost', async () => {
    await using folder = temporaryFolder('cron-stopped');
    const journal = folder.file('journal.jsonl');
    const options = { folder: folder.file('data'), journal, config: { expression: '*/2 * * * * * *', catch_up_window_ms: 600_000 }, runMs: 600_000 };
    for (const name of ['one', 'two', 'three', 'four']) {
      const engine = await CronProcess.start({ ...options, name });
      await journalUntil(journal, `a run of ${name}`, (seen) => seen.some(({ by }) => by === name));
      await engine.kill('SIGTERM');
    }
    const lines = journalOf(journal);
    expect(new Set(lines.map(({ slot }) => slot)).size).toBe(1);
    expect(lines.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
  }, 120_000);
});
