import { defineStoreProgram } from '@motia/engine-core/contract';
import { claim, claimOrFail } from './program/claim.js';
import { beat, beats, leave } from './program/engines.js';
import { prune, putScheduled, removeScheduled, saveJobs, setPaused } from './program/jobs.js';
import { allJobs, allOpenRuns, history, jobRow, openRunsOf, scheduledJobs } from './program/rows.js';
import { begin, end, endMessage, promote, promoteOrFail, release, takeOver } from './program/runs.js';
import { migrations } from './program/tables.js';

/** The part of schedules that lives in the store. Loaded by the store's writer as well, which may be another thread. */
export const storeProgram = defineStoreProgram({
  name: 'cron',
  source: { specifier: '@motia/module-cron/store-program', from: import.meta.url },
  migrations,
  commands: { saveJobs, putScheduled, removeScheduled, setPaused, prune, claim, claimOrFail, begin, end, endMessage, release, promote, promoteOrFail, takeOver, beat, leave },
  queries: {
    states: (sql, { jobIds }: { readonly jobIds?: readonly string[] }) => (jobIds === undefined ? allJobs(sql) : jobIds.flatMap((jobId) => jobRow(sql, jobId) ?? [])),
    openRuns: (sql, { jobIds }: { readonly jobIds?: readonly string[] }) => (jobIds === undefined ? allOpenRuns(sql) : jobIds.flatMap((jobId) => openRunsOf(sql, jobId))),
    history,
    scheduledJobs,
    beats: (sql, _input: undefined) => beats(sql),
  },
});

/** The program as a type, for handles of it. */
export type CronProgram = typeof storeProgram;
