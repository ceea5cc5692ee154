import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import type { JobState, RunKey, StoredJob } from '../cron-store.js';
import { touchScheduled } from './counters.js';
import { dropDamagedBeat } from './engines.js';
import { changeJob, insertJob, jobRow } from './job-rows.js';
import { changeRun, openRunsOf, runRow } from './run-rows.js';

/** An anchor this far ahead of the clock comes from a clock that was wrong: waiting for it would mean not running for days. */
export const mostAheadMs = 86_400_000;
const dayMs = 86_400_000;
/** Jobs in code that no engine has named for so long, and runs of jobs that are gone. */
const forgetJobsAfterMs = 30 * dayMs;
const forgetRunsAfterMs = 7 * dayMs;

export type NewJob = StoredJob & { readonly anchorMs: number };

export function saveJobs(sql: StoreSql, { jobs }: { readonly jobs: readonly NewJob[] }, context: StoreCommandContext): readonly JobState[] {
  const { nowMs } = context;
  return jobs.map((job) => {
    const known = jobRow(sql, job.jobId, context);
    const isRewound = known !== undefined && known.anchorMs > nowMs + mostAheadMs;
    if (known === undefined) insertJob(sql, job, nowMs);
    else changeJob(sql, known, { functionId: job.functionId, spec: job.spec, seenAtMs: nowMs, ...(isRewound ? { anchorMs: Math.max(nowMs, newestSlot(sql, job.jobId, nowMs)) } : {}) });
    return { ...requireJob(sql, job.jobId, context), ...(isRewound ? { isRewound } : {}) };
  });
}

/** Slots that were run stay run: those up to a day ahead of the clock keep the anchor before them. */
function newestSlot(sql: StoreSql, jobId: string, nowMs: number): number {
  const row = sql.get<{ ms: number | null }>("SELECT max(scheduled_at_ms) AS ms FROM cron_runs WHERE job_id = ? AND kind = 'slot' AND scheduled_at_ms <= ?", jobId, nowMs + mostAheadMs);
  return row?.ms ?? 0;
}

export function putScheduled(sql: StoreSql, job: NewJob, context: StoreCommandContext): { readonly isNew: boolean; readonly state: JobState } {
  const { nowMs } = context;
  const known = jobRow(sql, job.jobId, context);
  if (known === undefined) insertJob(sql, job, nowMs);
  else if (known.spec === job.spec && known.functionId === job.functionId) {
    // Said once more, as programs do at their start: what it owes stays owed.
    changeJob(sql, known, { anchorMs: anchorAfterPause(known, nowMs), isPaused: false, seenAtMs: nowMs });
  } else {
    dropWaiting(sql, job.jobId, { context, reason: 'rescheduled' });
    changeJob(sql, known, { functionId: job.functionId, spec: job.spec, anchorMs: job.anchorMs, isPaused: false, seenAtMs: nowMs });
  }
  touchScheduled(sql, context);
  return { isNew: known === undefined, state: requireJob(sql, job.jobId, context) };
}

export function removeScheduled(sql: StoreSql, { jobId }: { readonly jobId: string }, context: StoreCommandContext): boolean {
  if (jobRow(sql, jobId, context)?.origin !== 'scheduled') return false;
  dropWaiting(sql, jobId, { context, reason: 'cancelled' });
  touchScheduled(sql, context);
  return sql.run('DELETE FROM cron_jobs WHERE job_id = ?', jobId).changes > 0;
}

/** Runs that wait and those that are messages nobody has begun. */
function dropWaiting(sql: StoreSql, jobId: string, { context, reason }: { readonly context: StoreCommandContext; readonly reason: string }): void {
  for (const run of openRunsOf(sql, jobId, context)) {
    if (run.state === 'waiting' || (run.state === 'queued' && run.attempts === 0)) changeRun(sql, run, { state: 'skipped', reason, endedAtMs: context.nowMs });
  }
}

export function setPaused(sql: StoreSql, { jobId, isPaused }: { readonly jobId: string; readonly isPaused: boolean }, context: StoreCommandContext): boolean {
  const job = jobRow(sql, jobId, context);
  if (job === undefined) return false;
  if (job.isPaused === isPaused) return true;
  changeJob(sql, job, { isPaused, anchorMs: isPaused ? job.anchorMs : anchorAfterPause(job, context.nowMs) });
  if (job.origin === 'scheduled') touchScheduled(sql, context);
  return true;
}

/** Rows that a query found damaged: they move to the quarantine, as they do when a command meets them. */
export function quarantine(sql: StoreSql, { jobs = [], runs = [], engines = [] }: { readonly jobs?: readonly string[]; readonly runs?: readonly RunKey[]; readonly engines?: readonly string[] }, context: StoreCommandContext): void {
  for (const jobId of jobs) jobRow(sql, jobId, context);
  for (const key of runs) runRow(sql, key, context);
  for (const engineId of engines) dropDamagedBeat(sql, engineId, context);
}

/** A job that a call made has done its work; its runs tell of it. */
export function endScheduled(sql: StoreSql, jobId: string, context: StoreCommandContext): void {
  if (sql.run("DELETE FROM cron_jobs WHERE job_id = ? AND origin = 'scheduled'", jobId).changes > 0) touchScheduled(sql, context);
}

/** What was due during a pause is not missed. A one-off that was due is: it has one slot only, and keeps it. */
function anchorAfterPause(job: JobState, nowMs: number): number {
  return !job.isPaused || isOneOff(job) ? job.anchorMs : Math.max(job.anchorMs, nowMs);
}

function isOneOff({ spec }: JobState): boolean {
  return (JSON.parse(spec) as { readonly at?: string }).at !== undefined;
}

export function prune(sql: StoreSql, { ticking }: { readonly ticking: readonly string[] }, { nowMs }: StoreCommandContext): void {
  // An engine that runs for months names its jobs once, at its start.
  for (const jobId of ticking) sql.run('UPDATE cron_jobs SET seen_at_ms = ? WHERE job_id = ?', nowMs, jobId);
  sql.run("DELETE FROM cron_jobs WHERE origin = 'trigger' AND seen_at_ms < ?", nowMs - forgetJobsAfterMs);
  sql.run("DELETE FROM cron_runs WHERE scheduled_at_ms < ? AND state IN ('succeeded', 'failed', 'skipped', 'waiting') AND job_id NOT IN (SELECT job_id FROM cron_jobs)", nowMs - forgetRunsAfterMs);
}

function requireJob(sql: StoreSql, jobId: string, context: StoreCommandContext): JobState {
  const job = jobRow(sql, jobId, context);
  if (job === undefined) throw new Error(`the job ${jobId} is gone within one command`);
  return job;
}
