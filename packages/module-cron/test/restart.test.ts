import { describe, expect, it } from '@jest/globals';
import { ManualClock, connectTestWorker } from '@motia/engine-core/testing';
import { temporaryFolder } from '@motia/tools/testing';
import { startCron } from './fixtures/start-cron.js';

const never = (): Promise<void> => new Promise(() => undefined);
const outcome = (run: Record<string, unknown> | undefined) => [run?.['state'], run?.['reason'], run?.['attempts'], run?.['losses']];

describe('what is kept over a restart', () => {
  it('last slot, last result and error, pauses and history', async () => {
    await using folder = temporaryFolder('cron');
    const config = { expression: '0 * * * * * *' };
    {
      await using cron = await startCron({ folder: folder.path });
      const { jobId } = await cron.job('fails', config, () => {
        throw new Error('on purpose');
      });
      await cron.pass('2m');
      await cron.call('cron::pause', { job_id: jobId });
    }
    await using cron = await startCron({ folder: folder.path, clock: new ManualClock('2026-03-10T12:02:10Z') });
    const { seen, jobId } = await cron.job('fails', config);
    expect(await cron.listed(jobId)).toMatchObject({ last_result: 'failed', last_scheduled_time: '2026-03-10T12:02:00Z', last_error: { message: expect.stringContaining('on purpose') }, is_paused: true, status: 'paused', next_run: null });
    expect(await cron.history(jobId)).toHaveLength(2);
    await cron.pass('5m');
    expect(seen).toEqual([]);
    await cron.call('cron::resume', { job_id: jobId });
    await cron.pass('1m');
    expect(seen).toMatchObject([{ scheduled_time: '2026-03-10T12:08:00Z', backfilled: false }]);
  });

  it('C4 tokens grow on', async () => {
    await using folder = temporaryFolder('cron');
    const tokens: number[] = [];
    for (const start of ['2026-03-10T12:00:00Z', '2026-03-10T12:01:30Z', '2026-03-10T12:02:30Z']) {
      await using cron = await startCron({ folder: folder.path, clock: new ManualClock(start) });
      const { seen } = await cron.job('tick', { expression: '0 * * * * * *' });
      await cron.pass('61s');
      tokens.push(...seen.map(({ fencingToken }) => fencingToken));
    }
    expect(tokens.length).toBeGreaterThan(2);
    expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));
  });
});

it('an engine that runs for more than a month does not forget its jobs', async () => {
  await using folder = temporaryFolder('cron');
  await using cron = await startCron({ folder: folder.path });
  const { jobId } = await cron.job('tick', { expression: '0 0 0 1 1 * *' });
  await cron.call('cron::pause', { job_id: jobId });
  cron.clock.jump('2026-04-20T12:00:00Z');
  await cron.pass('1h');
  expect(await cron.listed(jobId)).toMatchObject({ job_id: jobId, is_paused: true });
});

describe('G1 a stop', () => {
  it('waits for runs, and takes no slot meanwhile', async () => {
    await using folder = temporaryFolder('cron');
    const cron = await startCron({ folder: folder.path });
    let finish = (): void => undefined;
    const { seen, jobId } = await cron.job('slow', { expression: '* * * * * * *', overlap: 'allow' }, () => new Promise<void>((resolve) => (finish = resolve)));
    await cron.pass('1s');
    const stopping = cron.host.stop({ drainTimeoutMs: 60_000 });
    await cron.pass('10s');
    expect([cron.host.state, seen.length]).toEqual(['draining', 1]);
    await expect(cron.call('cron::run_now', { job_id: jobId })).rejects.toMatchObject({ code: 'MOTIA_CRON_STOPPING' });
    finish();
    await cron.pass('1s');
    await stopping;
    await using next = await startCron({ folder: folder.path, clock: new ManualClock('2026-03-10T12:00:11Z') });
    expect((await next.history(jobId)).map((run) => run['state'])).toEqual(['succeeded']);
  });

  it('that cannot wait gives the run back, and the next engine starts it again at no cost', async () => {
    await using folder = temporaryFolder('cron');
    const config = { expression: '0 1 12 * * * *' };
    const cron = await startCron({ folder: folder.path });
    await cron.job('slow', config, never);
    await cron.pass('1m');
    await cron.host.stop({ drainTimeoutMs: 0 });
    await using next = await startCron({ folder: folder.path, clock: new ManualClock('2026-03-10T12:01:05Z') });
    const { seen, jobId } = await next.job('slow', config);
    await next.pass('1s');
    expect(seen).toMatchObject([{ scheduled_time: '2026-03-10T12:01:00Z' }]);
    expect(outcome((await next.history(jobId))[0])).toEqual(['succeeded', null, 2, 0]);
  });
});

describe('a run without a queue that is lost', () => {
  it('with its worker is started once more; a second loss is a failure', async () => {
    await using cron = await startCron();
    let kills = 0;
    const connect = (): ReturnType<typeof connectTestWorker> => {
      const connected = connectTestWorker(cron.host, {
        owner: 'app', retain: true, triggers: [{ type: 'cron', functionId: 'app::work', config: { expression: '0 1 12 * * * *' } }],
        functions: { 'app::work': async () => {
          kills += 1;
          (await connected).kill();
          return never();
        } },
      });
      return connected;
    };
    await connect();
    await cron.pass('61s');
    await connect();
    await cron.pass('10s');
    expect(kills).toBe(2);
    const jobId = cron.host.triggers.list().find(({ type }) => type === 'cron')?.id ?? '';
    expect(outcome((await cron.history(jobId))[0])).toEqual(['failed', null, 2, 1]);
    expect((await cron.history(jobId))[0]).toMatchObject({ error: { code: 'MOTIA_ENGINE_WORKER_LOST' } });
  });

  it('with its worker is not started again when catch_up is skip', async () => {
    await using cron = await startCron();
    const connected = connectTestWorker(cron.host, {
      owner: 'app', triggers: [{ type: 'cron', functionId: 'app::work', config: { expression: '0 1 12 * * * *', catch_up: 'skip' } }],
      functions: { 'app::work': async () => {
        (await connected).kill();
        return never();
      } },
    });
    await connected;
    const jobId = cron.host.triggers.list().find(({ type }) => type === 'cron')?.id ?? '';
    await cron.pass('61s');
    expect(outcome((await cron.history(jobId))[0])).toEqual(['failed', null, 1, 0]);
  });
});
