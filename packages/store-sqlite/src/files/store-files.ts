import { join } from 'node:path';

/** Everything that the store keeps in its folder. Whoever deletes `motia.db*` begins anew. */
export interface StoreFiles {
  readonly folder: string;
  readonly database: string;
  /** SQLite's own: the log, and the index of the log. */
  readonly log: string;
  readonly logIndex: string;
  /** Says that the database has data in it. */
  readonly marker: string;
  /** Locked by whoever has the folder; never read. */
  readonly lock: string;
  /** Who has it, for messages. */
  readonly owner: string;
  /** Locked by one of several engines for as long as it lives; never read. */
  presence(engineId: string): string;
}

export function storeFiles(folder: string, name = 'motia'): StoreFiles {
  const database = join(folder, `${name}.db`);
  return {
    folder, database,
    log: `${database}-wal`,
    logIndex: `${database}-shm`,
    marker: `${database}-marker`,
    lock: join(folder, `${name}.lock`),
    owner: join(folder, `${name}.owner.json`),
    presence: (engineId) => join(folder, `${name}.engine-${engineId}.lock`),
  };
}
