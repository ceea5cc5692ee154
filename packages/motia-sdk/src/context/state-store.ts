import type { InvocationScope } from './invocation-scope.js';
import { makeCall } from './module-call.js';
import { pages } from './pages.js';
import { deleteState, getState, getStateEntry, listState, listStateEntries, listStateGroups, setState, stateHistory, updateState } from './state-calls.js';
import type { StateChange, StateEntry, StateHistory, StateHistoryOptions, StateListOptions, StatePage, StateWriteOptions } from './state-entry.js';
import type { UpdateOp } from './update-op.js';

/**
 * The state store, by scope and key.
 * Every method rejects with MotiaError `MOTIA_SDK_MODULE_NOT_LOADED` when the engine runs without the state module, and
 * with `MOTIA_STATE_…` when that refuses.
 */
export class StateManager {
  readonly #owner: InvocationScope | undefined;

  constructor(owner?: InvocationScope) {
    this.#owner = owner;
  }

  /** The value; null when there is none, or when null is stored. `getEntry` tells the two apart. */
  get<T = unknown>(scope: string, key: string): Promise<T | null> {
    return makeCall(this.#owner, getState<T>(scope, key));
  }
  /** The value with its version; undefined when there is none. */
  getEntry<T = unknown>(scope: string, key: string): Promise<StateEntry<T> | undefined> {
    return makeCall(this.#owner, getStateEntry<T>(scope, key));
  }
  /** @throws MotiaError `MOTIA_STATE_VERSION_CONFLICT` when `ifVersion` is not what the key has */
  set<T = unknown>(scope: string, key: string, value: T, options: StateWriteOptions = {}): Promise<StateChange<T>> {
    return makeCall(this.#owner, setState(scope, key, value, options));
  }
  /** Applies operations in order, all or none, while nobody else changes the value. */
  update<T = unknown>(scope: string, key: string, ops: readonly UpdateOp[], options: StateWriteOptions = {}): Promise<StateChange<T>> {
    return makeCall(this.#owner, updateState<T>(scope, key, ops, options));
  }
  /** Gives what was there, or null. */
  delete<T = unknown>(scope: string, key: string, options: Pick<StateWriteOptions, 'ifVersion'> = {}): Promise<T | null> {
    return makeCall(this.#owner, deleteState<T>(scope, key, options));
  }
  /** The values of a scope, without their keys. */
  list<T = unknown>(scope: string): Promise<T[]> {
    return makeCall(this.#owner, listState<T>(scope));
  }
  /** One page of a scope, by key. */
  listEntries<T = unknown>(scope: string, options: StateListOptions = {}): Promise<StatePage<T>> {
    return makeCall(this.#owner, listStateEntries<T>(scope, options));
  }
  /** All entries of a scope, page by page: `for await (const { key, value } of ctx.state.entries('orders', { prefix: 'eu/' }))`. */
  async *entries<T = unknown>(scope: string, options: Omit<StateListOptions, 'cursor'> = {}): AsyncGenerator<StateEntry<T>, void> {
    for await (const { items } of pages((from) => this.listEntries<T>(scope, { ...options, ...from }))) yield* items;
  }
  /** The names of all scopes, sorted. */
  async listGroups(): Promise<string[]> {
    const groups: string[] = [];
    for await (const page of pages((from) => makeCall(this.#owner, listStateGroups(from)))) groups.push(...page.groups);
    return groups;
  }
  /** Deletes every key of a scope, page by page. What is written meanwhile may stay. */
  async clear(scope: string): Promise<void> {
    for await (const { items } of pages((from) => this.listEntries(scope, from))) await Promise.all(items.map(({ key }) => this.delete(scope, key)));
  }
  /** What was done to a key, newest first, as far as it is kept. */
  history<T = unknown>(scope: string, key: string, options: StateHistoryOptions = {}): Promise<StateHistory<T>> {
    return makeCall(this.#owner, stateHistory<T>(scope, key, options));
  }
}

/** The state store for code that has no `ctx` at hand. */
export const stateManager: StateManager = new StateManager();
