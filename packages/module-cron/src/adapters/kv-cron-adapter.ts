import { defineAdapter, StorePoolRef } from '@motia/engine-core/contract';
import { requestStore, SqliteStore, storeMethodOf } from '@motia/store-sqlite';
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
  requires: { pool: StorePoolRef },
  brings: [SqliteStore],
  async create(ctx, options) {
    const request = requestStore(ctx, options);
    const service = new KvCronStore(`KvCronAdapter (${storeMethodOf(request)})`, ctx.clock);
    return {
      service,
      async start() {
        const store = await ctx.services.pool.open(request);
        await service.open({ store, handle: await store.open(storeProgram) });
      },
      async stop() {
        await service.close();
      },
    };
  },
});
