import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { ManualClock, memoryLogger } from '@motia/engine-core/testing';
import type { CronStore, RunRecord } from '../src/cron-store.js';
import { JobBook } from '../src/job-book.js';
import { Recovery } from '../src/recovery.js';
import { LocalRuns } from '../src/runs/local-runs.js';
import { persist } from '../src/runs/persist.js';
import { QueuedRuns } from '../src/runs/queued-runs.js';

const key = { jobId: 'job', scheduledAtMs: 1 };

describe('runs that another engine may have replaced', () => {
  it('C3 are told to stop, and not the start that took their place while the store was asked', async () => {
    const clock = new ManualClock();
    const local = new LocalRuns(clock);
    const former = local.open(key, 1);
    let current = former;
    const store: Pick<CronStore, 'openRuns'> = {
      openRuns: async () => {
        current = local.open(key, 2);
        return [{ ...key, fencingToken: 2, state: 'running' } as RunRecord];
      },
    };
    const recovery = new Recovery({ store: store as CronStore, starter: undefined as never, book: new JobBook(() => undefined), local, logger: memoryLogger() });
    await recovery.dropReplaced();
    expect([former.signal.aborted, current.signal.aborted]).toEqual([true, false]);
    local.letGo();
  });
});

describe('the end of a run that cannot be written', () => {
  it('is tried every second, and waits for the end of the engine once and not once for each try', async () => {
    const clock = new ManualClock();
    const stop = new AbortController();
    let tries = 0;
    const written = persist({ clock, logger: memoryLogger(), stopped: stop.signal }, 'job', async () => {
      tries += 1;
      if (tries <= 100) throw new Error('the disk is full');
      return 'written';
    });
    await clock.advance('50s');
    expect([tries, getEventListeners(stop.signal, 'abort').length]).toEqual([51, 1]);
    await clock.advance('50s');
    expect([await written, getEventListeners(stop.signal, 'abort').length]).toEqual(['written', 0]);
  });
});

describe('a run whose message was given up', () => {
  it('lets the one that waits for it come, though nothing can be read about it', async () => {
    const clock = new ManualClock();
    const ended: unknown[] = [];
    const store: Pick<CronStore, 'endMessage' | 'history'> = {
      endMessage: async () => ({ isCurrent: true }),
      history: () => Promise.reject(new Error('the store is closing')),
    };
    const parts = {
      store, clock, logger: memoryLogger(), stopped: new AbortController().signal,
      metrics: { ended: () => undefined }, events: { onEnded: (jobId: string) => ended.push(jobId) },
      queue: { ended: async () => ({ messageId: 'm', state: 'dead', attempts: 1 }) },
    };
    await new QueuedRuns(parts as never).recover(undefined as never, { ...key, messageId: 'm', state: 'queued' } as RunRecord);
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    expect(ended).toEqual(['job']);
  });
});
