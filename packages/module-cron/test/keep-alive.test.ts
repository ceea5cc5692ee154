import { describe, expect, it } from '@jest/globals';
import { startCron } from './fixtures/start-cron.js';

describe('a process with schedules stays', () => {
  it('for a job, until its trigger is taken back', async () => {
    await using app = await startCron();
    expect(app.clock.holds).toBe(0);
    const job = await app.job('tick', { expression: '0 * * * * * *' });
    expect(app.clock.holds).toBe(1);
    await app.pass('10m');
    expect([job.seen.length, app.clock.holds]).toEqual([10, 1]);
    job.dispose();
    await app.pass('1s');
    expect(app.clock.holds).toBe(0);
  });

  it('for a one-off until its run has ended', async () => {
    await using app = await startCron();
    let finish: () => void = () => undefined;
    const job = await app.job('once', { at: '2026-03-10T12:00:30Z' }, () => new Promise<void>((resolve) => (finish = resolve)));
    expect(app.clock.holds).toBe(1);
    await app.pass('30s');
    expect([job.seen.length, app.clock.holds]).toEqual([1, 1]);
    finish();
    await app.pass('0s');
    expect(app.clock.holds).toBe(0);
  });

  it('not for a job that is paused', async () => {
    await using app = await startCron();
    const { jobId } = await app.job('tick', { expression: '0 * * * * * *' });
    await app.call('cron::pause', { job_id: jobId });
    expect(app.clock.holds).toBe(0);
    await app.pass('10m');
    expect(app.clock.holds).toBe(0);
    await app.call('cron::resume', { job_id: jobId });
    expect(app.clock.holds).toBe(1);
  });

  it('for a job made by a call, once its function is known', async () => {
    await using app = await startCron();
    const seen: unknown[] = [];
    const register = () => app.host.functions.register({ id: 'later' }, (payload) => void seen.push(payload));
    const away = register();
    await app.call('cron::schedule', { function_id: 'later', delay_ms: 60_000 });
    expect(app.clock.holds).toBe(1);
    away.dispose();
    await app.pass('0s');
    expect(app.clock.holds).toBe(0);
    register();
    await app.pass('1s');
    expect(app.clock.holds).toBe(1);
    await app.pass('1m');
    expect([seen.length, app.clock.holds]).toEqual([1, 0]);
  });

  it('no longer than its stop, whatever a handler that ignores it does', async () => {
    const app = await startCron();
    const { jobId } = await app.job('stuck', { expression: '0 0 0 1 1 * *' }, () => new Promise<never>(() => undefined));
    await app.call('cron::run_now', { job_id: jobId });
    expect(app.clock.holds).toBe(2);
    const stopped = app.host.stop({ drainTimeoutMs: 0 });
    await app.pass('5s');
    await stopped;
    expect(app.clock.holds).toBe(0);
  });

  it('until it is stopped', async () => {
    const app = await startCron();
    await app.job('tick', { expression: '0 * * * * * *' });
    await app.host.stop();
    expect(app.clock.holds).toBe(0);
  });
});
