import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Database as Connection } from 'better-sqlite3';
import { openDatabase } from '../sql/driver.js';
import { createPrivateFile } from './check-access.js';
import type { StoreFiles } from './store-files.js';

/** The sign that an engine lives: a lock that the system takes back when its process ends, however it ends. */
export interface Presence {
  /** Idempotent. */
  end(): void;
}

/** To be taken before others learn of the engine, so that nobody finds it without its sign. */
export function takePresence(files: StoreFiles, engineId: string): Presence {
  const file = files.presence(engineId);
  createPrivateFile(file);
  const connection = openDatabase(file, { timeout: 0 });
  try {
    connection.pragma('journal_mode = OFF');
    connection.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    connection.close();
    throw error;
  }
  return {
    end() {
      if (!connection.open) return;
      // While it is locked: a file of that name is never made again.
      rmSync(file, { force: true });
      connection.close();
    },
  };
}

/** Whether the engine lives. In doubt it does: a dead one that is taken for alive costs time, the other way round costs work. */
export function isPresent(files: StoreFiles, engineId: string): boolean {
  const file = files.presence(engineId);
  if (!existsSync(file)) return false;
  let connection: Connection | undefined;
  try {
    connection = openDatabase(file, { readonly: true, fileMustExist: true, timeout: 0 });
    connection.prepare('SELECT count(*) FROM sqlite_schema').get();
    return false;
  } catch {
    return existsSync(file);
  } finally {
    connection?.close();
  }
}

/** Takes the sign of a dead engine away. */
export function clearPresence(files: StoreFiles, engineId: string): void {
  rmSync(files.presence(engineId), { force: true });
}

/** Takes all signs away: for an engine that has the folder alone. */
export function clearPresences(files: StoreFiles): void {
  const sample = basename(files.presence('*'));
  const [before, after] = sample.split('*') as [string, string];
  const folder = dirname(files.presence('*'));
  for (const name of readdirSync(folder)) if (name.startsWith(before) && name.endsWith(after)) rmSync(join(folder, name), { force: true });
}
