import type { StoreSql } from '@motia/engine-core/contract';
import type { JobState, LastResult, RunFailure, RunKey, RunRecord, RunState, StoredJob } from '../cron-store.js';

interface JobRow {
  readonly jobId: string;
  readonly functionId: string;
  readonly origin: StoredJob['origin'];
  readonly spec: string;
  readonly anchorMs: number;
  readonly isPaused: number;
  readonly lastScheduledAtMs: number | null;
  readonly lastResult: LastResult | null;
  readonly lastError: string | null;
}
interface RunRow extends RunKey {
  readonly functionId: string;
  readonly kind: RunRecord['kind'];
  readonly state: RunState;
  readonly reason: string | null;
  readonly isBackfilled: number;
  readonly isLast: number;
  readonly attempts: number;
  readonly losses: number;
  readonly missed: number;
  readonly claimedAtMs: number;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly engineId: string | null;
  readonly fencingToken: number | null;
  readonly messageId: string | null;
  readonly error: string | null;
  readonly traceId: string | null;
}

const jobColumns = `SELECT job_id AS jobId, function_id AS functionId, origin, spec, anchor_ms AS anchorMs, is_paused AS isPaused,
  last_scheduled_at_ms AS lastScheduledAtMs, last_result AS lastResult, last_error AS lastError FROM cron_jobs`;
const runColumns = `SELECT job_id AS jobId, scheduled_at_ms AS scheduledAtMs, function_id AS functionId, kind, state, reason, is_backfilled AS isBackfilled, is_last AS isLast,
  attempts, losses, missed, claimed_at_ms AS claimedAtMs, started_at_ms AS startedAtMs, ended_at_ms AS endedAtMs, engine_id AS engineId,
  fencing_token AS fencingToken, message_id AS messageId, error, trace_id AS traceId FROM cron_runs`;
/** As the partial index has it. */
const isOpen = "state IN ('waiting', 'queued', 'running', 'released')";

export function jobRow(sql: StoreSql, jobId: string): JobState | undefined {
  const row = sql.get<JobRow>(`${jobColumns} WHERE job_id = ?`, jobId);
  return row === undefined ? undefined : toJob(row);
}

export function allJobs(sql: StoreSql): readonly JobState[] {
  return sql.all<JobRow>(`${jobColumns} ORDER BY job_id`).map(toJob);
}

/** A run, with what only the program needs. */
export interface ProgramRun extends RunRecord {
  readonly isLast: boolean;
}

export function runRow(sql: StoreSql, { jobId, scheduledAtMs }: RunKey): ProgramRun | undefined {
  const row = sql.get<RunRow>(`${runColumns} WHERE job_id = ? AND scheduled_at_ms = ?`, jobId, scheduledAtMs);
  return row === undefined ? undefined : toRun(row);
}

/** Oldest first. */
export function openRunsOf(sql: StoreSql, jobId: string): readonly ProgramRun[] {
  return sql.all<RunRow>(`${runColumns} WHERE job_id = ? AND ${isOpen} ORDER BY scheduled_at_ms`, jobId).map(toRun);
}

export function allOpenRuns(sql: StoreSql): readonly RunRecord[] {
  return sql.all<RunRow>(`${runColumns} WHERE ${isOpen} ORDER BY job_id, scheduled_at_ms`).map(toRun);
}

/** Newest first. */
export function history(sql: StoreSql, { jobId, limit, beforeMs }: { readonly jobId?: string; readonly limit: number; readonly beforeMs?: number }): readonly RunRecord[] {
  const before = beforeMs ?? Number.MAX_SAFE_INTEGER;
  const rows = jobId === undefined
    ? sql.all<RunRow>(`${runColumns} WHERE scheduled_at_ms < ? ORDER BY scheduled_at_ms DESC, job_id LIMIT ?`, before, limit)
    : sql.all<RunRow>(`${runColumns} WHERE job_id = ? AND scheduled_at_ms < ? ORDER BY scheduled_at_ms DESC LIMIT ?`, jobId, before, limit);
  return rows.map(toRun);
}

/** The next fencing token. */
export function nextToken(sql: StoreSql): number {
  sql.run("UPDATE cron_counters SET value = value + 1 WHERE name = 'fence'");
  return counter(sql, 'fence');
}

export function counter(sql: StoreSql, name: 'fence' | 'scheduled'): number {
  return sql.get<{ value: number }>('SELECT value FROM cron_counters WHERE name = ?', name)?.value ?? 0;
}

/** Jobs that calls made, unless they are as they were. */
export function scheduledJobs(sql: StoreSql, { knownVersion }: { readonly knownVersion?: number }): { readonly version: number; readonly jobs?: readonly JobState[] } {
  const version = counter(sql, 'scheduled');
  if (version === knownVersion) return { version };
  return { version, jobs: sql.all<JobRow>(`${jobColumns} WHERE origin = 'scheduled' ORDER BY job_id`).map(toJob) };
}

function toJob(row: JobRow): JobState {
  return {
    jobId: row.jobId, functionId: row.functionId, origin: row.origin, spec: row.spec, anchorMs: row.anchorMs, isPaused: row.isPaused === 1,
    ...(row.lastScheduledAtMs === null ? {} : { lastScheduledAtMs: row.lastScheduledAtMs }),
    ...(row.lastResult === null ? {} : { lastResult: row.lastResult }),
    ...(row.lastError === null ? {} : { lastError: JSON.parse(row.lastError) as RunFailure }),
  };
}

function toRun(row: RunRow): ProgramRun {
  return {
    jobId: row.jobId, scheduledAtMs: row.scheduledAtMs, functionId: row.functionId, kind: row.kind, state: row.state,
    isBackfilled: row.isBackfilled === 1, isLast: row.isLast === 1, attempts: row.attempts, losses: row.losses, missed: row.missed, claimedAtMs: row.claimedAtMs,
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.startedAtMs === null ? {} : { startedAtMs: row.startedAtMs }),
    ...(row.endedAtMs === null ? {} : { endedAtMs: row.endedAtMs }),
    ...(row.engineId === null ? {} : { engineId: row.engineId }),
    ...(row.fencingToken === null ? {} : { fencingToken: row.fencingToken }),
    ...(row.messageId === null ? {} : { messageId: row.messageId }),
    ...(row.error === null ? {} : { error: JSON.parse(row.error) as RunFailure }),
    ...(row.traceId === null ? {} : { traceId: row.traceId }),
  };
}
