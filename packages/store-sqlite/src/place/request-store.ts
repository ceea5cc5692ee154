import type { PluginContext, StorePool, StoreRequest } from '@motia/engine-core/contract';
import type { StorePlace } from './place-options.js';

/** What of an adapter's context decides where it keeps its data. */
export type PlaceContext = Pick<PluginContext, 'engine' | 'logger'> & { readonly services: { readonly pool: Pick<StorePool, 'expect'> } };

/**
 * For `create` of an adapter: what it will ask the pool for. What a config.yaml names keeps files unless told otherwise; what a program sets up does not, unless it says where
 * or how well. S4: that nothing is kept is said at boot.
 */
export function requestStore({ engine, logger, services: { pool } }: PlaceContext, { store_method, file_path, durability }: StorePlace): StoreRequest {
  const isFile = durability !== 'memory' && (store_method ?? (engine.fromFile || file_path !== undefined || durability !== undefined ? 'file_based' : 'in_memory')) === 'file_based';
  if (isFile) {
    const request = { ...(file_path === undefined ? {} : { directory: file_path }), ...(durability === undefined ? {} : { durability }) };
    pool.expect(request);
    return request;
  }
  const idle = { ...(file_path === undefined ? {} : { file_path }), ...(durability === undefined || durability === 'memory' ? {} : { durability }), ...(store_method === 'file_based' ? { store_method } : {}) };
  if (Object.keys(idle).length > 0) logger.warn(`Everything is kept in memory: ${Object.keys(idle).join(' and ')} ${Object.keys(idle).length === 1 ? 'has' : 'have'} no effect`, idle);
  if (engine.fromFile) logger.warn('Everything is kept in memory and gone when the engine stops; `store_method: file_based` keeps it');
  return { durability: 'memory' };
}

/** How a request reads in the words of the options. */
export function storeMethodOf({ durability }: StoreRequest): 'in_memory' | 'file_based' {
  return durability === 'memory' ? 'in_memory' : 'file_based';
}
