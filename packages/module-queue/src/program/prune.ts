import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { queueErrors } from '../errors.js';
import type { JobFailure } from '../job.js';
import type { Retention } from '../job-store.js';
import { DepthChanges } from './depths.js';
import { expireJobs } from './expire.js';
import { withFailure } from './failures.js';
import { stateCode } from './tables.js';
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
  const expired = expireJobs(sql, { times, nowMs, depths, touched: new Set() });
  depths.write(sql);
  const gone = endSubscriptions(sql, retention, steadyMs, nowMs);
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

/** What a subscription still holds that nobody serves any more goes to the dead letters; an empty one is forgotten, after everything that names it. */
function endSubscriptions(sql: StoreSql, retention: Retention, steadyMs: number, nowMs: number): number {
  let changed = 0;
  const namedMs = Math.max(retention.historyMs, retention.resultMs);
  const ended = sql.all<{ id: number; topic: string; functionId: string; leftAt: number; graceMs: number }>(
    'SELECT id, name AS topic, function_id AS functionId, left_at AS leftAt, grace_ms AS graceMs FROM queue_queues WHERE role = 0 AND left_at IS NOT NULL AND (left_at + grace_ms <= ? OR ended_at IS NOT NULL)', steadyMs);
  for (const { id, topic, functionId, leftAt, graceMs } of ended) {
    const error = queueErrors.SUBSCRIBER_GONE({ topic, functionId });
    const waiting = waitingJobs(sql, id, partSize);
    for (const { seq, delivery } of waiting) {
      const failure: JobFailure = { kind: 'lost', code: error.code, message: error.message, atMs: nowMs, delivery };
      sql.run('UPDATE queue_jobs SET state = ?, ended_at = ?, code = ?, failures = ? WHERE seq = ?', stateCode.dead, nowMs, error.code, withFailure(sql, seq, failure), seq);
    }
    sql.run('UPDATE queue_queues SET depth = depth - ? WHERE id = ?', waiting.length, id);
    changed += waiting.length;
    if (leftAt + graceMs + namedMs > steadyMs || isInUse(sql, id)) continue;
    sql.run('DELETE FROM queue_lanes WHERE queue = ?', id);
    sql.run('DELETE FROM queue_moves WHERE queue = ?', id);
    sql.run('DELETE FROM queue_queues WHERE id = ?', id);
  }
  return changed;
}
