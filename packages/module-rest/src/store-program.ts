import { defineStoreProgram } from '@motia/engine-core/contract';
import { agreeOnSecret, claim, claimants, complete, migrations, recover, release } from './idempotency/replay-program.js';

/** The part of the module that lives in the store: responses kept for requests that come again. Loaded by the store's writer as well, which may be another thread. */
export const storeProgram = defineStoreProgram({
  name: 'rest',
  source: { specifier: '@motia/module-rest/store-program', from: import.meta.url },
  migrations,
  commands: { agreeOnSecret, claim, complete, release, recover },
  queries: { claimants: (sql, _input: undefined) => claimants(sql) },
});
export type RestProgram = typeof storeProgram;
