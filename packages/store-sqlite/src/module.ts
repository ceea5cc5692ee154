import { defineModule, moduleFactory, StorePoolRef, type ModuleUse } from '@motia/engine-core/contract';
import { storeOptions, type StoreInput } from './options.js';
import { registerTransactionFunction } from './service/transaction-function.js';
import { SqliteStorePool } from './service/store-pool.js';
import { StoreWatch } from './service/store-watch.js';
import { storeVersion } from './version.js';

/** `modules::store::SqliteStore`: one durable SQLite file for state, streams, queues and schedules. */
export const SqliteStore = defineModule({
  name: '@motia/store-sqlite',
  version: storeVersion,
  contract: 1,
  class: 'modules::store::SqliteStore',
  options: storeOptions,
  provides: { pool: StorePoolRef },
  startsFirst: true,
  async create(ctx, options) {
    const { clock, logger } = ctx;
    const watch: StoreWatch = new StoreWatch({ health: ctx.health, logger, meter: ctx.telemetry.meter, stores: () => pool.stores() });
    const pool = new SqliteStorePool({
      baseDir: ctx.baseDir, watch,
      defaults: { directory: options.data_dir, durability: options.durability },
      store: {
        isShared: options.shared, writer: options.writer, waitLockMs: ctx.engine.waitLockMs ?? options.wait_lock_ms, maxPendingBytes: options.max_pending_bytes,
        limits: { walAutocheckpointPages: options.checkpoint_pages, ...(options.max_file_bytes === undefined ? {} : { maxFileBytes: options.max_file_bytes }) },
        clock, logger,
      },
    });
    registerTransactionFunction({ functions: ctx.functions, participants: pool.participants });
    return {
      services: { pool },
      async start(interrupt) {
        pool.interrupt = interrupt;
        await pool.openExpected();
      },
      async stop() {
        watch.close();
        await pool.close();
      },
    };
  },
});

/** `createEngine({ modules: [sqliteStore({ data_dir: './data' })] })`. */
export const sqliteStore: (options?: StoreInput) => ModuleUse = moduleFactory<StoreInput>(SqliteStore);
