import { randomUUID } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import { processUsage } from '@motia/engine-core';
import { isMotiaError, messageOf, type Clock, type Logger, type StoreDurability } from '@motia/engine-core/contract';
import { accessError, createPrivateFile, prepareFolder } from '../files/check-access.js';
import { writeFormat } from '../files/format.js';
import { inspectDatabase } from '../files/inspect-database.js';
import { hasMarker, writeMarker } from '../files/marker.js';
import { clearPresence, clearPresences, isPresent, takePresence, type Presence } from '../files/presence.js';
import { takeOwnership } from '../files/ownership.js';
import type { StoreFiles } from '../files/store-files.js';
import type { CorruptRow } from '../rows/quarantine-note.js';
import { openReadOnly, openWritable, type ConnectionLimits } from '../sql/connection.js';
import { storageError } from '../sql/sqlite-errors.js';
import { createStatements } from '../sql/statements.js';
import { ownProgram, type EngineName } from '../store-program.js';
import { NotImportable } from '../thread/import-program.js';
import { canStartThread, ThreadWriter } from '../thread/thread-writer.js';
import { AutoWriter } from '../writer/auto-writer.js';
import { BatchRunner } from '../writer/batch-runner.js';
import { InlineWriter } from '../writer/inline-writer.js';
import { migrate } from '../writer/migrate.js';
import type { WriterEvents } from '../writer/store-writer.js';
import { Reader } from './reader.js';
import { OpenStore } from './sqlite-store.js';

/** What a store tells. */
export interface StoreEvents extends WriterEvents {
  /** A row whose checksum was wrong. */
  foundCorrupt(row: CorruptRow): void;
}

export interface OpenStoreOptions {
  readonly durability: StoreDurability;
  /** Whether other engines may use the same file. */
  readonly isShared: boolean;
  readonly writer: 'auto' | 'thread' | 'inline';
  readonly limits: ConnectionLimits;
  readonly maxPendingBytes: number;
  /** How long to wait for an engine that has the folder alone. */
  readonly waitLockMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: StoreEvents;
  readonly interrupt?: AbortSignal | undefined;
  /** Of the database, without `.db`. Default `motia`. */
  readonly name?: string | undefined;
}

/** A database of its own that is gone with the engine. */
export function openInMemory(options: OpenStoreOptions): OpenStore {
  const { clock, events, maxPendingBytes, limits } = options;
  const db = openWritable({ file: undefined, durability: 'memory', limits });
  const identity = enter(db, options, { engineId: randomUUID(), file: undefined, isReplaced: false });
  return new OpenStore({
    file: undefined, durability: 'memory', isShared: false, ...identity, clock, maxPendingBytes, foundCorrupt: events.foundCorrupt,
    writer: new InlineWriter(ownRunner(db, { file: undefined, isShared: false, ...identity }), events),
    reader: new Reader({ db, file: undefined, isBorrowed: true, needsSnapshot: false }),
    release: () => undefined,
  });
}

/**
 * Opens `motia.db` in a folder, after everything that could be wrong with it was looked at; until then nothing is written.
 * @throws `MOTIA_STORE_OWNED`, `MOTIA_STORE_UNREADABLE`, `MOTIA_STORE_SCHEMA_NEWER`, `MOTIA_STORE_READ_ONLY`, `MOTIA_STORE_FULL`
 */
export async function openOnDisk(path: string, options: OpenStoreOptions): Promise<OpenStore> {
  const { clock, logger, isShared, waitLockMs, interrupt } = options;
  const files = prepareFolder(path, options.name);
  const { pid, uptimeSeconds } = processUsage();
  const ownership = await takeOwnership({
    files, clock, waitMs: waitLockMs, interrupt,
    self: { pid, startedAtMs: Math.round(clock.now() - uptimeSeconds * 1000), isShared },
    onWaiting: (owner) => logger.info('Waiting for another engine to let go of the store', { folder: files.folder, ...(owner === undefined ? {} : { pid: owner.pid }) }),
  });
  const engineId = randomUUID();
  let presence: Presence | undefined;
  const release = (): void => {
    presence?.end();
    ownership.release();
  };
  try {
    if (isShared) presence = takePresence(files, engineId);
    else clearPresences(files);
    return openOwned(files, options, { engineId, release });
  } catch (error) {
    release();
    throw isMotiaError(error) ? error : (storageError(error, files.database) ?? accessError(files.folder, error));
  }
}

