import { describe, expect, it } from '@jest/globals';
import { CronServiceRef } from '@motia/engine-core/contract';
import { ManualClock } from '@motia/engine-core/testing';
import { sqliteStore } from '@motia/store-sqlite';
import { temporaryFolder } from '@motia/tools/testing';
import type { CronPayload } from '../src/index.js';
import { startCron, type CronFixture } from './fixtures/start-cron.js';

/** A function that may be scheduled, and what it got. */
function collector(cron: CronFixture, id = 'remind', handler: (payload: CronPayload) => unknown = () => undefined): CronPayload[] {
  const seen: CronPayload[] = [];
  cron.host.functions.register({ id }, (payload) => {
    seen.push(payload as CronPayload);
    return handler(payload as CronPayload);
  });
  return seen;
}
const jobs = async (cron: CronFixture): Promise<readonly Record<string, unknown>[]> => (await cron.call<{ jobs: Record<string, unknown>[] }>('cron::list')).jobs;

describe('cron::schedule', () => {
  it('runs a function once, at a time, with data', async () => {
    await using cron = await startCron();
    const seen = collector(cron);
    const answer = await cron.call('cron::schedule', { function_id: 'remind', at: '2026-03-12T09:00:00+01:00', data: { user: 'ada' } });
    expect(answer).toEqual({ job_id: expect.stringMatching(/^job_[0-9a-f-]{36}$/), next_run: '2026-03-12T08:00:00Z', replaced: false });
    expect(await jobs(cron)).toMatchObject([{ origin: 'scheduled', function_id: 'remind', at: '2026-03-12T08:00:00Z', status: 'active', next_run: '2026-03-12T08:00:00Z', data: { user: 'ada' } }]);
    await cron.pass('3d');
    expect(seen).toEqual([{ trigger: 'cron', job_id: answer['job_id'], scheduled_time: '2026-03-12T08:00:00Z', actual_time: '2026-03-12T08:00:00Z', fencingToken: 1, backfilled: false, data: { user: 'ada' } }]);
    // It is forgotten, its history is not.
    expect([await jobs(cron), (await cron.history(String(answer['job_id']))).map(({ state }) => state)]).toEqual([[], ['succeeded']]);
  });

  it('runs a function once, in a while', async () => {
    await using cron = await startCron();
    const seen = collector(cron);
    expect(await cron.call('cron::schedule', { function_id: 'remind', delay_ms: 90_500 })).toMatchObject({ next_run: '2026-03-10T12:01:30.500Z' });
    await cron.call('cron::schedule', { function_id: 'remind', delayMs: 0 });
    await cron.pass('2m');
    expect(seen.map(({ scheduled_time }) => scheduled_time)).toEqual(['2026-03-10T12:00:00Z', '2026-03-10T12:01:30.500Z']);
  });

  it('runs a function over and over', async () => {
    await using cron = await startCron();
    const seen = collector(cron);
    expect(await cron.call('cron::schedule', { function_id: 'remind', expression: '0 0 9 * * * *', timezone: 'Europe/Berlin', job_id: 'daily' })).toEqual({ job_id: 'daily', next_run: '2026-03-11T08:00:00Z', replaced: false });
    await cron.pass('2d');
    expect(seen.map(({ job_id, scheduled_time }) => [job_id, scheduled_time])).toEqual([['daily', '2026-03-11T08:00:00Z'], ['daily', '2026-03-12T08:00:00Z']]);
  });

  it('the same name again replaces the job', async () => {
    await using cron = await startCron();
    const seen = collector(cron);
    await cron.call('cron::schedule', { function_id: 'remind', delay_ms: 60_000, job_id: 'r', data: 1 });
    expect(await cron.call('cron::schedule', { function_id: 'remind', delay_ms: 120_000, job_id: 'r', data: 2 })).toMatchObject({ replaced: true });
    await cron.pass('5m');
    expect(seen.map(({ data, scheduled_time }) => [data, scheduled_time])).toEqual([[2, '2026-03-10T12:02:00Z']]);
  });

  it('keeps jobs over a restart, and runs a one-off that was due meanwhile however late', async () => {
    await using folder = temporaryFolder('cron');
    {
      await using cron = await startCron({ folder: folder.path });
      collector(cron);
      await cron.call('cron::schedule', { function_id: 'remind', at: '2026-03-10T13:00:00Z', job_id: 'once', data: 'x' });
      await cron.call('cron::schedule', { function_id: 'remind', expression: '0 0 * * * * *', job_id: 'hourly' });
    }
    await using cron = await startCron({ folder: folder.path, clock: new ManualClock('2026-03-11T12:30:00Z') });
    expect((await jobs(cron)).map(({ job_id, status }) => [job_id, status])).toEqual([['hourly', 'waiting_for_function'], ['once', 'waiting_for_function']]);
    await cron.pass('10m');
    const seen = collector(cron);
    await cron.pass('21m');
    expect(seen.map(({ job_id, scheduled_time, backfilled }) => [job_id, scheduled_time, backfilled])).toEqual([['once', '2026-03-10T13:00:00Z', true], ['hourly', '2026-03-11T13:00:00Z', false]]);
  });

  it('a job whose function goes away waits for it', async () => {
    await using cron = await startCron();
    const registration = cron.host.functions.register({ id: 'comes-and-goes' }, () => undefined);
    await cron.call('cron::schedule', { function_id: 'comes-and-goes', delay_ms: 60_000, job_id: 'r' });
    registration.dispose();
    await cron.pass('10m');
    expect(await jobs(cron)).toMatchObject([{ job_id: 'r', status: 'waiting_for_function' }]);
    const seen = collector(cron, 'comes-and-goes');
    await cron.pass('1s');
    expect(seen).toMatchObject([{ job_id: 'r', backfilled: true }]);
  });

  it('takes the keys of a trigger', async () => {
    await using cron = await startCron();
    collector(cron);
    cron.host.functions.register({ id: 'never' }, () => false);
    await cron.call('cron::schedule', { function_id: 'remind', expression: '0 * * * * * *', job_id: 'j', overlap: 'allow', catchUp: 'all', timeoutMs: 5_000, condition_function_id: 'never' });
    expect(await jobs(cron)).toMatchObject([{ overlap: 'allow', catch_up: 'all', timeout_ms: 5_000, condition_function_id: 'never' }]);
    await cron.pass('1m');
    expect(await cron.history('j')).toMatchObject([{ state: 'skipped', reason: 'condition' }]);
  });

  it.each([
    [{}, 'MOTIA_CRON_INVALID_REQUEST', '`function_id` is required'],
    [{ function_id: 'remind' }, 'MOTIA_CRON_INVALID_REQUEST', 'it needs `expression` or `at`'],
    [{ function_id: 'remid', delay_ms: 1 }, 'MOTIA_CRON_INVALID_REQUEST', 'there is no function "remid" (did you mean "remind"?)'],
    [{ function_id: 'remind', delay_ms: -1 }, 'MOTIA_CRON_INVALID_REQUEST', 'at least 0'],
    [{ function_id: 'remind', delay_ms: Infinity }, 'MOTIA_CRON_INVALID_REQUEST', 'delay_ms'],
    [{ function_id: 'remind', delay_ms: 1, at: '2030-01-01T00:00:00Z' }, 'MOTIA_CRON_INVALID_REQUEST', 'goes without'],
    [{ function_id: 'remind', delay_ms: 1, job_id: 'trg_1' }, 'MOTIA_CRON_INVALID_REQUEST', 'must not begin with trg_'],
    [{ function_id: 'remind', delay_ms: 1, overlp: 'allow' }, 'MOTIA_CRON_INVALID_REQUEST', 'did you mean `overlap`?'],
    [{ function_id: 'remind', delay_ms: 1, data: 'x'.repeat(140_000) }, 'MOTIA_CRON_INVALID_REQUEST', 'larger than 131072 bytes'],
    [{ function_id: 'remind', at: '2026-03-10T11:00:00Z' }, 'MOTIA_CRON_NEVER_FIRES', 'in the past'],
    [{ function_id: 'remind', at: '2026-13-01T00:00:00Z' }, 'MOTIA_CRON_INVALID_TIME', 'is no point in time'],
    [{ function_id: 'remind', expression: '0 0 25 * * * *' }, 'MOTIA_CRON_INVALID_CRON', 'Nearest reading'],
    [{ function_id: 'remind', expression: '0 0 2 * * * *', timezone: 'Moon' }, 'MOTIA_CRON_INVALID_TIMEZONE', 'no time zone'],
  ])('refuses %j', async (payload, code, problem) => {
    await using cron = await startCron();
    collector(cron);
    const failure = (await cron.call('cron::schedule', payload).catch((error: unknown) => error)) as Error & { code: string };
    expect([failure.code, failure.message]).toEqual([code, expect.stringContaining(problem)]);
    expect(await jobs(cron)).toEqual([]);
  });

  it('refuses a payload that is no object', async () => {
    await using cron = await startCron();
    for (const payload of ['x', [], 7]) await expect(cron.call('cron::schedule', payload)).rejects.toMatchObject({ code: 'MOTIA_CRON_INVALID_REQUEST', status: 400 });
  });
});

