import { isMotiaError, MotiaError } from '@motia/protocol';
import { sdkErrors } from '../errors.js';
import { asOwnCall } from '../runtime/handler-error.js';
import type { EnqueueData, EnqueueReceipt, StreamsByName } from '../steps/flow-context.js';
import { callModule } from './call-module.js';
import { enqueueOne } from './enqueue-calls.js';
import type { InvocationScope } from './invocation-scope.js';
import type { ModuleCall } from './module-call.js';
import { committed, PendingChange, type Committed } from './pending-change.js';
import { deleteState, setState, updateState } from './state-calls.js';
import type { StateChange, StateWriteOptions } from './state-entry.js';
import type { DataOfConfig, DataOfStream, Stream, StreamDefinition } from './stream.js';
import type { StreamConfig } from './stream-config.js';
import { deleteItem, sendEvent, setItem, updateItem } from './stream-calls.js';
import type { StreamChange, StreamChannel } from './stream-item.js';
import type { UpdateOp } from './update-op.js';

/** The state inside a transaction. Nothing is read there: conditions are `ifVersion` and update operations. */
export interface TransactionState {
  set<T = unknown>(scope: string, key: string, value: T, options?: StateWriteOptions): PendingChange<StateChange<T>>;
  update<T = unknown>(scope: string, key: string, ops: readonly UpdateOp[], options?: StateWriteOptions): PendingChange<StateChange<T>>;
  delete<T = unknown>(scope: string, key: string, options?: Pick<StateWriteOptions, 'ifVersion'>): PendingChange<T | null>;
}

/** A stream inside a transaction. Clients hear of it when it is committed. */
export interface TransactionStream<T = unknown> {
  set(groupId: string, itemId: string, data: T): PendingChange<StreamChange<T>>;
  update(groupId: string, itemId: string, ops: readonly UpdateOp[]): PendingChange<StreamChange<T>>;
  delete(groupId: string, itemId: string): PendingChange<T | null>;
  send(channel: StreamChannel, event: { readonly type: string; readonly data: unknown }): PendingChange<void>;
}

/** What the function of a transaction collects its changes with. */
export interface Transaction<TEnqueueData = EnqueueData> {
  readonly state: TransactionState;
  readonly streams: { readonly [K in keyof StreamsByName]: TransactionStream<DataOfStream<StreamsByName[K]>> };
  /** A stream by its definition, where that is imported. */
  stream<C extends StreamConfig>(definition: StreamDefinition<C>): TransactionStream<DataOfConfig<C>>;
  enqueue(message: TEnqueueData): PendingChange<EnqueueReceipt>;
  /** Any other function that takes part in transactions. */
  call<T = unknown>(functionId: string, payload: unknown): PendingChange<T>;
}

/** Collects changes, and hands them to the engine together. */
export async function runTransaction<R>(scope: InvocationScope, streams: Readonly<Record<string, Stream>>, collect: (tx: Transaction) => R | Promise<R>): Promise<Committed<Awaited<R>>> {
  const collector = new ChangeCollector(streams);
  const returned = await collect(collector);
  const calls = collector.close();
  if (calls.length === 0) return committed(returned, []);
  for (const { check } of calls) {
    const checking = check?.();
    if (checking !== undefined) await checking;
  }
  const operations = calls.map(({ functionId, payload }) => ({ function_id: functionId, payload }));
  const answer = await callModule(scope, { module: 'A store with transactions', functionId: 'engine::transaction', payload: { operations } }).catch((error: unknown) => Promise.reject(naming(error, calls) as Error));
  const { results } = answer as { readonly results: readonly unknown[] };
  return committed(returned, calls.map(({ read }, index) => read(results[index])));
}

class ChangeCollector implements Transaction {
  readonly streams: Transaction['streams'];
  readonly state: TransactionState = {
    set: (scope, key, value, options = {}) => this.#add(setState(scope, key, value, options)),
    update: <T>(scope: string, key: string, ops: readonly UpdateOp[], options: StateWriteOptions = {}) => this.#add(updateState<T>(scope, key, ops, options)),
    delete: <T>(scope: string, key: string, options: Pick<StateWriteOptions, 'ifVersion'> = {}) => this.#add(deleteState<T>(scope, key, options)),
  };
  readonly #calls: ModuleCall[] = [];
  #isClosed = false;

  constructor(streams: Readonly<Record<string, Stream>>) {
    this.streams = new Proxy({}, { get: (_target, name) => (typeof name === 'string' ? this.stream(streams[name] as Stream) : undefined) });
  }

  stream<C extends StreamConfig>({ config }: StreamDefinition<C>): TransactionStream<DataOfConfig<C>> {
    return {
      set: (groupId, itemId, data) => this.#add(setItem(config, groupId, itemId, data)),
      update: (groupId, itemId, ops) => this.#add(updateItem(config, groupId, itemId, ops)),
      delete: (groupId, itemId) => this.#add(deleteItem(config, groupId, itemId)),
      send: (channel, event) => this.#add(sendEvent(config, channel, event)),
    };
  }

  enqueue(message: EnqueueData): PendingChange<EnqueueReceipt> {
    return this.#add(enqueueOne(message));
  }

  call<T>(functionId: string, payload: unknown): PendingChange<T> {
    return this.#add({ module: functionId, functionId, payload: payload as ModuleCall['payload'], read: (answer) => answer as T });
  }

  close(): readonly ModuleCall[] {
    this.#isClosed = true;
    return this.#calls;
  }

  #add<T>(call: ModuleCall<T>): PendingChange<T> {
    if (this.#isClosed) throw sdkErrors.TRANSACTION_CLOSED({ functionId: call.functionId });
    this.#calls.push(call);
    return new PendingChange(this.#calls.length - 1);
  }
}

/** Which operation it was that undid all of them. */
function naming(error: unknown, calls: readonly ModuleCall[]): unknown {
  if (!isMotiaError(error)) return error;
  const { operation } = (error.details ?? {}) as { readonly operation?: unknown };
  const call = typeof operation === 'number' ? calls[operation] : undefined;
  if (call === undefined) return error;
  const what = `operation ${(operation as number) + 1} of ${calls.length} (${[call.functionId, subjectOf(call.payload)].filter(Boolean).join(' ')})`;
  return asOwnCall(new MotiaError({ ...error.toWire(), message: error.message.startsWith('operation ') ? error.message : `${what}: ${error.message}`, cause: error }));
}

/** What a change is about, in one word. */
function subjectOf(payload: Readonly<Record<string, unknown>>): string {
  const { scope, key, stream_name: stream, group_id: group, item_id: item, topic } = payload ?? {};
  return [scope, key, stream, group, item, topic].filter((part) => typeof part === 'string').join('/');
}
