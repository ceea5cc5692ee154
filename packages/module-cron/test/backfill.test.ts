import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import type { CronPayload } from '../src/index.js';
import { startCron, type CronFixture } from './fixtures/start-cron.js';

interface Backfilled {
  readonly job_id: string;
  readonly slots: readonly string[];
  readonly dry_run: boolean;
}
const hourly = { expression: '0 0 * * * * *', catch_up: 'skip', timeout_ms: 14_400_000 };
const backfill = (cron: CronFixture, payload: object): Promise<Backfilled> => cron.call<Backfilled>('cron::backfill', payload);
const hours = (times: readonly (string | undefined)[]): string[] => times.map((time) => (time ?? '').slice(11, 16));
const slots = (seen: readonly CronPayload[]): string[] => hours(seen.map(({ scheduled_time: time }) => time));
const states = async (cron: CronFixture, jobId: string): Promise<string[]> => (await cron.history(jobId)).map(({ scheduled_time: time, state, reason }) => [String(time).slice(11, 16), state, ...(reason === null ? [] : [reason])].join(' '));
/** A handler whose runs end when the test says so. */
function gate(): { readonly handler: () => Promise<void>; open(): void; [Symbol.dispose](): void } {
  const waiting: (() => void)[] = [];
  let isOpen = false;
  return {
    handler: () => (isOpen ? Promise.resolve() : new Promise<void>((resolve) => void waiting.push(resolve))),
    open: () => waiting.shift()?.(),
    [Symbol.dispose]() {
      isOpen = true;
      for (const resolve of waiting) resolve();
    },
  };
}

/** At 17:00 an hourly job has run at 13:00 and 14:00, and was away from then on. */
async function withMissed(cron: CronFixture, config: object = hourly, handler?: (payload: CronPayload) => unknown): Promise<{ readonly seen: CronPayload[]; readonly jobId: string }> {
  const job = await cron.job('report', config as Readonly<Record<string, unknown>>, handler);
  await cron.pass('2h');
  cron.clock.jump('2026-03-10T17:30:00Z');
  await cron.pass('61s');
  return job;
}

