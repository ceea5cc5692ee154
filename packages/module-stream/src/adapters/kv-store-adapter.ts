import { defineAdapter, StorePoolRef, type PluginContext, type StoreRequest } from '@motia/engine-core/contract';
import { SqliteStore } from '@motia/store-sqlite';
import { StreamStoreSlot } from '../stream-store.js';
import { streamVersion } from '../version.js';
import { kvStoreOptions, type KvStoreOptions } from './kv-options.js';
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
    const store = new KvStreamStore({ pool: ctx.services.pool, request: requestOf(ctx, options), clock: ctx.clock, logger: ctx.logger });
    return { service: store, stop: () => store.close() };
  },
});

/** What is named in a config.yaml keeps files unless told otherwise; what a program sets up does not. S4: that nothing is kept is said at boot. */
function requestOf({ engine, logger }: Pick<PluginContext, 'engine' | 'logger'>, { store_method, file_path, durability }: KvStoreOptions): StoreRequest {
  const method = store_method ?? (engine.fromFile || file_path !== undefined ? 'file_based' : 'in_memory');
  if (method === 'file_based' && durability !== 'memory') return { ...(file_path === undefined ? {} : { directory: file_path }), ...(durability === undefined ? {} : { durability }) };
  if (file_path !== undefined || (durability !== undefined && durability !== 'memory')) logger.warn('Streams are kept in memory: file_path and durability have no effect', { file_path, durability });
  if (engine.fromFile) logger.warn('Streams are kept in memory and gone when the engine stops; `store_method: file_based` keeps them');
  return { durability: 'memory' };
}
