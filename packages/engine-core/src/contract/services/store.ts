import { defineRef } from '../ref.js';
import type { Registration } from '../functions.js';
import type { ChangeOptions } from './state.js';

/** A value as the store keeps it. Integers beyond 2^53 are refused. */
export type SqlValue = string | number | Uint8Array | null;

/** Prepared statements of one connection, inside a transaction of the writer or a snapshot of a reader. Statements are prepared once and kept; parameters are `?`, in order. */
export interface StoreSql {
  get<Row>(sql: string, ...values: readonly SqlValue[]): Row | undefined;
  all<Row>(sql: string, ...values: readonly SqlValue[]): readonly Row[];
  run(sql: string, ...values: readonly SqlValue[]): { readonly changes: number; readonly lastId: number };
}

/** What a command learns beside its input. */
export interface StoreCommandContext {
  /** Epoch milliseconds by the engine's clock when the command was handed in: programs never look at a clock of their own. */
  readonly nowMs: number;
  /** This engine among those on the store. */
  readonly engineId: string;
  /** Grows with every engine that opened the store: of two, the one with the larger number is the newer. */
  readonly fencingToken: number;
  /** True when engines of other processes may use the store too. */
  readonly isShared: boolean;
  /** What this program remembers from one command to the next. */
  readonly memory: StoreMemory;
}

/**
 * Rows that a program has written or read, by a text of its own, so that its next command need not read them again. About the newest 8 MiB are kept, and all
 * of it is forgotten whenever changes are undone; where other engines share the store nothing is ever remembered. What is put in must be as it is in the database
 * when the command has ended, and is not changed afterwards.
 */
export interface StoreMemory {
  get(key: string): unknown;
  /** @param bytes about what the row takes */
  set(key: string, row: unknown, bytes: number): void;
  delete(key: string): void;
}

/**
 * A change. Runs in the writer: what it throws undoes it, and the whole transaction it belongs to. It may be run again from the start before it is committed, because of
 * what another one did: it has no effect but through its connection, its memory and its answer.
 */
export type StoreCommand<In = never, Out = unknown> = (sql: StoreSql, input: In, context: StoreCommandContext) => Out;
/** A look at what is committed. Runs at once, on a read-only connection. */
export type StoreQuery<In = never, Out = unknown> = (sql: StoreSql, input: In) => Out;

export interface StoreMigration {
  /** 1, 2, 3 … without holes; never changed once released. */
  readonly version: number;
  up(sql: StoreSql): void;
}

/**
 * The part of a module that lives in the store: its tables and everything that touches them, as pure functions of a
 * connection. The writer may run in another thread, which imports the program by itself: inputs, outputs and
 * `details` of errors must survive a structured clone.
 */
export interface StoreProgram<
  C extends Readonly<Record<string, StoreCommand>> = Readonly<Record<string, StoreCommand>>,
  Q extends Readonly<Record<string, StoreQuery>> = Readonly<Record<string, StoreQuery>>,
> {
  /** Prefix of its tables and indexes: `state` makes `state` and `state_…`, and nothing else. */
  readonly name: string;
  /** The entry that exports this program as `storeProgram`, and a file of the package that has it: `{ specifier: '@motia/module-state/store-program', from: import.meta.url }`. */
  readonly source: { readonly specifier: string; readonly from: string };
  readonly migrations: readonly StoreMigration[];
  readonly commands: C;
  readonly queries: Q;
}

/** Identity, for inference. */
export function defineStoreProgram<C extends Readonly<Record<string, StoreCommand>>, Q extends Readonly<Record<string, StoreQuery>>>(program: StoreProgram<C, Q>): StoreProgram<C, Q> {
  return program;
}

type InputOf<F> = F extends (sql: StoreSql, input: infer In, ...rest: never) => unknown ? In : never;
type OutputOf<F> = F extends (...args: never) => infer Out ? Out : never;

