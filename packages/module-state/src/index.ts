export { StateModule as default, StateModule, state } from './module.js';
export { KvStore } from './adapters/kv-store.js';
export type { KvStoreOptions } from './adapters/kv-options.js';
export type { StateInput, StateOptions } from './options.js';
export { stateErrors } from './errors.js';
export { StateStoreSlot } from './state-store.js';
export type {
  DueRequest, Expired, ExpireRequest, HistoryLimits, StateChangeRequest, StateHistoryEntry, StateHistoryPage, StateHistoryQuery, StateListPage, StateListQuery, StateScopesQuery,
  StateStore, StateStoreCapability, StateSubscription, StateWrite, StateWritten, StoredEntry,
} from './state-store.js';
