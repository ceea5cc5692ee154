import type { Database as Connection } from 'better-sqlite3';
import type { StoreDurability } from '@motia/engine-core/contract';
import { storeErrors } from '../errors.js';
import { openDatabase } from './driver.js';

/** How long a connection waits for one of another process. */
const busyTimeoutMs = 5_000;

/** Bounds of the connection that writes. Left out: those of SQLite. */
export interface ConnectionLimits {
  /** Largest size of the database; what does not fit fails with `MOTIA_STORE_FULL`. */
  readonly maxFileBytes?: number;
  /** Pages of the log after which they are written back into the file. */
  readonly walAutocheckpointPages?: number;
  /** How long it waits for a connection of another process. Default 5,000. */
  readonly busyTimeoutMs?: number;
}

export interface ConnectionOptions {
  /** Path of the file; undefined for a database in memory. */
  readonly file: string | undefined;
  readonly durability: StoreDurability;
  readonly limits?: ConnectionLimits;
}

/** Opens the connection that writes. @throws SqliteError */
export function openWritable({ file, durability, limits = {} }: ConnectionOptions): Connection {
  const db = openDatabase(file ?? ':memory:', { timeout: limits.busyTimeoutMs ?? busyTimeoutMs });
  try {
    harden(db);
    if (file !== undefined) {
      const mode = db.pragma('journal_mode = WAL', { simple: true });
      if (mode !== 'wal') throw storeErrors.IO_FAILED({ file, reason: `this file system has no write-ahead log (${String(mode)}); a network drive is no place for a store` });
      db.pragma(`synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`);
    }
    const { maxFileBytes, walAutocheckpointPages } = limits;
    if (maxFileBytes !== undefined) db.pragma(`max_page_count = ${Math.max(1, Math.floor(maxFileBytes / pageBytes(db)))}`);
    if (walAutocheckpointPages !== undefined) db.pragma(`wal_autocheckpoint = ${walAutocheckpointPages}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Opens a connection that only reads a file which another one has open. @throws SqliteError */
export function openReadOnly(file: string): Connection {
  const db = openDatabase(file, { readonly: true, fileMustExist: true, timeout: busyTimeoutMs });
  try {
    harden(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function pageBytes(db: Connection): number {
  return db.pragma('page_size', { simple: true }) as number;
}

function harden(db: Connection): void {
  db.pragma('trusted_schema = OFF');
  db.pragma('foreign_keys = ON');
}
