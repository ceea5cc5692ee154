import { callModule } from './call-module.js';
import type { InvocationScope } from './invocation-scope.js';
import type { SetResult, UpdateOp } from './update-op.js';

const module = 'StateModule';

/**
 * The state store, by scope and key.
 * Every method rejects with MotiaError `MOTIA_SDK_MODULE_NOT_LOADED` when the engine runs without the state module.
 */
export class StateManager {
  readonly #owner: InvocationScope | undefined;

  constructor(owner?: InvocationScope) {
    this.#owner = owner;
  }

  /** The value, or null when there is none. */
  async get<T = unknown>(scope: string, key: string): Promise<T | null> {
    return ((await this.#call('state::get', { scope, key })) ?? null) as T | null;
  }
  async set<T = unknown>(scope: string, key: string, value: T): Promise<SetResult<T> | null> {
    return ((await this.#call('state::set', { scope, key, value })) ?? null) as SetResult<T> | null;
  }
  async update<T = unknown>(scope: string, key: string, ops: readonly UpdateOp[]): Promise<SetResult<T> | null> {
    return ((await this.#call('state::update', { scope, key, ops })) ?? null) as SetResult<T> | null;
  }
  /** Gives what was there, or null. */
  async delete<T = unknown>(scope: string, key: string): Promise<T | null> {
    return ((await this.#call('state::delete', { scope, key })) ?? null) as T | null;
  }
  /** The values of a scope. */
  async list<T = unknown>(scope: string): Promise<T[]> {
    return ((await this.#call('state::list', { scope })) ?? []) as T[];
  }
  /** The names of all scopes, sorted. */
  async listGroups(): Promise<string[]> {
    const answer = (await this.#call('state::list_groups', {})) as { groups?: string[] } | string[] | null | undefined;
    return Array.isArray(answer) ? answer : (answer?.groups ?? []);
  }
  /** Deletes every key of a scope, page by page. */
  async clear(scope: string): Promise<void> {
    for (let cursor: string | undefined; ; ) {
      const page = (await this.#call('state::list', { scope, with_keys: true, ...(cursor === undefined ? {} : { cursor }) })) as KeyedPage | null | undefined;
      const items = page?.items ?? [];
      await Promise.all(items.map(({ key }) => this.#call('state::delete', { scope, key })));
      cursor = page?.cursor ?? undefined;
      if (cursor === undefined) return;
    }
  }

  #call(functionId: string, payload: Readonly<Record<string, unknown>>): Promise<unknown> {
    return callModule(this.#owner, module, functionId, payload);
  }
}

interface KeyedPage {
  readonly items: readonly { readonly key: string; readonly value?: unknown }[];
  readonly cursor?: string | null;
}

/** The state store for code that has no `ctx` at hand. */
export const stateManager: StateManager = new StateManager();
