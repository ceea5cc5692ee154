import type { StoreSql } from '@motia/engine-core/contract';

export interface WaitingRow {
  readonly seq: number;
  readonly receipt: string;
  readonly groupKey: string | null;
  readonly dueAt: number | null;
}
const columns = 'SELECT seq, receipt, group_key AS groupKey, due_at AS dueAt FROM queue_jobs';

/** Jobs of a queue that nobody runs, in their order. One statement per state: each has its own index. */
export function waitingJobs(sql: StoreSql, queue: number, limit: number): readonly WaitingRow[] {
  const lanes = sql.all<{ id: number }>('SELECT id FROM queue_lanes WHERE queue = ?', queue);
  const rows = lanes.flatMap(({ id }) => [
    ...sql.all<WaitingRow>(`${columns} WHERE lane = ? AND state = 0 LIMIT ?`, id, limit),
    ...sql.all<WaitingRow>(`${columns} WHERE lane = ? AND state = 1 LIMIT ?`, id, limit),
  ]);
  rows.push(...sql.all<WaitingRow>(`${columns} WHERE queue = ? AND group_key IS NOT NULL AND state < 5 AND state = 2 LIMIT ?`, queue, limit));
  return rows.sort((a, b) => a.seq - b.seq).slice(0, limit);
}

/** True while anything of the queue is waiting, running or dead. */
export function isInUse(sql: StoreSql, queue: number): boolean {
  const depth = sql.get<{ depth: number }>('SELECT depth FROM queue_queues WHERE id = ?', queue)?.depth ?? 0;
  return depth > 0 || sql.get('SELECT 1 AS one FROM queue_jobs WHERE queue = ? AND state BETWEEN 4 AND 5 LIMIT 1', queue) !== undefined;
}
