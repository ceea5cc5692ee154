import type { StoreSql } from '@motia/engine-core/contract';
import { rowChecksum } from '@motia/store-sqlite/rows';
import type { HistoryLimits, StateHistoryEntry, StateHistoryPage, StateHistoryQuery } from '../state-store.js';

interface HistoryRow {
  readonly seq: number;
  readonly scope: string;
  readonly key: string;
  readonly op: StateHistoryEntry['op'];
  readonly version: number;
  readonly at_ms: number;
  readonly trace_id: string | null;
  readonly function_id: string | null;
  /** 0: there is none after the change; 1: it is in `value`; 2: it was too large. */
  readonly has_value: 0 | 1 | 2;
  readonly crc: number;
  readonly ops: string | null;
  readonly value: string | null;
}
/** What a key has in the history. */
export interface HistoryShare {
  readonly entries: number;
  readonly bytes: number;
}
export interface HistoryChange {
  readonly scope: string;
  readonly key: string;
  readonly op: StateHistoryEntry['op'];
  readonly version: number;
  readonly atMs: number;
  readonly traceId?: string | undefined;
  readonly functionId?: string | undefined;
  readonly ops?: string | undefined;
  /** JSON after the change. */
  readonly value: string | null;
}

/** A row without its texts, about. */
const rowBytes = 128;
/** Rows that one change takes away of others at most: the cost of a change stays bounded, and more is taken than comes. */
const trimmedAtOnce = 32;

/** What is left in the history of a key that has no row any more: from before it was forgotten. */
export function shareOf(sql: StoreSql, scope: string, key: string): HistoryShare {
  return sql.get<HistoryShare>('SELECT COUNT(*) AS entries, COALESCE(SUM(bytes), 0) AS bytes FROM state_history WHERE scope = ? AND key = ?', scope, key) as HistoryShare;
}

/** Writes a change down and trims those of its key. Answers what the key has in the history afterwards, and the size of the whole. */
export function addHistory(sql: StoreSql, change: HistoryChange, { share, limits }: { readonly share: HistoryShare; readonly limits: HistoryLimits }): HistoryShare & { readonly totalBytes: number } {
  const { scope, key, op, version, atMs, traceId = null, functionId = null } = change;
  const whole = rowBytes + lengthOf(change.value) + lengthOf(change.ops);
  const isKept = whole <= limits.maxBytesPerKey;
  const bytes = isKept ? whole : rowBytes;
  const value = isKept ? change.value : null;
  const ops = isKept ? (change.ops ?? null) : null;
  const hasValue = change.value === null ? 0 : isKept ? 1 : 2;
  sql.run(
    'INSERT INTO state_history (scope, key, op, version, at_ms, trace_id, function_id, bytes, has_value, crc, ops, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    scope, key, op, version, atMs, traceId, functionId, bytes, hasValue, rowChecksum(scope, key, version, hasValue, ops, value), ops, value,
  );
  let { entries, bytes: keyBytes } = { entries: share.entries + 1, bytes: share.bytes + bytes };
  let added = bytes;
  // A little more than allowed is let grow, so that a busy key is not trimmed with each change.
  if (entries > limits.maxEntriesPerKey + Math.floor(limits.maxEntriesPerKey / 8) || keyBytes > limits.maxBytesPerKey) {
    for (const old of sql.all<{ readonly seq: number; readonly bytes: number }>('SELECT seq, bytes FROM state_history WHERE scope = ? AND key = ? ORDER BY seq LIMIT ?', scope, key, trimmedAtOnce)) {
      if ((entries <= limits.maxEntriesPerKey && keyBytes <= limits.maxBytesPerKey) || entries <= 1) break;
      sql.run('DELETE FROM state_history WHERE seq = ?', old.seq);
      entries -= 1;
      keyBytes -= old.bytes;
      added -= old.bytes;
    }
  }
  const total = sql.get<{ readonly bytes: number }>('UPDATE state_history_size SET bytes = bytes + ? WHERE id = 1 RETURNING bytes', added);
  return { entries, bytes: keyBytes, totalBytes: total?.bytes ?? 0 };
}

