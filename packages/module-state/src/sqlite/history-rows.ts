import { crc32 } from 'node:zlib';
import type { StoreSql } from '@motia/engine-core/contract';
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
/** What addHistory needs to know of a change; a part of `EntryChange`. */
export interface HistoryChange {
  readonly scope: string;
  readonly key: string;
  readonly op: StateHistoryEntry['op'];
  /** What its row says of its share in the history; without one it is counted. */
  readonly row: { readonly history_entries: number; readonly history_bytes: number } | undefined;
  readonly origin: { readonly traceId?: string; readonly functionId?: string };
  readonly history: HistoryLimits;
  readonly ops?: string | undefined;
  /** JSON after the change. */
  readonly after: string | null;
}
export interface HistoryShare {
  readonly entries: number;
  readonly bytes: number;
}

/** A row without its texts, about. */
const rowBytes = 128;
/** Rows that one change takes away of others at most: the cost of a change stays bounded, and more is taken than comes. */
const trimmedAtOnce = 64;
/** And when all keys together have too much, which is looked at with every sixteenth change. */
const trimmedOfAllAtOnce = 2_048;

/** What a key has in the history although it has no row any more: from before it was forgotten. */
function countShare(sql: StoreSql, scope: string, key: string): HistoryShare {
  return sql.get<HistoryShare>('SELECT COUNT(*) AS entries, COALESCE(SUM(bytes), 0) AS bytes FROM state_history WHERE scope = ? AND key = ?', scope, key) as HistoryShare;
}

/** Writes a change down and trims those of its key. Answers what the key has in the history afterwards, and whether all keys together have too much. */
export function addHistory(sql: StoreSql, change: HistoryChange, { version, atMs }: { readonly version: number; readonly atMs: number }): HistoryShare & { readonly isOverfull: boolean } {
  const { scope, key, op, row, origin, history, after } = change;
  const whole = rowBytes + lengthOf(after) + lengthOf(change.ops);
  const isKept = whole <= history.maxBytesPerKey;
  const bytes = isKept ? whole : rowBytes;
  const value = isKept ? after : null;
  const ops = isKept ? (change.ops ?? null) : null;
  const hasValue = after === null ? 0 : isKept ? 1 : 2;
  const { lastId: seq } = sql.run(
    'INSERT INTO state_history (scope, key, op, version, at_ms, trace_id, function_id, bytes, has_value, crc, ops, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    scope, key, op, version, atMs, origin.traceId ?? null, origin.functionId ?? null, bytes, hasValue, historyCrc(scope, key, version, hasValue, ops, value), ops, value,
  );
  const share = row === undefined ? countShare(sql, scope, key) : { entries: row.history_entries + 1, bytes: row.history_bytes + bytes };
  const trimmed = trimKey(sql, change, share, seq);
  const isOverfull = seq % countedAtOnce === 0 && countBytes(sql, seq) > history.maxBytes;
  return { ...trimmed, isOverfull };
}

/** A little more than allowed is let grow, so that a busy key is not trimmed with each change. */
function trimKey(sql: StoreSql, { scope, key, history: { maxEntriesPerKey, maxBytesPerKey } }: HistoryChange, share: HistoryShare, seq: number): HistoryShare {
  let { entries, bytes } = share;
  if (entries <= maxEntriesPerKey + Math.floor(maxEntriesPerKey / 8) && bytes <= maxBytesPerKey) return share;
  for (const old of sql.all<OldRow>('SELECT seq, scope, key, bytes FROM state_history WHERE scope = ? AND key = ? ORDER BY seq LIMIT ?', scope, key, trimmedAtOnce)) {
    if ((entries <= maxEntriesPerKey && bytes <= maxBytesPerKey) || old.seq === seq) break;
    remove(sql, old, seq - 1);
    entries -= 1;
    bytes -= old.bytes;
  }
  return { entries, bytes };
}

/** Takes the oldest changes of all keys away until the rest fits. Once the row of the key that was written last is written. */
export function trimHistory(sql: StoreSql, maxBytes: number): void {
  const newest = sql.get<{ readonly seq: number }>('SELECT seq FROM state_history ORDER BY seq DESC LIMIT 1')?.seq ?? 0;
  let size = sizeOf(sql);
  for (const old of sql.all<OldRow>('SELECT seq, scope, key, bytes FROM state_history ORDER BY seq LIMIT ?', trimmedOfAllAtOnce)) {
    if (size <= maxBytes || old.seq === newest) return;
    remove(sql, old, newest);
    sql.run('UPDATE state_entry SET history_entries = history_entries - 1, history_bytes = history_bytes - ? WHERE scope = ? AND key = ?', old.bytes, old.scope, old.key);
    size -= old.bytes;
  }
}

interface OldRow {
  readonly seq: number;
  readonly scope: string;
  readonly key: string;
  readonly bytes: number;
}

/** The size of the whole is counted for so many changes at once, when the number of the last one is a multiple: a statement less for the others. */
const countedAtOnce = 16;

/** Counts the changes up to this one, the last of its batch. */
function countBytes(sql: StoreSql, seq: number): number {
  sql.run('UPDATE state_history_size SET bytes = bytes + (SELECT COALESCE(SUM(bytes), 0) FROM state_history WHERE seq > ? AND seq <= ?) WHERE id = 1', seq - countedAtOnce, seq);
  return sizeOf(sql);
}

/** Of what was counted. */
function sizeOf(sql: StoreSql): number {
  return sql.get<{ readonly bytes: number }>('SELECT bytes FROM state_history_size WHERE id = 1')?.bytes ?? 0;
}

/** @param newest the last change whose batch is counted already, if it ends one */
function remove(sql: StoreSql, { seq, bytes }: OldRow, newest: number): void {
  sql.run('DELETE FROM state_history WHERE seq = ?', seq);
  if (seq <= newest - (newest % countedAtOnce)) sql.run('UPDATE state_history_size SET bytes = bytes - ? WHERE id = 1', bytes);
}

/** One native call: it is made for every change. */
function historyCrc(scope: string, key: string, version: number, hasValue: number, ops: string | null, value: string | null): number {
  return crc32(`${scope.length}:${key.length}:${version}:${hasValue}:${ops?.length ?? ''}:${scope}${key}${ops ?? ''}${value ?? ''}`);
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
  const isDamaged = row.crc !== historyCrc(scope, key, version, hasValue, ops, value);
  return isDamaged || hasValue === 2 ? { isUnknown: true, isDamaged, json: undefined } : { isUnknown: false, isDamaged, json: value ?? undefined };
}

/** About the bytes of a text; exact for ASCII. */
function lengthOf(text: string | null | undefined): number {
  return text?.length ?? 0;
}
