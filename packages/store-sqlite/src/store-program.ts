import { defineStoreProgram, type StoreSql } from '@motia/engine-core/contract';

/** The store's own tables: which engines opened the file. */
export const storeProgram = defineStoreProgram({
  name: 'store',
  source: { specifier: '@motia/store-sqlite', from: import.meta.url },
  migrations: [
    {
      version: 1,
      up(sql) {
        sql.run(`CREATE TABLE store_engines (
          fencing_token INTEGER PRIMARY KEY AUTOINCREMENT,
          engine_id TEXT NOT NULL UNIQUE,
          started_at_ms INTEGER NOT NULL
        ) STRICT`);
      },
    },
  ],
  commands: {
    /** Enters an engine. Answers its fencing token. */
    register(sql: StoreSql, { engineId, startedAtMs }: { readonly engineId: string; readonly startedAtMs: number }): number {
      return sql.run('INSERT INTO store_engines (engine_id, started_at_ms) VALUES (?, ?)', engineId, startedAtMs).lastId;
    },
  },
  queries: {},
});
