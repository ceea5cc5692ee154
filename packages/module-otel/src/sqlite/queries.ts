import type { StoreSql } from '@motia/engine-core/contract';

export interface ChunkRow {
  readonly run: string;
  readonly body: Uint8Array;
}
/** What is known of the traces in a piece. */
export interface EntriesRow {
  readonly id: number;
  readonly run: string;
  readonly traces: Uint8Array;
}

/** Pieces from one on, oldest first, without their spans. */
export function entries(sql: StoreSql, { after, limit }: { readonly after: number; readonly limit: number }): readonly EntriesRow[] {
  return sql.all<EntriesRow>('SELECT id, run, traces FROM otel_chunks WHERE id > ? ORDER BY id LIMIT ?', after, limit);
}

export function chunk(sql: StoreSql, id: number): ChunkRow | undefined {
  return sql.get<ChunkRow>('SELECT run, body FROM otel_chunks WHERE id = ?', id);
}

/** Spans that other engines have open. */
export function openElsewhere(sql: StoreSql, engine: string): readonly ChunkRow[] {
  return sql.all<ChunkRow>('SELECT run, body FROM otel_open WHERE engine <> ? LIMIT 10000', engine);
}

/** Engines that have written here and were not found gone yet. */
export function engines(sql: StoreSql, _input: null): readonly { readonly id: string }[] {
  return sql.all('SELECT id FROM otel_engines');
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
