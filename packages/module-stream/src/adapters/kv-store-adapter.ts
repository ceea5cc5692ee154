import { defineAdapter, StorePoolRef } from '@motia/engine-core/contract';
import { requestStore, SqliteStore } from '@motia/store-sqlite';
import { StreamStoreSlot } from '../stream-store.js';
import { streamVersion } from '../version.js';
import { kvStoreOptions } from './kv-options.js';
import { KvStreamStore } from './kv-store.js';

/** `modules::stream::adapters::KvStore`: streams in the engine's own store, in a file or in memory. */
export const KvStore = defineAdapter({
  name: '@motia/module-stream/kv',
  version: streamVersion,
  contract: 1,
  class: 'modules::stream::adapters::KvStore',
  slot: StreamStoreSlot,
  capabilities: ['durable', 'transactions', 'shared'],
  options: kvStoreOptions,
  requires: { pool: StorePoolRef },
  brings: [SqliteStore],
  async create(ctx, options) {
    const store = new KvStreamStore({ pool: ctx.services.pool, request: requestStore(ctx, options), clock: ctx.clock, logger: ctx.logger });
    return { service: store, stop: () => store.close() };
  },
});
