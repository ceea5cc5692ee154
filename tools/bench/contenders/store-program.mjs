/** Keys with values, as the state module keeps them: the old value is read, the new one written. */
export const storeProgram = {
  name: 'bench',
  source: { specifier: './store-program.mjs', from: import.meta.url },
  migrations: [{ version: 1, up: (sql) => void sql.run('CREATE TABLE bench (key TEXT PRIMARY KEY, value TEXT NOT NULL, version INTEGER NOT NULL) STRICT, WITHOUT ROWID') }],
  commands: {
    set(sql, { key, value }) {
      const old = sql.get('SELECT value, version FROM bench WHERE key = ?', key);
      const version = (old?.version ?? 0) + 1;
      sql.run('INSERT OR REPLACE INTO bench (key, value, version) VALUES (?, ?, ?)', key, value, version);
      return { version, old: old?.value };
    },
  },
  queries: { get: (sql, key) => sql.get('SELECT value, version FROM bench WHERE key = ?', key) },
};
