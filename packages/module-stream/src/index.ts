export { StreamModule as default, StreamModule, stream } from './module.js';
export { KvStore } from './adapters/kv-store-adapter.js';
export type { KvStoreOptions } from './adapters/kv-options.js';
export type { StreamInput, StreamOptions } from './options.js';
export { StreamStoreSlot } from './stream-store.js';
export type {
  ChangeDebts, ItemChange, ItemOutcome, ItemWrite, MessageWrite, SessionKey, SessionRecord, StoreSettings, StreamStore, StreamStoreCapability,
} from './stream-store.js';
export type { StreamChangeEvent, StreamEvent, StreamMessageEvent } from './stream-event.js';
export type { CatchUpSource, LogPage, PlaceSnapshot, ResumePosition } from './delivery/catch-up.js';
export { streamErrors } from './errors.js';
