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
  {
    version: 2,
    /** Changes of a key name the one before them and rows name the newest, in place of an index: it was most of what a change cost. Values stay the last column: what stands behind a large one is slow to read. */
    up(sql) {
      sql.run(`CREATE TABLE state_forgotten (
        scope TEXT NOT NULL,
        key TEXT NOT NULL,
        history_entries INTEGER NOT NULL,
        history_bytes INTEGER NOT NULL,
        history_newest INTEGER NOT NULL,
        PRIMARY KEY (scope, key)
      ) STRICT, WITHOUT ROWID`);
      sql.run(`INSERT INTO state_forgotten SELECT scope, key, COUNT(*), SUM(bytes), MAX(seq) FROM state_history h
        WHERE NOT EXISTS (SELECT 1 FROM state_entry e WHERE e.scope = h.scope AND e.key = h.key) GROUP BY scope, key`);
      sql.run('ALTER TABLE state_entry RENAME TO state_entry_old');
      sql.run(`CREATE TABLE state_entry (
        id INTEGER PRIMARY KEY,
        scope TEXT NOT NULL,
        key TEXT NOT NULL,
        version INTEGER NOT NULL,
        updated_at_ms INTEGER NOT NULL,
        expires_at_ms INTEGER,
        history_entries INTEGER NOT NULL,
        history_bytes INTEGER NOT NULL,
        history_newest INTEGER,
        crc INTEGER NOT NULL,
        value TEXT,
        UNIQUE (scope, key)
      ) STRICT`);
      sql.run(`INSERT INTO state_entry SELECT id, scope, key, version, updated_at_ms, expires_at_ms, history_entries, history_bytes,
        (SELECT MAX(seq) FROM state_history h WHERE h.scope = e.scope AND h.key = e.key), crc, value FROM state_entry_old e`);
      sql.run('DROP TABLE state_entry_old');
      sql.run('CREATE INDEX state_entry_expiry ON state_entry (expires_at_ms) WHERE expires_at_ms IS NOT NULL');
      sql.run('ALTER TABLE state_history RENAME TO state_history_old');
      sql.run(`CREATE TABLE state_history (
        seq INTEGER PRIMARY KEY,
        previous INTEGER,
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
      sql.run(`INSERT INTO state_history SELECT seq, LAG(seq) OVER (PARTITION BY scope, key ORDER BY seq), scope, key, op, version, at_ms, trace_id, function_id, bytes, has_value, crc, ops, value
        FROM state_history_old`);
      sql.run('DROP TABLE state_history_old');
    },
  },
];
