import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Clock, StoreDurability } from '@motia/engine-core/contract';
import { openWritable } from '../sql/connection.js';
import { createStatements } from '../sql/statements.js';
import { BatchRunner } from '../writer/batch-runner.js';
import { InlineWriter } from '../writer/inline-writer.js';
import { migrate } from '../writer/migrate.js';
import { Reader } from './reader.js';
import { OpenStore } from './sqlite-store.js';
import { storeProgram } from '../store-program.js';

export interface OpenStoreOptions {
  /** Folder of `motia.db`; undefined for a database in memory. */
  readonly directory: string | undefined;
  readonly durability: StoreDurability;
  readonly clock: Clock;
}

/** Opens one database. */
export async function openStore({ directory, durability, clock }: OpenStoreOptions): Promise<OpenStore> {
  const file = directory === undefined ? undefined : join(directory, 'motia.db');
  const db = openWritable({ file, durability });
  const sql = createStatements(db, 'host');
  migrate({ db, sql, file }, storeProgram);
  const engineId = randomUUID();
  const fencingToken = storeProgram.commands.register(sql, { engineId, startedAtMs: clock.now() });
  const runner = new BatchRunner({ db, file, engineId, fencingToken });
  return new OpenStore({
    file, durability, isShared: false, engineId, fencingToken, clock,
    writer: new InlineWriter(runner, () => undefined),
    reader: new Reader({ db, file, needsSnapshot: false }),
    closeConnections: () => db.close(),
  });
}
