import { defineAdapter, StorePoolRef } from '@motia/engine-core/contract';
import { requestStore, SqliteStore, storeMethodOf } from '@motia/store-sqlite';
import { JobStoreSlot } from '../job-store.js';
import { storeProgram } from '../store-program.js';
import { queueVersion } from '../version.js';
import { BuiltinJobStore } from './builtin-job-store.js';
import { builtinOptions, settingsOf } from './builtin-options.js';

/** `modules::queue::BuiltinQueueAdapter`: jobs in the engine's own database, in a file or in memory. Needs no other service. */
export const BuiltinQueueAdapter = defineAdapter({
  name: '@motia/module-queue/builtin',
  version: queueVersion,
  contract: 1,
  class: 'modules::queue::BuiltinQueueAdapter',
  slot: JobStoreSlot,
  capabilities: ['fifo', 'priority', 'transactions'],
  options: builtinOptions,
  requires: { pool: StorePoolRef },
  brings: [SqliteStore],
  async create(ctx, options) {
    const request = requestStore(ctx, options);
    const service = new BuiltinJobStore({ name: `BuiltinQueueAdapter (${storeMethodOf(request)})`, settings: settingsOf(options), clock: ctx.clock });
    return {
      service,
      async start() {
        const store = await ctx.services.pool.open(request);
        await service.open({ store, handle: await store.open(storeProgram) });
      },
      async stop() {
        service.close();
      },
    };
  },
});
