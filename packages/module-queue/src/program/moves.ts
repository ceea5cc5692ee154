import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { queueErrors } from '../errors.js';
import { queueLabel } from '../job.js';
import type { JobFilter, MoveTask, NewMove } from '../job-store.js';
import { DepthChanges } from './depths.js';
import { deadJobs, redriveJob } from './operate.js';
import type { ForeignLease } from './recover.js';

interface MoveRow {
  readonly queue: number;
  readonly filter: string;
  readonly toHead: number;
  readonly rate: number | null;
  readonly moved: number;
  readonly beganAt: number;
  readonly lastSeq: number;
  readonly state: MoveTask['state'];
  readonly engineId: string | null;
}
const all = 'SELECT queue, filter, to_head AS toHead, rate, moved, began_at AS beganAt, last_seq AS lastSeq, state, engine_id AS engineId FROM queue_moves';

/** An engine that does not go on with its move for so long, by the clocks of others, has lost it. */
export const moveLeaseMs = 30_000;

export function moves(sql: StoreSql): readonly MoveTask[] {
  return sql.all<MoveRow>(all).map(toTask);
}

/** Begins a redrive of everything that the filter means now; what dies later is not part of it. */
export function startMove(sql: StoreSql, { queue, filter, toHead, ratePerSecond }: NewMove, { engineId, nowMs }: StoreCommandContext): void {
  if (sql.get(`${all} WHERE queue = ? AND state = 'running'`, queue) !== undefined) {
    const name = sql.get<{ kind: 'topic' | 'queue'; name: string; functionId: string }>('SELECT kind, name, function_id AS functionId FROM queue_queues WHERE id = ?', queue);
    throw queueErrors.REDRIVE_RUNNING({ queue: name === undefined ? String(queue) : queueLabel(name) });
  }
  const lastSeq = sql.get<{ last: number | null }>('SELECT max(seq) AS last FROM queue_jobs WHERE queue = ? AND state BETWEEN 4 AND 5', queue)?.last ?? 0;
  sql.run(
    "INSERT OR REPLACE INTO queue_moves (queue, filter, to_head, rate, moved, began_at, last_seq, state, engine_id) VALUES (?, ?, ?, ?, 0, ?, ?, 'running', ?)",
    queue, JSON.stringify(filter), Number(toHead), ratePerSecond ?? null, nowMs, lastSeq, engineId,
  );
}

/** Moves some more, and counts them, in one commit: after a crash it goes on where it was. */
export function stepMove(sql: StoreSql, { queue, limit }: { readonly queue: number; readonly limit: number }, { engineId }: StoreCommandContext): MoveTask | undefined {
  const row = sql.get<MoveRow>(`${all} WHERE queue = ?`, queue);
  if (row === undefined || (row.engineId !== null && row.engineId !== engineId)) return undefined;
  if (row.state !== 'running') return toTask(row);
  const filter = JSON.parse(row.filter) as JobFilter;
  // At the head they are in front of `lastSeq` again: the time tells those that died anew.
  const beforeMs = row.toHead === 0 ? filter.beforeMs : Math.min(filter.beforeMs ?? row.beganAt, row.beganAt);
  const found = deadJobs(sql, { ...filter, ...(beforeMs === undefined ? {} : { beforeMs }) }, limit, row.lastSeq);
  const depths = new DepthChanges();
  // To the head one by one: the last one taken would come first, so the newest of the part is taken first.
  for (const job of row.toHead === 0 ? found : [...found].reverse()) redriveJob(sql, job, { toHead: row.toHead !== 0, data: undefined, depths });
  depths.write(sql);
  sql.run('UPDATE queue_moves SET moved = moved + ?, state = ?, engine_id = ?, beat = beat + 1 WHERE queue = ?', found.length, found.length < limit ? 'done' : 'running', engineId, queue);
  return toTask(sql.get<MoveRow>(`${all} WHERE queue = ?`, queue) as MoveRow);
}

/** Moves of other engines, whether these live or not. */
export function foreignMoves(sql: StoreSql, { engineId }: { readonly engineId: string }): readonly ForeignLease[] {
  return sql.all<ForeignLease>(
    `SELECT queue AS key, began_at AS lease, engine_id AS leasedBy, beat AS leaseUntil, ${moveLeaseMs} AS leaseMs FROM queue_moves WHERE state = 'running' AND engine_id <> ?`, engineId);
}

/** Gives moves free whose engine is gone. One that went on meanwhile is left alone. */
export function freeMoves(sql: StoreSql, { moves }: { readonly moves: readonly Pick<ForeignLease, 'key' | 'lease' | 'leaseUntil'>[] }): void {
  for (const { key, lease, leaseUntil } of moves) sql.run('UPDATE queue_moves SET engine_id = NULL WHERE queue = ? AND began_at = ? AND beat = ?', key, lease, leaseUntil);
}

export function cancelMove(sql: StoreSql, { queue }: { readonly queue: number }): MoveTask | undefined {
  sql.run("UPDATE queue_moves SET state = 'cancelled' WHERE queue = ? AND state = 'running'", queue);
  const row = sql.get<MoveRow>(`${all} WHERE queue = ?`, queue);
  return row === undefined ? undefined : toTask(row);
}

function toTask({ queue, filter, toHead, rate, moved, beganAt, state, engineId }: MoveRow): MoveTask {
  return { queue, filter: JSON.parse(filter) as JobFilter, toHead: toHead !== 0, ...(rate === null ? {} : { ratePerSecond: rate }), moved, startedAtMs: beganAt, state, ...(engineId === null ? {} : { engineId }) };
}
