import type { Database } from 'better-sqlite3';
import type { StoreProgram, StoreSql } from '@motia/engine-core/contract';
import { storeErrors } from '../errors.js';
import { commandError } from '../sql/sqlite-errors.js';
import { createStatements } from '../sql/statements.js';

export interface ReaderOptions {
  readonly db: Database;
  readonly file: string | undefined;
  /** The connection is the writer's, which closes it. */
  readonly isBorrowed: boolean;
  /** Whether others may commit between two statements of a query. */
  readonly needsSnapshot: boolean;
}

/** Runs queries, on the engine's thread and at once. */
export class Reader {
  readonly #options: ReaderOptions;
  readonly #host: StoreSql;
  readonly #sql: StoreSql;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#host = createStatements(options.db, 'host');
    this.#sql = createStatements(options.db, 'query');
  }

  /** @throws what the query throws */
  query(program: StoreProgram, name: string, input: unknown): unknown {
    const run = Object.hasOwn(program.queries, name) ? (program.queries[name] as (sql: StoreSql, input: unknown) => unknown) : undefined;
    if (run === undefined) throw storeErrors.COMMAND_UNKNOWN({ program: program.name, command: name });
    try {
      return this.#options.needsSnapshot ? this.#inSnapshot(() => run(this.#sql, input)) : run(this.#sql, input);
    } catch (error) {
      throw commandError(error, { program: program.name, command: name, file: this.#options.file });
    }
  }

  /** Idempotent. */
  close(): void {
    if (!this.#options.isBorrowed) this.#options.db.close();
  }

  #inSnapshot<T>(read: () => T): T {
    this.#host.run('BEGIN');
    try {
      return read();
    } finally {
      this.#host.run('COMMIT');
    }
  }
}
