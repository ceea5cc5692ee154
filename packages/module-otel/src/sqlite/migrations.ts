import type { StoreMigration } from '@motia/engine-core/contract';

/** Tables of `telemetry.db`. Spans and logs lie in pieces, as they do in memory; what is asked for by itself has columns. */
export const otelMigrations: readonly StoreMigration[] = [
  {
    version: 1,
    up(sql) {
      for (const statement of [
        // Texts that records name by number; numbers are those of one run of an engine.
        'CREATE TABLE otel_strings (run TEXT NOT NULL, number INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (run, number)) WITHOUT ROWID',
        'CREATE TABLE otel_chunks (id INTEGER PRIMARY KEY, run TEXT NOT NULL, is_kept INTEGER NOT NULL, bytes INTEGER NOT NULL, spans INTEGER NOT NULL, newest_ms REAL NOT NULL, body BLOB NOT NULL)',
        'CREATE INDEX otel_chunks_by_age ON otel_chunks (is_kept, id)',
        // chunks: ids of the pieces that hold spans of the trace, separated by commas. root: the record of the span that it is listed as.
        `CREATE TABLE otel_traces (id INTEGER PRIMARY KEY, trace_id BLOB NOT NULL UNIQUE, start_ms REAL NOT NULL, duration_ms REAL NOT NULL, flags INTEGER NOT NULL,
          spans INTEGER NOT NULL, run TEXT NOT NULL, root BLOB NOT NULL, is_root INTEGER NOT NULL, chunks TEXT NOT NULL, last_chunk INTEGER NOT NULL)`,
        'CREATE TABLE otel_open (span_id BLOB PRIMARY KEY, trace_id BLOB NOT NULL, engine TEXT NOT NULL, run TEXT NOT NULL, body BLOB NOT NULL) WITHOUT ROWID',
        'CREATE TABLE otel_engines (id TEXT PRIMARY KEY, seen_ms REAL NOT NULL) WITHOUT ROWID',
        'CREATE TABLE otel_logs (id INTEGER PRIMARY KEY, records INTEGER NOT NULL, bytes INTEGER NOT NULL, newest_ms REAL NOT NULL, body BLOB NOT NULL)',
        'CREATE TABLE otel_rollups (level INTEGER NOT NULL, start_ms REAL NOT NULL, series TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (level, start_ms, series)) WITHOUT ROWID',
      ]) sql.run(statement);
    },
  },
  {
    // A row for each trace cost the writer more than everything else: what is known of the traces in a piece lies beside it. Spans of before are let go.
    version: 2,
    up(sql) {
      for (const statement of [
        'DROP TABLE otel_traces',
        'DROP TABLE otel_chunks',
        'DELETE FROM otel_open',
        'DELETE FROM otel_strings',
        // Ids do not come again: a question goes on from the last one. traces: an entry of fixed width for each trace in the piece. flags: of all of them together.
        `CREATE TABLE otel_chunks (id INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL, is_kept INTEGER NOT NULL, bytes INTEGER NOT NULL, spans INTEGER NOT NULL, flags INTEGER NOT NULL,
          oldest_ms REAL NOT NULL, newest_ms REAL NOT NULL, traces BLOB NOT NULL, body BLOB NOT NULL)`,
        'CREATE INDEX otel_chunks_by_age ON otel_chunks (is_kept, id)',
      ]) sql.run(statement);
    },
  },
  {
    // What an engine that is there has written down of its texts is not forgotten by another one. How much there is, and what is too old, is looked up with every write: without going through the pieces.
    version: 3,
    up(sql) {
      for (const statement of [
        'ALTER TABLE otel_engines ADD COLUMN run TEXT',
        'DROP INDEX otel_chunks_by_age',
        'CREATE INDEX otel_chunks_by_age ON otel_chunks (is_kept, id, bytes)',
        'CREATE INDEX otel_chunks_by_end ON otel_chunks (newest_ms)',
      ]) sql.run(statement);
    },
  },
];
