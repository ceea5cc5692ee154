import { defineStoreProgram, type StoreSql } from '@motia/engine-core/contract';
import { expire, write } from './sqlite/commands.js';
import { readHistory } from './sqlite/history-rows.js';
import { stateMigrations } from './sqlite/migrations.js';
import { get, list, nextExpiryAtMs, scopes } from './sqlite/queries.js';
import type { StateHistoryQuery } from './state-store.js';

/** State in a SQLite store. Opened after the outbox (`openDueCalls`), whose tables its changes write to. */
export const storeProgram = defineStoreProgram({
  name: 'state',
  source: { specifier: '@motia/module-state/store-program', from: import.meta.url },
  migrations: stateMigrations,
  commands: { write, expire },
  queries: {
    get, list, scopes,
    history: (sql: StoreSql, query: StateHistoryQuery) => readHistory(sql, query),
    nextExpiryAtMs: (sql: StoreSql, _input: null) => nextExpiryAtMs(sql),
  },
});
