import { defineAdapter, StorePoolRef } from '@motia/engine-core/contract';
import { SqliteStore } from '@motia/store-sqlite';
import { CronStoreSlot } from '../cron-store.js';
import { storeProgram } from '../store-program.js';
import { cronVersion } from '../version.js';
import { KvCronStore } from './kv-cron-store.js';
import { kvCronOptions } from './kv-options.js';

/** `modules::cron::KvCronAdapter`: jobs and runs in the engine's own database, in a file or in memory. Needs no other service. */
export const KvCronAdapter = defineAdapter({
  name: '@motia/module-cron/kv',
  version: cronVersion,
  contract: 1,
  class: 'modules::cron::KvCronAdapter',
  slot: CronStoreSlot,
  capabilities: ['transactions', 'engines'],
  options: kvCronOptions,
  requires: { stores: StorePoolRef },
  brings: [SqliteStore],
  async create(ctx, options) {
    const method = options.store_method ?? (ctx.engine.fromFile ? 'file_based' : 'in_memory');
    const service = new KvCronStore(`KvCronAdapter (${method})`, ctx.clock);
    return {
      service,
      async start() {
        const store = await ctx.services.stores.open({
          ...(options.file_path === undefined ? {} : { directory: options.file_path }),
          ...(method === 'in_memory' ? { durability: 'memory' as const } : {}),
        });
        await service.open({ store, handle: await store.open(storeProgram) });
      },
      async stop() {
        await service.close();
      },
    };
  },
});
