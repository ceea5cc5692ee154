import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { forgetRow } from './entry-rows.js';

/** What a key has in the history, as its row says: each change there names the one before it. */
export interface HistoryShare {
  readonly history_entries: number;
  readonly history_bytes: number;
  /** `seq` of the newest one. */
  readonly history_newest: number | null;
}

const columns = 'history_entries, history_bytes, history_newest';
const none: HistoryShare = { history_entries: 0, history_bytes: 0, history_newest: null };

/** Of a row that may be damaged: it is under no checksum, and what it leads to is looked at. */
export function plausibleShare({ history_entries: entries, history_bytes: bytes, history_newest: newest }: HistoryShare): HistoryShare {
  return entries >= 0 && bytes >= 0 && newest !== null && newest > 0 ? { history_entries: entries, history_bytes: bytes, history_newest: newest } : none;
}

/** A key is forgotten: its row goes, what it has in the history stays. */
export function keepShare(sql: StoreSql, scope: string, key: string, { history_entries: entries, history_bytes: bytes, history_newest: newest }: HistoryShare): void {
  if (newest !== null && entries > 0) sql.run('INSERT OR REPLACE INTO state_forgotten (scope, key, history_entries, history_bytes, history_newest) VALUES (?, ?, ?, ?, ?)', scope, key, entries, bytes, newest);
}

/** What a key has from before it was forgotten. Its next row takes it over. */
export function takeShare(sql: StoreSql, scope: string, key: string): HistoryShare {
  const kept = sql.get<HistoryShare>(`SELECT ${columns} FROM state_forgotten WHERE scope = ? AND key = ?`, scope, key);
  if (kept === undefined) return none;
  sql.run('DELETE FROM state_forgotten WHERE scope = ? AND key = ?', scope, key);
  return kept;
}

/** `seq` of the newest change of a key. */
export function newestOf(sql: StoreSql, scope: string, key: string): number | null {
  const row = sql.get<Pick<HistoryShare, 'history_newest'>>('SELECT history_newest FROM state_entry WHERE scope = ? AND key = ?', scope, key)
    ?? sql.get<Pick<HistoryShare, 'history_newest'>>('SELECT history_newest FROM state_forgotten WHERE scope = ? AND key = ?', scope, key);
  return row?.history_newest ?? null;
}

/** The oldest change of a key is gone. */
export function shrinkShare(sql: StoreSql, { scope, key, bytes }: { readonly scope: string; readonly key: string; readonly bytes: number }, context: StoreCommandContext): void {
  forgetRow(context, { scope, key });
  if (sql.run('UPDATE state_entry SET history_entries = history_entries - 1, history_bytes = history_bytes - ? WHERE scope = ? AND key = ?', bytes, scope, key).changes > 0) return;
  sql.run('UPDATE state_forgotten SET history_entries = history_entries - 1, history_bytes = history_bytes - ? WHERE scope = ? AND key = ?', bytes, scope, key);
  sql.run('DELETE FROM state_forgotten WHERE scope = ? AND key = ? AND history_entries <= 0', scope, key);
}
