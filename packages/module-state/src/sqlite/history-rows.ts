import { crc32 } from 'node:zlib';
import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import type { HistoryLimits, StateHistoryEntry, StateHistoryPage, StateHistoryQuery } from '../state-store.js';
import { newestOf, shrinkShare, type HistoryShare } from './history-share.js';

interface HistoryRow {
  readonly seq: number;
  /** Of the change before it of the same key, which may be trimmed by now. */
  readonly previous: number | null;
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
  readonly origin: { readonly traceId?: string; readonly functionId?: string };
  readonly history: HistoryLimits;
  readonly ops?: string | undefined;
  /** JSON after the change. */
  readonly after: string | null;
}

/** A row without its texts, about. */
const rowBytes = 128;
/** Rows that one change takes away of its key at most: the cost of a change stays bounded, and more is taken than comes. */
const trimmedAtOnce = 1_024;
/** And when all keys together have too much, which is looked at with every sixteenth change. */
const trimmedOfAllAtOnce = 2_048;
/** Of those. A history that is full makes room for as much as comes in, which is far less. */
const lookedAtOnce = 32;

/** Writes a change down and trims those of its key. Answers what the key has in the history afterwards, and whether all keys together have too much. */
export function addHistory(
  sql: StoreSql, change: HistoryChange, { version, atMs, share }: { readonly version: number; readonly atMs: number; readonly share: HistoryShare },
): { readonly share: HistoryShare; readonly isOverfull: boolean } {
  const { scope, key, op, origin, history, after } = change;
  const whole = rowBytes + lengthOf(after) + lengthOf(change.ops);
  const isKept = whole <= history.maxBytesPerKey;
  const bytes = isKept ? whole : rowBytes;
  const value = isKept ? after : null;
  const ops = isKept ? (change.ops ?? null) : null;
  const hasValue = after === null ? 0 : isKept ? 1 : 2;
  const { lastId: seq } = sql.run(
    'INSERT INTO state_history (previous, scope, key, op, version, at_ms, trace_id, function_id, bytes, has_value, crc, ops, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    share.history_newest, scope, key, op, version, atMs, origin.traceId ?? null, origin.functionId ?? null, bytes, hasValue, historyCrc(scope, key, version, hasValue, ops, value), ops, value,
  );
  const trimmed = trimKey(sql, change, { history_entries: share.history_entries + 1, history_bytes: share.history_bytes + bytes, history_newest: seq });
  const isOverfull = seq % countedAtOnce === 0 && countBytes(sql, seq) > history.maxBytes;
  return { share: trimmed, isOverfull };
}

/** The changes of a key, newest first. Links that lead to another key's change, or to none, end it. */
const chain = `WITH RECURSIVE chain (seq, bytes, version, previous, entries, total) AS (
  SELECT seq, bytes, version, previous, 1, bytes FROM state_history WHERE seq = ? AND scope = ? AND key = ?
  UNION ALL
  SELECT h.seq, h.bytes, h.version, h.previous, chain.entries + 1, chain.total + h.bytes FROM chain JOIN state_history h ON h.seq = chain.previous AND h.seq < chain.seq AND h.scope = ? AND h.key = ?)`;

/** A busy key is not trimmed with each change: a quarter more changes than allowed are let come in, or an eighth of the bytes is made room for. */
function trimKey(sql: StoreSql, { scope, key, history: { maxEntriesPerKey, maxBytesPerKey } }: HistoryChange, share: HistoryShare): HistoryShare {
  let { history_entries: entries, history_bytes: bytes } = share;
  const isTooLarge = bytes > maxBytesPerKey;
  if (entries <= maxEntriesPerKey + Math.floor(maxEntriesPerKey / 4) && !isTooLarge) return share;
  const keptBytes = isTooLarge ? maxBytesPerKey - Math.floor(maxBytesPerKey / 8) : maxBytesPerKey;
  const old = sql.all<Pick<OldRow, 'seq' | 'bytes'>>(
    `${chain} SELECT seq, bytes FROM chain WHERE entries > 1 AND (entries > ? OR total > ?) ORDER BY entries DESC LIMIT ?`,
    share.history_newest, scope, key, scope, key, maxEntriesPerKey, keptBytes, trimmedAtOnce,
  );
  removeAll(sql, old, (share.history_newest ?? 0) - 1);
  for (const row of old) bytes -= row.bytes;
  entries -= old.length;
  return { history_entries: entries, history_bytes: bytes, history_newest: share.history_newest };
}

