import { defineAdapter, StorePoolRef, type StoreRequest } from '@motia/engine-core/contract';
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
    const store = new KvStreamStore({ pool: ctx.services.pool, request: requestOf(options, ctx.engine.fromFile), clock: ctx.clock, logger: ctx.logger });
    return { service: store, stop: () => store.close() };
  },
});

/** What is named in a config.yaml keeps files unless told otherwise; what a program sets up does not. */
function requestOf({ store_method: method, file_path: directory, durability }: KvStoreOptions, isFromFile: boolean): StoreRequest {
  const isKept = method === undefined ? isFromFile || directory !== undefined || durability !== undefined : method === 'file_based';
  if (!isKept || durability === 'memory') return { durability: 'memory' };
  return { ...(directory === undefined ? {} : { directory }), ...(durability === undefined ? {} : { durability }) };
}
