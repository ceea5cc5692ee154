import { isMotiaError, type Clock, type StoreHandle, type StorePool, type StoreService, type StoreTransaction } from '@motia/engine-core/contract';
import type { DueCalls } from '@motia/store-sqlite/outbox';
import { stateErrors } from '../errors.js';
import type { storeProgram } from '../store-program.js';
import type {
  Expired, ExpireRequest, StateHistoryPage, StateHistoryQuery, StateListPage, StateListQuery, StateScopesQuery, StateStore, StateWrite, StateWritten, StoredEntry,
} from '../state-store.js';

export interface SqliteStateStoreParts {
  readonly store: StoreService;
  readonly pool: StorePool;
  readonly dueCalls: DueCalls;
  readonly handle: StoreHandle<typeof storeProgram>;
  readonly clock: Pick<Clock, 'now'>;
}

/** State on a SQLite store. A damaged row makes its key fail, with a code; the store says it loudly, and everything else works on. */
export class SqliteStateStore implements StateStore {
  readonly service: StoreService;
  readonly pool: StorePool;
  readonly dueCalls: DueCalls;
  readonly #handle: StoreHandle<typeof storeProgram>;
  readonly #clock: Pick<Clock, 'now'>;

  constructor({ store, pool, dueCalls, handle, clock }: SqliteStateStoreParts) {
    this.service = store;
    this.pool = pool;
    this.dueCalls = dueCalls;
    this.#handle = handle;
    this.#clock = clock;
  }

  async get(scope: string, key: string): Promise<StoredEntry | undefined> {
    try {
      return this.#handle.query('get', { scope, key, nowMs: this.#clock.now() });
    } catch (error) {
      throw ofState(error, { scope, key });
    }
  }

  async write(write: StateWrite, tx?: StoreTransaction): Promise<StateWritten> {
    try {
      return await this.#handle.run('write', { ...write, isShared: this.service.isShared }, tx === undefined ? {} : { tx });
    } catch (error) {
      throw ofState(error, write);
    }
  }

  async list(query: StateListQuery): Promise<StateListPage> {
    try {
      return this.#handle.query('list', { ...query, nowMs: this.#clock.now() });
    } catch (error) {
      throw ofState(error);
    }
  }

  async scopes(query: StateScopesQuery): Promise<{ readonly scopes: readonly string[]; readonly hasMore: boolean }> {
    return this.#handle.query('scopes', { ...query, nowMs: this.#clock.now() });
  }

  async history(query: StateHistoryQuery): Promise<StateHistoryPage> {
    return this.#handle.query('history', query);
  }

  async nextExpiryAtMs(): Promise<number | undefined> {
    return this.#handle.query('nextExpiryAtMs', null);
  }

  async expire(request: ExpireRequest): Promise<Expired> {
    return this.#handle.run('expire', { ...request, isShared: this.service.isShared });
  }
}

/** The store knows a damaged row by its table; users know it by its key. */
function ofState(error: unknown, place?: { readonly scope: string; readonly key: string }): unknown {
  if (!isMotiaError(error, 'MOTIA_STORE_ROW_CORRUPT')) return error;
  const { scope, key } = place ?? (error.details as { readonly key: { readonly scope: string; readonly key: string } }).key;
  return stateErrors.VALUE_CORRUPT({ scope, key }, error);
}
