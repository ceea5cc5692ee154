import type { StoreCommandContext, StoreSql, TraceContext } from '@motia/engine-core/contract';
import { callChecksum } from './call-row.js';
import type { ClaimedCall, ClaimTerms } from './due-calls.js';
import { triggersElsewhere } from './subscriptions.js';

export interface DueTrigger {
  readonly id: string;
  readonly functionId: string;
}

/** What a change owes to triggers. */
export interface DueChange {
  /** Whose triggers: `state`, `stream`. */
  readonly kind: string;
  readonly triggers: readonly DueTrigger[];
  /** Calls of one trigger with the same lane are delivered in the order of their changes. */
  readonly lane: string;
  /** JSON text that the functions get. */
  readonly payload: string;
  readonly trace?: TraceContext;
  /** Of the change: its calls are one deeper. */
  readonly triggerDepth: number;
  /** Set where other engines share the store (`StoreService.isShared`): what changed, in the names of the triggers' config. Triggers that only others have are owed calls too. */
  readonly address?: Readonly<Record<string, string>>;
  /** Set: what nobody else waits for is claimed at once, and answered. From `TriggerDelivery.during`. */
  readonly claim?: ClaimTerms;
}

/**
 * For commands of store programs: writes the calls that a change makes due, in its transaction. The outbox program must be open on the store
 * (`openDueCalls`). Answers the calls that are claimed for this engine: hand them to `TriggerDelivery.during` once committed.
 */
export function addDueCalls(sql: StoreSql, change: DueChange, context: StoreCommandContext): readonly ClaimedCall[] {
  const { kind, triggers, address, claim, ...rest } = change;
  if (address !== undefined) write(sql, { ...rest, kind, triggers: triggersElsewhere(sql, { kind, address, except: triggers }, context) }, context);
  return write(sql, claim === undefined ? { ...rest, kind, triggers } : { ...rest, kind, triggers, claim }, context);
}

function write(sql: StoreSql, change: Omit<DueChange, 'address'>, context: StoreCommandContext): readonly ClaimedCall[] {
  const { kind, lane, payload, claim } = change;
  const { nowMs, fencingToken } = context;
  const trace = change.trace === undefined ? null : JSON.stringify(change.trace);
  const depth = change.triggerDepth + 1;
  const claimed: ClaimedCall[] = [];
  for (const { id: triggerId, functionId } of change.triggers) {
    let laneId = sql.get<{ readonly id: number }>('SELECT id FROM outbox_lane WHERE trigger_id = ? AND lane = ?', triggerId, lane)?.id;
    const isNew = laneId === undefined;
    laneId ??= sql.run(
      'INSERT INTO outbox_lane (kind, trigger_id, function_id, lane, ready_at_ms, owner) VALUES (?, ?, ?, ?, ?, ?)',
      kind, triggerId, functionId, lane, claim === undefined ? nowMs : claim.leaseMs === null ? null : nowMs + claim.leaseMs, claim === undefined ? null : fencingToken,
    ).lastId;
    const crc = callChecksum({ trigger_id: triggerId, lane, payload, trace, depth });
    const { lastId: callId } = sql.run('INSERT INTO outbox_call (lane_id, payload, trace, depth, created_at_ms, crc) VALUES (?, ?, ?, ?, ?, ?)', laneId, payload, trace, depth, nowMs, crc);
    if (isNew && claim !== undefined) {
      claimed.push({ laneId, callId, triggerId, functionId, lane, payload, ...(change.trace === undefined ? {} : { trace: change.trace }), depth, failures: 0, losses: 0, createdAtMs: nowMs });
    }
  }
  return claimed;
}
