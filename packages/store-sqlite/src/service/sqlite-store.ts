import type { Clock, Registration, StoreDurability, StoreHandle, StoreProgram, StoreService, StoreTransaction } from '@motia/engine-core/contract';
import { storeErrors } from '../errors.js';
import type { StoreWriter } from '../writer/store-writer.js';
import { CollectedTransaction } from './collected-transaction.js';
import type { PendingCommand } from './pending.js';
import type { Reader } from './reader.js';
import { TurnQueue } from './turn-queue.js';

export interface SqliteStoreParts {
  /** Path of the file; undefined in memory. */
  readonly file: string | undefined;
  readonly durability: StoreDurability;
  readonly isShared: boolean;
  readonly engineId: string;
  readonly fencingToken: number;
  readonly clock: Pick<Clock, 'now'>;
  readonly writer: StoreWriter;
  readonly reader: Reader;
  /** Closes the connections, after the writer has let go of its own. */
  readonly closeConnections: () => void;
}

interface OpenProgram {
  readonly program: StoreProgram;
  readonly handle: Promise<StoreHandle>;
}

/** One open database: commands gathered by turn, queries at once. */
export class OpenStore implements StoreService {
  readonly #parts: SqliteStoreParts;
  readonly #turn: TurnQueue;
  readonly #programs = new Map<string, OpenProgram>();
  #closing: Promise<void> | undefined;

  constructor(parts: SqliteStoreParts) {
    this.#parts = parts;
    this.#turn = new TurnQueue((units) => parts.writer.write(units));
  }

  get file(): string | undefined {
    return this.#parts.file;
  }

  get durability(): StoreDurability {
    return this.#parts.durability;
  }

  get isShared(): boolean {
    return this.#parts.isShared;
  }

  get engineId(): string {
    return this.#parts.engineId;
  }

  get fencingToken(): number {
    return this.#parts.fencingToken;
  }

  async open<P extends StoreProgram>(program: P): Promise<StoreHandle<P>> {
    this.#checkOpen();
    const known = this.#programs.get(program.name);
    if (known !== undefined) {
      if (!isSameProgram(known.program, program)) throw storeErrors.PROGRAM_INVALID({ program: program.name, problem: 'another program of that name is open' });
      return known.handle;
    }
    const handle = this.#parts.writer.open(program).then(() => this.#handle(program));
    this.#programs.set(program.name, { program, handle });
    // A program that could not be opened may be tried again.
    handle.catch(() => this.#programs.delete(program.name));
    return handle;
  }

  async transaction<T>(collect: (tx: StoreTransaction) => T): Promise<Awaited<T>> {
    this.#checkOpen();
    const tx = new CollectedTransaction(this);
    // A change that is refused before it is handed over shows here, before the turn ends.
    const result = Promise.resolve(tx.collect(collect));
    result.catch((error: unknown) => tx.fail(error));
    this.#turn.add(tx);
    await tx.done;
    return result as Promise<Awaited<T>>;
  }

  onForeignCommit(): Registration {
    return { dispose: () => undefined };
  }

  /** Commits what was handed in, then closes the database. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#turn.flush();
    await this.#parts.writer.close();
    this.#parts.closeConnections();
  }

  #handle(program: StoreProgram): StoreHandle {
    return {
      run: (command, input, options) => this.#run(program, { command, input, tx: options?.tx }),
      query: (query, input) => {
        this.#checkOpen();
        return this.#parts.reader.query(program, query, input);
      },
    };
  }

  #run(program: StoreProgram, { command, input, tx }: { readonly command: string; readonly input: unknown; readonly tx: StoreTransaction | undefined }): Promise<unknown> {
    const handedOver = new Promise((resolve, reject) => {
      const pending: PendingCommand = { command: { program: program.name, command, input, nowMs: this.#parts.clock.now() }, resolve, reject };
      try {
        this.#admit(program, pending, tx);
      } catch (error) {
        if (tx instanceof CollectedTransaction) tx.fail(error);
        throw error;
      }
    });
    // The transaction tells; who does not wait for each of its changes misses nothing.
    if (tx !== undefined) handedOver.catch(() => undefined);
    return handedOver;
  }

  #admit(program: StoreProgram, pending: PendingCommand, tx: StoreTransaction | undefined): void {
    this.#checkOpen();
    const { command } = pending.command;
    if (!Object.hasOwn(program.commands, command)) throw storeErrors.COMMAND_UNKNOWN({ program: program.name, command });
    if (tx === undefined) return this.#turn.add({ commands: [pending], settled: () => undefined });
    if (!(tx instanceof CollectedTransaction) || tx.store !== this) throw storeErrors.TX_CROSS_STORE({ stores: [nameOf(tx.store), nameOf(this)] });
    tx.add(pending);
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw storeErrors.CLOSED(this.file === undefined ? {} : { file: this.file });
  }
}

/** The same object, or the same program from another copy of its module. */
function isSameProgram(a: StoreProgram, b: StoreProgram): boolean {
  return a === b || (a.source.specifier === b.source.specifier && a.migrations.length === b.migrations.length);
}

/** A store as messages name it. */
export function nameOf({ file }: StoreService): string {
  return file ?? 'the store in memory';
}
