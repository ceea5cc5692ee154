import type { Database } from 'better-sqlite3';
import { messageOf, type MotiaError, type StoreCommandContext, type StoreProgram, type StoreSql } from '@motia/engine-core/contract';
import { storeErrors } from '../errors.js';
import { onQuarantined, type CorruptRow } from '../rows/quarantine-note.js';
import { commandError, sqliteCode, storageError } from '../sql/sqlite-errors.js';
import { createStatements, type Statements } from '../sql/statements.js';
import { migrate } from './migrate.js';
import { ProgramMemories } from './program-memories.js';
import type { CommitReport } from './store-writer.js';
import type { Runnable, UnitCommand, UnitOutcome } from './unit.js';

/** Where a batch is cut: what came in after it waits for the next commit. */
const mostCommands = 512;
const longestMs = 2;

export interface BatchRunnerOptions {
  readonly db: Database;
  /** Path of the file; undefined in memory. */
  readonly file: string | undefined;
  readonly engineId: string;
  readonly fencingToken: number;
  /** Others write to the same database too. */
  readonly isShared: boolean;
}

/** What one commit took from the queue, and what became of each. */
export interface Batch<U extends Runnable> {
  readonly units: readonly U[];
  readonly outcomes: readonly UnitOutcome[];
  readonly report: CommitReport;
}

type Callable = (sql: StoreSql, input: unknown, context: StoreCommandContext) => unknown;

/** Runs commands of programs on a connection that may write, many units in one transaction. Lives in the thread of its connection. */
export class BatchRunner {
  readonly #options: BatchRunnerOptions;
  readonly #db: Database;
  readonly #host: StoreSql;
  readonly #sql: Statements;
  readonly #memories: ProgramMemories;
  readonly #programs = new Map<string, StoreProgram>();
  readonly #quarantined: CorruptRow[] = [];
  #dataVersion: number | undefined;

