import { defineModule, moduleFactory, StorePoolRef, type ModuleUse } from '@motia/engine-core/contract';
import { storeOptions, type StoreInput } from './options.js';
import { registerTransactionFunction } from './service/transaction-function.js';
import { SqliteStorePool } from './service/store-pool.js';
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
    const pool = new SqliteStorePool({
      baseDir: ctx.baseDir,
      defaults: { directory: options.data_dir, durability: options.durability },
      store: {
        isShared: options.shared, writer: options.writer, waitLockMs: options.wait_lock_ms, maxPendingBytes: options.max_pending_bytes,
        limits: options.max_file_bytes === undefined ? {} : { maxFileBytes: options.max_file_bytes },
        clock, logger,
      },
      events: {
        committed: () => undefined,
        lost(file, error) {
          logger.error(error.message, { file, code: error.code, hint: error.hint });
          ctx.health.set('unhealthy', error.message);
        },
      },
    });
    registerTransactionFunction({ functions: ctx.functions, participants: pool.participants });
    return {
      services: { pool },
      async start(interrupt) {
        pool.interrupt = interrupt;
      },
      stop: () => pool.close(),
    };
  },
});

/** `createEngine({ modules: [sqliteStore({ data_dir: './data' })] })`. */
export const sqliteStore: (options?: StoreInput) => ModuleUse = moduleFactory<StoreInput>(SqliteStore);
