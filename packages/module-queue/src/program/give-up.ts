import type { MotiaError, StoreSql } from '@motia/engine-core/contract';
import type { JobFailure } from '../job.js';
import { withFailure } from './failures.js';
import { leaveQueue, type SettleSetting } from './settle.js';
import { stateCode } from './tables.js';

export interface GivenUp {
  readonly kind: JobFailure['kind'];
  readonly error: MotiaError;
}

/** A job that waits becomes a dead letter. Looked at as it is now: one of its group that was given up before may have made it its turn. */
export function giveUpWaiting(sql: StoreSql, seq: number, { kind, error }: GivenUp, setting: Pick<SettleSetting, 'times' | 'nowMs' | 'depths' | 'touched'>): void {
  const row = sql.get<{ queue: number; state: number; groupKey: string | null; deliveries: number }>('SELECT queue, state, group_key AS groupKey, deliveries FROM queue_jobs WHERE seq = ?', seq);
  if (row === undefined) return;
  const { queue, state, groupKey, deliveries } = row;
  const { nowMs } = setting;
  const failure: JobFailure = { kind, code: error.code, message: error.message, atMs: nowMs, delivery: deliveries };
  sql.run('UPDATE queue_jobs SET state = ?, ended_at = ?, code = ?, failures = ? WHERE seq = ?', stateCode.dead, nowMs, error.code, withFailure(sql, seq, failure), seq);
  leaveQueue(sql, setting, { queue, group: groupKey ?? undefined, state });
}
