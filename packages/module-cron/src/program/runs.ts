import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { nextWaiting, waitsAsBackfill, type BeginOutcome, type RunEnd, type RunKey, type RunRecord, type RunStart } from '../cron-store.js';
import { cronErrors } from '../errors.js';
import { rfc3339 } from '../rfc3339.js';
import { jobRow } from './job-rows.js';
import { endScheduled } from './jobs.js';
import { nextToken } from './counters.js';
import { changeRun, openRunsOf, runRow, type ProgramRun } from './run-rows.js';

export interface Started {
  readonly fencingToken?: number;
}

export function begin(sql: StoreSql, key: RunKey, context: StoreCommandContext): BeginOutcome {
  const run = runRow(sql, key, context);
  if (run === undefined) return { status: 'over', reason: 'it is not known' };
  // One that the queue gave up may be brought back from the dead letters; one that was replaced or cancelled may not.
  const isOver = run.state === 'succeeded' || run.state === 'skipped' || (run.state === 'failed' && run.reason === 'replaced');
  if (isOver) return { status: 'over', reason: run.reason ?? run.state };
  const fencingToken = nextToken(sql, context);
  changeRun(sql, run, {
    state: 'running', reason: null, error: null, endedAtMs: null, engineId: context.engineId, fencingToken, startedAtMs: context.nowMs,
    attempts: run.attempts + 1, losses: run.losses + (run.state === 'running' ? 1 : 0),
  });
  sql.run("UPDATE cron_jobs SET last_result = 'running', last_error = NULL WHERE job_id = ?", key.jobId);
  return { status: 'begun', fencingToken, isBackfilled: run.isBackfilled, attempts: run.attempts + 1, kind: run.kind };
}

export interface EndOutcome {
  readonly isCurrent: boolean;
  readonly next?: RunRecord;
}

export function end(sql: StoreSql, { key, fencingToken, end: how }: { readonly key: RunKey; readonly fencingToken: number; readonly end: RunEnd }, context: StoreCommandContext): EndOutcome {
  const run = runRow(sql, key, context);
  if (run?.state !== 'running' || run.fencingToken !== fencingToken) return { isCurrent: false };
  return conclude(sql, run, how, context);
}

export function endMessage(sql: StoreSql, { key, messageId, end: how }: { readonly key: RunKey; readonly messageId: string; readonly end: RunEnd }, context: StoreCommandContext): EndOutcome {
  const run = runRow(sql, key, context);
  if (run === undefined || run.messageId !== messageId || run.state === 'waiting' || isEnded(run)) return { isCurrent: false };
  return conclude(sql, run, how, context);
}

function conclude(sql: StoreSql, run: ProgramRun, { state, reason, error }: RunEnd, context: StoreCommandContext): EndOutcome {
  const { jobId } = run;
  const failure = error === undefined ? null : JSON.stringify(error);
  changeRun(sql, run, { state, reason: reason ?? null, error: error ?? null, endedAtMs: state === 'queued' ? null : context.nowMs });
  const open = openRunsOf(sql, jobId, context);
  const isRunning = open.some((other) => other.state !== 'waiting');
  sql.run('UPDATE cron_jobs SET last_result = ?, last_error = ? WHERE job_id = ?', isRunning || state === 'queued' ? 'running' : state, failure, jobId);
  if (state === 'queued') return { isCurrent: true };
  if (run.isLast) endScheduled(sql, jobId, context);
  const next = isRunning ? undefined : nextWaiting(open);
  return { isCurrent: true, ...(next === undefined ? {} : { next }) };
}

export function release(sql: StoreSql, { key, fencingToken }: { readonly key: RunKey; readonly fencingToken: number }, context: StoreCommandContext): void {
  const run = runRow(sql, key, context);
  if (run?.state === 'running' && run.fencingToken === fencingToken) changeRun(sql, run, { state: 'released', engineId: null });
}

export interface Promotion {
  readonly key: RunKey;
  readonly start: RunStart;
}

export function promote(sql: StoreSql, { key, start }: Promotion, context: StoreCommandContext): Started | undefined {
  const open = openRunsOf(sql, key.jobId, context);
  const run = open.find(({ scheduledAtMs }) => scheduledAtMs === key.scheduledAtMs);
  if (run?.state !== 'waiting' || open.some(({ state }) => state !== 'waiting')) return undefined;
  if (waitsAsBackfill(run) && jobRow(sql, key.jobId, context)?.isPaused === true) return undefined;
  return restart(sql, run, { ...start, losses: 0 }, context);
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

export function takeOver(sql: StoreSql, { key, start, fencingToken }: Takeover, context: StoreCommandContext): Started | undefined {
  const run = runRow(sql, key, context);
  if (run === undefined || (run.state !== 'running' && run.state !== 'released' && run.state !== 'queued') || (run.fencingToken ?? 0) !== fencingToken) return undefined;
  // What an engine gave back when it stopped was no accident.
  return restart(sql, run, { ...start, losses: run.state === 'running' ? 1 : 0 }, context);
}

function restart(sql: StoreSql, run: ProgramRun, { wish, messageId, traceId, losses }: RunStart & { readonly losses: number }, context: StoreCommandContext): Started {
  const { engineId, nowMs } = context;
  sql.run("UPDATE cron_jobs SET last_result = 'running', last_error = NULL WHERE job_id = ?", run.jobId);
  const change = { engineId, losses: run.losses + losses, ...(traceId === undefined ? {} : { traceId }) };
  if (wish === 'queue') {
    changeRun(sql, run, { ...change, state: 'queued', messageId: messageId ?? null });
    return {};
  }
  const fencingToken = nextToken(sql, context);
  changeRun(sql, run, { ...change, state: 'running', fencingToken, startedAtMs: nowMs, attempts: run.attempts + 1, messageId: null });
  return { fencingToken };
}

function isEnded({ state }: RunRecord): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'skipped';
}
