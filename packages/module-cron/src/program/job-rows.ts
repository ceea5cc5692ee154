import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { checkedTable, rowChecksum } from '@motia/store-sqlite/rows';
import type { JobState, LastResult, RunFailure, StoredJob } from '../cron-store.js';
import { counter, touchScheduled } from './counters.js';
import { sift, type Found } from './sound-rows.js';

interface JobRow extends StoredJob {
  readonly anchorMs: number;
  readonly isPaused: number;
  readonly lastScheduledAtMs: number | null;
  readonly lastResult: LastResult | null;
  readonly lastError: string | null;
  readonly crc: number;
}
/** What decides when and what a job runs; what is only shown is not under the checksum. */
type Sealed = Pick<JobState, 'jobId' | 'functionId' | 'origin' | 'spec' | 'anchorMs' | 'isPaused'>;

const columns = `SELECT job_id AS jobId, function_id AS functionId, origin, spec, anchor_ms AS anchorMs, is_paused AS isPaused,
  last_scheduled_at_ms AS lastScheduledAtMs, last_result AS lastResult, last_error AS lastError, crc FROM cron_jobs`;
const table = checkedTable<{ readonly job_id: string }>({ table: 'cron_jobs', key: ['job_id'], values: [] });

function jobCrc({ jobId, functionId, origin, spec, anchorMs, isPaused }: Sealed): number {
  return rowChecksum(jobId, functionId, origin, spec, anchorMs, isPaused ? 1 : 0);
}

/** For commands: a row that is not what was written moves to the quarantine, and is not there. */
export function jobRow(sql: StoreSql, jobId: string, context: StoreCommandContext): JobState | undefined {
  const row = sql.get<JobRow>(`${columns} WHERE job_id = ?`, jobId);
  if (row === undefined) return undefined;
  if (isIntact(row)) return toJob(row);
  table.quarantine(sql, { job_id: jobId, crc: 0 }, context);
  touchScheduled(sql, context);
  return undefined;
}

/** All of them, or those named. */
export function jobStates(sql: StoreSql, { jobIds }: { readonly jobIds?: readonly string[] }): Found<JobState, string> {
  return sound(jobIds === undefined ? sql.all<JobRow>(`${columns} ORDER BY job_id`) : jobIds.flatMap((jobId) => sql.all<JobRow>(`${columns} WHERE job_id = ?`, jobId)));
}

/** Jobs that calls made, unless they are as they were. */
export function scheduledJobs(sql: StoreSql, { knownVersion }: { readonly knownVersion?: number }): { readonly version: number; readonly jobs?: Found<JobState, string> } {
  const version = counter(sql, 'scheduled');
  if (version === knownVersion) return { version };
  return { version, jobs: sound(sql.all<JobRow>(`${columns} WHERE origin = 'scheduled' ORDER BY job_id`)) };
}

export function insertJob(sql: StoreSql, job: StoredJob & { readonly anchorMs: number }, nowMs: number): void {
  const { jobId, functionId, origin, spec, anchorMs } = job;
  sql.run('INSERT INTO cron_jobs (job_id, function_id, origin, spec, anchor_ms, seen_at_ms, crc) VALUES (?, ?, ?, ?, ?, ?, ?)', jobId, functionId, origin, spec, anchorMs, nowMs, jobCrc({ ...job, isPaused: false }));
}

/** Writes what is under the checksum anew. `seenAtMs`: an engine has named the job. */
export function changeJob(sql: StoreSql, job: JobState, { seenAtMs, ...change }: Partial<Omit<Sealed, 'jobId' | 'origin'>> & { readonly seenAtMs?: number }): void {
  const { jobId, functionId, origin, spec, anchorMs, isPaused } = { ...job, ...change };
  sql.run(
    'UPDATE cron_jobs SET function_id = ?, spec = ?, anchor_ms = ?, is_paused = ?, seen_at_ms = coalesce(?, seen_at_ms), crc = ? WHERE job_id = ?',
    functionId, spec, anchorMs, isPaused ? 1 : 0, seenAtMs ?? null, jobCrc({ jobId, functionId, origin, spec, anchorMs, isPaused }), jobId,
  );
}

/** Takes all rows as they are. For migrations. */
export function resealJobs(sql: StoreSql): void {
  for (const row of sql.all<JobRow>(columns)) sql.run('UPDATE cron_jobs SET crc = ? WHERE job_id = ?', crcOf(row), row.jobId);
}

function sound(rows: readonly JobRow[]): Found<JobState, string> {
  return sift(rows, { isIntact, toRow: toJob, toKey: ({ jobId }) => jobId });
}

function isIntact(row: JobRow): boolean {
  return row.crc === crcOf(row);
}

function crcOf(row: JobRow): number {
  return rowChecksum(row.jobId, row.functionId, row.origin, row.spec, row.anchorMs, row.isPaused);
}

function toJob(row: JobRow): JobState {
  return {
    jobId: row.jobId, functionId: row.functionId, origin: row.origin, spec: row.spec, anchorMs: row.anchorMs, isPaused: row.isPaused === 1,
    ...(row.lastScheduledAtMs === null ? {} : { lastScheduledAtMs: row.lastScheduledAtMs }),
    ...(row.lastResult === null ? {} : { lastResult: row.lastResult }),
    ...(row.lastError === null ? {} : { lastError: JSON.parse(row.lastError) as RunFailure }),
  };
}
