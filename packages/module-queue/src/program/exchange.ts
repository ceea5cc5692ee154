import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { queueErrors } from '../errors.js';
import type { Delivery, JobFailure } from '../job.js';
import type { AddOutcome, Exchange, ExchangeResult, Take } from '../job-store.js';
import { addMessage, type OpenSlots } from './add.js';
import { DepthChanges } from './depths.js';
import { expireJobs } from './expire.js';
import { withFailure } from './failures.js';
import { statesOf } from './lane-states.js';
import { packDelivery, type PackedDelivery } from './packed-delivery.js';
import { leaveQueue, settleJob } from './settle.js';
import { stateCode } from './tables.js';
import { takeReady } from './take.js';
import { Targets } from './targets.js';
import type { CommandTimes } from './times.js';

export interface ExchangeInput extends Exchange {
  readonly times: CommandTimes;
  readonly isStrict: boolean;
}

export interface PackedResult extends Omit<ExchangeResult, 'deliveries'> {
  readonly deliveries: readonly PackedDelivery[];
}

interface Work {
  readonly engineId: string;
  readonly times: CommandTimes;
  readonly nowMs: number;
  readonly depths: DepthChanges;
  readonly touched: Set<number>;
  readonly deliveries: Delivery[];
  readonly quarantined: string[];
}

/** One turn of an engine: results, then work, then new messages. */
export function exchange(sql: StoreSql, input: ExchangeInput, context: StoreCommandContext): PackedResult {
  const { engineId, nowMs } = context;
  const work: Work = { engineId, nowMs, times: input.times, depths: new DepthChanges(), touched: new Set(), deliveries: [], quarantined: [] };
  const settled = input.settlements.map((settlement) => settleJob(sql, settlement, work));
  const slots = new Map<number, OpenSlots>();
  const expired = expireJobs(sql, work);
  for (const take of input.takes) {
    // As long as something that is over may be first in line, nothing is handed out; the lanes say that there is work.
    if (expired.isMore) work.touched.add(take.lane);
    else takeLane(sql, take, slots, work);
  }
  const added = addAll(sql, input, slots, work);
  work.depths.write(sql);
  return { settled, deliveries: work.deliveries.map(packDelivery), added, lanes: statesOf(sql, work.touched, input.times.dueMs), quarantined: work.quarantined, expired: expired.ids };
}

function takeLane(sql: StoreSql, take: Take, slots: Map<number, OpenSlots>, work: Work): void {
  const lane = sql.get<{ queue: number; functionId: string; isPaused: number }>(
    'SELECT l.queue AS queue, l.function_id AS functionId, q.is_paused AS isPaused FROM queue_lanes l JOIN queue_queues q ON q.id = l.queue WHERE l.id = ?', take.lane);
  work.touched.add(take.lane);
  if (lane === undefined || lane.isPaused !== 0) return;
  const { deliveries, corrupt, left, ahead } = takeReady(sql, take, lane.functionId, work);
  work.deliveries.push(...deliveries);
  for (const key of corrupt) quarantine(sql, key, lane.queue, work);
  slots.set(take.lane, { leaseMs: take.leaseMs, left, ahead });
}

/** A payload that is not what was written is nobody's work: it goes where people look. */
function quarantine(sql: StoreSql, key: number, queue: number, work: Work): void {
  const row = sql.get<{ id: string; groupKey: string | null }>('SELECT id, group_key AS groupKey FROM queue_jobs WHERE seq = ?', key);
  if (row === undefined) return;
  const error = queueErrors.ROW_CORRUPT({ messageId: row.id });
  work.quarantined.push(row.id);
  const failure: JobFailure = { kind: 'failed', code: error.code, message: error.message, atMs: work.nowMs, delivery: 0 };
  sql.run('UPDATE queue_jobs SET state = ?, ended_at = ?, code = ?, failures = ? WHERE seq = ?', stateCode.dead, work.nowMs, error.code, withFailure(sql, key, failure), key);
  leaveQueue(sql, work, { queue, group: row.groupKey ?? undefined, state: stateCode.ready });
}

function addAll(sql: StoreSql, input: ExchangeInput, slots: ReadonlyMap<number, OpenSlots>, work: Work): readonly AddOutcome[] {
  if (input.adds.length === 0) return [];
  const setting = { ...work, targets: new Targets(sql, input.times), slots };
  return input.adds.map((add, index) => {
    const outcome = addMessage(sql, add, index, setting);
    if (input.isStrict && outcome.status === 'refused') throw refusalError(outcome, input.adds.length > 1 ? index : undefined);
    return outcome;
  });
}

/** The error of a refused message. `index` is its place in a batch. */
export function refusalError(outcome: Extract<AddOutcome, { status: 'refused' }>, index?: number): Error {
  const details = { ...(outcome.code === 'QUEUE_NOT_FOUND' ? { nearest: [] } : {}), ...outcome.details, ...(index === undefined ? {} : { index }) };
  return queueErrors[outcome.code](details as never);
}
