import { defineStoreProgram, type StoreCommandContext, type StoreSql } from '@motia/engine-core/contract';
import { copyToQuarantine } from './rows/checked-table.js';
import type { CorruptRow } from './rows/quarantine-note.js';
import { beginHistory, createHistory } from './rows/store-history.js';

/** Engines that are remembered; what they are needed for is long over by then. */
const keptEngines = 1_000;

/** What an engine is called in rows. */
export interface EngineName {
  readonly engineId: string;
  readonly fencingToken: number;
}

/** An engine that has, or had, the store open. */
export interface StoreEngine extends EngineName {
  readonly pid: number;
  readonly startedAtMs: number;
  /** When it last said that it lives. */
  readonly seenAtMs: number;
  /** When it left; null while it has not. */
  readonly endedAtMs: number | null;
}

/** The store's own tables: which engines have it open, what was found damaged, and whose past it holds. */
export const ownProgram = defineStoreProgram({
  name: 'store',
  source: { specifier: '@motia/store-sqlite', from: import.meta.url },
  migrations: [
    {
      version: 1,
      up(sql) {
        sql.run(`CREATE TABLE store_engines (
          fencing_token INTEGER PRIMARY KEY AUTOINCREMENT,
          engine_id TEXT NOT NULL UNIQUE,
          pid INTEGER NOT NULL,
          started_at_ms INTEGER NOT NULL,
          seen_at_ms INTEGER NOT NULL,
          ended_at_ms INTEGER
        ) STRICT`);
        sql.run(`CREATE TABLE store_quarantine (
          id INTEGER PRIMARY KEY,
          table_name TEXT NOT NULL,
          key TEXT NOT NULL,
          row TEXT NOT NULL,
          found_at_ms INTEGER NOT NULL,
          UNIQUE (table_name, key)
        ) STRICT`);
      },
    },
    { version: 2, up: createHistory },
  ],
  commands: {
    /** Enters an engine. One that has the store alone is the end of all before it, one that finds another file than it left begins a history. Answers its fencing token. */
    enter(sql: StoreSql, { engineId, pid, isShared, isReplaced, nowMs }: { readonly engineId: string; readonly pid: number; readonly isShared: boolean; readonly isReplaced: boolean; readonly nowMs: number }): number {
      beginHistory(sql, { id: engineId, isReplaced });
      if (!isShared) sql.run('UPDATE store_engines SET ended_at_ms = seen_at_ms WHERE ended_at_ms IS NULL');
      const token = sql.run('INSERT INTO store_engines (engine_id, pid, started_at_ms, seen_at_ms) VALUES (?, ?, ?, ?)', engineId, pid, nowMs, nowMs).lastId;
      sql.run('DELETE FROM store_engines WHERE fencing_token <= ? AND ended_at_ms IS NOT NULL', token - keptEngines);
      return token;
    },
    /** Says that this engine lives. */
    beat(sql: StoreSql, _input: undefined, { nowMs, fencingToken }: StoreCommandContext): void {
      sql.run('UPDATE store_engines SET seen_at_ms = ? WHERE fencing_token = ?', nowMs, fencingToken);
    },
    /** Keeps a copy of a row whose checksum is wrong. The row stays, so that reading it goes on failing. */
    keepCopy(sql: StoreSql, { table, key }: CorruptRow, { nowMs }: StoreCommandContext): void {
      copyToQuarantine(sql, { table, key, nowMs });
    },
    /** Writes down that engines are gone which could not say so themselves. */
    bury(sql: StoreSql, { fencingTokens }: { readonly fencingTokens: readonly number[] }): void {
      for (const token of fencingTokens) sql.run('UPDATE store_engines SET ended_at_ms = seen_at_ms WHERE fencing_token = ? AND ended_at_ms IS NULL', token);
    },
    /** Says that it leaves. */
    leave(sql: StoreSql, _input: undefined, { nowMs, fencingToken }: StoreCommandContext): void {
      sql.run('UPDATE store_engines SET seen_at_ms = ?, ended_at_ms = ? WHERE fencing_token = ?', nowMs, nowMs, fencingToken);
    },
  },
  queries: {
    quarantined: (sql: StoreSql, _input: undefined) => sql.get<{ count: number }>('SELECT count(*) AS count FROM store_quarantine')?.count ?? 0,
    /** Engines that have not left, as far as is written down. */
    living: (sql: StoreSql, _input: undefined) => sql.all<EngineName>('SELECT engine_id AS engineId, fencing_token AS fencingToken FROM store_engines WHERE ended_at_ms IS NULL'),
    /** An engine by its id or its token that has not left, as far as is written down. */
    livingOne: (sql: StoreSql, engine: string | number) =>
      sql.get<EngineName>(`SELECT engine_id AS engineId, fencing_token AS fencingToken FROM store_engines WHERE ${typeof engine === 'string' ? 'engine_id' : 'fencing_token'} = ? AND ended_at_ms IS NULL`, engine),
    /** Newest first. */
    engines: (sql: StoreSql, _input: undefined) =>
      sql.all<StoreEngine>('SELECT engine_id AS engineId, fencing_token AS fencingToken, pid, started_at_ms AS startedAtMs, seen_at_ms AS seenAtMs, ended_at_ms AS endedAtMs FROM store_engines ORDER BY fencing_token DESC'),
  },
});
