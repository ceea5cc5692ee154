import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { queueErrors } from '../errors.js';
import { isSpent } from '../delivery/loss-policy.js';
import type { JobFailure } from '../job.js';
import { DepthChanges } from './depths.js';
import { withFailure } from './failures.js';
import { noteLeft } from './queues.js';
import { leaveQueue } from './settle.js';
import { stateCode } from './tables.js';
import type { CommandTimes } from './times.js';

/** A lease that somebody else holds. */
export interface ForeignLease {
  readonly key: number;
  readonly lease: number;
  readonly leasedBy: string;
  readonly leaseMs: number;
  readonly leaseUntil: number;
}

/** Leases of other engines, whether they live or not. */
export function foreignLeases(sql: StoreSql, { engineId }: { readonly engineId: string }): readonly ForeignLease[] {
  return sql.all<ForeignLease>(
    'SELECT seq AS key, deliveries AS lease, leased_by AS leasedBy, lease_ms AS leaseMs, lease_until AS leaseUntil FROM queue_jobs WHERE state = 3 AND leased_by <> ?', engineId);
}

/** Engines that said they serve subscriptions. */
export function servers(sql: StoreSql): readonly string[] {
  return sql.all<{ engineId: string }>('SELECT DISTINCT engine_id AS engineId FROM queue_servers').map(({ engineId }) => engineId);
}

export interface ReclaimInput {
  /** Leases as they were when it was decided that nobody holds them any more. */
  readonly leases: readonly { readonly key: number; readonly lease: number; readonly leaseUntil: number }[];
  /** Engines that are gone. */
  readonly goneEngines: readonly string[];
  readonly times: CommandTimes;
}

/**
 * Gives back what engines held that are gone: one loss each. A lease that was renewed or settled meanwhile is left alone.
 * Answers how many jobs were put back or given up.
 */
export function reclaim(sql: StoreSql, { leases, goneEngines, times }: ReclaimInput, { nowMs }: StoreCommandContext): number {
  const setting = { times, depths: new DepthChanges(), touched: new Set<number>() };
  const rows = leases.flatMap(({ key, lease, leaseUntil }) => sql.all<LeasedRow>(`${leased} AND j.seq = ? AND j.deliveries = ? AND j.lease_until = ?`, key, lease, leaseUntil));
  for (const row of rows) {
    const companions = rows.filter(({ leasedBy }) => leasedBy === row.leasedBy).length - 1;
    giveBack(sql, row, { ...setting, nowMs, companions });
  }
  setting.depths.write(sql);
  for (const engineId of goneEngines) {
    const served = sql.all<{ queue: number }>('SELECT queue FROM queue_servers WHERE engine_id = ?', engineId);
    sql.run('DELETE FROM queue_servers WHERE engine_id = ?', engineId);
    for (const { queue } of served) noteLeft(sql, queue, times);
  }
  return rows.length;
}

interface LeasedRow {
  readonly key: number;
  readonly queue: number;
  readonly lane: number;
  readonly groupKey: string | null;
  readonly losses: number;
  readonly delivery: number;
  readonly leasedBy: string;
  readonly trace: string | null;
  readonly maxLosses: number;
  readonly blocksGroup: number;
}
const leased = `SELECT j.seq AS key, j.queue AS queue, j.lane AS lane, j.group_key AS groupKey, j.losses AS losses, j.deliveries AS delivery, j.leased_by AS leasedBy, j.trace AS trace,
  q.max_losses AS maxLosses, q.blocks_group AS blocksGroup FROM queue_jobs j JOIN queue_queues q ON q.id = j.queue WHERE j.state = 3`;

interface GiveBackSetting {
  readonly times: CommandTimes;
  readonly depths: DepthChanges;
  readonly touched: Set<number>;
  readonly nowMs: number;
  readonly companions: number;
}

function giveBack(sql: StoreSql, row: LeasedRow, setting: GiveBackSetting): void {
  const { nowMs, companions } = setting;
  const { key, queue, lane, groupKey, leasedBy, delivery } = row;
  const error = queueErrors.ENGINE_LOST({ engineId: leasedBy });
  const failure: JobFailure = { kind: 'lost', code: error.code, message: error.message, atMs: nowMs, delivery };
  setting.touched.add(lane);
  const isOver = isSpent(row.losses + 1, row.maxLosses, companions);
  const isBlocking = isOver && row.blocksGroup !== 0 && groupKey !== null;
  const state = !isOver ? stateCode.ready : isBlocking ? stateCode.blocked : stateCode.dead;
  sql.run(
    'UPDATE queue_jobs SET state = ?, losses = losses + 1, leased_by = NULL, lease_until = NULL, code = ?, failures = ?, ended_at = ? WHERE seq = ?',
    state, error.code, withFailure(sql, key, failure), isOver ? nowMs : null, key,
  );
  if (state === stateCode.dead) leaveQueue(sql, setting, { queue, group: groupKey ?? undefined, state: stateCode.leased });
}

/** When every engine was away nobody could have served: subscriptions get their whole time again. */
export function restartGrace(sql: StoreSql, { times }: { readonly times: CommandTimes }): void {
  sql.run('UPDATE queue_queues SET left_at = ? WHERE (role = 3 OR (role = 0 AND ended_at IS NULL)) AND NOT EXISTS (SELECT 1 FROM queue_servers s WHERE s.queue = queue_queues.id)', times.steadyMs);
}

/** Makes leases last longer. Answers the keys of those that are not the caller's any more. */
export function renew(
  sql: StoreSql,
  { leases, times }: { readonly leases: readonly { readonly key: number; readonly lease: number; readonly leaseMs: number }[]; readonly times: CommandTimes },
  { engineId }: StoreCommandContext,
): readonly number[] {
  return leases.flatMap(({ key, lease, leaseMs }) => {
    const until = times.dueMs + leaseMs;
    // Never shorter than it was: an extension that a handler asked for outlasts the next renewal.
    const { changes } = sql.run('UPDATE queue_jobs SET lease_ms = max(lease_ms, ?), lease_until = max(lease_until, ?) WHERE seq = ? AND deliveries = ? AND state = 3 AND leased_by = ?', leaseMs, until, key, lease, engineId);
    return changes === 1 ? [] : [key];
  });
}
