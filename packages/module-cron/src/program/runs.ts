import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import type { BeginOutcome, RunEnd, RunKey, RunRecord } from '../cron-store.js';
import { cronErrors } from '../errors.js';
import { rfc3339 } from '../rfc3339.js';
import { endScheduled } from './jobs.js';
import { nextToken, openRunsOf, runRow, type ProgramRun } from './rows.js';

export interface Started {
  readonly fencingToken?: number;
}

export function begin(sql: StoreSql, key: RunKey, { engineId, nowMs }: StoreCommandContext): BeginOutcome {
  const run = runRow(sql, key);
  if (run === undefined) return { status: 'over', reason: 'it is not known' };
  // One that the queue gave up may be brought back from the dead letters; one that was replaced or cancelled may not.
  const isOver = run.state === 'succeeded' || run.state === 'skipped' || (run.state === 'failed' && run.reason === 'replaced');
  if (isOver) return { status: 'over', reason: run.reason ?? run.state };
  const fencingToken = nextToken(sql);
  sql.run(
    "UPDATE cron_runs SET state = 'running', reason = NULL, error = NULL, ended_at_ms = NULL, engine_id = ?, fencing_token = ?, started_at_ms = ?, attempts = attempts + 1, losses = losses + ? WHERE job_id = ? AND scheduled_at_ms = ?",
    engineId, fencingToken, nowMs, run.state === 'running' ? 1 : 0, key.jobId, key.scheduledAtMs,
  );
  sql.run("UPDATE cron_jobs SET last_result = 'running', last_error = NULL WHERE job_id = ?", key.jobId);
  return { status: 'begun', fencingToken, isBackfilled: run.isBackfilled, attempts: run.attempts + 1, kind: run.kind };
}

export interface EndOutcome {
  readonly isCurrent: boolean;
  readonly next?: RunRecord;
}

export function end(sql: StoreSql, { key, fencingToken, end: how }: { readonly key: RunKey; readonly fencingToken: number; readonly end: RunEnd }, { nowMs }: StoreCommandContext): EndOutcome {
  const run = runRow(sql, key);
  if (run?.state !== 'running' || run.fencingToken !== fencingToken) return { isCurrent: false };
  return conclude(sql, run, how, nowMs);
}

export function endMessage(sql: StoreSql, { key, messageId, end: how }: { readonly key: RunKey; readonly messageId: string; readonly end: RunEnd }, { nowMs }: StoreCommandContext): EndOutcome {
  const run = runRow(sql, key);
  if (run === undefined || run.messageId !== messageId || run.state === 'waiting' || isEnded(run)) return { isCurrent: false };
  return conclude(sql, run, how, nowMs);
}

function conclude(sql: StoreSql, run: ProgramRun, { state, reason, error }: RunEnd, nowMs: number): EndOutcome {
  const { jobId, scheduledAtMs } = run;
  const failure = error === undefined ? null : JSON.stringify(error);
  sql.run('UPDATE cron_runs SET state = ?, reason = ?, error = ?, ended_at_ms = ? WHERE job_id = ? AND scheduled_at_ms = ?', state, reason ?? null, failure, state === 'queued' ? null : nowMs, jobId, scheduledAtMs);
  const open = openRunsOf(sql, jobId);
  const isRunning = open.some((other) => other.state !== 'waiting');
  sql.run('UPDATE cron_jobs SET last_result = ?, last_error = ? WHERE job_id = ?', isRunning || state === 'queued' ? 'running' : state, failure, jobId);
  if (state === 'queued') return { isCurrent: true };
  if (run.isLast) endScheduled(sql, jobId);
  const [next] = isRunning ? [] : open;
  return { isCurrent: true, ...(next === undefined ? {} : { next }) };
}

export function release(sql: StoreSql, { key, fencingToken }: { readonly key: RunKey; readonly fencingToken: number }): void {
  sql.run("UPDATE cron_runs SET state = 'released', engine_id = NULL WHERE job_id = ? AND scheduled_at_ms = ? AND state = 'running' AND fencing_token = ?", key.jobId, key.scheduledAtMs, fencingToken);
}

export interface Promotion {
  readonly key: RunKey;
  readonly wish: 'run' | 'queue';
  readonly messageId?: string;
}

export function promote(sql: StoreSql, { key, wish, messageId }: Promotion, context: StoreCommandContext): Started | undefined {
  const open = openRunsOf(sql, key.jobId);
  const run = open.find(({ scheduledAtMs }) => scheduledAtMs === key.scheduledAtMs);
  if (run?.state !== 'waiting' || open.some(({ state }) => state !== 'waiting')) return undefined;
  return restart(sql, { key, wish, losses: 0, ...(messageId === undefined ? {} : { messageId }) }, context);
}

/** @throws `MOTIA_CRON_SLOT_REFUSED` */
export function promoteOrFail(sql: StoreSql, promotion: Promotion, context: StoreCommandContext): Started {
  const started = promote(sql, promotion, context);
  if (started === undefined) throw cronErrors.SLOT_REFUSED({ jobId: promotion.key.jobId, scheduledAt: rfc3339(promotion.key.scheduledAtMs), status: 'it does not wait any more' });
  return started;
}

export interface Takeover extends Promotion {
  readonly fencingToken: number;
}

export function takeOver(sql: StoreSql, { key, wish, messageId, fencingToken }: Takeover, context: StoreCommandContext): Started | undefined {
  const run = runRow(sql, key);
  if (run === undefined || (run.state !== 'running' && run.state !== 'released' && run.state !== 'queued') || (run.fencingToken ?? 0) !== fencingToken) return undefined;
  // What an engine gave back when it stopped was no accident.
  return restart(sql, { key, wish, losses: run.state === 'running' ? 1 : 0, ...(messageId === undefined ? {} : { messageId }) }, context);
}

function restart(sql: StoreSql, { key, wish, messageId, losses }: Promotion & { readonly losses: number }, { engineId, nowMs }: StoreCommandContext): Started {
  const { jobId, scheduledAtMs } = key;
  sql.run("UPDATE cron_jobs SET last_result = 'running', last_error = NULL WHERE job_id = ?", jobId);
  if (wish === 'queue') {
    sql.run("UPDATE cron_runs SET state = 'queued', message_id = ?, engine_id = ?, losses = losses + ? WHERE job_id = ? AND scheduled_at_ms = ?", messageId ?? null, engineId, losses, jobId, scheduledAtMs);
    return {};
  }
  const fencingToken = nextToken(sql);
  sql.run(
    "UPDATE cron_runs SET state = 'running', engine_id = ?, fencing_token = ?, started_at_ms = ?, attempts = attempts + 1, losses = losses + ?, message_id = NULL WHERE job_id = ? AND scheduled_at_ms = ?",
    engineId, fencingToken, nowMs, losses, jobId, scheduledAtMs,
  );
  return { fencingToken };
}

function isEnded({ state }: RunRecord): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'skipped';
}
