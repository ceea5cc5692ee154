import { statSync } from 'node:fs';
import { isMotiaError, type Clock, type Registration, type StoreDurability, type StoreHandle, type StoreProgram, type StoreService, type StoreTransaction, type Timer } from '@motia/engine-core/contract';
import { storeErrors } from '../errors.js';
import type { CorruptRow } from '../rows/quarantine-note.js';
import { ownProgram, type EngineName, type StoreEngine } from '../store-program.js';
import type { StoreWriter } from '../writer/store-writer.js';
import { CollectedTransaction } from './collected-transaction.js';
import { sizeOfInput } from './input-size.js';
import { Neighbours } from './neighbours.js';
import { PendingCommand, type PendingAccount } from './pending.js';
import type { Reader } from './reader.js';
import { TurnQueue } from './turn-queue.js';

/** How soon commits of other engines are noticed, and how often an engine says that it lives. */
const lookMs = 25;
const beatMs = 2_000;
/** How soon the death of another engine is noticed. */
const neighboursMs = 1_000;

export interface OpenStoreParts {
  /** Path of the file; undefined in memory. */
  readonly file: string | undefined;
  readonly durability: StoreDurability;
  readonly isShared: boolean;
  readonly engineId: string;
  readonly fencingToken: number;
  readonly clock: Clock;
  /** Inputs of commands that may wait at a time. */
  readonly maxPendingBytes: number;
  readonly writer: StoreWriter;
  readonly reader: Reader;
  /** Told of rows whose checksum was wrong. */
  readonly foundCorrupt: (row: CorruptRow) => void;
  /** Of the engines that share it; undefined when there are none. */
  readonly presences?: { isPresent(engineId: string): boolean; clear(engineId: string): void } | undefined;
  /** Lets go of the folder, after everything is closed. */
  readonly release: () => void;
}

interface CommandCall {
  readonly command: string;
  readonly input?: unknown;
  readonly tx?: StoreTransaction | undefined;
}

interface OpenProgram {
  readonly program: StoreProgram;
  readonly handle: Promise<StoreHandle>;
}

