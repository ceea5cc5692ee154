import type { StoreSql } from '@motia/engine-core/contract';
import { firstEndOf, recordsIn } from './span-records.js';
import { entriesOf, isNotable, notableFlags, readEntries, traceIdIn } from './trace-entries.js';

export interface SpanLimits {
  readonly maxBytes: number;
  readonly slowMs: number;
  /** Pieces whose spans all ended before are let go. */
  readonly beforeMs: number;
  /** What ended so much later than the first span of a piece gets another one: how much longer than meant a span may be held. */
  readonly pieceMs: number;
}

/** Share of the size that traces with errors and slow ones may keep when everything else has gone. */
const keptShare = 0.5;
/** What SQLite needs itself, as a share of what is written. */
const pageShare = 0.1;
/** Pieces are filled up to about this, so that there are few of them however little happens at a time. */
const fullChunkBytes = 64 * 1024;

/** Writes records behind the newest piece, or into one of their own. @returns how many spans */
export function insertChunk(sql: StoreSql, run: string, body: Uint8Array, { slowMs, pieceMs }: Pick<SpanLimits, 'slowMs' | 'pieceMs'>, isKept: boolean): number {
  const last = sql.get<{ id: number; run: string; bytes: number; spans: number; oldest_ms: number }>('SELECT id, run, bytes, spans, oldest_ms FROM otel_chunks WHERE is_kept = ? ORDER BY id DESC LIMIT 1', isKept ? 1 : 0);
  if (last === undefined || last.run !== run || last.bytes + body.byteLength > fullChunkBytes || (body.byteLength > 0 && firstEndOf(body) - last.oldest_ms > pieceMs)) {
    const { entries, spans, flags, oldestMs, newestMs } = entriesOf(body, slowMs);
    if (spans === 0) return 0;
    sql.run(
      'INSERT INTO otel_chunks (run, is_kept, bytes, spans, flags, oldest_ms, newest_ms, traces, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      run, isKept ? 1 : 0, body.byteLength + entries.byteLength, spans, flags, oldestMs, newestMs, entries, body,
    );
    return spans;
  }
  const before = sql.get<{ body: Uint8Array }>('SELECT body FROM otel_chunks WHERE id = ?', last.id);
  const whole = Buffer.concat([before?.body ?? Buffer.alloc(0), body]);
  const { entries, spans, flags, oldestMs, newestMs } = entriesOf(whole, slowMs);
  sql.run(
    'UPDATE otel_chunks SET bytes = ?, spans = ?, flags = ?, oldest_ms = ?, newest_ms = ?, traces = ?, body = ? WHERE id = ?',
    whole.byteLength + entries.byteLength, spans, flags, oldestMs, newestMs, entries, whole, last.id,
  );
  return spans - last.spans;
}

/** Lets go of pieces until what is left fits. @returns how many spans went */
export function evictSpans(sql: StoreSql, limits: SpanLimits): number {
  const { maxBytes, beforeMs } = limits;
  let evicted = 0;
  for (const { id } of sql.all<{ id: number }>('SELECT id FROM otel_chunks WHERE newest_ms < ? ORDER BY newest_ms', beforeMs)) evicted += dropChunk(sql, id, limits, false);
  for (;;) {
    const { total, kept } = sql.get<{ total: number; kept: number }>('SELECT COALESCE(SUM(bytes), 0) AS total, COALESCE(SUM(bytes * is_kept), 0) AS kept FROM otel_chunks') ?? { total: 0, kept: 0 };
    if (total * (1 + pageShare) <= maxBytes) return evicted;
    const keptIsOver = kept > total * keptShare;
    const oldest =
      sql.get<{ id: number }>('SELECT id FROM otel_chunks WHERE is_kept = ? ORDER BY id LIMIT 1', keptIsOver ? 1 : 0) ??
      sql.get<{ id: number }>('SELECT id FROM otel_chunks ORDER BY id LIMIT 1');
    if (oldest === undefined) return evicted;
    evicted += dropChunk(sql, oldest.id, limits, !keptIsOver);
  }
}

interface DroppedChunk {
  readonly id: number;
  readonly run: string;
  readonly is_kept: number;
  readonly spans: number;
  readonly flags: number;
  readonly newest_ms: number;
  readonly traces: Uint8Array;
  readonly body: Uint8Array;
}

/** @returns how many spans went */
function dropChunk(sql: StoreSql, id: number, limits: SpanLimits, keepsNotable: boolean): number {
  const chunk = sql.get<DroppedChunk>('SELECT id, run, is_kept, spans, flags, newest_ms, traces, body FROM otel_chunks WHERE id = ?', id);
  if (chunk === undefined) return 0;
  const notable = keepsNotable && chunk.is_kept === 0 ? notableRecords(sql, chunk) : [];
  sql.run('DELETE FROM otel_chunks WHERE id = ?', id);
  return chunk.spans - (notable.length === 0 ? 0 : insertChunk(sql, chunk.run, Buffer.concat(notable), limits, true));
}

/** Records of traces with errors and of slow ones, whether that shows here or in a piece that came later. */
function notableRecords(sql: StoreSql, { id, flags, newest_ms: newestMs, traces, body }: DroppedChunk): readonly Uint8Array[] {
  const later = sql.all<{ traces: Uint8Array }>('SELECT traces FROM otel_chunks WHERE id > ? AND is_kept = 0 AND oldest_ms <= ? AND (flags & ?) <> 0', id, newestMs, notableFlags);
  const ids = new Set<string>();
  for (const entries of [...((flags & notableFlags) === 0 ? [] : [traces]), ...later.map((each) => each.traces)]) {
    let index = 0;
    for (const entry of readEntries(entries)) {
      if (isNotable(entry.flags) && entry.startMs <= newestMs) ids.add(traceIdIn(entries, index).toString('latin1'));
      index += 1;
    }
  }
  return ids.size === 0 ? [] : [...recordsIn(body)].filter(({ traceId }) => ids.has(Buffer.from(traceId).toString('latin1'))).map(({ bytes }) => bytes);
}

/** Texts of runs of which nothing is left, and nothing can come. */
export function forgetStrings(sql: StoreSql, run: string): void {
  sql.run('DELETE FROM otel_strings WHERE run <> ? AND run NOT IN (SELECT run FROM otel_chunks) AND run NOT IN (SELECT run FROM otel_open) AND run NOT IN (SELECT run FROM otel_engines WHERE run IS NOT NULL)', run);
}
