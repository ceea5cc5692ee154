import type { StoreSql } from '@motia/engine-core/contract';
import { firstEndOf, isNotableTrace, recordsIn, type RecordHead } from './span-records.js';

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

/** What is known of a trace from the records of one piece. */
interface TraceNews {
  readonly root: RecordHead;
  spans: number;
  flags: number;
  startMs: number;
}

/** Pieces are filled up to about this, so that there are few of them however little happens at a time. */
const fullChunkBytes = 64 * 1024;

/** Writes records behind the newest piece, or into one of their own, and enters their traces. @returns how many spans */
export function insertChunk(sql: StoreSql, run: string, body: Uint8Array, { slowMs, pieceMs }: Pick<SpanLimits, 'slowMs' | 'pieceMs'>, isKept: boolean): number {
  const news = new Map<string, TraceNews>();
  let spans = 0;
  let newestMs = 0;
  for (const record of recordsIn(body, slowMs)) {
    spans += 1;
    if (record.endMs > newestMs) newestMs = record.endMs;
    const key = Buffer.from(record.traceId).toString('latin1');
    const known = news.get(key);
    if (known === undefined) news.set(key, { root: record, spans: 1, flags: record.flags, startMs: record.startMs });
    else {
      const isBetter = record.isRoot && !known.root.isRoot;
      news.set(key, { root: isBetter ? record : known.root, spans: known.spans + 1, flags: known.flags | record.flags, startMs: Math.min(known.startMs, record.startMs) });
    }
  }
  if (spans === 0) return 0;
  const chunk = store(sql, { run, isKept: isKept ? 1 : 0, body, spans, newestMs, pieceMs });
  for (const { root, spans: count, flags, startMs } of news.values()) {
    sql.run(
      `INSERT INTO otel_traces (trace_id, start_ms, duration_ms, flags, spans, run, root, is_root, chunks, last_chunk) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (trace_id) DO UPDATE SET
         run = CASE WHEN excluded.is_root > is_root THEN excluded.run ELSE run END,
         root = CASE WHEN excluded.is_root > is_root THEN excluded.root ELSE root END,
         start_ms = CASE WHEN excluded.is_root > is_root THEN excluded.start_ms ELSE start_ms END,
         duration_ms = CASE WHEN excluded.is_root > is_root THEN excluded.duration_ms ELSE duration_ms END,
         is_root = MAX(is_root, excluded.is_root), flags = flags | excluded.flags, spans = spans + excluded.spans,
         chunks = CASE WHEN last_chunk = excluded.last_chunk THEN chunks ELSE chunks || ',' || excluded.chunks END, last_chunk = excluded.last_chunk`,
      root.traceId, root.isRoot ? root.startMs : startMs, root.endMs - root.startMs, flags, isKept ? 0 : count, run, root.bytes, root.isRoot ? 1 : 0, String(chunk), chunk,
    );
  }
  return spans;
}

interface Piece {
  readonly run: string;
  readonly isKept: 0 | 1;
  readonly body: Uint8Array;
  readonly spans: number;
  readonly newestMs: number;
  readonly pieceMs: number;
}

/** @returns the id of the piece */
function store(sql: StoreSql, { run, isKept, body, spans, newestMs, pieceMs }: Piece): number {
  const last = sql.get<{ id: number; run: string; bytes: number }>('SELECT id, run, bytes FROM otel_chunks WHERE is_kept = ? ORDER BY id DESC LIMIT 1', isKept);
  const isOpen = last !== undefined && last.run === run && last.bytes + body.byteLength <= fullChunkBytes;
  const before = isOpen ? sql.get<{ body: Uint8Array }>('SELECT body FROM otel_chunks WHERE id = ?', last.id)?.body : undefined;
  if (last === undefined || before === undefined || newestMs - firstEndOf(before) > pieceMs) {
    return sql.run('INSERT INTO otel_chunks (run, is_kept, bytes, spans, newest_ms, body) VALUES (?, ?, ?, ?, ?, ?)', run, isKept, body.byteLength, spans, newestMs, body).lastId;
  }
  sql.run('UPDATE otel_chunks SET bytes = bytes + ?, spans = spans + ?, newest_ms = MAX(newest_ms, ?), body = ? WHERE id = ?', body.byteLength, spans, newestMs, Buffer.concat([before, body]), last.id);
  return last.id;
}

/** Lets go of pieces until what is left fits. @returns how many spans went */
export function evictSpans(sql: StoreSql, limits: SpanLimits): number {
  const { maxBytes, beforeMs } = limits;
  let evicted = 0;
  for (const { id } of sql.all<{ id: number }>('SELECT id FROM otel_chunks WHERE newest_ms < ? ORDER BY id', beforeMs)) evicted += dropChunk(sql, id, limits, false);
  for (;;) {
    const { total, kept } = sql.get<{ total: number; kept: number }>('SELECT COALESCE(SUM(bytes), 0) AS total, COALESCE(SUM(bytes * is_kept), 0) AS kept FROM otel_chunks') ?? { total: 0, kept: 0 };
    // Entries of traces and what SQLite needs itself come on top of the spans: about as much again for small traces.
    if (total * 1.6 <= maxBytes) return evicted;
    const keptIsOver = kept > total * keptShare;
    const oldest =
      sql.get<{ id: number }>('SELECT id FROM otel_chunks WHERE is_kept = ? ORDER BY id LIMIT 1', keptIsOver ? 1 : 0) ??
      sql.get<{ id: number }>('SELECT id FROM otel_chunks ORDER BY id LIMIT 1');
    if (oldest === undefined) return evicted;
    evicted += dropChunk(sql, oldest.id, limits, !keptIsOver);
  }
}

/** @returns how many spans went */
function dropChunk(sql: StoreSql, id: number, limits: SpanLimits, keepsNotable: boolean): number {
  const chunk = sql.get<{ run: string; is_kept: number; spans: number; body: Uint8Array }>('SELECT run, is_kept, spans, body FROM otel_chunks WHERE id = ?', id);
  if (chunk === undefined) return 0;
  const notable: Uint8Array[] = [];
  for (const record of recordsIn(chunk.body, limits.slowMs)) {
    const trace = sql.get<{ flags: number; last_chunk: number }>('SELECT flags, last_chunk FROM otel_traces WHERE trace_id = ?', record.traceId);
    if (trace === undefined) continue;
    if (keepsNotable && chunk.is_kept === 0 && isNotableTrace(trace.flags)) notable.push(record.bytes);
    else if (trace.last_chunk === id) sql.run('DELETE FROM otel_traces WHERE trace_id = ?', record.traceId);
  }
  sql.run('DELETE FROM otel_chunks WHERE id = ?', id);
  return chunk.spans - (notable.length === 0 ? 0 : insertChunk(sql, chunk.run, Buffer.concat(notable), limits, true));
}

/** Texts of runs of which nothing is left. */
export function forgetStrings(sql: StoreSql, run: string): void {
  sql.run('DELETE FROM otel_strings WHERE run <> ? AND run NOT IN (SELECT run FROM otel_chunks) AND run NOT IN (SELECT run FROM otel_open)', run);
}
