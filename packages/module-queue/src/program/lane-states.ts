import type { StoreSql } from '@motia/engine-core/contract';
import type { LaneState } from '../job-store.js';

interface LaneRow {
  readonly lane: number;
  readonly queue: number;
  readonly functionId: string;
  readonly isPaused: number;
}

/** How a lane stands. A paused one has nothing to take and nothing that becomes due. */
function laneState(sql: StoreSql, { lane, queue, functionId, isPaused }: LaneRow, dueMs: number): LaneState {
  if (isPaused !== 0) return { lane, queue, functionId, hasReady: false };
  const hasReady = sql.get('SELECT 1 AS one FROM queue_jobs WHERE lane = ? AND state = 0 LIMIT 1', lane) !== undefined;
  const dueAt = sql.get<{ dueAt: number | null }>('SELECT min(due_at) AS dueAt FROM queue_jobs WHERE lane = ? AND state = 1', lane)?.dueAt ?? null;
  if (dueAt === null) return { lane, queue, functionId, hasReady };
  if (dueAt <= dueMs) return { lane, queue, functionId, hasReady: true };
  return { lane, queue, functionId, hasReady, dueInMs: dueAt - dueMs };
}

const one = 'SELECT l.id AS lane, l.queue AS queue, l.function_id AS functionId, q.is_paused AS isPaused FROM queue_lanes l JOIN queue_queues q ON q.id = l.queue';

export function statesOf(sql: StoreSql, lanes: Iterable<number>, dueMs: number): readonly LaneState[] {
  const states: LaneState[] = [];
  for (const lane of lanes) {
    const row = sql.get<LaneRow>(`${one} WHERE l.id = ?`, lane);
    if (row !== undefined) states.push(laneState(sql, row, dueMs));
  }
  return states;
}

export function allStates(sql: StoreSql, dueMs: number): readonly LaneState[] {
  return sql.all<LaneRow>(one).map((row) => laneState(sql, row, dueMs));
}
