import Database, { type Database as Connection } from 'better-sqlite3';
import type { StoreDurability } from '@motia/engine-core/contract';

/** How long a connection waits for one of another process. */
const busyTimeoutMs = 5_000;

export interface ConnectionOptions {
  /** Path of the file; undefined for a database in memory. */
  readonly file: string | undefined;
  readonly durability: StoreDurability;
}

/** Opens the connection that writes. @throws SqliteError */
export function openWritable({ file, durability }: ConnectionOptions): Connection {
  const db = new Database(file ?? ':memory:', { timeout: busyTimeoutMs });
  try {
    harden(db);
    if (file !== undefined) {
      db.pragma('journal_mode = WAL');
      db.pragma(`synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`);
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function harden(db: Connection): void {
  db.pragma('trusted_schema = OFF');
  db.pragma('foreign_keys = ON');
}
