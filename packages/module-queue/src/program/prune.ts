import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { queueErrors } from '../errors.js';
import type { Retention } from '../job-store.js';
import { DepthChanges } from './depths.js';
import { expireJobs } from './expire.js';
import { giveUpWaiting } from './give-up.js';
import type { SettleSetting } from './settle.js';
import { isSubscription } from './tables.js';
import type { CommandTimes } from './times.js';
import { isInUse, waitingJobs } from './waiting.js';

/** Rows of one kind that one command removes, so that nobody waits long behind it. */
const partSize = 500;

const oldest = (states: string): string => `SELECT seq FROM queue_jobs WHERE state IN (${states}) AND state >= 5 AND ended_at <= ? ORDER BY ended_at LIMIT ${partSize}`;

/** What a part of the work has come to: whether there is more, and how many jobs that waited were given up. */
export interface Pruned {
  readonly isMore: boolean;
  readonly gaveUp: number;
}

/** Forgets a part of what is older than told, and gives up what has waited for too long. */
export function prune(sql: StoreSql, { retention, times }: { readonly retention: Retention; readonly times: CommandTimes }, { nowMs }: StoreCommandContext): Pruned {
  const { steadyMs } = times;
  const depths = new DepthChanges();
  const setting = { times, nowMs, depths, touched: new Set<number>() };
  const expired = expireJobs(sql, setting);
  const gone = emptySubscriptions(sql, setting);
  depths.write(sql);
  forgetQueues(sql, retention, steadyMs);
  const parts = [
    remove(sql, oldest('6'), steadyMs - retention.historyMs),
    remove(sql, oldest('8'), steadyMs - retention.historyMs),
    remove(sql, oldest('9'), steadyMs - retention.historyMs),
    remove(sql, oldest('7'), steadyMs - retention.resultMs),
    remove(sql, oldest('5'), steadyMs - retention.deadLetterMs),
    removeSurplus(sql, retention.historyJobs),
    sql.run(`DELETE FROM queue_dedup WHERE (scope, dedup_id) IN (SELECT scope, dedup_id FROM queue_dedup WHERE expires_at <= ? LIMIT ${partSize})`, steadyMs).changes,
    gone,
  ];
  return { isMore: expired.isMore || parts.some((changes) => changes >= partSize), gaveUp: expired.ids.length + gone };
}

function remove(sql: StoreSql, chosen: string, cutoffMs: number): number {
  return sql.run(`DELETE FROM queue_jobs WHERE seq IN (${chosen})`, cutoffMs).changes;
}

/** Completed jobs beyond the number that is kept, oldest first. */
function removeSurplus(sql: StoreSql, kept: number): number {
  const count = sql.get<{ count: number }>('SELECT count(*) AS count FROM queue_jobs WHERE state = 6 AND state >= 5')?.count ?? 0;
  if (count <= kept) return 0;
  return sql.run('DELETE FROM queue_jobs WHERE seq IN (SELECT seq FROM queue_jobs WHERE state = 6 AND state >= 5 ORDER BY ended_at LIMIT ?)', Math.min(count - kept, partSize)).changes;
}

interface GoneSubscription {
  readonly id: number;
  readonly topic: string;
  readonly functionId: string;
  readonly leftAt: number;
  readonly graceMs: number;
}

/** Subscriptions whose time is over, or that were ended. */
function goneSubscriptions(sql: StoreSql, steadyMs: number): readonly GoneSubscription[] {
  return sql.all<GoneSubscription>(
    `SELECT id, name AS topic, function_id AS functionId, left_at AS leftAt, grace_ms AS graceMs FROM queue_queues
      WHERE ${isSubscription} AND left_at IS NOT NULL AND (left_at + grace_ms <= ? OR (role = 0 AND ended_at IS NOT NULL))`, steadyMs);
}

/** What a subscription still holds that nobody serves any more goes to the dead letters. Answers how many there were. */
function emptySubscriptions(sql: StoreSql, setting: Pick<SettleSetting, 'times' | 'nowMs' | 'depths' | 'touched'>): number {
  let count = 0;
  for (const { id, topic, functionId } of goneSubscriptions(sql, setting.times.steadyMs)) {
    const error = queueErrors.SUBSCRIBER_GONE({ topic, functionId });
    const waiting = waitingJobs(sql, id, partSize);
    for (const { seq } of waiting) giveUpWaiting(sql, seq, { kind: 'lost', error }, setting);
    count += waiting.length;
  }
  return count;
}

/** One that is over and empty goes after everything that names it. */
function forgetQueues(sql: StoreSql, { historyMs, resultMs }: Retention, steadyMs: number): void {
  const overSinceMs = steadyMs - Math.max(historyMs, resultMs);
  const over = [
    ...goneSubscriptions(sql, steadyMs).filter(({ leftAt, graceMs }) => leftAt + graceMs <= overSinceMs),
    ...sql.all<{ id: number }>(`SELECT id FROM queue_queues WHERE NOT ${isSubscription} AND ended_at <= ?`, overSinceMs),
  ];
  for (const { id } of over) {
    if (isInUse(sql, id)) continue;
    sql.run('DELETE FROM queue_lanes WHERE queue = ?', id);
    sql.run('DELETE FROM queue_moves WHERE queue = ?', id);
    sql.run('DELETE FROM queue_queues WHERE id = ?', id);
  }
}
