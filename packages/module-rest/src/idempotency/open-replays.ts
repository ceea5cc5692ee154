import type { Clock, Logger, StorePool } from '@motia/engine-core/contract';
import { restErrors } from '../errors.js';
import type { RestOptions } from '../options.js';
import { MemoryReplays } from './memory-replays.js';
import type { ReplayStore } from './replay-store.js';
import { StoredReplays } from './stored-replays.js';

export interface ReplayPlace {
  readonly options: RestOptions['idempotency'];
  /** A config.yaml set the engine up: what is named there keeps files. */
  readonly isFromFile: boolean;
  readonly pool: StorePool | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** @throws `MOTIA_REST_REPLAY_STORE_MISSING` when files are asked for and nothing keeps them */
export function assertReplayStore({ options, pool }: Pick<ReplayPlace, 'options' | 'pool'>): void {
  if (options.store_method === 'file_based' && pool === undefined) throw restErrors.REPLAY_STORE_MISSING({ exitCode: 78 });
}

/** Opens the place where responses to requests with keys are kept. @throws what the store refuses */
export async function openReplays({ options, isFromFile, pool, clock, logger }: ReplayPlace): Promise<ReplayStore> {
  assertReplayStore({ options, pool });
  const method = options.store_method ?? (isFromFile && pool !== undefined ? 'file_based' : 'in_memory');
  if (method === 'file_based' && pool !== undefined) {
    return StoredReplays.open(await pool.open(options.file_path === undefined ? {} : { directory: options.file_path }), logger);
  }
  if (options.store_method === undefined) {
    logger.info('Idempotency keys are kept in memory and forgotten when the engine stops', { hint: 'Add modules::store::SqliteStore to keep them, or set `idempotency: { store_method: in_memory }` to say that this is meant.' });
  }
  return new MemoryReplays(clock, options.memory_limit_bytes);
}
