import { describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { ManualClock } from '@motia/engine-core/testing';
import { temporaryFolder } from '@motia/tools/testing';
import { sqliteStore } from '@motia/store-sqlite';
import { EngineWatch } from '../src/adapters/engine-watch.js';
import { startCron, type CronFixture } from './fixtures/start-cron.js';

/** Changes rows behind the back of the engine. */
function damage(file: string, sql: string): void {
  const db = new Database(file);
  expect(db.prepare(sql).run().changes).toBeGreaterThan(0);
  db.close();
}
function quarantined(file: string): readonly string[] {
  const db = new Database(file, { readonly: true });
  const tables = db.prepare('SELECT table_name AS name FROM store_quarantine ORDER BY id').all() as { name: string }[];
  db.close();
  return tables.map(({ name }) => name);
}
const told = ({ host }: CronFixture) => host.logs.records.filter(({ level, message }) => level === 'error' && message.includes('not what was written')).map(({ fields }) => fields?.['table']);
const everyMinute = { expression: '0 * * * * * *' };

describe('#14 a row of schedules that is not what was written', () => {
  it('of a job in code, found at the start, moves to the quarantine; the job begins anew and the engine says so', async () => {
    await using folder = temporaryFolder('cron-corrupt');
    const file = folder.file('motia.db');
    {
      await using before = await startCron({ folder: folder.path });
      await before.job('tick', everyMinute);
      await before.pass('2m');
    }
    damage(file, "UPDATE cron_jobs SET anchor_ms = anchor_ms + 3600000");
    await using cron = await startCron({ folder: folder.path, clock: new ManualClock('2026-03-10T12:02:10Z') });
    const { seen } = await cron.job('tick', everyMinute);
    await cron.pass('1m');
    expect(seen.map(({ scheduled_time: slot }) => slot)).toEqual(['2026-03-10T12:03:00Z']);
    expect([quarantined(file), told(cron)]).toEqual([['cron_jobs'], ['cron_jobs']]);
    expect(cron.host.health.report().components['store-sqlite']).toMatchObject({ status: 'degraded' });
  });

  it('of a job in code, found when a slot is due, costs no slot: the job is known again as the engine has it', async () => {
    await using folder = temporaryFolder('cron-corrupt');
    const file = folder.file('motia.db');
    await using cron = await startCron({ folder: folder.path });
    const { seen, jobId } = await cron.job('tick', everyMinute);
    await cron.pass('1m');
    damage(file, "UPDATE cron_jobs SET function_id = 'tock'");
    await cron.pass('1m');
    damage(file, "UPDATE cron_jobs SET anchor_ms = anchor_ms - 60000");
    await cron.call('cron::run_now', { job_id: jobId });
    await cron.pass('1m');
    expect(seen.filter(({ manual }) => manual !== true).map(({ scheduled_time: slot }) => slot).sort()).toEqual(expect.arrayContaining(['2026-03-10T12:01:00Z', '2026-03-10T12:02:00Z', '2026-03-10T12:03:00Z']));
    expect(seen).toHaveLength(4);
    expect(quarantined(file)).toEqual(['cron_jobs']);
    expect(told(cron)).toEqual(['cron_jobs']);
  });

  it('of a job that a call made moves to the quarantine, is not run, and leaves the others alone', async () => {
    await using folder = temporaryFolder('cron-corrupt');
    const file = folder.file('motia.db');
    {
      await using before = await startCron({ folder: folder.path });
      await before.job('mail', everyMinute);
      for (const job_id of ['good', 'bad']) await before.call('cron::schedule', { job_id, function_id: 'mail', at: '2026-03-10T13:00:30Z', data: { job_id } });
    }
    damage(file, "UPDATE cron_jobs SET spec = replace(spec, '13:00', '13:01') WHERE job_id = 'bad'");
    await using cron = await startCron({ folder: folder.path, clock: new ManualClock('2026-03-10T13:00:10Z') });
    const { seen } = await cron.job('mail', { expression: '0 0 0 1 1 * *' });
    await cron.pass('2m');
    expect(seen.map(({ data }) => data)).toEqual([{ job_id: 'good' }]);
    expect([quarantined(file), told(cron)]).toEqual([['cron_jobs'], ['cron_jobs']]);
    expect(await cron.call('cron::schedule', { job_id: 'bad', function_id: 'mail', delay_ms: 1_000 })).toMatchObject({ replaced: false });
  });

  it('of a run is left out of the history, and an open one blocks no slot', async () => {
    await using folder = temporaryFolder('cron-corrupt');
    const file = folder.file('motia.db');
    await using cron = await startCron({ folder: folder.path });
    let finish = (): void => undefined;
    const { seen, jobId } = await cron.job('tick', everyMinute, () => (seen.length === 2 ? new Promise<void>((resolve) => (finish = resolve)) : undefined));
    await cron.pass('2m');
    damage(file, "UPDATE cron_runs SET attempts = 9");
    await cron.pass('1m');
    expect(seen).toHaveLength(3);
    expect((await cron.history(jobId)).map((run) => run['scheduled_time'])).toEqual(['2026-03-10T12:03:00Z']);
    expect(quarantined(file)).toEqual(['cron_runs', 'cron_runs']);
    expect(told(cron)).toEqual(['cron_runs', 'cron_runs']);
    finish();
  });
});

describe('#14 a counter that is not what was written', () => {
  it('C4 of fencing tokens gives out none a second time', async () => {
    await using folder = temporaryFolder('cron-corrupt');
    const file = folder.file('motia.db');
    await using cron = await startCron({ folder: folder.path });
    const { seen } = await cron.job('tick', everyMinute);
    await cron.pass('3m');
    damage(file, "UPDATE cron_counters SET value = 1 WHERE name = 'fence'");
    await cron.pass('1m');
    damage(file, "DELETE FROM cron_counters WHERE name = 'fence'");
    await cron.pass('1m');
    damage(file, "UPDATE cron_counters SET value = 100 WHERE name = 'fence'");
    await cron.pass('2m');
    expect(seen.map(({ fencingToken }) => fencingToken)).toEqual([1, 2, 3, 4, 5, 101, 102]);
    // Told once for each row, however often it is found.
    expect([quarantined(file), told(cron)]).toEqual([['cron_counters'], ['cron_counters']]);
  });

  it('of changes is set right by the next one, which every engine sees', async () => {
    await using folder = temporaryFolder('cron-corrupt');
    const file = folder.file('motia.db');
    await using cron = await startCron({ folder: folder.path });
    const { seen } = await cron.job('mail', { expression: '0 0 0 1 1 * *' });
    await cron.call('cron::schedule', { job_id: 'a', function_id: 'mail', delay_ms: 60_000 });
    damage(file, "UPDATE cron_counters SET value = value + 7 WHERE name = 'scheduled'");
    await cron.call('cron::schedule', { job_id: 'b', function_id: 'mail', delay_ms: 60_000 });
    await cron.pass('61s');
    expect(seen).toHaveLength(2);
    expect(told(cron)).toEqual(['cron_counters']);
  });

  it('of signs of life is counted anew, and takes nobody for gone', async () => {
    await using folder = temporaryFolder('cron-corrupt');
    const file = folder.file('motia.db');
    await using cron = await startCron({ folder: folder.path, modules: [sqliteStore({ shared: true })] });
    await cron.pass('10s');
    damage(file, 'UPDATE cron_engines SET beat = beat + 5');
    await cron.pass('3s');
    expect([quarantined(file), told(cron)]).toEqual([['cron_engines'], ['cron_engines']]);
    await cron.pass('30s');
    expect(told(cron)).toHaveLength(1);

    const clock = new ManualClock();
    const watch = new EngineWatch(clock);
    const beat = { engineId: 'other', beat: 1 };
    watch.look([beat]);
    await clock.advance('3s');
    watch.look([], { isWhole: false });
    await clock.advance('3s');
    watch.look([]);
    expect(watch.isGone('other')).toBe(false);
    watch.look([beat]);
    await clock.advance('3s');
    expect([watch.look([]), watch.isGone('other')]).toEqual([[], true]);
    watch.look([{ engineId: 'third', beat: 1 }], { isWhole: false });
    watch.look([], { isWhole: false });
    await clock.advance('10s');
    watch.look([]);
    expect(watch.isGone('third')).toBe(true);
  });
});

it('rows from before there were checksums are taken as they are', async () => {
  await using folder = temporaryFolder('cron-corrupt');
  const file = folder.file('motia.db');
  {
    await using before = await startCron({ folder: folder.path });
    await before.job('tick', everyMinute);
    await before.call('cron::schedule', { job_id: 'once', function_id: 'tick', at: '2026-03-10T12:10:30Z' });
    await before.pass('2m');
  }
  const db = new Database(file);
  for (const table of ['cron_jobs', 'cron_runs', 'cron_counters', 'cron_engines']) db.exec(`ALTER TABLE ${table} DROP COLUMN crc`);
  db.exec("UPDATE store_programs SET version = 1 WHERE name = 'cron'");
  db.close();
  await using cron = await startCron({ folder: folder.path, clock: new ManualClock('2026-03-10T12:09:30Z') });
  const { jobId, seen } = await cron.job('tick', { ...everyMinute });
  await cron.pass('90s');
  expect(await cron.history(jobId)).toHaveLength(5);
  expect(seen).toHaveLength(4);
  expect([quarantined(file), told(cron)]).toEqual([[], []]);
});
