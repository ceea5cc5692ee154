import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { addDueCalls, type ClaimedCall } from '@motia/store-sqlite/outbox';
import type { DueRequest, HistoryLimits, StateHistoryEntry, StateWrite } from '../state-store.js';
import { deletedKeptMs, entryCrc, rememberRow, type EntryRow } from './entry-rows.js';
import { addHistory, trimHistory } from './history-rows.js';
import { takeShare, type HistoryShare } from './history-share.js';

/** One change of a key, decided: what stands there and what will. */
export interface EntryChange {
  readonly scope: string;
  readonly key: string;
  readonly op: StateHistoryEntry['op'];
  /** The row of the key, if it has one: with a value, or as a reminder of a deleted one. */
  readonly row: EntryRow | undefined;
  /** What the key has in the history, where that is not said by its row. */
  readonly share?: HistoryShare | undefined;
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
  const { scope, key, row: old, after: value, history } = change;
  const { nowMs } = context;
  const version = old === undefined ? 1 : old.version + 1;
  const before = old ?? change.share ?? takeShare(sql, scope, key);
  const { share, isOverfull } = history.maxEntriesPerKey > 0 ? addHistory(sql, change, { version, atMs: nowMs, share: before }) : { share: before, isOverfull: false };
  const row = {
    id: old?.id ?? 0, scope, key, version, value,
    updated_at_ms: nowMs,
    expires_at_ms: value === null ? nowMs + deletedKeptMs : change.expiresAtMs,
    history_entries: share.history_entries, history_bytes: share.history_bytes, history_newest: share.history_newest,
    crc: 0,
  };
  row.crc = entryCrc(row);
  if (old === undefined) row.id = insertRow(sql, row);
  else updateRow(sql, row);
  rememberRow(context, row);
  if (isOverfull) trimHistory(sql, history.maxBytes, context);
  // What only triggers of other engines on the store listen to is owed as well.
  return { row, claimed: change.due.triggers.length === 0 && !context.isShared ? none : addDueCalls(sql, dueChange(change, version, context.isShared), context) };
}

const none: readonly ClaimedCall[] = [];

function insertRow(sql: StoreSql, row: EntryRow): number {
  return sql.run(
    'INSERT INTO state_entry (scope, key, version, updated_at_ms, expires_at_ms, history_entries, history_bytes, history_newest, crc, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    row.scope, row.key, row.version, row.updated_at_ms, row.expires_at_ms, row.history_entries, row.history_bytes, row.history_newest, row.crc, row.value,
  ).lastId;
}

function updateRow(sql: StoreSql, row: EntryRow): void {
  sql.run(
    'UPDATE state_entry SET version = ?, updated_at_ms = ?, expires_at_ms = ?, history_entries = ?, history_bytes = ?, history_newest = ?, crc = ?, value = ? WHERE id = ?',
    row.version, row.updated_at_ms, row.expires_at_ms, row.history_entries, row.history_bytes, row.history_newest, row.crc, row.value, row.id,
  );
}

function dueChange({ scope, key, op, before, after, due }: EntryChange, version: number, isShared: boolean): Parameters<typeof addDueCalls>[1] {
  const { triggers, trace, triggerDepth, claim } = due;
  return {
    kind: 'state', triggers, lane: JSON.stringify([scope, key]), triggerDepth,
    payload: triggerPayload({ scope, key, before, after, version, isExpired: op === 'expire' }),
    ...(trace === undefined ? {} : { trace }),
    ...(claim === undefined ? {} : { claim }),
    ...(isShared ? { address: { scope, key } } : {}),
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
