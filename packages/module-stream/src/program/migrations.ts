import type { StoreMigration } from '@motia/engine-core/contract';
import { sessionChecksum } from './damaged-rows.js';
import { sealEngines } from './engines.js';
import { sealMeta } from './meta.js';

/** Tables of the stream program. Never changed once released. */
export const migrations: readonly StoreMigration[] = [
  {
    version: 1,
    up(sql) {
      sql.run('CREATE TABLE stream_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID');
      // `born`: what `seq` was when the group was made; `timestamp`: of its last event, `deleted_timestamp`: of the last deletion.
      sql.run(`CREATE TABLE stream_group (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        stream TEXT NOT NULL,
        name TEXT NOT NULL,
        seq INTEGER NOT NULL,
        born INTEGER NOT NULL,
        items INTEGER NOT NULL DEFAULT 0,
        timestamp INTEGER NOT NULL DEFAULT 0,
        deleted_timestamp INTEGER NOT NULL DEFAULT 0,
        changed_at_ms INTEGER NOT NULL,
        UNIQUE (stream, name)
      ) STRICT`);
      sql.run('CREATE INDEX stream_group_empty ON stream_group (changed_at_ms) WHERE items = 0');
      sql.run(`CREATE TABLE stream_item (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        group_id INTEGER NOT NULL,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        timestamp INTEGER NOT NULL,
        checksum INTEGER NOT NULL,
        UNIQUE (group_id, name)
      ) STRICT`);
      sql.run('CREATE INDEX stream_item_order ON stream_item (group_id, id)');
      // Changes have a `seq`; messages have none. Positions are in the order of commits, over all groups and engines.
      sql.run(`CREATE TABLE stream_log (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        group_id INTEGER NOT NULL,
        seq INTEGER,
        item TEXT,
        type TEXT NOT NULL,
        value TEXT NOT NULL,
        timestamp INTEGER NOT NULL,
        trace_id TEXT,
        at_ms INTEGER NOT NULL,
        checksum INTEGER NOT NULL
      ) STRICT`);
      sql.run('CREATE INDEX stream_log_seq ON stream_log (group_id, seq)');
      sql.run(`CREATE TABLE stream_session (
        session_id TEXT NOT NULL,
        subscription_id TEXT NOT NULL,
        owner INTEGER NOT NULL,
        payload TEXT NOT NULL,
        triggers TEXT NOT NULL,
        PRIMARY KEY (session_id, subscription_id)
      ) STRICT, WITHOUT ROWID`);
      sql.run('CREATE INDEX stream_session_owner ON stream_session (owner)');
      sql.run('CREATE TABLE stream_lease (owner INTEGER PRIMARY KEY, until_ms INTEGER NOT NULL) STRICT');
    },
  },
  {
    version: 2,
    up(sql) {
      // The store knows for certain which engines are gone.
      sql.run('DROP TABLE stream_lease');
      sql.run('CREATE TABLE stream_engine (owner INTEGER PRIMARY KEY) STRICT');
      sql.run('ALTER TABLE stream_session ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0');
      for (const row of sql.all<{ readonly session_id: string; readonly subscription_id: string; readonly payload: string; readonly triggers: string }>('SELECT * FROM stream_session')) {
        sql.run('UPDATE stream_session SET checksum = ? WHERE session_id = ? AND subscription_id = ?', sessionChecksum(row), row.session_id, row.subscription_id);
      }
    },
  },
  {
    version: 3,
    up(sql) {
      for (const table of ['stream_meta', 'stream_engine']) sql.run(`ALTER TABLE ${table} ADD COLUMN crc INTEGER NOT NULL DEFAULT 0`);
      sealMeta(sql);
      sealEngines(sql);
    },
  },
  {
    version: 4,
    up: (sql) => void sql.run('CREATE TABLE stream_custom (stream TEXT NOT NULL, operation TEXT NOT NULL, crc INTEGER NOT NULL, PRIMARY KEY (stream, operation)) STRICT, WITHOUT ROWID'),
  },
];