function openOwned(files: StoreFiles, options: OpenStoreOptions, { engineId, release }: { readonly engineId: string; readonly release: () => void }): OpenStore {
  const { clock, durability, isShared, writer, limits, maxPendingBytes, events, logger } = options;
  const file = files.database;
  const hasData = inspectDatabase(files);
  createPrivateFile(file);
  const connect = (): Database => openWritable({ file, durability, limits });
  const db = connect();
  try {
    if (!hasData) writeFormat(db);
    // Whoever puts a backup in place takes the marker of the lost file away with it.
    const identity = enter(db, options, { engineId, file, isReplaced: hasData && !hasMarker(files) });
    // Only after the first commit: a marker without data would keep the engine from starting ever after.
    writeMarker(files);
    const quarantined = ownProgram.queries.quarantined(createStatements(db, 'query'), undefined);
    if (quarantined > 0) logger.warn('There are rows in the quarantine of the store: they were not what was written', { file, rows: quarantined, table: 'store_quarantine' });
    const presences = isShared ? { isPresent: (id: string) => isPresent(files, id), clear: (id: string) => clearPresence(files, id) } : undefined;
    const shared = { presences, file, durability, isShared, ...identity, clock, maxPendingBytes, release, foundCorrupt: events.foundCorrupt };
    const inline = (connection: Database): InlineWriter => new InlineWriter(ownRunner(connection, { file, isShared, ...identity }), events);
    if (writer === 'inline' || (writer === 'auto' && !canStartThread())) {
      if (writer === 'auto') logger.debug('The store is written on the thread of the engine', { reason: 'there is no file to start a thread with' });
      return new OpenStore({ ...shared, writer: inline(db), reader: new Reader({ db, file, isBorrowed: true, needsSnapshot: isShared }) });
    }
    const reader = new Reader({ db: openReadOnly(file), file, isBorrowed: false, needsSnapshot: true });
    // Never the last one to close: that would be a checkpoint.
    db.close();
    return new OpenStore({
      ...shared, reader,
      writer: new AutoWriter({
        mode: writer, logger,
        openInline: () => inline(connect()),
        startThread: () => startThread(() => ThreadWriter.start({ file, durability, isShared, limits, ...identity }, events)),
      }),
    });
  } catch (error) {
    if (db.open) db.close();
    throw error;
  }
}

async function startThread(start: () => Promise<ThreadWriter>): Promise<ThreadWriter> {
  if (!canStartThread()) throw new NotImportable('there is no file to start a thread with');
  try {
    return await start();
  } catch (error) {
    throw new NotImportable(`no thread could be started: ${messageOf(error)}`);
  }
}

/** Brings the store's own tables up to date and enters this engine. */
function enter(db: Database, { clock, isShared }: OpenStoreOptions, { engineId, file, isReplaced }: { readonly engineId: string; readonly file: string | undefined; readonly isReplaced: boolean }): EngineName {
  const sql = createStatements(db, 'host');
  migrate({ db, sql, file }, ownProgram);
  return { engineId, fencingToken: ownProgram.commands.enter(sql, { engineId, pid: processUsage().pid, isShared, isReplaced, nowMs: clock.now() }) };
}

function ownRunner(db: Database, identity: { readonly file: string | undefined; readonly isShared: boolean; readonly engineId: string; readonly fencingToken: number }): BatchRunner {
  const runner = new BatchRunner({ db, ...identity });
  runner.open(ownProgram);
  return runner;
}
