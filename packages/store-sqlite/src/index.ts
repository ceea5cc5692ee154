export { SqliteStore as default, SqliteStore, sqliteStore } from './module.js';
export type { StoreInput, StoreOptions } from './options.js';
export { storeErrors } from './errors.js';
export { storePlaceOptions } from './place/place-options.js';
export type { StorePlace } from './place/place-options.js';
export { requestStore, storeMethodOf } from './place/request-store.js';
export type { PlaceContext } from './place/request-store.js';
export { rowChecksum } from './rows/row-checksum.js';
