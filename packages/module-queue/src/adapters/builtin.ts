import { defineAdapter, StorePoolRef } from '@motia/engine-core/contract';
import { SqliteStore } from '@motia/store-sqlite';
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
  requires: { stores: StorePoolRef },
  brings: [SqliteStore],
  async create(ctx, options) {
    const method = options.store_method ?? (ctx.engine.fromFile ? 'file_based' : 'in_memory');
    const service = new BuiltinJobStore({ name: `BuiltinQueueAdapter (${method})`, settings: settingsOf(options), clock: ctx.clock });
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
        service.close();
      },
    };
  },
});
