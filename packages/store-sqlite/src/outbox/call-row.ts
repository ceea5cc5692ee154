import type { TraceContext } from '@motia/engine-core/contract';
import type { ClaimedCall } from './due-calls.js';

/** A call with its lane, as the program reads it. */
export interface CallRow {
  readonly lane_id: number;
  readonly call_id: number;
  readonly trigger_id: string;
  readonly function_id: string;
  readonly lane: string;
  readonly payload: string;
  readonly trace: string | null;
  readonly depth: number;
  readonly failures: number;
  readonly losses: number;
  readonly created_at_ms: number;
  readonly checksum: number;
}

/** Of `outbox_call c JOIN outbox_lane l`. */
export const callColumns =
  'c.lane_id, c.id AS call_id, l.trigger_id, l.function_id, l.lane, c.payload, c.trace, c.depth, c.failures, c.losses, c.created_at_ms, c.checksum';

export function toClaimedCall(row: CallRow): ClaimedCall {
  return {
    laneId: row.lane_id,
    callId: row.call_id,
    triggerId: row.trigger_id,
    functionId: row.function_id,
    lane: row.lane,
    payload: row.payload,
    ...(row.trace === null ? {} : { trace: JSON.parse(row.trace) as TraceContext }),
    depth: row.depth,
    failures: row.failures,
    losses: row.losses,
    createdAtMs: row.created_at_ms,
  };
}
