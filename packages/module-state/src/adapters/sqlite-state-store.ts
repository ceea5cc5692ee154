import { isMotiaError, type Clock, type StoreHandle, type StorePool, type StoreService, type StoreTransaction } from '@motia/engine-core/contract';
import type { DueCalls } from '@motia/store-sqlite/outbox';
import { stateErrors } from '../errors.js';
import type { storeProgram } from '../store-program.js';
import type {
  Expired, ExpireRequest, StateHistoryPage, StateHistoryQuery, StateListPage, StateListQuery, StateScopesQuery, StateStore, StateWrite, StateWritten, StoredEntry,
} from '../state-store.js';
import { unpackWritten } from '../sqlite/packed-written.js';
import { RecentEntries } from './recent-entries.js';

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
  /** Not where others write too. */
  readonly #recent: RecentEntries | undefined;

  constructor({ store, pool, dueCalls, handle, clock }: SqliteStateStoreParts) {
    this.service = store;
    this.pool = pool;
    this.dueCalls = dueCalls;
    this.#handle = handle;
    this.#clock = clock;
    this.#recent = store.isShared ? undefined : recentOf(handle);
  }

  recall(scope: string, key: string): StoredEntry | undefined {
    return this.#recent?.get(scope, key, this.#clock.now());
  }

  async get(scope: string, key: string): Promise<StoredEntry | undefined> {
    const known = this.recall(scope, key);
    if (known !== undefined) return known;
    try {
      const entry = this.#handle.query('get', { scope, key, nowMs: this.#clock.now() });
      if (entry !== undefined) this.#recent?.add(scope, entry);
      return entry;
    } catch (error) {
      throw ofState(error, { scope, key });
    }
  }

  write(write: StateWrite, tx?: StoreTransaction): Promise<StateWritten> {
    const changing = this.#recent?.begin(write.scope, write.key);
    return this.#handle.run('write', write, tx === undefined ? undefined : { tx }).then(
      (packed) => {
        const written = unpackWritten(write, packed);
        if (changing !== undefined) this.#recent?.end(changing, written.after);
        return written;
      },
      (error: unknown) => {
        if (changing !== undefined) this.#recent?.end(changing, undefined);
        throw ofState(error, write);
      },
    );
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
    const run = (): Promise<Expired> => this.#handle.run('expire', request);
    return this.#recent === undefined ? run() : this.#recent.during(run);
  }
}

const recents = new WeakMap<object, RecentEntries>();

/** Whoever opens the program once more on the same store has the same handle, and must see the same. */
function recentOf(handle: object): RecentEntries {
  const known = recents.get(handle);
  if (known !== undefined) return known;
  const added = new RecentEntries();
  recents.set(handle, added);
  return added;
}

/** The store knows a damaged row by its table; users know it by its key. */
function ofState(error: unknown, place?: { readonly scope: string; readonly key: string }): unknown {
  if (!isMotiaError(error, 'MOTIA_STORE_ROW_CORRUPT')) return error;
  const { scope, key } = place ?? (error.details as { readonly key: { readonly scope: string; readonly key: string } }).key;
  return stateErrors.VALUE_CORRUPT({ scope, key }, error);
}
