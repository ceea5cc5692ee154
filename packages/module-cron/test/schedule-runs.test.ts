import { describe, expect, it } from '@jest/globals';
import { connectTestWorker, type TestWorker } from '@motia/engine-core/testing';
import { mostJobs } from '../src/job-book.js';
import { startCron } from './fixtures/start-cron.js';

const slots = (seen: readonly { readonly scheduled_time: string }[]): readonly string[] => seen.map(({ scheduled_time }) => scheduled_time.slice(11, 19));

describe('a schedule', () => {
  it('runs once per slot, with the inventoried payload, a token and a mark', async () => {
    await using cron = await startCron();
    const { seen, jobId } = await cron.job('tick', { expression: '0 */5 * * * * *' });
    await cron.pass('14m');
    expect(seen).toEqual([
      { trigger: 'cron', job_id: jobId, scheduled_time: '2026-03-10T12:05:00Z', actual_time: '2026-03-10T12:05:00Z', fencingToken: 1, backfilled: false },
      { trigger: 'cron', job_id: jobId, scheduled_time: '2026-03-10T12:10:00Z', actual_time: '2026-03-10T12:10:00Z', fencingToken: 2, backfilled: false },
    ]);
  });

  it('advance("3d") drives it, in its zone', async () => {
    await using cron = await startCron({ start: '2026-03-27T12:00:00Z' });
    const { seen } = await cron.job('nightly', { expression: '0 30 2 * * * *', timezone: 'Europe/Berlin' });
    await cron.pass('3d');
    // 02:30 does not exist on the 29th; then it is summer time.
    expect(seen.map(({ scheduled_time }) => scheduled_time)).toEqual(['2026-03-28T01:30:00Z', '2026-03-29T01:30:00Z', '2026-03-30T00:30:00Z']);
  });

  it('runs each second on the second', async () => {
    await using cron = await startCron();
    const { seen } = await cron.job('tick', { expression: '* * * * * * *' });
    await cron.pass('10s');
    expect(slots(seen)).toEqual(Array.from({ length: 10 }, (_, n) => `12:00:${String(n + 1).padStart(2, '0')}`));
  });

  it('says at the start whether runs are retried', async () => {
    await using cron = await startCron();
    expect(cron.host.logs.find('Cron runs are called directly: a run that fails is not retried')).toMatchObject({ level: 'info', fields: { because: 'no queue module is loaded', store: 'KvCronAdapter (in_memory)' } });
  });

  it('C7 of five fields runs at second 0, and says so once', async () => {
    await using cron = await startCron();
    const { seen, jobId } = await cron.job('five', { expression: '*/2 * * * *' });
    await cron.pass('5m');
    expect(slots(seen)).toEqual(['12:02:00', '12:04:00']);
    expect(cron.host.logs.records.filter(({ message }) => message.startsWith('A cron expression of five fields'))).toHaveLength(1);
    expect(await cron.listed(jobId)).toMatchObject({ expression: '0 */2 * * * * *', timezone: 'UTC' });
  });

  it('fails, and goes on with the next slot', async () => {
    await using cron = await startCron();
    const { seen, jobId } = await cron.job('fails', { expression: '0 * * * * * *' }, () => {
      throw new Error('on purpose');
    });
    await cron.pass('2m');
    expect(seen).toHaveLength(2);
    expect(await cron.history(jobId)).toMatchObject([{ state: 'failed', error: { message: expect.stringContaining('on purpose') } }, { state: 'failed', attempts: 1 }]);
    expect(await cron.listed(jobId)).toMatchObject({ last_result: 'failed', last_scheduled_time: '2026-03-10T12:02:00Z', next_run: '2026-03-10T12:03:00Z', last_error: { message: expect.stringContaining('on purpose') } });
    expect(cron.host.logs.find('A cron run failed')).toMatchObject({ level: 'error', fields: { functionId: 'fails' } });
  });

  it('has five minutes for a run, or what it says', async () => {
    await using cron = await startCron();
    const { jobId } = await cron.job('hangs', { expression: '0 0 13 * * * *', timeout_ms: 90_000 }, () => new Promise(() => undefined));
    const { jobId: patient } = await cron.job('patient', { expression: '0 0 13 * * * *' }, () => new Promise(() => undefined));
    await cron.pass('61m');
    expect((await cron.history(jobId))[0]).toMatchObject({ state: 'running' });
    await cron.pass('31s');
    expect((await cron.history(jobId))[0]).toMatchObject({ state: 'failed', error: { code: 'MOTIA_ENGINE_DEADLINE_EXCEEDED' }, duration_ms: 90_000 });
    await cron.pass('4m');
    expect((await cron.history(patient))[0]).toMatchObject({ state: 'failed', duration_ms: 300_000 });
  });

  it('asks its condition with the payload, and only a literal false leaves the run out', async () => {
    await using cron = await startCron();
    const asked: unknown[] = [];
    cron.host.functions.register({ id: 'even-minute' }, (payload) => {
      asked.push(payload);
      return Number((payload as { scheduled_time: string }).scheduled_time.slice(14, 16)) % 2 === 0;
    });
    cron.host.functions.register({ id: 'null' }, () => null);
    const { seen, jobId } = await cron.job('sometimes', { expression: '0 * * * * * *', condition_function_id: 'even-minute' });
    const { seen: always } = await cron.job('always', { expression: '0 * * * * * *', condition_function_id: 'null' });
    await cron.pass('3m');
    expect([slots(seen), always.length]).toEqual([['12:02:00'], 3]);
    expect(asked[0]).toMatchObject({ trigger: 'cron', job_id: jobId });
    expect((await cron.history(jobId)).map(({ state, reason }) => [state, reason])).toEqual([['skipped', 'condition'], ['succeeded', null], ['skipped', 'condition']]);
  });

  it('a condition that fails fails the run', async () => {
    await using cron = await startCron();
    cron.host.functions.register({ id: 'broken' }, () => {
      throw new Error('no answer');
    });
    const { seen, jobId } = await cron.job('guarded', { expression: '0 * * * * * *', condition_function_id: 'broken' });
    await cron.pass('1m');
    expect([seen, await cron.history(jobId)]).toMatchObject([[], [{ state: 'failed', error: { message: expect.stringContaining('no answer') } }]]);
  });
});

