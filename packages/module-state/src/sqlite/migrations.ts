import type { StoreMigration } from '@motia/engine-core/contract';

/** Tables of state, by version. */
export const stateMigrations: readonly StoreMigration[] = [
  {
    version: 1,
    up(sql) {
      // A deleted key stays for a while as a row without a value, so that its versions go on when it comes back.
      sql.run(`CREATE TABLE state_entry (
        id INTEGER PRIMARY KEY,
        scope TEXT NOT NULL,
        key TEXT NOT NULL,
        version INTEGER NOT NULL,
        updated_at_ms INTEGER NOT NULL,
        expires_at_ms INTEGER,
        history_entries INTEGER NOT NULL,
        history_bytes INTEGER NOT NULL,
        crc INTEGER NOT NULL,
        value TEXT,
        UNIQUE (scope, key)
      ) STRICT`);
      sql.run('CREATE INDEX state_entry_expiry ON state_entry (expires_at_ms) WHERE expires_at_ms IS NOT NULL');
      sql.run(`CREATE TABLE state_history (
        seq INTEGER PRIMARY KEY,
        scope TEXT NOT NULL,
        key TEXT NOT NULL,
        op TEXT NOT NULL,
        version INTEGER NOT NULL,
        at_ms INTEGER NOT NULL,
        trace_id TEXT,
        function_id TEXT,
        bytes INTEGER NOT NULL,
        has_value INTEGER NOT NULL,
        crc INTEGER NOT NULL,
        ops TEXT,
        value TEXT
      ) STRICT`);
      sql.run('CREATE INDEX state_history_key ON state_history (scope, key, seq)');
      sql.run('CREATE TABLE state_history_size (id INTEGER PRIMARY KEY CHECK (id = 1), bytes INTEGER NOT NULL) STRICT');
      sql.run('INSERT INTO state_history_size (id, bytes) VALUES (1, 0)');
    },
  },
];
