import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import type { JobState, StoredJob } from '../cron-store.js';
import { jobRow, openRunsOf } from './rows.js';

/** An anchor this far ahead of the clock comes from a clock that was wrong: waiting for it would mean not running for days. */
export const mostAheadMs = 86_400_000;
const dayMs = 86_400_000;
/** Jobs in code that no engine has named for so long, and runs of jobs that are gone. */
const forgetJobsAfterMs = 30 * dayMs;
const forgetRunsAfterMs = 7 * dayMs;

export type NewJob = StoredJob & { readonly anchorMs: number };

export function saveJobs(sql: StoreSql, { jobs }: { readonly jobs: readonly NewJob[] }, { nowMs }: StoreCommandContext): readonly JobState[] {
  return jobs.map((job) => {
    const known = jobRow(sql, job.jobId);
    if (known === undefined) insert(sql, job, nowMs);
    else sql.run('UPDATE cron_jobs SET function_id = ?, spec = ?, seen_at_ms = ? WHERE job_id = ?', job.functionId, job.spec, nowMs, job.jobId);
    const isRewound = known !== undefined && known.anchorMs > nowMs + mostAheadMs;
    if (isRewound) sql.run('UPDATE cron_jobs SET anchor_ms = ? WHERE job_id = ?', Math.max(nowMs, newestSlot(sql, job.jobId, nowMs)), job.jobId);
    return { ...requireJob(sql, job.jobId), ...(isRewound ? { isRewound } : {}) };
  });
}

/** Slots that were run stay run: those up to a day ahead of the clock keep the anchor before them. */
function newestSlot(sql: StoreSql, jobId: string, nowMs: number): number {
  const row = sql.get<{ ms: number | null }>("SELECT max(scheduled_at_ms) AS ms FROM cron_runs WHERE job_id = ? AND kind = 'slot' AND scheduled_at_ms <= ?", jobId, nowMs + mostAheadMs);
  return row?.ms ?? 0;
}

export function putScheduled(sql: StoreSql, job: NewJob, { nowMs }: StoreCommandContext): { readonly isNew: boolean; readonly state: JobState } {
  const isNew = jobRow(sql, job.jobId) === undefined;
  if (isNew) insert(sql, job, nowMs);
  else {
    dropWaiting(sql, job.jobId, nowMs, 'rescheduled');
    sql.run('UPDATE cron_jobs SET function_id = ?, spec = ?, anchor_ms = ?, is_paused = 0, seen_at_ms = ? WHERE job_id = ?', job.functionId, job.spec, job.anchorMs, nowMs, job.jobId);
  }
  touchScheduled(sql);
  return { isNew, state: requireJob(sql, job.jobId) };
}

export function removeScheduled(sql: StoreSql, { jobId }: { readonly jobId: string }, { nowMs }: StoreCommandContext): boolean {
  if (jobRow(sql, jobId)?.origin !== 'scheduled') return false;
  dropWaiting(sql, jobId, nowMs, 'cancelled');
  touchScheduled(sql);
  return sql.run('DELETE FROM cron_jobs WHERE job_id = ?', jobId).changes > 0;
}

/** Runs that wait and those that are messages nobody has begun. */
function dropWaiting(sql: StoreSql, jobId: string, nowMs: number, reason: string): void {
  for (const run of openRunsOf(sql, jobId)) {
    if (run.state !== 'waiting' && !(run.state === 'queued' && run.attempts === 0)) continue;
    sql.run("UPDATE cron_runs SET state = 'skipped', reason = ?, ended_at_ms = ? WHERE job_id = ? AND scheduled_at_ms = ?", reason, nowMs, jobId, run.scheduledAtMs);
  }
}

export function setPaused(sql: StoreSql, { jobId, isPaused }: { readonly jobId: string; readonly isPaused: boolean }, { nowMs }: StoreCommandContext): boolean {
  const job = jobRow(sql, jobId);
  if (job === undefined) return false;
  if (job.isPaused === isPaused) return true;
  // What was due during the pause is not missed. A one-off that was due is: it has one slot only, and keeps it.
  const anchorMs = isPaused || isOneOff(job) ? job.anchorMs : Math.max(job.anchorMs, nowMs);
  sql.run('UPDATE cron_jobs SET is_paused = ?, anchor_ms = ? WHERE job_id = ?', isPaused ? 1 : 0, anchorMs, jobId);
  if (job.origin === 'scheduled') touchScheduled(sql);
  return true;
}

/** A job that a call made has done its work; its runs tell of it. */
export function endScheduled(sql: StoreSql, jobId: string): void {
  if (sql.run("DELETE FROM cron_jobs WHERE job_id = ? AND origin = 'scheduled'", jobId).changes > 0) touchScheduled(sql);
}

function touchScheduled(sql: StoreSql): void {
  sql.run("UPDATE cron_counters SET value = value + 1 WHERE name = 'scheduled'");
}

function isOneOff({ spec }: JobState): boolean {
  return (JSON.parse(spec) as { readonly at?: string }).at !== undefined;
}

export function prune(sql: StoreSql, _input: undefined, { nowMs }: StoreCommandContext): void {
  sql.run("DELETE FROM cron_jobs WHERE origin = 'trigger' AND seen_at_ms < ?", nowMs - forgetJobsAfterMs);
  sql.run("DELETE FROM cron_runs WHERE scheduled_at_ms < ? AND state IN ('succeeded', 'failed', 'skipped') AND job_id NOT IN (SELECT job_id FROM cron_jobs)", nowMs - forgetRunsAfterMs);
}

function insert(sql: StoreSql, { jobId, functionId, origin, spec, anchorMs }: NewJob, nowMs: number): void {
  sql.run('INSERT INTO cron_jobs (job_id, function_id, origin, spec, anchor_ms, seen_at_ms) VALUES (?, ?, ?, ?, ?, ?)', jobId, functionId, origin, spec, anchorMs, nowMs);
}

function requireJob(sql: StoreSql, jobId: string): JobState {
  const job = jobRow(sql, jobId);
  if (job === undefined) throw new Error(`the job ${jobId} is gone within one command`);
  return job;
}
