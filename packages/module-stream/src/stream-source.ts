import type { CustomStorage } from './custom/custom-storage.js';
import type { CatchUpSource, LogPage, PlaceSnapshot, ResumePosition } from './delivery/catch-up.js';
import type { Place } from './delivery/frame-text.js';
import type { StreamStore } from './stream-store.js';

/** Where clients catch up from: the store, and for streams that a worker keeps, the worker. */
export class StreamSource implements CatchUpSource {
  readonly #store: StreamStore;
  readonly #custom: CustomStorage;

  constructor(store: StreamStore, custom: CustomStorage) {
    this.#store = store;
    this.#custom = custom;
  }

  isRemote(place: Place): boolean {
    return this.#custom.has(place.item === undefined ? 'list' : 'get', place.stream);
  }

  snapshot(place: Place): Promise<PlaceSnapshot> {
    return this.isRemote(place) ? this.#custom.snapshot(place, () => this.#store.snapshot(place)) : this.#store.snapshot(place);
  }

  changesAfter(place: Place, position: ResumePosition): Promise<LogPage> {
    return this.#store.changesAfter(place, position);
  }
}
