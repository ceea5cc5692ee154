import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { addDueCalls, type ClaimedCall } from '@motia/store-sqlite/outbox';
import type { DueRequest, HistoryLimits, StateHistoryEntry, StateWrite } from '../state-store.js';
import { deletedKeptMs, entryTable, type EntryRow } from './entry-rows.js';
import { addHistory, shareOf, trimHistory, type HistoryShare } from './history-rows.js';

/** One change of a key, decided: what stands there and what will. */
export interface EntryChange {
  readonly scope: string;
  readonly key: string;
  readonly op: StateHistoryEntry['op'];
  /** The row of the key, if it has one: with a value, or as a reminder of a deleted one. */
  readonly row: EntryRow | undefined;
  /** JSON before, for triggers; null: the key did not exist. */
  readonly before: string | null;
  readonly after: string | null;
  readonly expiresAtMs: number | null;
  readonly ops?: string | undefined;
  readonly origin: StateWrite['origin'];
  readonly history: HistoryLimits;
  readonly due: DueRequest;
}

/** Writes the row, its history and its due calls. Answers the row as it is now. */
export function writeEntry(sql: StoreSql, change: EntryChange, context: StoreCommandContext): { readonly row: EntryRow; readonly claimed: readonly ClaimedCall[] } {
  const { nowMs } = context;
  const version = (change.row?.version ?? 0) + 1;
  const { scope, key, row, after: value } = change;
  const keepsHistory = change.history.maxEntriesPerKey > 0;
  let share: HistoryShare = row !== undefined ? { entries: row.history_entries, bytes: row.history_bytes } : keepsHistory ? shareOf(sql, scope, key) : { entries: 0, bytes: 0 };
  let totalBytes = 0;
  if (keepsHistory) {
    const { op, ops, origin, history: limits } = change;
    const added = addHistory(sql, { scope, key, op, version, atMs: nowMs, ...origin, ops, value }, { share, limits });
    share = added;
    totalBytes = added.totalBytes;
  }
  const fields = { scope, key, version, updated_at_ms: nowMs, expires_at_ms: value === null ? nowMs + deletedKeptMs : change.expiresAtMs, value };
  const counted = { history_entries: share.entries, history_bytes: share.bytes, crc: entryTable.seal(fields) };
  const id = putRow(sql, row?.id, { ...fields, ...counted });
  if (totalBytes > change.history.maxBytes) trimHistory(sql, change.history, totalBytes);
  const claimed = change.due.triggers.length === 0 ? [] : addDueCalls(sql, dueChange(change, version), context);
  return { row: { id, ...fields, ...counted }, claimed };
}

function putRow(sql: StoreSql, id: number | undefined, row: Omit<EntryRow, 'id'>): number {
  const { scope, key, version, updated_at_ms, expires_at_ms, history_entries, history_bytes, crc, value } = row;
  if (id === undefined) {
    return sql.run(
      'INSERT INTO state_entry (scope, key, version, updated_at_ms, expires_at_ms, history_entries, history_bytes, crc, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      scope, key, version, updated_at_ms, expires_at_ms, history_entries, history_bytes, crc, value,
    ).lastId;
  }
  sql.run(
    'UPDATE state_entry SET version = ?, updated_at_ms = ?, expires_at_ms = ?, history_entries = ?, history_bytes = ?, crc = ?, value = ? WHERE id = ?',
    version, updated_at_ms, expires_at_ms, history_entries, history_bytes, crc, value, id,
  );
  return id;
}

function dueChange({ scope, key, op, before, after, due }: EntryChange, version: number): Parameters<typeof addDueCalls>[1] {
  const { triggers, trace, triggerDepth, claim } = due;
  return {
    kind: 'state', triggers, lane: JSON.stringify([scope, key]), triggerDepth,
    payload: triggerPayload({ scope, key, before, after, version, isExpired: op === 'expire' }),
    ...(trace === undefined ? {} : { trace }),
    ...(claim === undefined ? {} : { claim }),
  };
}

/** What the function of a trigger gets, with the names of both generations of the reference. The values are JSON already. */
export function triggerPayload(change: {
  readonly scope: string; readonly key: string; readonly before: string | null; readonly after: string | null; readonly version: number; readonly isExpired: boolean;
}): string {
  const { before, after, version } = change;
  const event = after === null ? 'state:deleted' : before === null ? 'state:created' : 'state:updated';
  const scope = JSON.stringify(change.scope);
  const key = JSON.stringify(change.key);
  return `{"type":"state","event_type":"${event}","scope":${scope},"group_id":${scope},"key":${key},"item_id":${key},"old_value":${before ?? 'null'},"new_value":${after ?? 'null'},"version":${version}${change.isExpired ? ',"expired":true' : ''}}`;
}