/** A program on a store. */
export interface StoreHandle<P extends StoreProgram = StoreProgram> {
  /**
   * Resolves once the change is committed, as durably as the store promises; rejects with what the command threw.
   * With `tx` it joins that transaction: it must be handed over before the collecting function returns, and it settles with the transaction.
   * The input is not changed afterwards by whoever hands it in.
   * @throws `MOTIA_STORE_FULL`, `MOTIA_STORE_BUSY`, `MOTIA_STORE_CLOSED`, `MOTIA_STORE_TX_ABORTED`, `MOTIA_STORE_TX_CLOSED`, `MOTIA_STORE_TX_CROSS_STORE`, `MOTIA_STORE_WRITER_LOST`
   */
  run<K extends keyof P['commands'] & string>(command: K, input: InputOf<P['commands'][K]>, options?: { readonly tx?: StoreTransaction }): Promise<OutputOf<P['commands'][K]>>;
  /** Sees everything whose `run` has resolved. */
  query<K extends keyof P['queries'] & string>(query: K, input: InputOf<P['queries'][K]>): OutputOf<P['queries'][K]>;
}

/** `memory`: gone on exit. `normal`: survives a killed process, a power failure may take the last commits. `full`: survives both. */
export type StoreDurability = 'memory' | 'normal' | 'full';

/** Changes of several programs that are committed together or not at all. Made by `StoreService.transaction`. */
export interface StoreTransaction {
  readonly store: StoreService;
}

/** One open database. */
export interface StoreService {
  /** Path of the file; undefined in memory. */
  readonly file: string | undefined;
  readonly durability: StoreDurability;
  /** True when engines of other processes may use the same file at the same time. */
  readonly isShared: boolean;
  readonly engineId: string;
  readonly fencingToken: number;
  /** Brings the program's tables up to date. The same program opened twice gives the same handle. */
  open<P extends StoreProgram>(program: P): Promise<StoreHandle<P>>;
  /**
   * `collect` hands changes to services with `{ tx }` and returns at once: they run in the order given, when it has returned. Resolves when all
   * are committed; rejects with the first error, and the others' promises with `MOTIA_STORE_TX_ABORTED`. Awaiting one of them inside `collect` would never end.
   */
  transaction<T>(collect: (tx: StoreTransaction) => T): Promise<Awaited<T>>;
  /** After another engine committed, within 50 ms. Never in memory or when not shared. */
  onForeignCommit(listener: () => void): Registration;
  /** Whether an engine, named by its id or its fencing token, has left or its process has ended. Certain: one that merely stands still is not gone. */
  isGone(engine: string | number): boolean;
  /** After an engine left or its process ended, within about a second: what it held may be taken over. Never in memory or when not shared. */
  onEngineGone(listener: () => void): Registration;
}

export interface StoreRequest {
  /** Folder of `motia.db`, relative to the config file. Default: `data_dir` of the store module, `./data`. Left out with `durability: 'memory'`. */
  readonly directory?: string;
  /** Name of the database in the folder, without `.db`, for what may be lost without harm to the rest. Default `motia`. */
  readonly name?: string;
  /** `memory` is one database per engine, shared by everyone who asks for it. Default: that of the store module, `full`. */
  readonly durability?: StoreDurability;
}

/** A function whose change can be part of `engine::transaction`: `state::set`, `enqueue`. */
export interface TransactionParticipant {
  /** Where its changes are kept; undefined when that has no transactions. */
  store(): StoreService | undefined;
  /** Hands the change over before it returns; what it throws or rejects with undoes the transaction. Answers what the function answers. */
  run(payload: unknown, options: ChangeOptions & { readonly tx: StoreTransaction }): Promise<unknown>;
}

/** The databases of an engine. Everyone who asks for the same folder and name shares one. */
export interface StorePool {
  /** For `start`, not `create`: it opens the file. @throws `MOTIA_STORE_UNREADABLE`, `MOTIA_STORE_OWNED`, `MOTIA_STORE_SCHEMA_NEWER` … */
  open(request: StoreRequest): Promise<StoreService>;
  /**
   * For `create`: this will be asked for. It is opened before any module listens or spawns anything, so that a folder in use and a damaged file end the start first. With
   * `isVital: false` only a folder in use does: whatever else is wrong is for `open` to say, and the app starts. Default true.
   */
  expect(request: StoreRequest, options?: { readonly isVital?: boolean }): void;
  /** Lets a function take part in `engine::transaction` under its id. */
  join(functionId: string, participant: TransactionParticipant): Registration;
}
export const StorePoolRef = defineRef<StorePool>('store.pool');
