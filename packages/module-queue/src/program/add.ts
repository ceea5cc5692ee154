import type { StoreSql } from '@motia/engine-core/contract';
import { messageIdOf } from '../message/message-id.js';
import { longestGroup } from '../message/names.js';
import { queueLabel, type Delivery } from '../job.js';
import type { AddOutcome, JobAdd } from '../job-store.js';
import type { DepthChanges } from './depths.js';
import { isGroupBusy } from './groups.js';
import { stateCode } from './tables.js';
import { writeData } from './payloads.js';
import { writeTrace } from './take.js';
import type { Target, TargetRow, Targets } from './targets.js';
import type { CommandTimes } from './times.js';

/** Messages without a group in a queue that has one for all of them. */
const implicitGroup = '*';

const insert = `INSERT INTO queue_jobs (id, receipt, queue, lane, state, priority, due_at, group_key, deliveries, leased_by, lease_ms, lease_until, enqueued_at, started_at,
  timeout_ms, keeps_result, trace, producer, trigger_depth, checksum, payload, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const remember = `INSERT INTO queue_dedup (scope, dedup_id, receipt, hash, expires_at) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (scope, dedup_id) DO UPDATE SET receipt = excluded.receipt, hash = excluded.hash, expires_at = excluded.expires_at`;

/** Leases that may be given to jobs as they come in: what is left of a wish for work after all waiting jobs were taken. */
export interface OpenSlots {
  readonly leaseMs: number;
  left: number;
  /** As `Take.ahead`. */
  ahead: number;
}

export interface AddSetting {
  readonly engineId: string;
  readonly times: CommandTimes;
  readonly nowMs: number;
  readonly targets: Targets;
  readonly depths: DepthChanges;
  readonly touched: Set<number>;
  readonly slots: ReadonlyMap<number, OpenSlots>;
  readonly deliveries: Delivery[];
}

/** Takes a message in: one job for each queue that it goes to, all of them or none. */
export function addMessage(sql: StoreSql, add: JobAdd, index: number, setting: AddSetting): AddOutcome {
  const repeated = lookUpRepeat(sql, add, setting.times);
  if (repeated !== undefined) return repeated;
  const targets = setting.targets.of(add.target);
  if (targets.length === 0 && add.mayBeNobodys !== true) return refusal('QUEUE_NOT_FOUND', 'topic' in add.target ? { name: add.target.topic, kind: 'topic' } : { name: add.target.queue, kind: 'queue' });
  const groups: (string | undefined)[] = [];
  for (const { row } of targets) {
    const depth = row.depth + setting.depths.of(row.queue);
    if (depth >= row.maxDepth) return refusal('QUEUE_FULL', { queue: labelOf(row), limit: row.maxDepth });
    const group = groupOf(add, row);
    if (group === null) return refusal('GROUP_REQUIRED', { queue: labelOf(row), ...(row.groupField === null ? {} : { field: row.groupField }) });
    if (group !== undefined && (group === '' || group.length > longestGroup)) return refusal('INVALID_GROUP', { option: row.groupField ?? 'messageGroupId' });
    groups.push(group);
  }
  targets.forEach((target, place) => insertJob(sql, add, { target, group: groups[place], index }, setting));
  if (add.dedup !== undefined) sql.run(remember, scopeOf(add), add.dedup.id, add.receiptId, add.dedup.hash, setting.times.steadyMs + add.dedup.windowMs);
  return { status: 'added', receiptId: add.receiptId, jobs: targets.length };
}

function refusal(code: Extract<AddOutcome, { status: 'refused' }>['code'], details: Readonly<Record<string, unknown>>): AddOutcome {
  return { status: 'refused', code, details };
}

function labelOf({ kind, name, functionId }: TargetRow): string {
  return queueLabel({ kind: kind as 'topic' | 'queue', name, functionId });
}

/** Ids are unique per topic, whoever subscribes; in a named queue per function, since calls of two functions are two whatever they carry. */
function scopeOf({ target }: JobAdd): string {
  return 'topic' in target ? `topic:${target.topic}` : `queue:${target.queue} ${target.functionId}`;
}

function lookUpRepeat(sql: StoreSql, add: JobAdd, { steadyMs }: CommandTimes): AddOutcome | undefined {
  const { dedup, messageId } = add;
  if (messageId !== undefined && sql.get('SELECT 1 AS one FROM queue_jobs WHERE id = ?', messageId) !== undefined) return { status: 'duplicate', receiptId: messageId };
  if (dedup === undefined) return undefined;
  const known = sql.get<{ receipt: string; hash: string; expiresAt: number }>('SELECT receipt, hash, expires_at AS expiresAt FROM queue_dedup WHERE scope = ? AND dedup_id = ?', scopeOf(add), dedup.id);
  if (known === undefined || known.expiresAt <= steadyMs) return undefined;
  if (known.hash !== dedup.hash) return refusal('DEDUP_CONFLICT', { dedupId: dedup.id, messageReceiptId: known.receipt });
  return { status: 'duplicate', receiptId: known.receipt };
}

/** Null when the queue needs a group and the message has none. */
function groupOf(add: JobAdd, row: TargetRow): string | undefined | null {
  if (row.isFifo === 0) return undefined;
  if (add.group !== undefined) return add.group;
  if (row.groupField !== null) {
    const data = JSON.parse(add.data) as Readonly<Record<string, unknown>> | null;
    const value = typeof data === 'object' && data !== null && Object.hasOwn(data, row.groupField) ? data[row.groupField] : undefined;
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  }
  return row.implicitGroup === 0 ? null : implicitGroup;
}

function insertJob(sql: StoreSql, add: JobAdd, { target, group, index }: { readonly target: Target; readonly group: string | undefined; readonly index: number }, setting: AddSetting): void {
  const { engineId, times, nowMs, depths, touched, slots, deliveries } = setting;
  const { row, lane, functionId } = target;
  const id = add.messageId ?? messageIdOf(add.receiptId, functionId);
  const delayMs = add.delayMs ?? row.delayMs;
  const dueAt = delayMs > 0 ? times.dueMs + delayMs : null;
  const isBehind = group !== undefined && isGroupBusy(sql, row.queue, group);
  const open = isBehind || dueAt !== null || row.isPaused !== 0 ? undefined : slots.get(lane);
  const lease = open !== undefined && (open.left > 0 || (open.ahead > 0 && add.priority === 0 && add.ttlMs === undefined)) ? open : undefined;
  const state = isBehind ? stateCode.behind : dueAt !== null ? stateCode.delayed : lease !== undefined ? stateCode.leased : stateCode.ready;
  const stored = writeData(sql, add.data);
  const { lastId } = sql.run(
    insert,
    id, add.receiptId, row.queue, lane, state, add.priority, dueAt, group ?? null,
    lease === undefined ? 0 : 1, lease === undefined ? null : engineId, lease?.leaseMs ?? null, lease === undefined ? null : times.dueMs + lease.leaseMs,
    nowMs, lease === undefined ? null : nowMs,
    add.timeoutMs ?? null, add.keepResult === true ? 1 : 0, writeTrace(add.trace), add.producer ?? null, add.triggerDepth, stored.checksum, stored.payload, stored.data,
  );
  if (add.ttlMs !== undefined) sql.run('UPDATE queue_jobs SET expires_at = ? WHERE seq = ?', (dueAt ?? times.dueMs) + add.ttlMs, lastId);
  depths.add(row.queue, 1);
  touched.add(lane);
  if (lease === undefined) return;
  if (lease.left > 0) lease.left -= 1;
  else lease.ahead -= 1;
  deliveries.push({
    key: lastId, lease: 1, lane, messageId: id, functionId, data: undefined, addIndex: index,
    ...(group === undefined ? {} : { group }),
    attempts: 0, losses: 0, enqueuedAtMs: nowMs, readyAtMs: nowMs,
    trace: add.trace, triggerDepth: add.triggerDepth, timeoutMs: add.timeoutMs, keepResult: add.keepResult === true,
  });
}
