import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { queueErrors } from '../errors.js';
import { queueLabel } from '../job.js';
import type { JobFilter, MoveTask } from '../job-store.js';
import { DepthChanges } from './depths.js';
import { deadJobs, redriveJob } from './operate.js';

interface MoveRow {
  readonly queue: number;
  readonly filter: string;
  readonly toHead: number;
  readonly rate: number | null;
  readonly moved: number;
  readonly beganAt: number;
  readonly lastSeq: number;
  readonly state: MoveTask['state'];
}
const all = 'SELECT queue, filter, to_head AS toHead, rate, moved, began_at AS beganAt, last_seq AS lastSeq, state FROM queue_moves';

export function moves(sql: StoreSql): readonly MoveTask[] {
  return sql.all<MoveRow>(all).map(toTask);
}

/** Begins a redrive of everything that the filter means now; what dies later is not part of it. */
export function startMove(sql: StoreSql, { queue, filter, toHead, ratePerSecond }: Omit<MoveTask, 'moved' | 'startedAtMs' | 'state'>, { nowMs }: StoreCommandContext): void {
  if (sql.get(`${all} WHERE queue = ? AND state = 'running'`, queue) !== undefined) {
    const name = sql.get<{ kind: 'topic' | 'queue'; name: string; functionId: string }>('SELECT kind, name, function_id AS functionId FROM queue_queues WHERE id = ?', queue);
    throw queueErrors.REDRIVE_RUNNING({ queue: name === undefined ? String(queue) : queueLabel(name) });
  }
  const lastSeq = sql.get<{ last: number | null }>('SELECT max(seq) AS last FROM queue_jobs WHERE queue = ? AND state BETWEEN 4 AND 5', queue)?.last ?? 0;
  sql.run(
    "INSERT OR REPLACE INTO queue_moves (queue, filter, to_head, rate, moved, began_at, last_seq, state) VALUES (?, ?, ?, ?, 0, ?, ?, 'running')",
    queue, JSON.stringify(filter), Number(toHead), ratePerSecond ?? null, nowMs, lastSeq,
  );
}

/** Moves some more, and counts them, in one commit: after a crash it goes on where it was. */
export function stepMove(sql: StoreSql, { queue, limit }: { readonly queue: number; readonly limit: number }): MoveTask | undefined {
  const row = sql.get<MoveRow>(`${all} WHERE queue = ?`, queue);
  if (row?.state !== 'running') return row === undefined ? undefined : toTask(row);
  const filter = JSON.parse(row.filter) as JobFilter;
  // At the head they are in front of `lastSeq` again: the time tells those that died anew.
  const beforeMs = row.toHead === 0 ? filter.beforeMs : Math.min(filter.beforeMs ?? row.beganAt, row.beganAt);
  const found = deadJobs(sql, { ...filter, ...(beforeMs === undefined ? {} : { beforeMs }) }, limit, row.lastSeq);
  const depths = new DepthChanges();
  // To the head one by one: the last one taken would come first, so the newest of the part is taken first.
  for (const job of row.toHead === 0 ? found : [...found].reverse()) redriveJob(sql, job, { toHead: row.toHead !== 0, data: undefined, depths });
  depths.write(sql);
  sql.run('UPDATE queue_moves SET moved = moved + ?, state = ? WHERE queue = ?', found.length, found.length < limit ? 'done' : 'running', queue);
  return toTask(sql.get<MoveRow>(`${all} WHERE queue = ?`, queue) as MoveRow);
}

export function cancelMove(sql: StoreSql, { queue }: { readonly queue: number }): MoveTask | undefined {
  sql.run("UPDATE queue_moves SET state = 'cancelled' WHERE queue = ? AND state = 'running'", queue);
  const row = sql.get<MoveRow>(`${all} WHERE queue = ?`, queue);
  return row === undefined ? undefined : toTask(row);
}

function toTask({ queue, filter, toHead, rate, moved, beganAt, state }: MoveRow): MoveTask {
  return { queue, filter: JSON.parse(filter) as JobFilter, toHead: toHead !== 0, ...(rate === null ? {} : { ratePerSecond: rate }), moved, startedAtMs: beganAt, state };
}