describe('cron::cancel', () => {
  it('takes a job out; twice, or after it ran, is no mistake', async () => {
    await using cron = await startCron();
    const seen = collector(cron);
    await cron.call('cron::schedule', { function_id: 'remind', delay_ms: 60_000, job_id: 'r' });
    expect(await cron.call('cron::cancel', { job_id: 'r' })).toEqual({ job_id: 'r', cancelled: true });
    expect(await cron.call('cron::cancel', { job_id: 'r' })).toEqual({ job_id: 'r', cancelled: false });
    await cron.pass('1h');
    expect(seen).toEqual([]);
  });

  it('takes a one-off trigger out before it is due, for good', async () => {
    await using folder = temporaryFolder('cron');
    const config = { at: '2026-03-10T13:00:00Z' };
    for (const start of ['2026-03-10T12:00:00Z', '2026-03-10T12:59:59Z']) {
      await using cron = await startCron({ folder: folder.path, clock: new ManualClock(start) });
      const { seen, jobId } = await cron.job('launch', config);
      const isFirst = start.includes('12:00:00');
      if (isFirst) expect(await cron.call('cron::cancel', { job_id: jobId })).toEqual({ job_id: jobId, cancelled: true });
      expect(await cron.call('cron::cancel', { job_id: jobId })).toEqual({ job_id: jobId, cancelled: false });
      expect(await cron.listed(jobId)).toMatchObject({ status: 'finished' });
      await cron.pass('2m');
      expect([seen, await cron.history(jobId)]).toMatchObject([[], [{ state: 'skipped', reason: 'cancelled' }]]);
    }
  });

  it('does not take what is in code', async () => {
    await using cron = await startCron();
    const { jobId } = await cron.job('tick', { expression: '0 * * * * * *' });
    await expect(cron.call('cron::cancel', { job_id: jobId })).rejects.toMatchObject({ code: 'MOTIA_CRON_JOB_NOT_CANCELLABLE', status: 409 });
  });
});

