import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Database as Connection } from 'better-sqlite3';
import { delay } from '@motia/engine-core';
import type { Clock } from '@motia/engine-core/contract';
import { storeErrors } from '../errors.js';
import { sqliteCode, storageError } from '../sql/sqlite-errors.js';
import { openDatabase } from '../sql/driver.js';
import { createPrivateFile } from './check-access.js';
import type { StoreFiles } from './store-files.js';

/** An owner that has just come needs a moment to write down who it is. */
const lockTimeoutMs = 200;
/** How often one who waits tries again. */
const retryMs = 250;

/** Who has a folder, as `motia.owner.json` says it. */
export interface Owner {
  readonly pid: number;
  /** Epoch milliseconds. */
  readonly startedAtMs: number;
  readonly isShared: boolean;
}

export interface OwnershipOptions {
  readonly files: StoreFiles;
  readonly self: Owner;
  readonly clock: Clock;
  /** How long to wait for another engine to go; 0 not at all. */
  readonly waitMs: number;
  readonly interrupt?: AbortSignal | undefined;
  readonly onWaiting: (owner: Owner | undefined) => void;
}

/** The right to use a folder: alone, or with others that share it. The system takes it back when the process ends, however it ends. */
export interface Ownership {
  release(): void;
}

/** @throws `MOTIA_STORE_OWNED` */
export async function takeOwnership(options: OwnershipOptions): Promise<Ownership> {
  const { files, self, clock, waitMs, interrupt, onWaiting } = options;
  createPrivateFile(files.lock);
  const giveUpAtMs = clock.monotonicMs() + waitMs;
  for (let attempt = 1; ; attempt += 1) {
    const connection = tryLock(files.lock, self.isShared);
    if (connection !== undefined) return owned(connection, files, self);
    const owner = readOwner(files);
    if (clock.monotonicMs() >= giveUpAtMs || interrupt?.aborted === true) throw storeErrors.OWNED({ folder: files.folder, ...(owner === undefined ? {} : { pid: owner.pid, startedAt: new Date(owner.startedAtMs).toISOString(), isShared: owner.isShared }) });
    if (attempt === 1) onWaiting(owner);
    await delay(clock, retryMs, interrupt);
  }
}

/** A lock of SQLite's on a file of nothing: writers exclude everybody, readers only writers. */
function tryLock(file: string, isShared: boolean): Connection | undefined {
  const connection = openDatabase(file, { timeout: lockTimeoutMs });
  try {
    connection.pragma('journal_mode = OFF');
    connection.exec(isShared ? 'BEGIN' : 'BEGIN EXCLUSIVE');
    // A transaction that reads has its lock from the first read on.
    connection.prepare('SELECT count(*) FROM sqlite_schema').get();
    return connection;
  } catch (error) {
    connection.close();
    if (sqliteCode(error)?.startsWith('SQLITE_BUSY') === true) return undefined;
    throw storageError(error, file) ?? error;
  }
}

function owned(connection: Connection, files: StoreFiles, self: Owner): Ownership {
  const draft = `${files.owner}.${self.pid}`;
  writeFileSync(draft, `${JSON.stringify(self)}\n`, { mode: 0o600 });
  renameSync(draft, files.owner);
  return {
    release() {
      if (!connection.open) return;
      if (!self.isShared) rmSync(files.owner, { force: true });
      connection.close();
    },
  };
}

function readOwner({ owner }: StoreFiles): Owner | undefined {
  try {
    return JSON.parse(readFileSync(owner, 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}
