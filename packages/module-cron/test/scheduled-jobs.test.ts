import { describe, expect, it } from '@jest/globals';
import { ManualClock, memoryLogger } from '@motia/engine-core/testing';
import type { CronJob } from '../src/cron-job.js';
import type { CronStore, JobState } from '../src/cron-store.js';
import { JobBook } from '../src/job-book.js';
import { ScheduledJobs } from '../src/scheduled-jobs.js';

const state = (jobId: string): JobState =>
  ({ jobId, functionId: 'remind', origin: 'scheduled', isPaused: false, anchorMs: 0, spec: JSON.stringify({ expression: '0 0 9 * * * *', timezone: 'UTC', overlap: 'forbid', catchUp: 'last', timeoutMs: 1_000 }) });

/** Two jobs, of which `broken` cannot be brought to tick while the disk is full. */
function setUp() {
  const logger = memoryLogger();
  const book = new JobBook();
  const states = [state('broken'), state('sound')];
  const setting = { isFull: true, isKnown: true };
  const store: Pick<CronStore, 'scheduled' | 'states'> = {
    scheduled: async (known) => (known === 1 ? { version: 1 } : { version: 1, jobs: states }),
    states: async (ids) => states.filter(({ jobId }) => ids?.includes(jobId)),
  };
  const armed: string[] = [];
  const activate = async (job: CronJob): Promise<void> => {
    book.add(job);
    if (job.jobId === 'broken' && setting.isFull) throw new Error('the disk is full');
    armed.push(job.jobId);
  };
  const scheduled = new ScheduledJobs({ store: store as CronStore, book, functions: { has: () => setting.isKnown } as never, clock: new ManualClock(), logger, activate });
  return { scheduled, setting, armed, logger };
}

describe('scheduled jobs of which one cannot be taken care of', () => {
  it('tick all the same, and that one as soon as it can be', async () => {
    const { scheduled, setting, armed, logger } = setUp();
    await scheduled.reload();
    expect(armed).toEqual(['sound']);
    expect(logger.messages('warn')).toEqual(['A scheduled job cannot tick for now; it is tried again']);
    await scheduled.retry();
    expect(armed).toEqual(['sound']);
    setting.isFull = false;
    await scheduled.retry();
    expect(armed).toEqual(['sound', 'broken']);
    await scheduled.retry();
    expect(armed).toEqual(['sound', 'broken']);
    expect(logger.messages('warn')).toHaveLength(1);
  });

  it('do not end the engine when functions come or go', async () => {
    const { scheduled, setting, armed } = setUp();
    setting.isKnown = false;
    await scheduled.reload();
    setting.isKnown = true;
    await expect(scheduled.sync()).resolves.toBeUndefined();
    expect(armed).toEqual(['sound']);
  });
});
