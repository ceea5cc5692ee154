import { describe, expect, it } from '@jest/globals';
import { startCron } from './fixtures/start-cron.js';

describe('a schedule', () => {
  it('runs once per slot, with the slot in the payload', async () => {
    await using cron = await startCron();
    const { seen, jobId } = await cron.job('tick', { expression: '0 */5 * * * * *' });
    await cron.clock.advance('14m');
    expect(seen.map(({ scheduled_time }) => scheduled_time)).toEqual(['2026-03-10T12:05:00Z', '2026-03-10T12:10:00Z']);
    expect(seen[0]).toEqual({ trigger: 'cron', job_id: jobId, scheduled_time: '2026-03-10T12:05:00Z', actual_time: '2026-03-10T12:05:00Z', fencingToken: 1, backfilled: false });
    expect(seen[1]?.fencingToken).toBe(2);
  });

  it('advance("3d") drives it', async () => {
    await using cron = await startCron();
    const { seen } = await cron.job('nightly', { expression: '0 0 2 * * * *', timezone: 'Europe/Berlin' });
    await cron.clock.advance('3d');
    expect(seen.map(({ scheduled_time }) => scheduled_time)).toEqual(['2026-03-11T01:00:00Z', '2026-03-12T01:00:00Z', '2026-03-13T01:00:00Z']);
  });
});