/** Takes the oldest changes of all keys away until the rest fits. After `addHistory`, once the row of the key is written. */
export function trimHistory(sql: StoreSql, { maxBytes }: HistoryLimits, totalBytes: number): void {
  let size = totalBytes;
  let trimmed = 0;
  for (const { seq, scope, key, bytes } of sql.all<{ readonly seq: number; readonly scope: string; readonly key: string; readonly bytes: number }>('SELECT seq, scope, key, bytes FROM state_history ORDER BY seq LIMIT ?', trimmedAtOnce)) {
    if (size <= maxBytes) break;
    sql.run('DELETE FROM state_history WHERE seq = ?', seq);
    sql.run('UPDATE state_entry SET history_entries = history_entries - 1, history_bytes = history_bytes - ? WHERE scope = ? AND key = ?', bytes, scope, key);
    size -= bytes;
    trimmed += bytes;
  }
  sql.run('UPDATE state_history_size SET bytes = bytes - ? WHERE id = 1', trimmed);
}

const columns = 'seq, scope, key, op, version, at_ms, trace_id, function_id, has_value, crc, ops, value';

export function readHistory(sql: StoreSql, { scope, key, beforeSeq = Number.MAX_SAFE_INTEGER, limit }: StateHistoryQuery): StateHistoryPage {
  const rows = scope === undefined || key === undefined
    ? sql.all<HistoryRow>(`SELECT ${columns} FROM state_history WHERE seq < ? ORDER BY seq DESC LIMIT ?`, beforeSeq, limit + 1)
    : sql.all<HistoryRow>(`SELECT ${columns} FROM state_history WHERE scope = ? AND key = ? AND seq < ? ORDER BY seq DESC LIMIT ?`, scope, key, beforeSeq, limit + 1);
  const page = rows.slice(0, limit);
  const entries = page.map((row, at) => {
    const next = page[at + 1];
    const isNeighbour = next !== undefined && next.scope === row.scope && next.key === row.key;
    return toHistoryEntry(row, isNeighbour ? next : predecessor(sql, row));
  });
  return { entries, hasMore: rows.length > limit, isTruncated: isTruncated(sql, scope, key) };
}

function predecessor(sql: StoreSql, { scope, key, seq }: HistoryRow): HistoryRow | undefined {
  return sql.get<HistoryRow>(`SELECT ${columns} FROM state_history WHERE scope = ? AND key = ? AND seq < ? ORDER BY seq DESC LIMIT 1`, scope, key, seq);
}

function isTruncated(sql: StoreSql, scope: string | undefined, key: string | undefined): boolean {
  if (scope === undefined || key === undefined) return (sql.get<{ readonly seq: number }>('SELECT seq FROM state_history ORDER BY seq LIMIT 1')?.seq ?? 1) > 1;
  const first = sql.get<{ readonly version: number }>('SELECT version FROM state_history WHERE scope = ? AND key = ? ORDER BY seq LIMIT 1', scope, key);
  return first !== undefined && first.version > 1;
}

function toHistoryEntry(row: HistoryRow, previous: HistoryRow | undefined): StateHistoryEntry {
  const { seq, scope, key, op, version, at_ms: atMs, trace_id: traceId, function_id: functionId } = row;
  const after = stateOf(row);
  // Without the change before, only the very first one is sure to have found nothing.
  const before = previous === undefined ? { isUnknown: version > 1, json: undefined } : stateOf(previous);
  return {
    seq, scope, key, op, version, atMs,
    ...(traceId === null ? {} : { traceId }),
    ...(functionId === null ? {} : { functionId }),
    ...(before.json === undefined ? {} : { before: before.json }),
    ...(after.json === undefined ? {} : { after: after.json }),
    ...(row.ops === null || after.isDamaged ? {} : { ops: row.ops }),
    ...(before.isUnknown ? { isBeforeUnknown: true } : {}),
    ...(after.isUnknown ? { isAfterUnknown: true } : {}),
  };
}

function stateOf(row: HistoryRow): { readonly isUnknown: boolean; readonly isDamaged: boolean; readonly json: string | undefined } {
  const { scope, key, version, has_value: hasValue, ops, value } = row;
  const isDamaged = row.crc !== rowChecksum(scope, key, version, hasValue, ops, value);
  return isDamaged || hasValue === 2 ? { isUnknown: true, isDamaged, json: undefined } : { isUnknown: false, isDamaged, json: value ?? undefined };
}

/** About the bytes of a text; exact for ASCII. */
function lengthOf(text: string | null | undefined): number {
  return text?.length ?? 0;
}
