import { defineStoreProgram } from '@motia/engine-core/contract';
import { backfill } from './program/backfill.js';
import { claim, claimOrFail } from './program/claim.js';
import { beat, beats, leave } from './program/engines.js';
import { jobStates, scheduledJobs } from './program/job-rows.js';
import { prune, putScheduled, quarantine, removeScheduled, saveJobs, setPaused } from './program/jobs.js';
import { history, openRuns } from './program/run-rows.js';
import { begin, end, endMessage, promote, promoteOrFail, release, takeOver } from './program/runs.js';
import { migrations } from './program/tables.js';

/** The part of schedules that lives in the store. Loaded by the store's writer as well, which may be another thread. */
export const storeProgram = defineStoreProgram({
  name: 'cron',
  source: { specifier: '@motia/module-cron/store-program', from: import.meta.url },
  migrations,
  commands: { saveJobs, putScheduled, removeScheduled, setPaused, prune, quarantine, claim, claimOrFail, backfill, begin, end, endMessage, release, promote, promoteOrFail, takeOver, beat, leave },
  queries: {
    states: jobStates,
    openRuns,
    history,
    scheduledJobs,
    beats: (sql, _input: undefined) => beats(sql),
  },
});

/** The program as a type, for handles of it. */
export type CronProgram = typeof storeProgram;
