import type { StoreSql } from '@motia/engine-core/contract';
import { queueErrors } from '../errors.js';
import { giveUpWaiting } from './give-up.js';
import type { SettleSetting } from './settle.js';

/** Jobs that are given up in one go: more are left for the next look. */
const expiredAtOnce = 200;

const due = `SELECT seq, id, lane, expires_at AS expiresAt FROM queue_jobs WHERE expires_at IS NOT NULL AND state < 3 AND expires_at <= ? ORDER BY expires_at LIMIT ${expiredAtOnce}`;

interface ExpiredRow {
  readonly seq: number;
  readonly id: string;
  readonly lane: number;
  readonly expiresAt: number;
}

/** What waited for longer than it may goes to the dead letters; its group goes on. Answers the ids, and whether there may be more. */
export function expireJobs(sql: StoreSql, setting: Pick<SettleSetting, 'times' | 'nowMs' | 'depths' | 'touched'>): { readonly ids: readonly string[]; readonly isMore: boolean } {
  const rows = sql.all<ExpiredRow>(due, setting.times.dueMs);
  for (const { seq, id, lane, expiresAt } of rows) {
    setting.touched.add(lane);
    giveUpWaiting(sql, seq, { kind: 'failed', error: queueErrors.EXPIRED({ messageId: id, expiredAt: new Date(expiresAt).toISOString() }) }, setting);
  }
  return { ids: rows.map(({ id }) => id), isMore: rows.length === expiredAtOnce };
}
