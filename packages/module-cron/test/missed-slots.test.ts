import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '@motia/engine-core/testing';
import { temporaryFolder, type TemporaryFolder } from '@motia/tools/testing';
import { startCron } from './fixtures/start-cron.js';

const slots = (seen: readonly { readonly scheduled_time: string }[]): readonly string[] => seen.map(({ scheduled_time }) => scheduled_time.slice(11, 19));
const gate = () => {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open: () => open() };
};

/** An engine that was there at 12:00 and knows the job, then is down until `back`. */
async function afterDowntime(folder: TemporaryFolder, config: Readonly<Record<string, unknown>>, back: string) {
  {
    await using cron = await startCron({ folder: folder.path });
    await cron.job('tick', config);
  }
  const cron = await startCron({ folder: folder.path, clock: new ManualClock(back) });
  return { cron, ...(await cron.job('tick', config)) };
}

describe('C2 slots of an engine that was down', () => {
  it('last, the default: the newest within five minutes is run, marked, and the others are counted', async () => {
    await using folder = temporaryFolder('cron');
    const { cron, seen, jobId } = await afterDowntime(folder, { expression: '0 * * * * * *' }, '2026-03-10T12:10:30Z');
    await using _ = cron;
    await cron.pass('1s');
    expect(seen).toMatchObject([{ scheduled_time: '2026-03-10T12:10:00Z', actual_time: '2026-03-10T12:10:30.001Z', backfilled: true }]);
    expect(await cron.history(jobId)).toMatchObject([{ state: 'succeeded', backfilled: true, missed_before: 9 }]);
    expect(cron.host.logs.find('Cron slots were missed; the newest ones are run now')).toMatchObject({ level: 'warn', fields: { missed: 9 } });
    await cron.pass('1m');
    expect(seen.at(-1)).toMatchObject({ scheduled_time: '2026-03-10T12:11:00Z', backfilled: false });
  });

  it('last: what is older than the window is written down and not run', async () => {
    await using folder = temporaryFolder('cron');
    const { cron, seen, jobId } = await afterDowntime(folder, { expression: '0 0 13 * * * *' }, '2026-03-10T13:06:00Z');
    await using _ = cron;
    await cron.pass('1s');
    expect([seen, await cron.history(jobId)]).toMatchObject([[], [{ state: 'skipped', reason: 'missed', scheduled_time: '2026-03-10T13:00:00Z', missed_before: 1 }]]);
    expect(await cron.listed(jobId)).toMatchObject({ last_result: 'skipped', next_run: '2026-03-11T13:00:00Z' });
  });

  it('skip: none is run', async () => {
    await using folder = temporaryFolder('cron');
    const { cron, seen } = await afterDowntime(folder, { expression: '0 * * * * * *', catch_up: 'skip' }, '2026-03-10T12:10:30Z');
    await using _ = cron;
    await cron.pass('31s');
    expect(slots(seen)).toEqual(['12:11:00']);
  });

  it('all: each one within the window, in order, one after the other', async () => {
    await using folder = temporaryFolder('cron');
    {
      await using cron = await startCron({ folder: folder.path });
      await cron.job('tick', { expression: '0 * * * * * *', catch_up: 'all', catch_up_window_ms: 3_600_000 });
    }
    await using cron = await startCron({ folder: folder.path, clock: new ManualClock('2026-03-10T12:04:30Z') });
    let running = 0;
    let most = 0;
    const ends = [gate(), gate(), gate(), gate()];
    const { seen } = await cron.job('tick', { expression: '0 * * * * * *', catch_up: 'all', catch_up_window_ms: 3_600_000 }, async ({ scheduled_time }) => {
      most = Math.max(most, (running += 1));
      await ends[Number(scheduled_time.slice(14, 16)) - 1]?.passed;
      running -= 1;
    });
    await cron.pass('1s');
    expect(slots(seen)).toEqual(['12:01:00']);
    for (const end of ends) {
      end.open();
      await cron.pass('1s');
    }
    expect([slots(seen), most]).toEqual([['12:01:00', '12:02:00', '12:03:00', '12:04:00'], 1]);
    expect(seen.map(({ backfilled }) => backfilled)).toEqual([true, true, true, true]);
  });

  it('all: a slot that comes while the backlog is worked off waits for its turn', async () => {
    await using folder = temporaryFolder('cron');
    const config = { expression: '0 * * * * * *', catch_up: 'all' };
    {
      await using cron = await startCron({ folder: folder.path });
      await cron.job('tick', config);
    }
    await using cron = await startCron({ folder: folder.path, clock: new ManualClock('2026-03-10T12:02:50Z') });
    const first = gate();
    const { seen, jobId } = await cron.job('tick', config, async ({ scheduled_time }) => (scheduled_time.includes('12:01:00') ? first.passed : undefined));
    await cron.pass('30s');
    expect(slots(seen)).toEqual(['12:01:00']);
    first.open();
    await cron.pass('5s');
    expect(slots(seen)).toEqual(['12:01:00', '12:02:00', '12:03:00']);
    expect((await cron.history(jobId)).map(({ state }) => state)).toEqual(['succeeded', 'succeeded', 'succeeded']);
  });

  it('all: a hundred at most', async () => {
    await using folder = temporaryFolder('cron');
    const { cron, seen } = await afterDowntime(folder, { expression: '* * * * * * *', catch_up: 'all', catch_up_window_ms: 86_400_000, overlap: 'allow' }, '2026-03-10T13:00:00.500Z');
    await using _ = cron;
    await cron.pass('400ms');
    while (seen.length < 100) await new Promise<void>((resolve) => setImmediate(resolve));
    await cron.pass('50ms');
    expect([seen.length, seen[0]?.scheduled_time, seen.at(-1)?.scheduled_time]).toEqual([100, '2026-03-10T12:58:21Z', '2026-03-10T13:00:00Z']);
  });

  it('a one-off is run however late, by the store that waited for it', async () => {
    await using folder = temporaryFolder('cron');
    const { cron, seen, jobId } = await afterDowntime(folder, { at: '2026-03-10T12:30:00Z' }, '2026-03-12T12:00:00Z');
    await using _ = cron;
    await cron.pass('1s');
    expect(seen).toMatchObject([{ scheduled_time: '2026-03-10T12:30:00Z', backfilled: true }]);
    expect(await cron.listed(jobId)).toMatchObject({ status: 'finished' });
  });

  it('a job that is new has missed nothing', async () => {
    await using cron = await startCron({ start: '2026-03-10T12:00:30Z' });
    const { seen } = await cron.job('new', { expression: '0 * * * * * *', catch_up: 'all' });
    await cron.pass('1s');
    expect(seen).toEqual([]);
  });
});

