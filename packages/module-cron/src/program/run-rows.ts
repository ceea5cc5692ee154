import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { checkedTable, rowChecksum } from '@motia/store-sqlite/rows';
import type { RunFailure, RunKey, RunRecord, RunState } from '../cron-store.js';
import { sift, type Found } from './sound-rows.js';

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
type StoredRun = RunRow & { readonly crc: number };

/** A run, with what only the program needs. */
export interface ProgramRun extends RunRecord {
  readonly isLast: boolean;
}

const columns = `SELECT job_id AS jobId, scheduled_at_ms AS scheduledAtMs, function_id AS functionId, kind, state, reason, is_backfilled AS isBackfilled, is_last AS isLast,
  attempts, losses, missed, claimed_at_ms AS claimedAtMs, started_at_ms AS startedAtMs, ended_at_ms AS endedAtMs, engine_id AS engineId,
  fencing_token AS fencingToken, message_id AS messageId, error, trace_id AS traceId, crc FROM cron_runs`;
/** As the partial index has it. */
const isOpen = "state IN ('waiting', 'queued', 'running', 'released')";
const table = checkedTable<{ readonly job_id: string; readonly scheduled_at_ms: number }>({ table: 'cron_runs', key: ['job_id', 'scheduled_at_ms'], values: [] });

/** Over everything but texts that are only shown. */
function runCrc(row: RunRow): number {
  return rowChecksum(
    row.jobId, row.scheduledAtMs, row.functionId, row.kind, row.state, row.isBackfilled, row.isLast, row.attempts, row.losses, row.missed,
    row.claimedAtMs, row.startedAtMs, row.endedAtMs, row.engineId, row.fencingToken, row.messageId,
  );
}

/** For commands: a row that is not what was written moves to the quarantine, and is not there. */
export function runRow(sql: StoreSql, { jobId, scheduledAtMs }: RunKey, context: StoreCommandContext): ProgramRun | undefined {
  return soundOf(sql, sql.all<StoredRun>(`${columns} WHERE job_id = ? AND scheduled_at_ms = ?`, jobId, scheduledAtMs), context)[0];
}

/** Oldest first. For commands, as `runRow`. */
export function openRunsOf(sql: StoreSql, jobId: string, context: StoreCommandContext): readonly ProgramRun[] {
  return soundOf(sql, openOf(sql, jobId), context);
}

/** Oldest first; of all jobs, or of those named. */
export function openRuns(sql: StoreSql, { jobIds }: { readonly jobIds?: readonly string[] }): Found<RunRecord, RunKey> {
  return sound(jobIds === undefined ? sql.all<StoredRun>(`${columns} WHERE ${isOpen} ORDER BY job_id, scheduled_at_ms`) : jobIds.flatMap((jobId) => openOf(sql, jobId)));
}

/** Newest first. */
export function history(sql: StoreSql, { jobId, limit, beforeMs }: { readonly jobId?: string; readonly limit: number; readonly beforeMs?: number }): Found<RunRecord, RunKey> {
  const before = beforeMs ?? Number.MAX_SAFE_INTEGER;
  return sound(jobId === undefined
    ? sql.all<StoredRun>(`${columns} WHERE scheduled_at_ms < ? ORDER BY scheduled_at_ms DESC, job_id LIMIT ?`, before, limit)
    : sql.all<StoredRun>(`${columns} WHERE job_id = ? AND scheduled_at_ms < ? ORDER BY scheduled_at_ms DESC LIMIT ?`, jobId, before, limit));
}

export function insertRun(sql: StoreSql, run: ProgramRun): void {
  const row = toRow(run);
  sql.run(
    `INSERT INTO cron_runs (job_id, scheduled_at_ms, function_id, kind, state, reason, is_backfilled, is_last, attempts, losses, missed, claimed_at_ms, started_at_ms, ended_at_ms,
      engine_id, fencing_token, message_id, trace_id, crc) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    row.jobId, row.scheduledAtMs, row.functionId, row.kind, row.state, row.reason, row.isBackfilled, row.isLast, row.attempts, row.losses, row.missed, row.claimedAtMs, row.startedAtMs, row.endedAtMs,
    row.engineId, row.fencingToken, row.messageId, row.traceId, runCrc(row),
  );
}

/** What of a run changes in its life; null takes it away. */
export type RunChange = Partial<Pick<RunRow, 'state' | 'reason' | 'attempts' | 'losses' | 'startedAtMs' | 'endedAtMs' | 'engineId' | 'fencingToken' | 'messageId' | 'traceId'>> & { readonly error?: RunFailure | null };

export function changeRun(sql: StoreSql, run: ProgramRun, { error, ...change }: RunChange): void {
  const row: RunRow = { ...toRow(run), ...change };
  const failure = error === undefined ? row.error : error === null ? null : JSON.stringify(error);
  sql.run(
    `UPDATE cron_runs SET state = ?, reason = ?, attempts = ?, losses = ?, started_at_ms = ?, ended_at_ms = ?, engine_id = ?, fencing_token = ?, message_id = ?, trace_id = ?, error = ?, crc = ?
      WHERE job_id = ? AND scheduled_at_ms = ?`,
    row.state, row.reason, row.attempts, row.losses, row.startedAtMs, row.endedAtMs, row.engineId, row.fencingToken, row.messageId, row.traceId, failure, runCrc(row), row.jobId, row.scheduledAtMs,
  );
}

export function removeRun(sql: StoreSql, { jobId, scheduledAtMs }: RunKey): void {
  sql.run('DELETE FROM cron_runs WHERE job_id = ? AND scheduled_at_ms = ?', jobId, scheduledAtMs);
}

/** Takes all rows as they are. For migrations. */
export function resealRuns(sql: StoreSql): void {
  for (const row of sql.all<StoredRun>(columns)) sql.run('UPDATE cron_runs SET crc = ? WHERE job_id = ? AND scheduled_at_ms = ?', runCrc(row), row.jobId, row.scheduledAtMs);
}

function openOf(sql: StoreSql, jobId: string): readonly StoredRun[] {
  return sql.all<StoredRun>(`${columns} WHERE job_id = ? AND ${isOpen} ORDER BY scheduled_at_ms`, jobId);
}

function soundOf(sql: StoreSql, stored: readonly StoredRun[], context: StoreCommandContext): readonly ProgramRun[] {
  const { rows, damaged } = sound(stored);
  for (const { jobId, scheduledAtMs } of damaged) table.quarantine(sql, { job_id: jobId, scheduled_at_ms: scheduledAtMs, crc: 0 }, context);
  return rows;
}

function sound(rows: readonly StoredRun[]): Found<ProgramRun, RunKey> {
  return sift(rows, { isIntact: (row) => row.crc === runCrc(row), toRow: toRun, toKey: ({ jobId, scheduledAtMs }) => ({ jobId, scheduledAtMs }) });
}

function toRow(run: ProgramRun): RunRow {
  return {
    jobId: run.jobId, scheduledAtMs: run.scheduledAtMs, functionId: run.functionId, kind: run.kind, state: run.state, reason: run.reason ?? null,
    isBackfilled: run.isBackfilled ? 1 : 0, isLast: run.isLast ? 1 : 0, attempts: run.attempts, losses: run.losses, missed: run.missed, claimedAtMs: run.claimedAtMs,
    startedAtMs: run.startedAtMs ?? null, endedAtMs: run.endedAtMs ?? null, engineId: run.engineId ?? null, fencingToken: run.fencingToken ?? null, messageId: run.messageId ?? null,
    error: run.error === undefined ? null : JSON.stringify(run.error), traceId: run.traceId ?? null,
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
