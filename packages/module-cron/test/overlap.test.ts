import { describe, expect, it } from '@jest/globals';
import { startCron } from './fixtures/start-cron.js';

const slots = (seen: readonly { readonly scheduled_time: string }[]): readonly string[] => seen.map(({ scheduled_time }) => scheduled_time.slice(14, 19));
const outcomes = (runs: readonly Record<string, unknown>[]): readonly string[] => runs.map((run) => `${String(run['scheduled_time']).slice(14, 19)} ${String(run['state'])}${run['reason'] === null ? '' : ` ${String(run['reason'])}`}`);

/** A job each minute whose runs end when the test says so, in the order of their starts. */
async function startSlow(config: Readonly<Record<string, unknown>>) {
  const cron = await startCron();
  const finish: (() => void)[] = [];
  const job = await cron.job('slow', { expression: '0 * * * * * *', ...config }, () => new Promise<void>((resolve) => finish.push(resolve)));
  return {
    cron, ...job,
    async end(run: number): Promise<void> {
      finish[run]?.();
      await cron.pass('1s');
    },
    history: () => cron.history(job.jobId).then(outcomes),
    [Symbol.asyncDispose]: async () => {
      for (const resolve of finish) resolve();
      await cron[Symbol.asyncDispose]();
    },
  };
}

describe('C3 a run that is longer than its period', () => {
  it('forbid, the default: slots are left out and say why, until it has ended', async () => {
    await using slow = await startSlow({});
    await slow.cron.pass('3m');
    expect(slots(slow.seen)).toEqual(['01:00']);
    expect(await slow.cron.listed(slow.jobId)).toMatchObject({ last_result: 'running' });
    await slow.end(0);
    await slow.cron.pass('1m');
    expect(slots(slow.seen)).toEqual(['01:00', '04:00']);
    expect(await slow.history()).toEqual(['04:00 running', '03:00 skipped overlap', '02:00 skipped overlap', '01:00 succeeded']);
    expect(slow.cron.host.logs.find('A cron slot is skipped')).toMatchObject({ fields: { reason: 'overlap' } });
  });

  it('allow: runs go side by side', async () => {
    await using slow = await startSlow({ overlap: 'allow' });
    await slow.cron.pass('3m');
    expect(slots(slow.seen)).toEqual(['01:00', '02:00', '03:00']);
    await slow.end(1);
    expect(await slow.history()).toEqual(['03:00 running', '02:00 succeeded', '01:00 running']);
  });

  it('replace: the new run stops the old one, whose end changes nothing', async () => {
    const aborted: string[] = [];
    await using cron = await startCron();
    const finish: (() => void)[] = [];
    cron.host.functions.register({ id: 'slow' }, (payload, { signal }) => {
      signal.addEventListener('abort', () => aborted.push((payload as { scheduled_time: string }).scheduled_time.slice(14, 19)));
      return new Promise<void>((resolve) => finish.push(resolve));
    });
    const { jobId } = await cron.job('slow', { expression: '0 * * * * * *', overlap: 'replace' });
    await cron.pass('3m');
    expect(aborted).toEqual(['01:00', '02:00']);
    finish[0]?.();
    finish[2]?.();
    await cron.pass('1s');
    expect(outcomes(await cron.history(jobId))).toEqual(['03:00 succeeded', '02:00 failed replaced', '01:00 failed replaced']);
  });

  it('queueOne: one waits and runs when the first has ended, the others are left out', async () => {
    await using slow = await startSlow({ overlap: 'queueOne' });
    await slow.cron.pass('4m');
    expect([slots(slow.seen), await slow.history()]).toEqual([['01:00'], ['04:00 skipped overlap', '03:00 skipped overlap', '02:00 waiting', '01:00 running']]);
    await slow.end(0);
    expect(slots(slow.seen)).toEqual(['01:00', '02:00']);
    await slow.cron.pass('1m');
    expect((await slow.history())[0]).toBe('05:00 waiting');
    await slow.end(1);
    expect(slots(slow.seen)).toEqual(['01:00', '02:00', '05:00']);
    await slow.end(2);
    expect(await slow.history()).toEqual(['05:00 succeeded', '04:00 skipped overlap', '03:00 skipped overlap', '02:00 succeeded', '01:00 succeeded']);
  });

  it('jobs do not hold each other up', async () => {
    await using slow = await startSlow({});
    const { seen } = await slow.cron.job('quick', { expression: '0 * * * * * *' });
    await slow.cron.pass('3m');
    expect(slots(seen)).toEqual(['01:00', '02:00', '03:00']);
  });
});
