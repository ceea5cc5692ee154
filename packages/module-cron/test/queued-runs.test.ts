import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '@motia/engine-core/testing';
import { sqliteStore } from '@motia/store-sqlite';
import { temporaryFolder } from '@motia/tools/testing';
import { fakeQueue, type FakeQueueOptions } from './fixtures/fake-queue.js';
import { startCron, type CronFixtureOptions } from './fixtures/start-cron.js';

async function start(queueOptions: FakeQueueOptions = {}, options: CronFixtureOptions = {}) {
  const queue = fakeQueue({ ...queueOptions, ...(options.folder === undefined ? {} : { folder: options.folder }) });
  const cron = await startCron({ ...options, modules: [sqliteStore({}), queue.module] });
  return Object.assign(cron, { queue });
}
const outcome = (run: Record<string, unknown> | undefined) => [run?.['state'], run?.['reason'], run?.['attempts']];

describe('runs as messages', () => {
  it('C1 the slot and its message are one transaction; the message makes the run', async () => {
    await using cron = await start();
    const { seen, jobId } = await cron.job('work', { expression: '0 * * * * * *' });
    await cron.pass('2m');
    const ids = [1, 2].map((minute) => `cron:${jobId}:${String(Date.parse(`2026-03-10T12:0${minute}:00Z`))}`);
    expect(cron.queue.messages().map(({ id, functionId, state, attempts }) => [id, functionId, state, attempts])).toEqual(ids.map((id) => [id, 'engine::cron::run', 'completed', 1]));
    expect(seen).toMatchObject([{ trigger: 'cron', job_id: jobId, scheduled_time: '2026-03-10T12:01:00Z', fencingToken: 1, backfilled: false }, { scheduled_time: '2026-03-10T12:02:00Z', fencingToken: 2 }]);
    expect(await cron.history(jobId)).toMatchObject([{ state: 'succeeded', message_id: ids[1] }, { state: 'succeeded', message_id: ids[0] }]);
    expect(cron.host.logs.find('Cron runs are messages on the queue: retried and dead-lettered like any other')).toBeDefined();
  });

  it('keep one idempotency key through all attempts, and count them', async () => {
    await using cron = await start();
    const keys: unknown[] = [];
    cron.host.functions.register({ id: 'flaky' }, (_payload, { attempt, idempotencyKey }) => {
      keys.push([attempt, idempotencyKey]);
      if (attempt < 3) throw new Error('not yet');
    });
    const { jobId } = await cron.job('flaky', { expression: '0 * * * * * *' });
    await cron.pass('61s');
    const key = `cron:${jobId}:${String(Date.parse('2026-03-10T12:01:00Z'))}`;
    expect(keys).toEqual([[1, key], [2, key], [3, key]]);
    expect(outcome((await cron.history(jobId))[0])).toEqual(['succeeded', null, 3]);
  });

  it('that the queue gives up have failed, with its error', async () => {
    await using cron = await start({ maxAttempts: 2 });
    const { jobId } = await cron.job('broken', { expression: '0 * * * * * *' }, () => {
      throw new Error('on purpose');
    });
    await cron.pass('61s');
    expect((await cron.history(jobId))[0]).toMatchObject({ state: 'failed', reason: 'dead', attempts: 2, error: { code: 'X', message: 'gave up' } });
    expect(await cron.listed(jobId)).toMatchObject({ last_result: 'failed', last_error: { message: 'gave up' } });
  });

  it('whose message is done are over, also when nobody could record how they ended', async () => {
    await using cron = await start();
    cron.queue.isHeld = true;
    const { jobId } = await cron.job('work', { expression: '0 * * * * * *' });
    await cron.pass('61s');
    await cron.queue.complete(cron.queue.messages()[0]?.id ?? '');
    await cron.pass('1m');
    expect((await cron.history(jobId)).map(outcome)).toEqual([['queued', null, 0], ['succeeded', null, 0]]);
  });

  it('C3 block the next slot while they are retried, and while they wait in the queue', async () => {
    await using cron = await start();
    cron.queue.isHeld = true;
    const { seen, jobId } = await cron.job('work', { expression: '0 * * * * * *' });
    await cron.pass('3m');
    expect((await cron.history(jobId)).map(outcome)).toEqual([['skipped', 'overlap', 0], ['skipped', 'overlap', 0], ['queued', null, 0]]);
    cron.queue.isHeld = false;
    cron.queue.pump();
    await cron.pass('1m');
    expect([seen.length, cron.queue.messages().length]).toEqual([2, 2]);
  });

  it('C3 replace: a message that has not begun is never run, one that has is stopped', async () => {
    await using cron = await start();
    cron.queue.isHeld = true;
    const aborted: string[] = [];
    cron.host.functions.register({ id: 'slow' }, (payload, { signal }) => {
      const slot = (payload as { scheduled_time: string }).scheduled_time.slice(14, 19);
      signal.addEventListener('abort', () => aborted.push(slot));
      return new Promise(() => undefined);
    });
    const { jobId } = await cron.job('slow', { expression: '0 * * * * * *', overlap: 'replace' });
    await cron.pass('2m');
    cron.queue.isHeld = false;
    cron.queue.pump();
    await cron.pass('1m');
    expect(aborted).toEqual(['02:00']);
    expect((await cron.history(jobId)).map(outcome)).toEqual([['running', null, 1], ['failed', 'replaced', 1], ['failed', 'replaced', 0]]);
    expect(cron.queue.messages().map(({ state }) => state)).toEqual(['completed', 'completed', 'waiting']);
    await cron.host.stop({ drainTimeoutMs: 0 });
  });

  it('C3 queueOne: the one that waits becomes a message when the first has ended', async () => {
    await using cron = await start();
    const finish: (() => void)[] = [];
    const { seen, jobId } = await cron.job('slow', { expression: '0 * * * * * *', overlap: 'queueOne' }, () => new Promise<void>((resolve) => finish.push(resolve)));
    await cron.pass('2m');
    expect([seen.length, cron.queue.messages().length, (await cron.history(jobId)).map(outcome)]).toEqual([1, 1, [['waiting', null, 0], ['running', null, 1]]]);
    finish[0]?.();
    await cron.pass('1s');
    expect([seen.length, cron.queue.messages().length]).toEqual([2, 2]);
    finish[1]?.();
    await cron.pass('1s');
    expect((await cron.history(jobId)).map(outcome)).toEqual([['succeeded', null, 1], ['succeeded', null, 1]]);
  });

  it('are left out by a condition without being retried', async () => {
    await using cron = await start();
    cron.host.functions.register({ id: 'no' }, () => false);
    const { seen, jobId } = await cron.job('work', { expression: '0 * * * * * *', condition_function_id: 'no' });
    await cron.pass('61s');
    expect([seen, outcome((await cron.history(jobId))[0]), cron.queue.messages()[0]?.attempts]).toEqual([[], ['skipped', 'condition', 1], 1]);
  });

  it('go to the queue that the trigger names, with the time that it gives', async () => {
    await using cron = await start();
    await cron.job('work', { expression: '0 * * * * * *', queue: 'reports', timeout_ms: 1_000 });
    await cron.job('plain', { expression: '0 * * * * * *' });
    await cron.pass('61s');
    expect(cron.queue.calls).toEqual([{ queue: 'reports', timeoutMs: 61_000 }, { queue: undefined, timeoutMs: 360_000 }]);
  });

  it('a queue that refuses leaves the slot unclaimed; it is tried again, and health says so meanwhile', async () => {
    await using cron = await start();
    cron.queue.isFull = true;
    const { seen, jobId } = await cron.job('work', { expression: '0 * * * * * *' });
    await cron.pass('65s');
    expect([seen, await cron.history(jobId), cron.queue.messages()]).toEqual([[], [], []]);
    expect(cron.host.health.report().components['cron']).toMatchObject({ status: 'degraded', reason: expect.stringContaining('The queue is full') });
    expect(cron.host.logs.records.filter(({ message }) => message.startsWith('Slots of a cron job cannot be claimed'))).toHaveLength(1);
    cron.queue.isFull = false;
    await cron.pass('2s');
    expect([seen.length, cron.host.health.report().components['cron']?.status]).toEqual([1, 'healthy']);
  });

  it('outlive their engine: the message is there, and its end is recorded by the next one', async () => {
    await using folder = temporaryFolder('cron');
    const config = { expression: '0 1 12 * * * *' };
    {
      await using cron = await start({}, { folder: folder.path });
      cron.queue.isHeld = true;
      await cron.job('work', config);
      await cron.pass('61s');
      expect(cron.queue.messages()).toHaveLength(1);
    }
    await using cron = await start({ maxAttempts: 1 }, { folder: folder.path, clock: new ManualClock('2026-03-10T12:30:00Z') });
    const { seen, jobId } = await cron.job('work', config, () => {
      throw new Error('on purpose');
    });
    cron.queue.pump();
    await cron.pass('1s');
    expect(seen).toMatchObject([{ scheduled_time: '2026-03-10T12:01:00Z', actual_time: '2026-03-10T12:30:00Z' }]);
    expect(outcome((await cron.history(jobId))[0])).toEqual(['failed', 'dead', 1]);
  });

  it('are made once, however often the message is delivered', async () => {
    await using cron = await start();
    const { seen, jobId } = await cron.job('work', { expression: '0 * * * * * *' });
    await cron.pass('61s');
    const again = JSON.parse(cron.queue.messages()[0]?.payload ?? '{}') as unknown;
    expect(await cron.call('engine::cron::run', again)).toEqual({ skipped: 'succeeded' });
    expect(await cron.call('engine::cron::run', { jobId, scheduledAtMs: 5, functionId: 'work', timeoutMs: 1_000 })).toEqual({ skipped: 'it is not known' });
    await expect(cron.call('engine::cron::run', { job: 1 })).rejects.toMatchObject({ code: 'MOTIA_CRON_INVALID_REQUEST' });
    expect(seen).toHaveLength(1);
  });

  it('a job that is cancelled takes its message with it, unless that has begun', async () => {
    await using cron = await start();
    cron.queue.isHeld = true;
    const seen: unknown[] = [];
    cron.host.functions.register({ id: 'remind' }, (payload) => void seen.push(payload));
    await cron.call('cron::schedule', { function_id: 'remind', delay_ms: 1_000, job_id: 'r' });
    await cron.pass('2s');
    expect(await cron.history('r')).toMatchObject([{ state: 'queued' }]);
    await cron.call('cron::cancel', { job_id: 'r' });
    cron.queue.isHeld = false;
    cron.queue.pump();
    await cron.pass('1s');
    expect([seen, (await cron.history('r')).map(outcome)]).toEqual([[], [['skipped', 'cancelled', 0]]]);
  });

  it('a job that is made again as it is keeps its message', async () => {
    await using cron = await start();
    cron.queue.isHeld = true;
    const seen: unknown[] = [];
    cron.host.functions.register({ id: 'remind' }, (payload) => void seen.push(payload));
    const request = { function_id: 'remind', at: '2026-03-10T12:00:01Z', job_id: 'r' };
    await cron.call('cron::schedule', request);
    await cron.pass('2s');
    await cron.call('cron::schedule', request);
    cron.queue.isHeld = false;
    cron.queue.pump();
    await cron.pass('1m');
    expect([seen.length, (await cron.history('r')).map(outcome), (await cron.call('cron::list'))['jobs']]).toEqual([1, [['succeeded', null, 1]], []]);
  });

  it('a queue with another store is not used, and the engine says why', async () => {
    await using folder = temporaryFolder('cron');
    const queue = fakeQueue({ isElsewhere: true, folder: folder.path });
    await using cron = await startCron({ modules: [sqliteStore({}), queue.module] });
    const { seen } = await cron.job('work', { expression: '0 * * * * * *' });
    await cron.pass('61s');
    expect([seen.length, queue.messages()]).toEqual([1, []]);
    expect(cron.host.logs.find('Cron runs are called directly: a run that fails is not retried')).toMatchObject({ fields: { because: 'the queue keeps its messages in another store' } });
  });
});
