import type { StoreSql } from '@motia/engine-core/contract';
import { queueErrors } from '../errors.js';
import type { JobFailure } from '../job.js';
import { withFailure } from './failures.js';
import { leaveQueue, type SettleSetting } from './settle.js';
import { stateCode } from './tables.js';

/** Jobs that are given up in one go: more are left for the next look. */
const expiredAtOnce = 200;

const due = `SELECT seq, id, queue, lane, group_key AS groupKey, deliveries, expires_at AS expiresAt FROM queue_jobs WHERE expires_at IS NOT NULL AND state < 3 AND expires_at <= ? ORDER BY expires_at LIMIT ${expiredAtOnce}`;

interface ExpiredRow {
  readonly seq: number;
  readonly id: string;
  readonly queue: number;
  readonly lane: number;
  readonly groupKey: string | null;
  readonly deliveries: number;
  readonly expiresAt: number;
}

/** What waited for longer than it may goes to the dead letters; its group goes on. Answers the ids, and whether there may be more. */
export function expireJobs(sql: StoreSql, setting: Pick<SettleSetting, 'times' | 'nowMs' | 'depths' | 'touched'>): { readonly ids: readonly string[]; readonly isMore: boolean } {
  const { nowMs, times } = setting;
  const rows = sql.all<ExpiredRow>(due, times.dueMs);
  for (const { seq, id, queue, lane, groupKey, deliveries, expiresAt } of rows) {
    const error = queueErrors.EXPIRED({ messageId: id, expiredAt: new Date(expiresAt).toISOString() });
    const failure: JobFailure = { kind: 'failed', code: error.code, message: error.message, atMs: nowMs, delivery: deliveries };
    sql.run('UPDATE queue_jobs SET state = ?, ended_at = ?, code = ?, failures = ? WHERE seq = ?', stateCode.dead, nowMs, error.code, withFailure(sql, seq, failure), seq);
    setting.touched.add(lane);
    leaveQueue(sql, setting, queue, groupKey ?? undefined);
  }
  return { ids: rows.map(({ id }) => id), isMore: rows.length === expiredAtOnce };
}