describe('cron::schedule of a job that is there as it is', () => {
  it('changes nothing: what ran is not run again, and no job is left over', async () => {
    await using cron = await startCron();
    const seen = collector(cron);
    const request = { function_id: 'remind', job_id: 'r', at: '2026-03-10T12:01:00Z' };
    await cron.call('cron::schedule', request);
    await cron.pass('2m');
    await cron.call('cron::schedule', request);
    await cron.pass('2m');
    expect([seen.length, await jobs(cron)]).toEqual([1, []]);
  });

  it('C2 keeps the slots that were missed before it was made known again', async () => {
    await using folder = temporaryFolder('cron');
    const request = { function_id: 'report', job_id: 'r', expression: '0 0 * * * * *' };
    {
      await using cron = await startCron({ folder: folder.path });
      collector(cron, 'report');
      await cron.call('cron::schedule', request);
    }
    await using cron = await startCron({ folder: folder.path, start: '2026-03-10T13:02:00Z' });
    const seen = collector(cron, 'report');
    await cron.call('cron::schedule', request);
    await cron.pass('1m');
    expect(seen).toMatchObject([{ scheduled_time: '2026-03-10T13:00:00Z', backfilled: true }]);
  });
});

describe('cron::run_now', () => {
  it('runs a job beside its schedule', async () => {
    await using cron = await startCron();
    const { seen, jobId } = await cron.job('tick', { expression: '0 */5 * * * * *' });
    expect(await cron.call('cron::run_now', { job_id: jobId })).toEqual({ job_id: jobId, scheduled_time: '2026-03-10T12:00:00Z' });
    await cron.pass('6m');
    expect(seen).toMatchObject([{ scheduled_time: '2026-03-10T12:00:00Z', manual: true, backfilled: false }, { scheduled_time: '2026-03-10T12:05:00Z' }]);
    expect('manual' in (seen[1] ?? {})).toBe(false);
    expect(await cron.history(jobId)).toMatchObject([{ kind: 'slot' }, { kind: 'manual', state: 'succeeded' }]);
  });

  it('two within a millisecond are two', async () => {
    await using cron = await startCron();
    const { seen, jobId } = await cron.job('tick', { expression: '0 */5 * * * * *', overlap: 'allow' });
    await Promise.all([1, 2, 3].map(() => cron.call('cron::run_now', { job_id: jobId })));
    await cron.pass('1s');
    expect([seen.length, new Set(seen.map(({ scheduled_time }) => scheduled_time)).size]).toEqual([3, 3]);
  });

  it('keeps to the overlap policy', async () => {
    await using cron = await startCron();
    const finish: (() => void)[] = [];
    const slow = (): Promise<void> => new Promise((resolve) => finish.push(resolve));
    const { jobId: strict } = await cron.job('strict', { expression: '0 0 0 * * * *' }, slow);
    await cron.call('cron::run_now', { job_id: strict });
    await expect(cron.call('cron::run_now', { job_id: strict })).rejects.toMatchObject({ code: 'MOTIA_CRON_RUN_IN_PROGRESS', status: 409, retryable: true });
    const { jobId: patient, seen } = await cron.job('patient', { expression: '0 0 0 * * * *', overlap: 'queueOne' }, slow);
    for (let n = 0; n < 2; n += 1) await cron.call('cron::run_now', { job_id: patient });
    await cron.pass('1s');
    expect(seen).toHaveLength(1);
    for (const resolve of finish.splice(0)) resolve();
    await cron.pass('1s');
    expect(seen).toHaveLength(2);
    for (const resolve of finish) resolve();
  });

  it('C1 takes no slot for a run, at whatever moment it is asked for', async () => {
    await using cron = await startCron();
    const { seen, jobId } = await cron.job('work', { expression: '0 1 12 * * * *' });
    cron.clock.jump('2026-03-10T12:01:00Z');
    expect(await cron.call('cron::run_now', { job_id: jobId })).toMatchObject({ scheduled_time: '2026-03-10T12:01:00.001Z' });
    await cron.pass('1m');
    expect(seen).toMatchObject([{ manual: true }, { scheduled_time: '2026-03-10T12:01:00Z' }]);
  });

  it.each(['cron::run_now', 'cron::pause', 'cron::resume'])('%s of a job that does not exist is 404', async (functionId) => {
    await using cron = await startCron();
    await expect(cron.call(functionId, { job_id: 'nobody' })).rejects.toMatchObject({ code: 'MOTIA_CRON_JOB_NOT_FOUND', status: 404 });
    await expect(cron.call(functionId, {})).rejects.toMatchObject({ code: 'MOTIA_CRON_INVALID_REQUEST' });
  });
});

