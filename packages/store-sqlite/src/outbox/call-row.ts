import type { TraceContext } from '@motia/engine-core/contract';
import { checkedTable } from '../rows/checked-table.js';
import { rowChecksum } from '../rows/row-checksum.js';
import type { ClaimedCall } from './due-calls.js';

/** A call with its lane, as the program reads it. */
export interface CallRow {
  readonly lane_id: number;
  readonly id: number;
  readonly trigger_id: string;
  readonly function_id: string;
  readonly lane: string;
  readonly payload: string;
  readonly trace: string | null;
  readonly depth: number;
  readonly failures: number;
  readonly losses: number;
  readonly created_at_ms: number;
  readonly crc: number;
}

/**
 * Over what must not change unnoticed, in the call and in its lane: a call is no other trigger's, and of no other key. Counters may: they
 * only say how often it is tried. The id is not known when it is written.
 */
export function callChecksum({ trigger_id, lane, payload, trace, depth }: Pick<CallRow, 'trigger_id' | 'lane' | 'payload' | 'trace' | 'depth'>): number {
  return rowChecksum(trigger_id, lane, payload, trace, depth);
}

/** For its quarantine. */
export const callTable = checkedTable<Pick<CallRow, 'id'>>({ table: 'outbox_call', key: ['id'], values: [] });

/** Of `outbox_call c JOIN outbox_lane l`. */
export const callColumns =
  'c.lane_id, c.id, l.trigger_id, l.function_id, l.lane, c.payload, c.trace, c.depth, c.failures, c.losses, c.created_at_ms, c.crc';

export function toClaimedCall(row: CallRow): ClaimedCall {
  return {
    laneId: row.lane_id,
    callId: row.id,
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
