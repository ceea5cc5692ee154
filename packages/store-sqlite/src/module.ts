import { defineModule, moduleFactory, StorePoolRef, type ModuleUse } from '@motia/engine-core/contract';
import { storeOptions, type StoreInput } from './options.js';
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
    const pool = new SqliteStorePool({
      baseDir: ctx.baseDir,
      defaults: { directory: options.data_dir, durability: options.durability },
      clock: ctx.clock,
    });
    return {
      services: { pool },
      stop: () => pool.close(),
    };
  },
});

/** `createEngine({ modules: [sqliteStore({ data_dir: './data' })] })`. */
export const sqliteStore: (options?: StoreInput) => ModuleUse = moduleFactory<StoreInput>(SqliteStore);