describe('cron::pause and cron::resume', () => {
  it('leave slots out, which are not missed then', async () => {
    await using cron = await startCron();
    const { seen, jobId } = await cron.job('tick', { expression: '0 * * * * * *', catch_up: 'all' });
    await cron.pass('1m');
    expect(await cron.call('cron::pause', { job_id: jobId })).toEqual({ job_id: jobId, is_paused: true });
    await cron.pass('10m');
    expect(await cron.listed(jobId)).toMatchObject({ status: 'paused', is_paused: true, next_run: null });
    expect(await cron.call('cron::resume', { job_id: jobId })).toEqual({ job_id: jobId, is_paused: false });
    await cron.pass('1m');
    expect(seen.map(({ scheduled_time, backfilled }) => [scheduled_time.slice(14, 16), backfilled])).toEqual([['01', false], ['12', false]]);
  });

  it('hold jobs of calls too, and a one-off runs on resume', async () => {
    await using cron = await startCron();
    const seen = collector(cron);
    await cron.call('cron::schedule', { function_id: 'remind', delay_ms: 60_000, job_id: 'r' });
    await cron.call('cron::pause', { job_id: 'r' });
    await cron.pass('1h');
    expect(seen).toEqual([]);
    await cron.call('cron::resume', { job_id: 'r' });
    await cron.pass('1s');
    expect(seen).toMatchObject([{ job_id: 'r', backfilled: true }]);
  });

  it('hold in every engine: a one-off that was due during the pause runs where its function is, whoever resumes it', async () => {
    await using folder = temporaryFolder('cron');
    const open = (): Promise<CronFixture> => startCron({ folder: folder.path, modules: [sqliteStore({ data_dir: folder.path, shared: true })] });
    await using here = await open();
    await using there = await open();
    const { seen, jobId } = await here.job('once', { at: '2026-03-10T12:10:00Z' });
    await there.call('cron::pause', { job_id: jobId });
    await here.pass('15m');
    expect(seen).toEqual([]);
    await there.call('cron::resume', { job_id: jobId });
    await here.pass('1m');
    expect(seen).toMatchObject([{ scheduled_time: '2026-03-10T12:10:00Z' }]);
  });

  it('let a paused job be run by hand', async () => {
    await using cron = await startCron();
    const { seen, jobId } = await cron.job('tick', { expression: '0 * * * * * *' });
    await cron.call('cron::pause', { job_id: jobId });
    await cron.call('cron::run_now', { job_id: jobId });
    await cron.pass('5m');
    expect(seen).toMatchObject([{ manual: true }]);
  });
});