describe('cron::backfill', () => {
  it('C1 runs the slots of a range that were missed, in order, and none that was run', async () => {
    await using cron = await startCron();
    const { seen, jobId } = await withMissed(cron);
    expect(slots(seen)).toEqual(['13:00', '14:00']);
    const range = { job_id: jobId, from: '2026-03-10T12:30:00Z' };
    expect(await backfill(cron, { ...range, dry_run: true })).toMatchObject({ job_id: jobId, dry_run: true, slots: ['15', '16', '17'].map((hour) => `2026-03-10T${hour}:00:00Z`) });
    await cron.pass('1s');
    expect(seen).toHaveLength(2);
    expect(hours((await backfill(cron, { ...range, to: '2026-03-10T16:00:00Z' })).slots)).toEqual(['15:00', '16:00']);
    expect(hours((await backfill(cron, range)).slots)).toEqual(['17:00']);
    await cron.pass('1s');
    expect(slots(seen)).toEqual(['13:00', '14:00', '15:00', '16:00', '17:00']);
    expect(seen.at(-1)).toMatchObject({ job_id: jobId, backfilled: true, manual: true });
    expect(await states(cron, jobId)).toEqual(['17:00', '16:00', '15:00', '14:00', '13:00'].map((slot) => `${slot} succeeded`));
    expect(await backfill(cron, range)).toMatchObject({ slots: [] });
    await cron.pass('30m');
    expect(slots(seen).at(-1)).toBe('18:00');
  });

  it('C1 runs none twice that failed, that was cancelled or that its condition left out', async () => {
    await using cron = await startCron();
    cron.host.functions.register({ id: 'never' }, () => false);
    const { jobId, seen } = await withMissed(cron, { ...hourly, condition_function_id: 'never' });
    const failing = await cron.job('fails', { ...hourly }, () => {
      throw new Error('no paper');
    });
    await cron.pass('1h');
    const from = '2026-03-10T12:00:00Z';
    await backfill(cron, { job_id: jobId, from });
    await backfill(cron, { job_id: failing.jobId, from });
    await cron.pass('1s');
    expect(await backfill(cron, { job_id: jobId, from })).toMatchObject({ slots: [] });
    expect(await backfill(cron, { job_id: failing.jobId, from })).toMatchObject({ slots: [] });
    expect(seen).toEqual([]);
    expect(new Set(failing.seen.map(({ scheduled_time: time }) => time)).size).toBe(failing.seen.length);
  });

  it('C3 never runs two at a time; slots that come due meanwhile meet the overlap policy as they meet every run', async () => {
    await using cron = await startCron();
    using runs = gate();
    const { seen, jobId } = await withMissed(cron, { ...hourly, overlap: 'queueOne' }, (run) => (run.scheduled_time > '2026-03-10T14:30:00Z' ? runs.handler() : undefined));
    await backfill(cron, { job_id: jobId, from: '2026-03-10T15:00:00Z' });
    await cron.pass('30m');
    expect(await states(cron, jobId)).toEqual(['18:00 waiting', '17:00 waiting', '16:00 waiting', '15:00 running', '14:00 succeeded', '13:00 succeeded']);
    for (let run = 0; run < 4; run += 1) {
      runs.open();
      await cron.pass('1s');
    }
    // What the schedule wants goes first.
    expect(slots(seen).slice(2)).toEqual(['15:00', '18:00', '16:00', '17:00']);
    expect((await states(cron, jobId)).every((state) => state.endsWith('succeeded'))).toBe(true);
  });

  it('a slot that replaces the run before it leaves those alone that wait', async () => {
    await using cron = await startCron();
    using runs = gate();
    const { jobId } = await withMissed(cron, { ...hourly, overlap: 'replace' }, (run) => (run.scheduled_time > '2026-03-10T14:30:00Z' ? runs.handler() : undefined));
    await backfill(cron, { job_id: jobId, from: '2026-03-10T15:00:00Z' });
    await cron.pass('30m');
    expect((await states(cron, jobId)).slice(0, 4)).toEqual(['18:00 running', '17:00 waiting', '16:00 waiting', '15:00 failed replaced']);
  });

  it('takes slots that were left out because the run before them was not over', async () => {
    await using cron = await startCron();
    using runs = gate();
    const { seen, jobId } = await cron.job('report', hourly, (run) => (run.backfilled ? undefined : runs.handler()));
    await cron.pass('2h');
    expect(await states(cron, jobId)).toEqual(['14:00 skipped overlap', '13:00 running']);
    runs.open();
    await cron.pass('1s');
    expect(hours((await backfill(cron, { job_id: jobId, from: '2026-03-10T12:30:00Z' })).slots)).toEqual(['14:00']);
    await cron.pass('1s');
    expect(slots(seen)).toEqual(['13:00', '14:00']);
  });

  it('C5 finds the slots of the zone: once in the gap and once in the fold of its clocks', async () => {
    await using spring = await startCron({ start: '2026-03-27T12:00:00Z' });
    const gap = await spring.job('report', { expression: '0 30 2 * * * *', timezone: 'Europe/Berlin', catch_up: 'skip' });
    spring.clock.jump('2026-03-30T12:00:00Z');
    await spring.pass('61s');
    expect((await backfill(spring, { job_id: gap.jobId, from: '2026-03-28T00:00:00+01:00' })).slots).toEqual(['2026-03-28T01:30:00Z', '2026-03-29T01:30:00Z', '2026-03-30T00:30:00Z']);
    await using autumn = await startCron({ start: '2026-10-24T12:00:00Z' });
    const fold = await autumn.job('report', { expression: '0 30 2 * * * *', timezone: 'Europe/Berlin', catch_up: 'skip' });
    autumn.clock.jump('2026-10-26T12:00:00Z');
    await autumn.pass('61s');
    expect((await backfill(autumn, { job_id: fold.jobId, from: '2026-10-25T00:00:00+02:00' })).slots).toEqual(['2026-10-25T00:30:00Z', '2026-10-26T01:30:00Z']);
  });

  it('of a paused job waits until it is resumed, a hundred slots at most', async () => {
    await using cron = await startCron();
    const { seen, jobId } = await cron.job('report', { expression: '0 * * * * * *', catch_up: 'skip' });
    await cron.call('cron::pause', { job_id: jobId });
    await cron.pass('3h');
    const refused = (payload: object): Promise<unknown> => backfill(cron, { job_id: jobId, ...payload });
    await expect(refused({ from: '2026-03-10T12:01:00Z' })).rejects.toMatchObject({ code: 'MOTIA_CRON_BACKFILL_TOO_LARGE', details: { limit: 100, fitsUntil: '2026-03-10T13:40:00Z' } });
    expect((await backfill(cron, { job_id: jobId, from: '2026-03-10T12:01:00Z', to: '2026-03-10T13:40:00Z' })).slots).toHaveLength(100);
    await expect(refused({ from: '2026-03-10T13:41:00Z', to: '2026-03-10T13:42:00Z' })).rejects.toMatchObject({ code: 'MOTIA_CRON_BACKFILL_LIMIT', details: { limit: 100, waiting: 100 } });
    await cron.pass('10s');
    expect(seen).toEqual([]);
    await cron.call('cron::resume', { job_id: jobId });
    for (let look = 0; look < 50 && seen.length < 100; look += 1) await cron.pass('0s');
    expect(seen.map(({ scheduled_time: time }) => time)).toEqual(Array.from({ length: 100 }, (_, n) => new Date(Date.parse('2026-03-10T12:01:00Z') + n * 60_000).toISOString().replace('.000', '')));
  });

  it('C1 refuses slots of which nobody knows any more whether they were run', async () => {
    await using cron = await startCron();
    const { seen, jobId } = await cron.job('report', { expression: '*/10 * * * * * *', catch_up: 'skip' });
    for (let minute = 0; minute < 25; minute += 1) await cron.pass('1m');
    const known = (await cron.history(jobId)).length;
    expect([seen.length, known]).toEqual([150, 100]);
    const before = seen.length;
    await expect(backfill(cron, { job_id: jobId, from: '2026-03-10T12:00:00Z', to: '2026-03-10T12:05:00Z' })).rejects.toMatchObject({ code: 'MOTIA_CRON_HISTORY_TOO_SHORT', details: { knownFrom: expect.stringMatching(/^2026-03-10T12:/) } });
    await expect(backfill(cron, { job_id: jobId, from: '2026-02-08T11:00:00Z', to: '2026-02-08T12:00:00Z' })).rejects.toMatchObject({ code: 'MOTIA_CRON_HISTORY_TOO_SHORT', details: { knownFrom: '2026-02-08T12:25:00Z' } });
    expect(seen).toHaveLength(before);
  });

  it('Q1 is kept over a restart once it was answered', async () => {
    await using folder = temporaryFolder('cron-backfill');
    let jobId: string;
    {
      await using cron = await startCron({ folder: folder.path });
      ({ jobId } = await withMissed(cron));
      await cron.call('cron::pause', { job_id: jobId });
      expect((await backfill(cron, { job_id: jobId, from: '2026-03-10T12:30:00Z' })).slots).toHaveLength(3);
    }
    await using cron = await startCron({ folder: folder.path, start: '2026-03-10T17:40:00Z' });
    const { seen } = await cron.job('report', hourly);
    await cron.pass('1s');
    expect(seen).toEqual([]);
    await cron.call('cron::resume', { job_id: jobId });
    await cron.pass('1s');
    expect(slots(seen)).toEqual(['15:00', '16:00', '17:00']);
    expect((await states(cron, jobId)).map((state) => state.split(' ')[1])).toEqual(Array.from({ length: 5 }, () => 'succeeded'));
  });

  it('says what is wrong with a request, and writes down who asked', async () => {
    await using cron = await startCron();
    const { jobId } = await withMissed(cron);
    for (const [payload, error] of [
      [{ job_id: 'nobody', from: '2026-03-10T12:00:00Z' }, { code: 'MOTIA_CRON_JOB_NOT_FOUND' }],
      [{ job_id: jobId }, { code: 'MOTIA_CRON_INVALID_REQUEST' }],
      [{ job_id: jobId, from: 'yesterday' }, { code: 'MOTIA_CRON_INVALID_TIME' }],
      [{ job_id: jobId, from: '2026-03-10T12:00:00Z', to: '2026-03-10T11:00:00Z' }, { code: 'MOTIA_CRON_INVALID_REQUEST' }],
    ] as const) await expect(backfill(cron, payload)).rejects.toMatchObject(error);
    const trace = { traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01` };
    await cron.host.functions.invoke('cron::backfill', { job_id: jobId, from: '2026-03-10T12:30:00Z' }, { trace });
    expect(cron.host.logs.find('Cron slots are backfilled')).toMatchObject({ level: 'info', traceId: 'ab'.repeat(16), fields: { jobId, slots: 3 } });
  });
});
