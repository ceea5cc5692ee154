import type { StoreSql } from '@motia/engine-core/contract';
import { rowChecksum } from '@motia/store-sqlite/rows';
import type { StoredEntry } from '../state-store.js';

/** A row of `state_entry`. `value` null: deleted, and kept until `expires_at_ms` for its version. */
export interface EntryRow {
  readonly id: number;
  readonly scope: string;
  readonly key: string;
  readonly version: number;
  readonly updated_at_ms: number;
  readonly expires_at_ms: number | null;
  readonly history_entries: number;
  readonly history_bytes: number;
  readonly checksum: number;
  readonly value: string | null;
}

/** How long versions of a deleted key are remembered. */
export const deletedKeptMs = 3_600_000;
/** Damaged rows that are kept for whoever wants to look at them. */
const quarantinedRows = 1_000;

export const entryColumns = 'id, scope, key, version, updated_at_ms, expires_at_ms, history_entries, history_bytes, checksum, value';

export function readRow(sql: StoreSql, scope: string, key: string): EntryRow | undefined {
  return sql.get<EntryRow>(`SELECT ${entryColumns} FROM state_entry WHERE scope = ? AND key = ?`, scope, key);
}

export function entryChecksum({ scope, key, version, updated_at_ms, expires_at_ms, value }: Omit<EntryRow, 'id' | 'checksum' | 'history_entries' | 'history_bytes'>): number {
  return rowChecksum(scope, key, version, updated_at_ms, expires_at_ms, value);
}

export function isWhole(row: EntryRow): boolean {
  return row.checksum === entryChecksum(row);
}

/** What a reader sees of a row that is whole: nothing of one that was deleted or whose time has come. */
export function toEntry(row: EntryRow, nowMs: number): StoredEntry | undefined {
  const { key, value, version, updated_at_ms: updatedAtMs, expires_at_ms: expiresAtMs } = row;
  if (value === null || (expiresAtMs !== null && expiresAtMs <= nowMs)) return undefined;
  return { key, json: value, version, updatedAtMs, ...(expiresAtMs === null ? {} : { expiresAtMs }) };
}

/** Whether a value stands there whose time has come and that nobody has swept. */
export function isExpired(row: EntryRow, nowMs: number): boolean {
  return row.value !== null && row.expires_at_ms !== null && row.expires_at_ms <= nowMs;
}

/** Puts a damaged row aside. Until its key is set or deleted, reads of it say that it is damaged. */
export function quarantine(sql: StoreSql, row: EntryRow, nowMs: number): void {
  const { lastId } = sql.run('INSERT INTO state_quarantine (scope, key, found_at_ms, is_open, row) VALUES (?, ?, ?, 1, ?)', row.scope, row.key, nowMs, JSON.stringify(row));
  sql.run('DELETE FROM state_quarantine WHERE id <= ? AND is_open = 0', lastId - quarantinedRows);
  sql.run('DELETE FROM state_entry WHERE id = ?', row.id);
}

export function isQuarantined(sql: StoreSql, scope: string, key: string): boolean {
  return sql.get('SELECT 1 FROM state_quarantine WHERE scope = ? AND key = ? AND is_open = 1', scope, key) !== undefined;
}

/** The key has been given a new value, or none: what happened to the old one is past. */
export function closeQuarantine(sql: StoreSql, scope: string, key: string): void {
  sql.run('UPDATE state_quarantine SET is_open = 0 WHERE scope = ? AND key = ? AND is_open = 1', scope, key);
}