  constructor(options: BatchRunnerOptions) {
    this.#options = options;
    this.#db = options.db;
    this.#host = createStatements(options.db, 'host');
    this.#sql = createStatements(options.db, 'command');
    // What others commit is not told of in time: nothing is remembered where there are others.
    this.#memories = new ProgramMemories({ isForgetful: options.isShared });
    onQuarantined(this.#sql, (row) => this.#quarantined.push(row));
    if (options.file !== undefined) this.hasForeignCommits();
  }

  /** Makes the commands of a program known, its tables brought up to date. @throws `MOTIA_STORE_SCHEMA_NEWER`, `MOTIA_STORE_MIGRATION_FAILED`, `MOTIA_STORE_PROGRAM_INVALID` */
  open(program: StoreProgram): void {
    migrate({ db: this.#db, sql: this.#sql, file: this.#options.file }, program);
    this.#programs.set(program.name, program);
  }

  /**
   * Takes units from the front of the queue, runs them and commits: up to 512 commands or 2 ms, at least one unit. What a
   * command throws undoes its unit alone. Never throws: when the commit fails, nothing of the batch is kept and every unit learns it.
   * @param more called when the queue is at its end, to put there what has come in meanwhile
   */
  run<U extends Runnable>(queue: U[], more: () => void = nothingMore): Batch<U> {
    return this.#run(queue, more, false);
  }

  /** @param isCareful each unit in a savepoint, because one of them changed something before it threw: they are all run again */
  #run<U extends Runnable>(queue: U[], more: () => void, isCareful: boolean): Batch<U> {
    const startedAtMs = performance.now();
    const taken: U[] = [];
    const outcomes: UnitOutcome[] = [];
    let commands = 0;
    let failure: unknown;
    try {
      this.#host.run('BEGIN IMMEDIATE');
      do {
        const unit = queue[taken.length] as U;
        taken.push(unit);
        commands += unit.commands.length;
        outcomes.push(isCareful || unit.commands.length > 1 ? this.#runSaved(unit) : this.#runBare(unit));
        if (taken.length === queue.length) more();
      } while (this.#db.inTransaction && taken.length < queue.length && commands < mostCommands && performance.now() - startedAtMs < longestMs);
      this.#host.run('COMMIT');
    } catch (error) {
      failure = error;
      this.#undo('ROLLBACK');
    }
    if (failure instanceof LeftChanges) return this.#run(queue, nothingMore, true);
    // A begin that failed fails for everyone who waits.
    if (taken.length === 0) taken.push(...queue);
    queue.splice(0, taken.length);
    if (failure !== undefined) {
      if (taken.length > 1 && isOfOneUnit(failure, outcomes)) return this.#oneByOne(taken, startedAtMs);
      const error = this.#commitError(failure, taken);
      taken.forEach((_, index) => {
        const own = outcomes[index];
        if (own === undefined || 'values' in own) outcomes[index] = { error };
      });
    }
    return batchOf(taken, outcomes, { commands, tookMs: performance.now() - startedAtMs, quarantined: this.#quarantined.splice(0) });
  }

  /** Commits only return once they are on the disk from now on. */
  syncEveryCommit(): void {
    if (this.#options.file !== undefined) this.#db.pragma('synchronous = FULL');
  }

  /** Whether another process has committed since this was asked last. The first time it has not. */
  hasForeignCommits(): boolean {
    const version = this.#host.get<{ data_version: number }>('PRAGMA data_version')?.data_version;
    const isNew = this.#dataVersion !== undefined && version !== this.#dataVersion;
    this.#dataVersion = version;
    return isNew;
  }

  /** Writes the log back into the file, as far as readers let it, and closes the connection. Idempotent. */
  close(): void {
    if (!this.#db.open) return;
    try {
      if (this.#options.file !== undefined) this.#db.pragma('wal_checkpoint(TRUNCATE)');
    } catch {
      // The log stays and is read at the next start; nothing is lost.
    } finally {
      this.#db.close();
    }
  }

  /** After a failure that one of them caused: each in a transaction of its own, so that only that one fails. */
  #oneByOne<U extends Runnable>(units: readonly U[], startedAtMs: number): Batch<U> {
    const batches = units.map((unit) => this.run([unit]));
    return batchOf(units, batches.flatMap(({ outcomes }) => outcomes), {
      commands: batches.reduce((sum, { report }) => sum + report.commands, 0),
      tookMs: performance.now() - startedAtMs,
      quarantined: batches.flatMap(({ report }) => report.quarantined),
    });
  }

  /** A single command, which most units are, without a savepoint: what throws before it has changed anything leaves nothing to undo. @throws LeftChanges */
  #runBare({ commands }: Runnable): UnitOutcome {
    const command = commands[0] as UnitCommand;
    const writes = this.#sql.writes;
    try {
      return { values: [this.#runCommand(command)] };
    } catch (error) {
      if (this.#sql.writes !== writes && this.#db.inTransaction) throw new LeftChanges();
      return this.#failed(error, command, 0);
    }
  }

  /** In a savepoint. */
  #runSaved({ commands }: Runnable): UnitOutcome {
    const values: unknown[] = [];
    const quarantined = this.#quarantined.length;
    try {
      this.#host.run('SAVEPOINT unit');
      for (const command of commands) values.push(this.#runCommand(command));
      this.#host.run('RELEASE unit');
      return { values };
    } catch (error) {
      this.#undo('ROLLBACK TO unit', quarantined);
      if (this.#db.inTransaction) this.#host.run('RELEASE unit');
      const failedAt = Math.min(values.length, commands.length - 1);
      return this.#failed(error, commands[failedAt], failedAt);
    }
  }

  #failed(error: unknown, command: UnitCommand | undefined, failedAt: number): UnitOutcome {
    return { error: commandError(error, { program: command?.program ?? '', command: command?.command ?? '', file: this.#options.file }), failedAt };
  }

  /** What was noted and remembered of changes goes with them. */
  #undo(statement: 'ROLLBACK' | 'ROLLBACK TO unit', quarantined = 0): void {
    this.#memories.clear();
    this.#quarantined.length = quarantined;
    if (this.#db.inTransaction) this.#host.run(statement);
  }

  #runCommand({ program, command, input, nowMs }: UnitCommand): unknown {
    const { engineId, fencingToken, isShared } = this.#options;
    const known = this.#programs.get(program)?.commands;
    const run = known !== undefined && Object.hasOwn(known, command) ? (known[command] as Callable) : undefined;
    if (run === undefined) throw storeErrors.COMMAND_UNKNOWN({ program, command });
    const value = run(this.#sql, input, { nowMs, engineId, fencingToken, isShared, memory: this.#memories.of(program) });
    if (value instanceof Promise) throw storeErrors.PROGRAM_INVALID({ program, problem: `its command "${command}" answers a promise; commands are synchronous` });
    return value;
  }

  /** Constraints that are checked at the end fail for what the unit did, everything else for the disk. */
  #commitError(failure: unknown, [unit]: readonly Runnable[]): MotiaError {
    const { program = '', command = '' } = unit?.commands[0] ?? {};
    if (sqliteCode(failure)?.startsWith('SQLITE_CONSTRAINT') === true) return commandError(failure, { program, command, file: this.#options.file });
    return storageError(failure, this.#options.file) ?? storeErrors.IO_FAILED({ ...this.#where(), reason: messageOf(failure) }, failure);
  }

  #where(): { readonly file?: string } {
    return this.#options.file === undefined ? {} : { file: this.#options.file };
  }
}

/** A command threw after it had changed something, outside of a savepoint. */
class LeftChanges extends Error {}

const storageConditions = new Set(['MOTIA_STORE_FULL', 'MOTIA_STORE_IO_FAILED', 'MOTIA_STORE_UNREADABLE', 'MOTIA_STORE_BUSY']);

function batchOf<U extends Runnable>(units: readonly U[], outcomes: readonly UnitOutcome[], report: Omit<CommitReport, 'failure'>): Batch<U> {
  const failure = outcomes.findLast((outcome) => 'error' in outcome && storageConditions.has(outcome.error.code));
  return { units, outcomes, report: failure !== undefined && 'error' in failure ? { ...report, failure: failure.error } : report };
}

function nothingMore(): void {
  // There is no more than what the queue held.
}

/** Whether the transaction failed for something that one unit did: it filled the disk, or broke a constraint that is checked at the end. */
function isOfOneUnit(failure: unknown, outcomes: readonly UnitOutcome[]): boolean {
  const code = sqliteCode(failure);
  const last = outcomes.at(-1);
  return code === 'SQLITE_FULL' || code?.startsWith('SQLITE_CONSTRAINT') === true || (last !== undefined && 'error' in last);
}
