import { defineAdapter, StorePoolRef } from '@motia/engine-core/contract';
import { requestStore, SqliteStore } from '@motia/store-sqlite';
import { openDueCalls } from '@motia/store-sqlite/outbox';
import { stateErrors } from '../errors.js';
import { StateStoreSlot, type StateStore } from '../state-store.js';
import { storeProgram } from '../store-program.js';
import { stateVersion } from '../version.js';
import { kvStoreOptions } from './kv-options.js';
import { SqliteStateStore } from './sqlite-state-store.js';

const refs = { pool: StorePoolRef };

/** `modules::state::adapters::KvStore`: state in the SQLite store of the engine, in a file or in memory. */
export const KvStore = defineAdapter({
  name: '@motia/module-state/kv-store',
  version: stateVersion,
  contract: 1,
  class: 'modules::state::adapters::KvStore',
  slot: StateStoreSlot,
  capabilities: ['durable', 'transactions', 'shared'],
  options: kvStoreOptions,
  requires: refs,
  brings: [SqliteStore],
  async create(ctx, options) {
    const { services: { pool }, clock, logger } = ctx;
    const request = requestStore(ctx, options);
    let opened: SqliteStateStore | undefined;
    return {
      service: lateStore(() => opened),
      async start() {
        const store = await pool.open(request);
        const dueCalls = await openDueCalls({ store, kind: 'state', clock, logger });
        opened = new SqliteStateStore({ store, pool, dueCalls, handle: await store.open(storeProgram), clock });
      },
      async stop() {
        opened = undefined;
      },
    };
  },
});

/** The store as the slot promises it: usable once the adapter has started. */
function lateStore(opened: () => StateStore | undefined): StateStore {
  const running = (what: string): StateStore => {
    const store = opened();
    if (store === undefined) throw stateErrors.NOT_STARTED({ what });
    return store;
  };
  return {
    get service() {
      return opened()?.service;
    },
    get pool() {
      return opened()?.pool;
    },
    get dueCalls() {
      return running('A trigger').dueCalls;
    },
    recall: (scope, key) => running('A read').recall?.(scope, key),
    get: async (scope, key) => running('A read').get(scope, key),
    write: async (write, tx) => running('A change').write(write, tx),
    list: async (query) => running('A read').list(query),
    scopes: async (query) => running('A read').scopes(query),
    history: async (query) => running('A read').history(query),
    nextExpiryAtMs: async () => running('A read').nextExpiryAtMs(),
    expire: async (request) => running('A change').expire(request),
  };
}
