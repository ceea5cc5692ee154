import { isMotiaError, type Clock, type Counter, type HealthReporter, type Logger, type Meter, type StoreHandle, type StorePool, type StoreService, type StoreTransaction } from '@motia/engine-core/contract';
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
  readonly logger: Logger;
  readonly health: HealthReporter;
  readonly meter: Pick<Meter, 'counter'>;
}

interface Place {
  readonly scope: string;
  readonly key: string;
}

/** State on a SQLite store. Damaged rows are put aside where they are met, and said loudly; everything else works on. */
export class SqliteStateStore implements StateStore {
  readonly service: StoreService;
  readonly pool: StorePool;
  readonly dueCalls: DueCalls;
  readonly #parts: SqliteStateStoreParts;
  readonly #corrupt: Counter;
  #quarantined = 0;

  constructor(parts: SqliteStateStoreParts) {
    this.#parts = parts;
    this.service = parts.store;
    this.pool = parts.pool;
    this.dueCalls = parts.dueCalls;
    this.#corrupt = parts.meter.counter('iii.state.corrupt_values', { description: 'Stored values whose checksum did not fit.', unit: '{value}' });
    this.#recount();
  }

  async get(scope: string, key: string): Promise<StoredEntry | undefined> {
    for (let isFirst = true; ; isFirst = false) {
      const answer = this.#parts.handle.query('get', { scope, key, nowMs: this.#parts.clock.now(), looksAtQuarantine: this.#quarantined > 0 || this.service.isShared });
      if ('entry' in answer) return answer.entry;
      // Whole after all: somebody wrote it meanwhile.
      if (answer.isNew && (await this.#putAside([{ scope, key }])) === 0 && isFirst) continue;
      throw stateErrors.VALUE_CORRUPT({ scope, key });
    }
  }

  async write(write: StateWrite, tx?: StoreTransaction): Promise<StateWritten> {
    const { scope, key } = write;
    try {
      const answer = await this.#parts.handle.run('write', write, tx === undefined ? {} : { tx });
      if (answer.hasQuarantined === true) this.#say([{ scope, key }]);
      else if (this.#quarantined > 0) this.#recount();
      return answer;
    } catch (error) {
      if (isMotiaError(error, 'MOTIA_STATE_VALUE_CORRUPT')) await this.#putAside([{ scope, key }]);
      throw error;
    }
  }

  async list(query: StateListQuery): Promise<StateListPage> {
    for (;;) {
      const page = this.#parts.handle.query('list', { ...query, nowMs: this.#parts.clock.now() });
      if (page.damaged.length === 0) return page;
      await this.#putAside(page.damaged.map((key) => ({ scope: query.scope, key })));
    }
  }

  async scopes(query: StateScopesQuery): Promise<{ readonly scopes: readonly string[]; readonly hasMore: boolean }> {
    return this.#parts.handle.query('scopes', { ...query, nowMs: this.#parts.clock.now() });
  }

  async history(query: StateHistoryQuery): Promise<StateHistoryPage> {
    return this.#parts.handle.query('history', query);
  }

  async nextExpiryAtMs(): Promise<number | undefined> {
    return this.#parts.handle.query('nextExpiryAtMs', null);
  }

  async expire(request: ExpireRequest): Promise<Expired> {
    const { count, quarantined } = await this.#parts.handle.run('expire', request);
    this.#say(quarantined);
    return { count };
  }

  async #putAside(places: readonly Place[]): Promise<number> {
    const moved = await this.#parts.handle.run('quarantine', places);
    this.#say(moved);
    return moved.length;
  }

  #say(places: readonly Place[]): void {
    if (places.length === 0) return;
    for (const place of places) this.#parts.logger.error('A stored value is damaged and was put aside; set or delete its key to go on', { ...place, file: this.service.file });
    this.#corrupt.add(places.length);
    this.#recount();
  }

  #recount(): void {
    const { handle, health } = this.#parts;
    const before = this.#quarantined;
    this.#quarantined = handle.query('countQuarantined', null);
    if (this.#quarantined > 0) health.set('degraded', `${this.#quarantined} stored value(s) are damaged; \`state::get\` of their keys fails until they are set or deleted`);
    else if (before > 0) health.set('healthy');
  }
}