/** One open database: commands gathered by turn, queries at once. */
export class OpenStore implements StoreService {
  readonly file: string | undefined;
  readonly isShared: boolean;
  readonly engineId: string;
  readonly fencingToken: number;
  readonly #parts: OpenStoreParts;
  readonly #turn: TurnQueue;
  readonly #programs = new Map<string, OpenProgram>();
  readonly #foreignCommitListeners = new Set<() => void>();
  readonly #timers: Timer[] = [];
  readonly #neighbours: Neighbours | undefined;
  #durability: StoreDurability;
  #pendingBytes = 0;
  #pendingCommands = 0;
  #closing: Promise<void> | undefined;
  readonly #account: PendingAccount = {
    settled: ({ bytes }) => {
      this.#pendingBytes -= bytes;
      this.#pendingCommands -= 1;
    },
    failed: (error) => this.#lookForCorruptRow(error),
  };

  constructor(parts: OpenStoreParts) {
    this.#parts = parts;
    this.file = parts.file;
    this.isShared = parts.isShared;
    this.engineId = parts.engineId;
    this.fencingToken = parts.fencingToken;
    this.#durability = parts.durability;
    this.#turn = new TurnQueue({ write: (units, goesOn) => parts.writer.write(units, goesOn), isBeside: () => parts.writer.isBeside });
    const { presences } = parts;
    if (!parts.isShared || presences === undefined) return;
    this.#neighbours = new Neighbours({
      own: parts,
      living: () => parts.reader.query(ownProgram, 'living', undefined) as readonly EngineName[],
      find: (engine) => parts.reader.query(ownProgram, 'livingOne', engine) as EngineName | undefined,
      isPresent: (engineId) => presences.isPresent(engineId),
      bury: (engines) => this.#bury(engines, presences),
    });
    this.#timers.push(parts.clock.setInterval(() => this.#lookAround(), neighboursMs));
    this.#timers.push(parts.clock.setInterval(() => parts.writer.lookForForeignCommits(), lookMs));
    this.#timers.push(parts.clock.setInterval(() => void this.#run(ownProgram, { command: 'beat' }).catch(() => undefined), beatMs));
  }

  get durability(): StoreDurability {
    return this.#durability;
  }

  /** Database and log, in bytes; 0 in memory. */
  sizeBytes(): number {
    if (this.file === undefined) return 0;
    // Looked at by name: closing a descriptor of the file would take away the locks of this process.
    return [this.file, `${this.file}-wal`].reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
  }

  /** Commands handed in and not settled. */
  get pendingCommands(): number {
    return this.#pendingCommands;
  }

  /** A stronger durability than it has from now on, for everybody. */
  strengthen(durability: StoreDurability): void {
    if (this.#durability !== 'normal' || durability !== 'full') return;
    this.#durability = 'full';
    this.#parts.writer.syncEveryCommit();
  }

  async open<P extends StoreProgram>(program: P): Promise<StoreHandle<P>> {
    this.#checkOpen();
    if (program.name === ownProgram.name) throw storeErrors.PROGRAM_INVALID({ program: program.name, problem: 'that is the name of the store itself' });
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
    this.#turn.addTransaction(tx);
    await tx.done;
    return result as Promise<Awaited<T>>;
  }

  onForeignCommit(listener: () => void): Registration {
    const entry = (): void => listener();
    this.#foreignCommitListeners.add(entry);
    return { dispose: () => void this.#foreignCommitListeners.delete(entry) };
  }

  isGone(engine: string | number): boolean {
    if (this.#neighbours !== undefined) return this.#neighbours.isGone(engine);
    return engine !== this.engineId && engine !== this.fencingToken;
  }

  onEngineGone(listener: () => void): Registration {
    return this.#neighbours?.onGone(listener) ?? { dispose: () => undefined };
  }

  #lookAround(): void {
    try {
      this.#neighbours?.look();
    } catch {
      // The next look will do; what keeps it from reading shows in everything else.
    }
  }

  #bury(engines: readonly EngineName[], presences: { clear(engineId: string): void }): void {
    const fencingTokens = engines.map(({ fencingToken }) => fencingToken);
    // Its sign goes last: without it and not buried, it would only be found dead once more.
    this.#run(ownProgram, { command: 'bury', input: { fencingTokens } }).then(() => {
      for (const { engineId } of engines) presences.clear(engineId);
    }, () => undefined);
  }

  /** Another process has committed. */
  noteForeignCommit(): void {
    for (const listener of [...this.#foreignCommitListeners]) listener();
  }

  /** Engines that have or had it open, newest first. */
  engines(): readonly StoreEngine[] {
    this.#checkOpen();
    return this.#parts.reader.query(ownProgram, 'engines', undefined) as readonly StoreEngine[];
  }

  /** Commits what was handed in, then closes the database. Idempotent. */
  close(): Promise<void> {
    if (this.#closing === undefined) {
      if (this.file !== undefined) void this.#run(ownProgram, { command: 'leave' }).catch(() => undefined);
      this.#closing = this.#close();
    }
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { clock, writer, reader, release } = this.#parts;
    for (const timer of this.#timers) clock.clear(timer);
    this.#turn.flush();
    try {
      // The writer goes last: who closes last takes the log away.
      reader.close();
      await writer.close();
    } finally {
      release();
    }
  }

  #handle(program: StoreProgram): StoreHandle {
    return {
      run: (command, input, options) => this.#run(program, { command, input, tx: options?.tx }),
      query: (query, input) => {
        this.#checkOpen();
        try {
          return this.#parts.reader.query(program, query, input);
        } catch (error) {
          this.#lookForCorruptRow(error);
          throw error;
        }
      },
    };
  }

  #run(program: StoreProgram, call: CommandCall): Promise<never> {
    const { tx } = call;
    const handedOver = new Promise<never>((resolve, reject) => {
      try {
        this.#admit(program, call, resolve as (value: unknown) => void, reject);
      } catch (error) {
        if (tx instanceof CollectedTransaction) tx.fail(error);
        throw error;
      }
    });
    // The transaction tells; who does not wait for each of its changes misses nothing.
    if (tx !== undefined) handedOver.catch(() => undefined);
    return handedOver;
  }

  #admit(program: StoreProgram, { command, input, tx }: CommandCall, resolve: (value: unknown) => void, reject: (error: unknown) => void): void {
    this.#checkOpen();
    if (!Object.hasOwn(program.commands, command)) throw storeErrors.COMMAND_UNKNOWN({ program: program.name, command });
    const bytes = sizeOfInput(input);
    const { maxPendingBytes, clock } = this.#parts;
    // One that is larger than the bound goes alone.
    if (this.#pendingBytes > 0 && this.#pendingBytes + bytes > maxPendingBytes) throw storeErrors.BUSY({ reason: `${this.#pendingCommands} changes with ${this.#pendingBytes} bytes wait to be written (at most ${maxPendingBytes} bytes)` });
    if (tx !== undefined && (!(tx instanceof CollectedTransaction) || tx.store !== this)) throw storeErrors.TX_CROSS_STORE({ stores: [nameOf(tx.store), nameOf(this)] });
    const pending = new PendingCommand({ program: program.name, command, input, nowMs: clock.now(), bytes, account: this.#account, resolve, reject });
    // Before it is handed over: a writer may answer at once.
    this.#pendingBytes += bytes;
    this.#pendingCommands += 1;
    if (tx instanceof CollectedTransaction) this.#addTo(tx, pending);
    else this.#turn.add(pending);
  }

  #addTo(tx: CollectedTransaction, pending: PendingCommand): void {
    try {
      tx.add(pending);
    } catch (error) {
      this.#account.settled(pending);
      throw error;
    }
  }

  /** Keeps a copy of the row, and tells. */
  #lookForCorruptRow(error: unknown): void {
    if (!isMotiaError(error, 'MOTIA_STORE_ROW_CORRUPT') || this.#closing !== undefined) return;
    const row = error.details as CorruptRow;
    this.#parts.foundCorrupt(row);
    void this.#run(ownProgram, { command: 'keepCopy', input: row }).catch(() => undefined);
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