/** Takes the oldest changes of all keys away until the rest fits. Once the row of the key that was written last is written. */
export function trimHistory(sql: StoreSql, maxBytes: number, context: StoreCommandContext): void {
  const newest = sql.get<{ readonly seq: number }>('SELECT seq FROM state_history ORDER BY seq DESC LIMIT 1')?.seq ?? 0;
  let size = sizeOf(sql);
  const removed: OldRow[] = [];
  while (size > maxBytes && removed.length < trimmedOfAllAtOnce) {
    const oldest = sql.all<OldRow>('SELECT seq, scope, key, bytes FROM state_history WHERE seq > ? AND seq < ? ORDER BY seq LIMIT ?', removed.at(-1)?.seq ?? 0, newest, lookedAtOnce);
    if (oldest.length === 0) break;
    for (const old of oldest) {
      if (size <= maxBytes) break;
      size -= old.bytes;
      removed.push(old);
      shrinkShare(sql, old, context);
    }
  }
  removeAll(sql, removed, newest);
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
function removeAll(sql: StoreSql, rows: readonly Pick<OldRow, 'seq' | 'bytes'>[], newest: number): void {
  const countedUpTo = newest - (newest % countedAtOnce);
  let counted = 0;
  for (const { seq, bytes } of rows) {
    sql.run('DELETE FROM state_history WHERE seq = ?', seq);
    if (seq <= countedUpTo) counted += bytes;
  }
  if (counted > 0) sql.run('UPDATE state_history_size SET bytes = bytes - ? WHERE id = 1', counted);
}

/** One native call: it is made for every change. */
function historyCrc(scope: string, key: string, version: number, hasValue: number, ops: string | null, value: string | null): number {
  return crc32(`${scope.length}:${key.length}:${version}:${hasValue}:${ops?.length ?? ''}:${scope}${key}${ops ?? ''}${value ?? ''}`);
}

const columns = 'seq, previous, scope, key, op, version, at_ms, trace_id, function_id, has_value, crc, ops, value';

export function readHistory(sql: StoreSql, { scope, key, beforeSeq, limit }: StateHistoryQuery): StateHistoryPage {
  if (scope === undefined || key === undefined) return readAll(sql, beforeSeq ?? Number.MAX_SAFE_INTEGER, limit);
  const newest = newestOf(sql, scope, key);
  const page: HistoryRow[] = [];
  let next = changeOf(sql, { scope, key }, beforeSeq ?? newest);
  // The cursor is a change of the key, unless that was trimmed meanwhile: then there is nothing before it.
  if (beforeSeq !== undefined) next = next === undefined ? undefined : previousOf(sql, next);
  for (; next !== undefined && page.length < limit; next = previousOf(sql, next)) page.push(next);
  const oldest = sql.get<Pick<HistoryRow, 'version'>>(`${chain} SELECT version FROM chain ORDER BY entries DESC LIMIT 1`, newest, scope, key, scope, key);
  return {
    entries: page.map((row, at) => toHistoryEntry(row, page[at + 1] ?? previousOf(sql, row))),
    hasMore: next !== undefined,
    isTruncated: oldest !== undefined && oldest.version > 1,
  };
}

function readAll(sql: StoreSql, beforeSeq: number, limit: number): StateHistoryPage {
  const rows = sql.all<HistoryRow>(`SELECT ${columns} FROM state_history WHERE seq < ? ORDER BY seq DESC LIMIT ?`, beforeSeq, limit + 1);
  return {
    entries: rows.slice(0, limit).map((row) => toHistoryEntry(row, previousOf(sql, row))),
    hasMore: rows.length > limit,
    isTruncated: (sql.get<{ readonly seq: number }>('SELECT seq FROM state_history ORDER BY seq LIMIT 1')?.seq ?? 1) > 1,
  };
}

/** A change, if it is one of this key. */
function changeOf(sql: StoreSql, { scope, key }: Pick<HistoryRow, 'scope' | 'key'>, seq: number | null): HistoryRow | undefined {
  const row = seq === null ? undefined : sql.get<HistoryRow>(`SELECT ${columns} FROM state_history WHERE seq = ?`, seq);
  return row?.scope === scope && row.key === key ? row : undefined;
}

/** The change before this one of the same key, if it is still there. */
function previousOf(sql: StoreSql, row: HistoryRow): HistoryRow | undefined {
  return row.previous !== null && row.previous < row.seq ? changeOf(sql, row, row.previous) : undefined;
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
