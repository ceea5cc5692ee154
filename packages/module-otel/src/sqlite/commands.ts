import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { firstTimeOf } from '../logs/log-ring.js';
import { Offset } from '../record/span-layout.js';
import { evictSpans, forgetStrings, insertChunk, type SpanLimits } from './write-spans.js';

/** Everything that was recorded since the last time. */
export interface WriteInput {
  /** Names the run of the engine: numbers of texts are its own. */
  readonly run: string;
  /** There is nothing new: it is only looked for what is too old, and nothing is written if there is none. */
  readonly isSweep: boolean;
  readonly strings: { readonly first: number; readonly texts: readonly string[] };
  readonly spans: readonly Uint8Array[];
  /** Open spans that were not written down before, as records. */
  readonly opened: readonly Uint8Array[];
  /** Ids of spans that were written down as open and have ended. */
  readonly ended: readonly Uint8Array[];
  readonly logs: { readonly pieces: readonly LogPiece[]; readonly maxRecords: number; readonly maxBytes: number; readonly beforeMs: number; readonly pieceMs: number };
  readonly rollups: readonly { readonly level: number; readonly startMs: number; readonly series: string; readonly body: string }[];
  readonly rollupsBefore: readonly number[];
  readonly limits: SpanLimits;
}
export interface LogPiece {
  readonly body: Uint8Array;
  readonly records: number;
  readonly newestMs: number;
}
export interface WriteResult {
  readonly evictedSpans: number;
  readonly evictedLogs: number;
}

const fullLogBytes = 64 * 1024;

export function write(sql: StoreSql, input: WriteInput, { engineId, nowMs }: StoreCommandContext): WriteResult {
  const { run, isSweep, strings, spans, opened, ended, logs, rollups, rollupsBefore, limits } = input;
  if (!isSweep) sql.run('INSERT INTO otel_engines (id, seen_ms, run) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET seen_ms = excluded.seen_ms, run = excluded.run', engineId, nowMs, run);
  strings.texts.forEach((text, index) => sql.run('INSERT OR REPLACE INTO otel_strings (run, number, text) VALUES (?, ?, ?)', run, strings.first + index, text));
  for (const body of spans) insertChunk(sql, run, body, limits, false);
  for (const id of ended) sql.run('DELETE FROM otel_open WHERE span_id = ?', id);
  for (const body of opened) {
    sql.run('INSERT OR REPLACE INTO otel_open (span_id, trace_id, engine, run, body) VALUES (?, ?, ?, ?, ?)', body.subarray(Offset.spanId, Offset.spanId + 8), body.subarray(Offset.traceId, Offset.traceId + 16), engineId, run, body);
  }
  for (const piece of logs.pieces) insertLogs(sql, piece, logs.pieceMs);
  for (const { level, startMs, series, body } of rollups) sql.run('INSERT OR REPLACE INTO otel_rollups (level, start_ms, series, body) VALUES (?, ?, ?, ?)', level, startMs, series, body);
  rollupsBefore.forEach((beforeMs, level) => sql.run('DELETE FROM otel_rollups WHERE level = ? AND start_ms < ?', level, beforeMs));
  const evictedSpans = evictSpans(sql, limits);
  if (evictedSpans > 0) forgetStrings(sql, run);
  return { evictedSpans, evictedLogs: evictLogs(sql, logs) };
}

/** Behind the newest piece while that is small, so that there are few of them however little happens at a time. */
function insertLogs(sql: StoreSql, { body, records, newestMs }: LogPiece, pieceMs: number): void {
  const last = sql.get<{ id: number; body: Uint8Array }>('SELECT id, body FROM otel_logs WHERE bytes + ? <= ? ORDER BY id DESC LIMIT 1', body.byteLength, fullLogBytes);
  const newest = sql.get<{ id: number }>('SELECT MAX(id) AS id FROM otel_logs');
  if (last === undefined || last.id !== newest?.id || newestMs - firstTimeOf(last.body) > pieceMs) sql.run('INSERT INTO otel_logs (records, bytes, newest_ms, body) VALUES (?, ?, ?, ?)', records, body.byteLength, newestMs, body);
  else sql.run('UPDATE otel_logs SET records = records + ?, bytes = bytes + ?, newest_ms = MAX(newest_ms, ?), body = ? WHERE id = ?', records, body.byteLength, newestMs, Buffer.concat([last.body, body]), last.id);
}

function evictLogs(sql: StoreSql, { maxRecords, maxBytes, beforeMs }: WriteInput['logs']): number {
  let evicted = 0;
  for (;;) {
    const oldest = sql.get<{ id: number; records: number; newest_ms: number }>('SELECT id, records, newest_ms FROM otel_logs ORDER BY id LIMIT 1');
    if (oldest === undefined) return evicted;
    const { records, bytes } = sql.get<{ records: number; bytes: number }>('SELECT SUM(records) AS records, SUM(bytes) AS bytes FROM otel_logs') ?? { records: 0, bytes: 0 };
    if (oldest.newest_ms >= beforeMs && records <= maxRecords && bytes <= maxBytes) return evicted;
    sql.run('DELETE FROM otel_logs WHERE id = ?', oldest.id);
    evicted += oldest.records;
  }
}

/** `interrupted` among the statuses of spans. */
const interrupted = 3;

/** Ends spans that engines which are gone left open: when the engine was seen last, with the status `interrupted`. */
export function interrupt(sql: StoreSql, { gone, slowMs }: { readonly gone: readonly string[]; readonly slowMs: number }): number {
  let closed = 0;
  for (const id of gone) {
    const seenMs = sql.get<{ seen_ms: number }>('SELECT seen_ms FROM otel_engines WHERE id = ?', id)?.seen_ms ?? 0;
    for (const { run, body } of sql.all<{ run: string; body: Uint8Array }>('SELECT run, body FROM otel_open WHERE engine = ?', id)) {
      const record = Buffer.from(body);
      record[Offset.kind] = ((record[Offset.kind] as number) & 7) | (interrupted << 3);
      record.writeDoubleLE(Math.max(seenMs, record.readDoubleLE(Offset.start)), Offset.end);
      closed += insertChunk(sql, run, record, { slowMs, pieceMs: Number.POSITIVE_INFINITY }, false);
    }
    sql.run('DELETE FROM otel_open WHERE engine = ?', id);
    sql.run('DELETE FROM otel_engines WHERE id = ?', id);
  }
  return closed;
}

/** What is open stays: it is not over yet. */
export function clearSpans(sql: StoreSql, { run }: { readonly run: string }): void {
  sql.run('DELETE FROM otel_chunks');
  forgetStrings(sql, run);
}

export function clearLogs(sql: StoreSql, _input: null): void {
  sql.run('DELETE FROM otel_logs');
}
