export { SqliteStore as default, SqliteStore, sqliteStore } from './module.js';
export type { StoreInput, StoreOptions } from './options.js';
export { storeErrors } from './errors.js';
export { rowChecksum } from './rows/row-checksum.js';
