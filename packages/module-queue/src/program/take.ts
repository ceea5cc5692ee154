import type { StoreSql, TraceContext } from '@motia/engine-core/contract';
import type { Delivery } from '../job.js';
import type { Take } from '../job-store.js';
import { readSoundData, type StoredData } from './payloads.js';
import type { CommandTimes } from './times.js';

/** Jobs that become ready in one go: more are left for the next look. */
const promotedAtOnce = 1_000;

const promote = `UPDATE queue_jobs SET state = 0 WHERE seq IN (SELECT seq FROM queue_jobs WHERE lane = ? AND state = 1 AND due_at <= ? ORDER BY due_at LIMIT ${promotedAtOnce})`;
const columns = `seq AS key, deliveries + 1 AS lease, lane, id AS messageId, data, payload, checksum, group_key AS groupKey, attempts, losses, enqueued_at AS enqueuedAtMs,
  due_at AS dueAt, priority, expires_at AS expiresAt, trace, trigger_depth AS triggerDepth, timeout_ms AS timeoutMs, keeps_result AS keepsResult`;
const oldest = `SELECT ${columns} FROM queue_jobs WHERE lane = ? AND state = 0 ORDER BY priority DESC, seq LIMIT ?`;
const leaseRow = 'UPDATE queue_jobs SET state = 3, deliveries = deliveries + 1, leased_by = ?, lease_ms = ?, lease_until = ?, started_at = ? WHERE seq = ?';

interface ReadyRow extends StoredData {
  readonly key: number;
  readonly lease: number;
  readonly lane: number;
  readonly messageId: string;
  readonly groupKey: string | null;
  readonly attempts: number;
  readonly losses: number;
  readonly enqueuedAtMs: number;
  readonly dueAt: number | null;
  readonly priority: number;
  readonly expiresAt: number | null;
  readonly trace: string | null;
  readonly triggerDepth: number;
  readonly timeoutMs: number | null;
  readonly keepsResult: number;
}

export interface TakeSetting {
  readonly engineId: string;
  readonly times: CommandTimes;
  readonly nowMs: number;
}
export interface Taken {
  readonly deliveries: readonly Delivery[];
  /** Keys of rows whose payload is not what was written. */
  readonly corrupt: readonly number[];
  /** What is left of the wish. */
  readonly left: number;
  readonly ahead: number;
}

/** Leases the next jobs of a lane to the caller. */
export function takeReady(sql: StoreSql, { lane, slots, ahead = 0, leaseMs }: Take, functionId: string, { engineId, times, nowMs }: TakeSetting): Taken {
  sql.run(promote, lane, times.dueMs);
  const deliveries: Delivery[] = [];
  const corrupt: number[] = [];
  let left = slots;
  let spare = ahead;
  for (const row of sql.all<ReadyRow>(oldest, lane, slots + ahead)) {
    if (row.losses > 0) spare = 0;
    const isBound = row.priority !== 0 || row.expiresAt !== null;
    if (left === 0 && (spare === 0 || isBound)) return { deliveries, corrupt, left: 0, ahead: 0 };
    if (left > 0) left -= 1;
    else spare -= 1;
    const data = readSoundData(sql, row);
    if (data === undefined) {
      corrupt.push(row.key);
      continue;
    }
    sql.run(leaseRow, engineId, leaseMs, times.dueMs + leaseMs, nowMs, row.key);
    deliveries.push(deliveryOf(row, data, functionId));
  }
  return { deliveries, corrupt, left, ahead: spare };
}

function deliveryOf(row: ReadyRow, data: string, functionId: string): Delivery {
  const { key, lane, messageId, attempts, losses, enqueuedAtMs, triggerDepth } = row;
  return {
    key, lane, messageId, functionId, attempts, losses, enqueuedAtMs, triggerDepth,
    lease: row.lease,
    data,
    ...(row.groupKey === null ? {} : { group: row.groupKey }),
    readyAtMs: row.dueAt ?? enqueuedAtMs,
    trace: readTrace(row.trace),
    timeoutMs: row.timeoutMs ?? undefined,
    keepResult: row.keepsResult !== 0,
  };
}

/** A trace context in one column: as a rule it is the traceparent alone. */
export function writeTrace(trace: TraceContext | undefined): string | null {
  if (trace === undefined) return null;
  return trace.tracestate === undefined && trace.baggage === undefined ? trace.traceparent : JSON.stringify(trace);
}
export function readTrace(text: string | null): TraceContext | undefined {
  if (text === null) return undefined;
  return text.startsWith('{') ? (JSON.parse(text) as TraceContext) : { traceparent: text };
}
