import type { StoreSql } from '@motia/engine-core/contract';
import type { Settlement } from '../job-store.js';
import type { DepthChanges } from './depths.js';
import { withFailure } from './failures.js';
import { advanceGroup } from './groups.js';
import { stateCode } from './tables.js';
import type { CommandTimes } from './times.js';

const own = 'WHERE seq = ? AND deliveries = ? AND state = 3 AND leased_by = ?';
const complete = `UPDATE queue_jobs SET state = ?, ended_at = ?, data = ?, payload = NULL, leased_by = NULL, lease_until = NULL ${own}`;
const giveBack = `UPDATE queue_jobs SET state = ?, due_at = ?, leased_by = NULL, lease_until = NULL, attempts = attempts + ?, losses = losses + ? ${own}`;
const giveUp = `UPDATE queue_jobs SET state = ?, ended_at = ?, code = ?, leased_by = NULL, lease_until = NULL, attempts = attempts + ?, losses = losses + ? ${own}`;

export interface SettleSetting {
  readonly engineId: string;
  readonly times: CommandTimes;
  /** By the wall clock, for showing. */
  readonly nowMs: number;
  readonly depths: DepthChanges;
  readonly touched: Set<number>;
}

/** Applies what became of a delivery. False, and nothing is changed, when the lease is no longer the caller's. */
export function settleJob(sql: StoreSql, settlement: Settlement, setting: SettleSetting): boolean {
  const { key, lease, lane, queue, group, end } = settlement;
  const { engineId, times, nowMs, touched } = setting;
  touched.add(lane);
  if (end.kind === 'completed') {
    // The payload has done its work; what is left of the row says what became of it.
    const hasEnded = sql.run(complete, end.result === undefined ? stateCode.completed : stateCode.kept, nowMs, end.result ?? null, key, lease, engineId).changes === 1;
    if (hasEnded) leaveQueue(sql, setting, { queue, group, state: stateCode.leased });
    return hasEnded;
  }
  const attempt = end.counts === 'attempt' ? 1 : 0;
  const loss = end.counts === 'loss' ? 1 : 0;
  if (end.kind === 'again') {
    const isDelayed = end.delayMs > 0;
    const isOwn = sql.run(giveBack, isDelayed ? stateCode.delayed : stateCode.ready, isDelayed ? times.dueMs + end.delayMs : null, attempt, loss, key, lease, engineId).changes === 1;
    if (isOwn && end.failure !== undefined) sql.run('UPDATE queue_jobs SET failures = ?, code = ? WHERE seq = ?', withFailure(sql, key, end.failure), end.failure.code, key);
    return isOwn;
  }
  const isBlocking = end.blocksGroup && group !== undefined;
  const isOwn = sql.run(giveUp, isBlocking ? stateCode.blocked : stateCode.dead, nowMs, end.failure.code, attempt, loss, key, lease, engineId).changes === 1;
  if (!isOwn) return false;
  sql.run('UPDATE queue_jobs SET failures = ? WHERE seq = ?', withFailure(sql, key, end.failure), key);
  if (isBlocking) return true;
  leaveQueue(sql, setting, { queue, group, state: stateCode.leased });
  return true;
}

/** A job as it was before it ended. */
export interface Leaving {
  readonly queue: number;
  readonly group: string | undefined;
  readonly state: number;
}

/** A job of the queue has ended: there is room for another, and its group goes on if it was its turn. */
export function leaveQueue(sql: StoreSql, { depths, times, touched }: Pick<SettleSetting, 'depths' | 'times' | 'touched'>, { queue, group, state }: Leaving): void {
  depths.add(queue, -1);
  // One that waited behind another changes nothing for those that wait with it, wherever a redrive has put them.
  if (group === undefined || state === stateCode.behind) return;
  const lane = advanceGroup(sql, queue, group, times.dueMs);
  if (lane !== undefined) touched.add(lane);
}