describe('cron::list, cron::history and cron::preview', () => {
  it('list all jobs, or those of a function', async () => {
    await using cron = await startCron();
    const { jobId } = await cron.job('a', { expression: '0 0 2 * * MON-FRI *', timezone: 'America/New_York' });
    await cron.job('b', { expression: '0 * * * * * *' });
    expect(await jobs(cron)).toHaveLength(2);
    expect((await cron.call<{ jobs: unknown[] }>('cron::list', { function_id: 'a' })).jobs).toEqual([
      { job_id: jobId, function_id: 'a', origin: 'trigger', expression: '0 0 2 * * MON-FRI *', timezone: 'America/New_York', status: 'active', is_paused: false, next_run: '2026-03-11T06:00:00Z', last_scheduled_time: null, last_result: null, last_error: null, overlap: 'forbid', catch_up: 'last', catch_up_window_ms: 300_000, timeout_ms: 300_000 },
    ]);
  });

  it('history is newest first, page by page, of one job or all', async () => {
    await using cron = await startCron();
    const { jobId } = await cron.job('tick', { expression: '0 * * * * * *' });
    await cron.pass('5m');
    const page = await cron.call<{ runs: Record<string, unknown>[]; next: string }>('cron::history', { job_id: jobId, limit: 2 });
    expect([page.runs.map(({ scheduled_time }) => String(scheduled_time).slice(14, 16)), page.next]).toEqual([['05', '04'], '2026-03-10T12:04:00Z']);
    const rest = await cron.call<{ runs: Record<string, unknown>[]; next: unknown }>('cron::history', { limit: 100, before: page.next });
    expect([rest.runs.map(({ scheduled_time }) => String(scheduled_time).slice(14, 16)), rest.next]).toEqual([['03', '02', '01'], null]);
    expect(rest.runs[0]).toEqual({
      job_id: jobId, function_id: 'tick', scheduled_time: '2026-03-10T12:03:00Z', kind: 'slot', state: 'succeeded', reason: null, backfilled: false, attempts: 1, losses: 0, missed_before: 0,
      claimed_time: '2026-03-10T12:03:00Z', started_time: '2026-03-10T12:03:00Z', ended_time: '2026-03-10T12:03:00Z', duration_ms: 0, error: null, fencing_token: 3, engine_id: expect.any(String), message_id: null, trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    for (const limit of [0, 101, 1e9]) await expect(cron.call('cron::history', { limit })).rejects.toMatchObject({ code: 'MOTIA_CRON_INVALID_REQUEST' });
    await expect(cron.call('cron::history', { before: 'x' })).rejects.toMatchObject({ code: 'MOTIA_CRON_INVALID_TIME' });
  });

  it('history holds the last hundred runs, and a little more', async () => {
    await using cron = await startCron();
    const { jobId } = await cron.job('tick', { expression: '* * * * * * *' });
    await cron.pass('4m');
    const runs = await cron.history(jobId);
    const older = await cron.call<{ runs: unknown[] }>('cron::history', { job_id: jobId, limit: 100, before: String(runs.at(-1)?.['scheduled_time']) });
    expect([runs.length, older.runs.length <= 21]).toEqual([100, true]);
  });

  it('preview shows what an expression means', async () => {
    await using cron = await startCron();
    expect(await cron.call('cron::preview', { expression: '30 2 * * *', timezone: 'Europe/Berlin', from: '2026-03-28T00:00:00Z', count: 3 })).toEqual({
      expression: '0 30 2 * * * *', timezone: 'Europe/Berlin', runs: ['2026-03-28T01:30:00Z', '2026-03-29T01:30:00Z', '2026-03-30T00:30:00Z'],
    });
    await expect(cron.call('cron::preview', { expression: 'x' })).rejects.toMatchObject({ code: 'MOTIA_CRON_INVALID_CRON' });
    await expect(cron.call('cron::preview', { expression: '* * * * * * *', count: 101 })).rejects.toMatchObject({ code: 'MOTIA_CRON_INVALID_REQUEST' });
  });
});

describe('the service for other modules', () => {
  it('lists, runs, pauses and resumes', async () => {
    await using cron = await startCron();
    const service = cron.host.service(CronServiceRef);
    const { seen, jobId } = await cron.job('tick', { expression: '0 * * * * *', timezone: 'Europe/Berlin' }, () => {
      throw new Error('on purpose');
    });
    await service.runNow(jobId);
    await cron.pass('1s');
    await service.pause(jobId);
    expect(await service.list()).toEqual([{ jobId, functionId: 'tick', expression: '0 * * * * * *', timezone: 'Europe/Berlin', isPaused: true, lastResult: 'failed', lastError: expect.stringContaining('on purpose') }]);
    await service.resume(jobId);
    expect(await service.list()).toMatchObject([{ isPaused: false, nextRunAtMs: Date.parse('2026-03-10T12:01:00Z') }]);
    expect(seen).toHaveLength(1);
    await expect(service.runNow('nobody')).rejects.toMatchObject({ code: 'MOTIA_CRON_JOB_NOT_FOUND' });
    await cron.host.stop();
    await expect(service.list()).rejects.toMatchObject({ code: 'MOTIA_CRON_STOPPING' });
  });
});
