import type { StoreSql } from '@motia/engine-core/contract';
import { stateCode } from './tables.js';

const anyLive = 'SELECT 1 AS one FROM queue_jobs WHERE queue = ? AND group_key = ? AND group_key IS NOT NULL AND state < 5 LIMIT 1';
const oldestLive = 'SELECT seq, state, due_at AS dueAt, lane FROM queue_jobs WHERE queue = ? AND group_key = ? AND group_key IS NOT NULL AND state < 5 ORDER BY seq LIMIT 1';

/** True while the group has a job that has not ended. */
export function isGroupBusy(sql: StoreSql, queue: number, group: string): boolean {
  return sql.get(anyLive, queue, group) !== undefined;
}

/** Lets the oldest job of a group go on, after one of it has ended. Answers its lane. */
export function advanceGroup(sql: StoreSql, queue: number, group: string, dueMs: number): number | undefined {
  const next = sql.get<{ seq: number; state: number; dueAt: number | null; lane: number }>(oldestLive, queue, group);
  if (next?.state !== stateCode.behind) return undefined;
  const state = next.dueAt !== null && next.dueAt > dueMs ? stateCode.delayed : stateCode.ready;
  sql.run('UPDATE queue_jobs SET state = ? WHERE seq = ?', state, next.seq);
  return next.lane;
}
