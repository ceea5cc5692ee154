import type { StoreSql, TraceContext } from '@motia/engine-core/contract';
import { rowChecksum } from '@motia/store-sqlite';
import type { StreamEvent } from '../stream-event.js';
import { readMeta } from './meta.js';

export interface GroupRow {
  readonly id: number;
  readonly seq: number;
  /** What `seq` was when the group was made: its history begins after it. */
  readonly born: number;
  readonly timestamp: number;
  readonly deletedTimestamp: number;
}

const columns = 'id, seq, born, timestamp, deleted_timestamp AS deletedTimestamp';

export function findGroup(sql: StoreSql, stream: string, name: string): GroupRow | undefined {
  return sql.get<GroupRow>(`SELECT ${columns} FROM stream_group WHERE stream = ? AND name = ?`, stream, name);
}

/**
 * Groups that were forgotten had reached at most this number: those made anew go on from here, so that nobody who
 * remembers the old one takes the new one for it.
 */
export function floorOf(sql: StoreSql): number {
  return Number(readMeta(sql, 'floor') ?? 0);
}

export function groupOf(sql: StoreSql, stream: string, name: string, nowMs: number): GroupRow {
  const known = findGroup(sql, stream, name);
  if (known !== undefined) return known;
  const floor = floorOf(sql);
  const { lastId } = sql.run('INSERT INTO stream_group (stream, name, seq, born, changed_at_ms) VALUES (?, ?, ?, ?, ?)', stream, name, floor, floor, nowMs);
  return { id: lastId, seq: floor, born: floor, timestamp: 0, deletedTimestamp: 0 };
}

/** What a row of the log holds that clients see. */
export function logChecksum(row: { readonly groupId: number; readonly seq: number | null; readonly item: string | null; readonly type: string; readonly value: string }): number {
  return rowChecksum(row.groupId, row.seq, row.item, row.type, row.value);
}

export function addLog(sql: StoreSql, groupId: number, event: StreamEvent, nowMs: number): void {
  const seq = event.kind === 'change' ? event.seq : null;
  const item = event.item ?? null;
  const checksum = logChecksum({ groupId, seq, item, type: event.type, value: event.json });
  sql.run(
    'INSERT INTO stream_log (group_id, seq, item, type, value, timestamp, trace_id, at_ms, checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    groupId, seq, item, event.type, event.json, event.timestamp, event.traceId ?? null, nowMs, checksum,
  );
}

/** The 32 digits of a trace, as a member to spread. */
export function traceIdOf({ trace }: { readonly trace?: TraceContext | undefined }): { readonly traceId?: string } {
  return trace === undefined ? {} : { traceId: trace.traceparent.slice(3, 35) };
}