describe('C6 clocks that jump', () => {
  it('asleep for three hours: one run to catch up, no burst', async () => {
    await using cron = await startCron();
    const { seen } = await cron.job('tick', { expression: '*/10 * * * * * *' });
    await cron.pass('20s');
    cron.clock.jump('2026-03-10T15:00:21Z');
    await cron.pass('20s');
    expect(seen.map(({ scheduled_time, backfilled }) => [scheduled_time.slice(11, 19), backfilled])).toEqual([['12:00:10', false], ['12:00:20', false], ['15:00:30', false], ['15:00:40', false]]);
    expect(cron.host.logs.find('The clock has jumped')).toMatchObject({ level: 'warn', fields: { byMs: expect.any(Number) } });
    // Nightly work that fell into the sleep is not lost if it is not too old.
    const { seen: nightly } = await cron.job('nightly', { expression: '0 0 16 * * * *' });
    cron.clock.jump('2026-03-10T16:04:00Z');
    await cron.pass('61s');
    expect(nightly).toMatchObject([{ scheduled_time: '2026-03-10T16:00:00Z', backfilled: true }]);
  });

  it('an hour forward is noticed within a minute, its slots are missed ones', async () => {
    await using cron = await startCron();
    const { seen, jobId } = await cron.job('tick', { expression: '0 */10 * * * * *' });
    cron.clock.jump('2026-03-10T13:02:00Z');
    await cron.pass('60s');
    expect(seen).toMatchObject([{ scheduled_time: '2026-03-10T13:00:00Z', backfilled: true }]);
    expect(await cron.history(jobId)).toMatchObject([{ missed_before: 5 }]);
  });

  it('an hour back: no slot comes twice', async () => {
    await using cron = await startCron();
    const { seen } = await cron.job('tick', { expression: '0 */10 * * * * *' });
    await cron.pass('30m');
    cron.clock.jump('2026-03-10T11:30:00Z');
    await cron.pass('71m');
    expect(slots(seen)).toEqual(['12:10:00', '12:20:00', '12:30:00', '12:40:00']);
  });

  it('ten years ahead and back: the schedule goes on, and no slot that ran comes twice', async () => {
    await using cron = await startCron();
    const { seen } = await cron.job('tick', { expression: '0 */10 * * * * *' });
    await cron.pass('20m');
    cron.clock.jump('2036-03-10T12:00:30Z');
    await cron.pass('60s');
    expect(seen.at(-1)).toMatchObject({ scheduled_time: '2036-03-10T12:00:00Z' });
    cron.clock.jump('2026-03-10T12:25:00Z');
    await cron.pass('16m');
    expect(slots(seen.slice(3))).toEqual(['12:30:00', '12:40:00']);
    expect(new Set(seen.map(({ scheduled_time }) => scheduled_time)).size).toBe(seen.length);
  });

  it('back over a restart: no slot comes twice either', async () => {
    await using folder = temporaryFolder('cron');
    {
      await using cron = await startCron({ folder: folder.path });
      await cron.job('tick', { expression: '0 */10 * * * * *' });
      await cron.pass('30m');
    }
    await using cron = await startCron({ folder: folder.path, clock: new ManualClock('2026-03-10T12:05:00Z') });
    const { seen } = await cron.job('tick', { expression: '0 */10 * * * * *' });
    await cron.pass('40m');
    expect(slots(seen)).toEqual(['12:40:00']);
  });
});
