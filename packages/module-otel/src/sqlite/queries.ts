import type { StoreSql } from '@motia/engine-core/contract';

/** Which traces are looked at: what columns can decide. */
export interface TraceSlice {
  /** Traces entered before this one, newest first; undefined from the newest on. */
  readonly before: number | undefined;
  readonly limit: number;
  readonly traceId: Uint8Array | undefined;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly minDurationMs: number | undefined;
  readonly maxDurationMs: number | undefined;
  /** Bits of which all must be set, and none may be. */
  readonly withFlags: number;
  readonly withoutFlags: number;
}
export interface TraceRow {
  readonly id: number;
  readonly trace_id: Uint8Array;
  readonly start_ms: number;
  readonly duration_ms: number;
  readonly flags: number;
  readonly spans: number;
  readonly run: string;
  readonly root: Uint8Array;
}

export function traces(sql: StoreSql, { before, limit, traceId, fromMs, toMs, minDurationMs, maxDurationMs, withFlags, withoutFlags }: TraceSlice): readonly TraceRow[] {
  return sql.all<TraceRow>(
    `SELECT id, trace_id, start_ms, duration_ms, flags, spans, run, root FROM otel_traces
     WHERE id < ? AND ${traceId === undefined ? '? IS NULL' : 'trace_id = ?'} AND start_ms >= ? AND start_ms <= ? AND duration_ms >= ? AND duration_ms <= ? AND (flags & ?) = ? AND (flags & ?) = 0
     ORDER BY id DESC LIMIT ?`,
    before ?? Number.MAX_SAFE_INTEGER, traceId ?? null, fromMs ?? -1, toMs ?? Number.MAX_SAFE_INTEGER, minDurationMs ?? -1, maxDurationMs ?? Number.MAX_SAFE_INTEGER, withFlags, withFlags, withoutFlags, limit,
  );
}

export interface ChunkRow {
  readonly run: string;
  readonly body: Uint8Array;
}

/** Ids of the pieces that hold spans of a trace. */
export function chunksOf(sql: StoreSql, traceId: Uint8Array): readonly number[] {
  const row = sql.get<{ chunks: string }>('SELECT chunks FROM otel_traces WHERE trace_id = ?', traceId);
  return row === undefined ? [] : [...new Set(row.chunks.split(',').map(Number))];
}

export function chunk(sql: StoreSql, id: number): ChunkRow | undefined {
  return sql.get<ChunkRow>('SELECT run, body FROM otel_chunks WHERE id = ?', id);
}

/** Spans that other engines have open. */
export function openElsewhere(sql: StoreSql, engine: string): readonly ChunkRow[] {
  return sql.all<ChunkRow>('SELECT run, body FROM otel_open WHERE engine <> ? LIMIT 10000', engine);
}

export function strings(sql: StoreSql, { run, from }: { readonly run: string; readonly from: number }): readonly { readonly number: number; readonly text: string }[] {
  return sql.all('SELECT number, text FROM otel_strings WHERE run = ? AND number >= ? ORDER BY number', run, from);
}

/** One piece of logs before another, newest first. */
export function logsBefore(sql: StoreSql, before: number): { readonly id: number; readonly body: Uint8Array } | undefined {
  return sql.get('SELECT id, body FROM otel_logs WHERE id < ? ORDER BY id DESC LIMIT 1', before);
}

export function rollups(sql: StoreSql, _input: null): readonly { readonly level: number; readonly body: string }[] {
  return sql.all('SELECT level, body FROM otel_rollups ORDER BY start_ms');
}

export interface HeldRow {
  readonly spans: number;
  readonly spanBytes: number;
  readonly logs: number;
  readonly logBytes: number;
}
export function held(sql: StoreSql, _input: null): HeldRow {
  const spans = sql.get<{ spans: number; bytes: number }>('SELECT COALESCE(SUM(spans), 0) AS spans, COALESCE(SUM(bytes), 0) AS bytes FROM otel_chunks') ?? { spans: 0, bytes: 0 };
  const logs = sql.get<{ records: number; bytes: number }>('SELECT COALESCE(SUM(records), 0) AS records, COALESCE(SUM(bytes), 0) AS bytes FROM otel_logs') ?? { records: 0, bytes: 0 };
  return { spans: spans.spans, spanBytes: spans.bytes, logs: logs.records, logBytes: logs.bytes };
}