describe('triggers', () => {
  const replica = (cron: Awaited<ReturnType<typeof startCron>>, owner: string): Promise<TestWorker> =>
    connectTestWorker(cron.host, { owner, functions: { 'app::tick': () => undefined }, triggers: [{ type: 'cron', functionId: 'app::tick', config: { expression: '0 * * * * * *' } }] });

  it('of three replicas are one job, whose slots each run once', async () => {
    await using cron = await startCron();
    const workers = [await replica(cron, 'a'), await replica(cron, 'b'), await replica(cron, 'c')];
    await cron.pass('10m');
    const seen = workers.flatMap(({ calls }) => calls.map(({ payload }) => payload as { scheduled_time: string; job_id: string }));
    expect([...slots(seen)].sort()).toEqual(Array.from({ length: 10 }, (_, n) => `12:${String(n + 1).padStart(2, '0')}:00`));
    expect(new Set(seen.map(({ job_id }) => job_id)).size).toBe(1);
    for (const worker of workers) await worker[Symbol.asyncDispose]();
  });

  it('have one identity: the same config is the same job in every engine', async () => {
    await using here = await startCron();
    await using there = await startCron();
    const config = { expression: '0 0 2 * * * *', timezone: 'Europe/Berlin' };
    expect((await here.job('f', config)).jobId).toBe((await there.job('f', config)).jobId);
  });

  it('that go take their slots with them, and only theirs', async () => {
    await using cron = await startCron();
    const gone = await cron.job('gone', { expression: '0 * * * * * *' });
    const kept = await cron.job('kept', { expression: '0 * * * * * *' });
    await cron.pass('1m');
    gone.dispose();
    await cron.pass('1m');
    expect([gone.seen.length, kept.seen.length]).toEqual([1, 2]);
  });

  it.each([
    [{}, 'MOTIA_CRON_INVALID_CRON', 'it needs `expression` or `at`'],
    [{ expression: '0 0 25 * * * *' }, 'MOTIA_CRON_INVALID_CRON', 'hour 25 is outside 0-23'],
    [{ expression: '0 0 9 15W * * *' }, 'MOTIA_CRON_W_UNSUPPORTED', 'nearest weekday'],
    [{ expression: '0 0 0 30 2 * *' }, 'MOTIA_CRON_NEVER_FIRES', 'there is no day 30'],
    [{ expression: '0 0 0 1 1 * 2020' }, 'MOTIA_CRON_NEVER_FIRES', 'no time left'],
    [{ expression: '0 0 2 * * * *', timezone: 'Mars/Olympus' }, 'MOTIA_CRON_INVALID_TIMEZONE', 'is no time zone'],
    [{ expression: '0 0 2 * * * *', at: '2030-01-01T00:00:00Z' }, 'MOTIA_CRON_INVALID_CRON', 'both'],
    [{ at: '2030-01-01T00:00:00' }, 'MOTIA_CRON_INVALID_TIME', 'is no point in time'],
    [{ at: '2030-02-31T00:00:00Z' }, 'MOTIA_CRON_INVALID_TIME', 'is no point in time'],
    [{ at: 'tomorrow' }, 'MOTIA_CRON_INVALID_TIME', 'is no point in time'],
    [{ at: '2030-01-01T00:00:00Z', timezone: 'Europe/Berlin' }, 'MOTIA_CRON_INVALID_CRON', 'names its offset itself'],
    [{ expression: '* * * * * * *', overlap: 'sometimes' }, 'MOTIA_ENGINE_OPTIONS_INVALID', 'overlap'],
    [{ expression: '* * * * * * *', catch_up: 'everything' }, 'MOTIA_ENGINE_OPTIONS_INVALID', 'catch_up'],
    [{ expression: '* * * * * * *', catch_up_window_ms: -1 }, 'MOTIA_ENGINE_OPTIONS_INVALID', 'at least 0'],
    [{ expression: '* * * * * * *', timeoutMs: 0 }, 'MOTIA_ENGINE_OPTIONS_INVALID', 'at least 1'],
    [{ expresion: '* * * * * * *' }, 'MOTIA_ENGINE_OPTIONS_INVALID', 'expression'],
    [{ expression: 5 }, 'MOTIA_ENGINE_OPTIONS_INVALID', 'must be text'],
  ])('are refused with a code: %j', async (config, reasonCode, problem) => {
    await using cron = await startCron();
    const failure = (await cron.host.triggers.register({ type: 'cron', functionId: 'f', config }).catch((error: unknown) => error)) as Error & { code: string; details: unknown };
    expect(failure).toMatchObject({ code: 'MOTIA_ENGINE_TRIGGER_CONFIG_INVALID', details: { reasonCode } });
    expect(failure.message).toContain(problem);
  });

  it('of an expression that is nearly right come with the next runs of what was meant', async () => {
    await using cron = await startCron();
    const failure = await cron.host.triggers.register({ type: 'cron', functionId: 'f', config: { expression: '0 0 24 * * *', timezone: 'Europe/Berlin' } }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ details: { reasonDetails: { field: 'hour', nearest: { expression: '0 0 0 * * * *', nextRuns: ['2026-03-10T23:00:00Z', '2026-03-11T23:00:00Z', '2026-03-12T23:00:00Z'] } } } });
  });

  it('take both spellings of a key', async () => {
    await using cron = await startCron();
    const { jobId: camel } = await cron.job('camel', { expression: '0 0 2 * * * *', catchUp: 'all', catchUpWindowMs: 1_000, timeoutMs: 2_000, overlap: 'queueOne' });
    const { jobId: snake } = await cron.job('snake', { expression: '0 0 2 * * * *', catch_up: 'all', catch_up_window_ms: 1_000, timeout_ms: 2_000, overlap: 'queue_one' });
    const settings = { catch_up: 'all', catch_up_window_ms: 1_000, timeout_ms: 2_000, overlap: 'queueOne' };
    expect([await cron.listed(camel), await cron.listed(snake)]).toMatchObject([settings, settings]);
  });

  it('beyond ten thousand are refused', async () => {
    await using cron = await startCron();
    cron.host.functions.register({ id: 'f' }, () => undefined);
    const expression = (n: number): string => `${String(n % 60)} ${String(Math.floor(n / 60) % 60)} ${String(Math.floor(n / 3600) % 24)} * * * *`;
    const worker = await connectTestWorker(cron.host, { owner: 'many', functions: { g: () => undefined }, triggers: Array.from({ length: mostJobs - 1 }, (_, n) => ({ id: String(n), type: 'cron', functionId: 'g', config: { expression: expression(n) } })) });
    expect(worker.registered.ready?.rejected ?? []).toEqual([]);
    // The one that fits is bound, although it came together with others that do not.
    const more = await Promise.allSettled([1, 2, 3].map((hour) => cron.host.triggers.register({ type: 'cron', functionId: 'f', config: { expression: `0 0 ${String(hour)} * * * *` } })));
    expect(more.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    await expect(cron.host.triggers.register({ type: 'cron', functionId: 'f', config: { expression: '0 0 0 * * * *' } })).rejects.toMatchObject({ code: 'MOTIA_CRON_LIMIT', details: { limit: mostJobs } });
    await expect(cron.call('cron::schedule', { function_id: 'f', delay_ms: 5 })).rejects.toMatchObject({ code: 'MOTIA_CRON_LIMIT' });
    await worker[Symbol.asyncDispose]();
  }, 120_000);
});

describe('one-offs in code', () => {
  it('run once, at their time', async () => {
    await using cron = await startCron();
    const { seen, jobId } = await cron.job('launch', { at: '2026-03-10T15:30:00+02:00' });
    expect(await cron.listed(jobId)).toMatchObject({ at: '2026-03-10T13:30:00Z', status: 'active', next_run: '2026-03-10T13:30:00Z' });
    await cron.pass('2d');
    expect(slots(seen)).toEqual(['13:30:00']);
    expect(await cron.listed(jobId)).toMatchObject({ status: 'finished', next_run: null, last_result: 'succeeded' });
  });

  it('are not run when their time was over before this store knew of them, but for a moment', async () => {
    await using cron = await startCron();
    const { seen: old, jobId } = await cron.job('old', { at: '2026-03-10T11:00:00Z' });
    const { seen: recent } = await cron.job('recent', { at: '2026-03-10T11:59:00Z' });
    await cron.pass('1d');
    expect([old, recent]).toMatchObject([[], [{ backfilled: true, scheduled_time: '2026-03-10T11:59:00Z' }]]);
    expect(await cron.listed(jobId)).toMatchObject({ status: 'finished', last_result: null });
  });
});
