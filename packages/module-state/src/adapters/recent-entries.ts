import { InFlightMap } from '@motia/engine-core/contract';
import { RecentRows } from '@motia/store-sqlite/rows';
import type { StoredEntry } from '../state-store.js';

/** What entries may take, together. */
const maxBytes = 16 * 1_048_576;
/** What one takes beside its texts, about. */
const entryBytes = 160;

/** A key while it is changed. */
export interface ChangingKey {
  readonly name: string;
  /** Changes of it under way. */
  changes: number;
}

/**
 * Entries as this engine read or wrote them last, so that they need not be read again. For stores that nobody else writes to. An entry that is being
 * changed is not answered from here until the change is over: then whoever is told of it sees it.
 */
export class RecentEntries {
  /** Also of keys that are being changed, as they were before. */
  readonly #entries = new RecentRows<StoredEntry>(maxBytes);
  readonly #changing = new InFlightMap<string, ChangingKey>();
  #sweeping = 0;

  /** Undefined when it is not here; it may exist all the same. */
  get(scope: string, key: string, nowMs: number): StoredEntry | undefined {
    const name = nameOf(scope, key);
    if (this.#changing.size > 0 && this.#changing.has(name)) return undefined;
    const entry = this.#entries.get(name);
    return entry?.expiresAtMs !== undefined && entry.expiresAtMs <= nowMs ? undefined : entry;
  }

  /** It was read. */
  add(scope: string, entry: StoredEntry): void {
    const name = nameOf(scope, entry.key);
    if (this.#sweeping === 0 && !this.#changing.has(name)) this.#keep(name, entry);
  }

  /** A change of it is handed over: `end` must follow. */
  begin(scope: string, key: string): ChangingKey {
    const name = nameOf(scope, key);
    const known = this.#changing.get(name);
    if (known !== undefined) {
      known.changes += 1;
      return known;
    }
    const added = { name, changes: 1 };
    this.#changing.set(name, added);
    return added;
  }

  /** The change is over. @param entry what it left; undefined for nothing, and when that is not known */
  end(changing: ChangingKey, entry: StoredEntry | undefined): void {
    changing.changes -= 1;
    // What stands there is as it was before the first of them: the last one replaces it.
    if (changing.changes > 0) return;
    this.#changing.take(changing.name);
    if (entry !== undefined && this.#sweeping === 0) this.#keep(changing.name, entry);
    else this.#entries.delete(changing.name);
  }

  /** While keys are changed of which nobody knows which they are, nothing is kept. */
  async during<T>(sweep: () => Promise<T>): Promise<T> {
    this.#sweeping += 1;
    this.#entries.clear();
    try {
      return await sweep();
    } finally {
      this.#sweeping -= 1;
    }
  }

  #keep(name: string, entry: StoredEntry): void {
    this.#entries.set(name, entry, entryBytes + name.length + entry.json.length);
  }
}

/** Names hold no NUL. */
function nameOf(scope: string, key: string): string {
  return `${scope}\0${key}`;
}
