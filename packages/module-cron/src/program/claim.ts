import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { waitsAsBackfill, type ClaimOutcome, type ClaimRequest, type JobState, type RunKey, type RunState } from '../cron-store.js';
import { cronErrors } from '../errors.js';
import { rfc3339 } from '../rfc3339.js';
import { endScheduled } from './jobs.js';
import { nextToken } from './counters.js';
import { changeJob, jobRow } from './job-rows.js';
import { changeRun, insertRun, openRunsOf, runRow, type ProgramRun } from './run-rows.js';

/** Runs of a job that its history keeps. */
export const keptRuns = 100;
/** The history is cut once it is longer by this much, not with each run. */
const spareRuns = 20;

/** Decides who gets a slot, and what becomes of it. */
export function claim(sql: StoreSql, request: ClaimRequest, context: StoreCommandContext): ClaimOutcome {
  const job = jobRow(sql, request.jobId, context);
  if (job === undefined) return { status: 'gone' };
  if (request.kind === 'slot') {
    if (job.isPaused && request.wish !== 'skip') return { status: 'paused' };
    if (job.anchorMs !== request.expectedAnchorMs || request.scheduledAtMs <= job.anchorMs) return { status: 'taken', anchorMs: job.anchorMs };
    // A clock that was set back by more than a day and came back meets rows that were run in its first life.
    const known = runRow(sql, request, context);
    if (known !== undefined) {
      changeJob(sql, job, { anchorMs: request.scheduledAtMs });
      // A one-off that was made again after it ran; one that still runs ends its job by itself.
      if (request.isLast === true && known.endedAtMs !== undefined) endScheduled(sql, job.jobId, context);
      return { status: 'taken', anchorMs: request.scheduledAtMs };
    }
  } else if (runRow(sql, request, context) !== undefined) return { status: 'taken', anchorMs: job.anchorMs };
  const outcome = decide(sql, { request, job, context });
  if (outcome.status !== 'blocked' && outcome.status !== 'free' && request.kind === 'slot') {
    changeJob(sql, job, { anchorMs: request.scheduledAtMs });
    sql.run('UPDATE cron_jobs SET last_scheduled_at_ms = ? WHERE job_id = ?', request.scheduledAtMs, job.jobId);
    cutHistory(sql, job.jobId);
  }
  // A one-off made by a call that is not to be run has nothing left to do.
  if (outcome.status === 'skipped' && request.isLast === true) endScheduled(sql, job.jobId, context);
  return outcome;
}

/** As a part of a transaction: what is not to be run undoes what goes with it. @throws `MOTIA_CRON_SLOT_REFUSED` */
export function claimOrFail(sql: StoreSql, request: ClaimRequest, context: StoreCommandContext): ClaimOutcome {
  const outcome = claim(sql, request, context);
  if (outcome.status === 'claimed') return outcome;
  throw cronErrors.SLOT_REFUSED({ jobId: request.jobId, scheduledAt: rfc3339(request.scheduledAtMs), status: outcome.status });
}

interface Decision {
  readonly request: ClaimRequest;
  readonly job: JobState;
  readonly context: StoreCommandContext;
}

function decide(sql: StoreSql, decision: Decision): ClaimOutcome {
  const { request } = decision;
  if (request.wish === 'skip') return skip(sql, decision, request.reason ?? 'skipped');
  const open = openRunsOf(sql, request.jobId, decision.context).filter((run) => !waitsAsBackfill(run));
  const isBlocked = request.mustWait === 'for any' ? open.length > 0 : request.mustWait === 'for backfills' && open.some(({ isBackfilled }) => isBackfilled);
  if (isBlocked) return { status: 'blocked' };
  if (open.length === 0 || request.overlap === 'allow') return start(sql, decision, () => []);
  switch (request.overlap) {
    case 'forbid':
      return skip(sql, decision, 'overlap');
    case 'queueOne':
      if (open.some(({ state }) => state === 'waiting')) return skip(sql, decision, 'overlap');
      addRun(sql, decision, { state: 'waiting' });
      return { status: 'waiting' };
    case 'replace':
      return start(sql, decision, () => replaceAll(sql, open, decision.context.nowMs));
  }
}

function skip(sql: StoreSql, decision: Decision, reason: string): ClaimOutcome {
  addRun(sql, decision, { state: 'skipped', reason });
  // While one runs, the job is running; its own end will say more than the slots that were left out meanwhile.
  sql.run("UPDATE cron_jobs SET last_result = 'skipped', last_error = NULL WHERE job_id = ? AND last_result IS NOT 'running'", decision.job.jobId);
  return { status: 'skipped', reason };
}

function start(sql: StoreSql, decision: Decision, replace: () => readonly RunKey[]): ClaimOutcome {
  const { request, job } = decision;
  if (request.wish === 'settle') return { status: 'free' };
  const replaced = replace();
  const fencingToken = request.wish === 'run' ? nextToken(sql, decision.context) : undefined;
  addRun(sql, decision, { state: request.wish === 'run' ? 'running' : 'queued', ...(fencingToken === undefined ? {} : { fencingToken }) });
  sql.run("UPDATE cron_jobs SET last_result = 'running', last_error = NULL WHERE job_id = ?", job.jobId);
  return { status: 'claimed', replaced, ...(fencingToken === undefined ? {} : { fencingToken }) };
}

function replaceAll(sql: StoreSql, open: readonly ProgramRun[], nowMs: number): readonly RunKey[] {
  for (const run of open) changeRun(sql, run, { state: 'failed', reason: 'replaced', endedAtMs: nowMs });
  return open.map(({ jobId, scheduledAtMs }) => ({ jobId, scheduledAtMs }));
}

function addRun(sql: StoreSql, { request, job, context }: Decision, row: { readonly state: RunState; readonly reason?: string; readonly fencingToken?: number }): void {
  const { jobId, functionId } = job;
  const { scheduledAtMs, kind, isBackfilled, isLast = false, missed, messageId, traceId } = request;
  const { nowMs, engineId } = context;
  insertRun(sql, {
    jobId, scheduledAtMs, functionId, kind, isBackfilled, isLast, missed, engineId, ...row,
    attempts: row.state === 'running' ? 1 : 0, losses: 0, claimedAtMs: nowMs,
    ...(row.state === 'running' ? { startedAtMs: nowMs } : {}),
    ...(row.state === 'skipped' ? { endedAtMs: nowMs } : {}),
    ...(row.state === 'queued' && messageId !== undefined ? { messageId } : {}),
    ...(traceId === undefined ? {} : { traceId }),
  });
}

function cutHistory(sql: StoreSql, jobId: string): void {
  const tooOld = sql.get<{ ms: number }>('SELECT scheduled_at_ms AS ms FROM cron_runs WHERE job_id = ? ORDER BY scheduled_at_ms DESC LIMIT 1 OFFSET ?', jobId, keptRuns + spareRuns);
  if (tooOld === undefined) return;
  const oldest = sql.get<{ ms: number }>('SELECT scheduled_at_ms AS ms FROM cron_runs WHERE job_id = ? ORDER BY scheduled_at_ms DESC LIMIT 1 OFFSET ?', jobId, keptRuns);
  sql.run("DELETE FROM cron_runs WHERE job_id = ? AND scheduled_at_ms <= ? AND state IN ('succeeded', 'failed', 'skipped')", jobId, oldest?.ms ?? 0);
}
