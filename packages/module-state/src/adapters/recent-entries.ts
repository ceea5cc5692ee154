import { InFlightMap } from '@motia/engine-core/contract';
import { RecentRows } from '@motia/store-sqlite/rows';
import type { StoredEntry } from '../state-store.js';

/** What entries may take, together. */
const maxBytes = 16 * 1_048_576;
/** What one takes beside its texts, about. */
const entryBytes = 160;

/**
 * Entries as this engine read or wrote them last, so that they need not be read again. For stores that nobody else writes to. An entry that is being
 * changed is not answered from here until the change is over: then whoever is told of it sees it.
 */
export class RecentEntries {
  readonly #entries = new RecentRows<StoredEntry>(maxBytes);
  /** Changes under way, by name. */
  readonly #changing = new InFlightMap<string, number>();
  #sweeping = 0;

  /** Undefined when it is not here; it may exist all the same. */
  get(scope: string, key: string, nowMs: number): StoredEntry | undefined {
    const entry = this.#entries.get(nameOf(scope, key));
    return entry?.expiresAtMs !== undefined && entry.expiresAtMs <= nowMs ? undefined : entry;
  }

  /** It was read. */
  add(scope: string, entry: StoredEntry): void {
    const name = nameOf(scope, entry.key);
    if (this.#sweeping === 0 && !this.#changing.has(name)) this.#keep(name, scope, entry);
  }

  /** A change of it is handed over: `end` must follow. */
  begin(scope: string, key: string): void {
    const name = nameOf(scope, key);
    this.#entries.delete(name);
    this.#changing.set(name, (this.#changing.get(name) ?? 0) + 1);
  }

  /** The change is over. @param entry what it left; undefined for nothing, and when that is not known */
  end(scope: string, key: string, entry: StoredEntry | undefined): void {
    const name = nameOf(scope, key);
    const others = (this.#changing.get(name) ?? 1) - 1;
    if (others > 0) this.#changing.set(name, others);
    else this.#changing.take(name);
    if (others === 0 && entry !== undefined && this.#sweeping === 0) this.#keep(name, scope, entry);
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

  #keep(name: string, scope: string, entry: StoredEntry): void {
    this.#entries.set(name, entry, entryBytes + scope.length + entry.key.length + entry.json.length);
  }
}

/** Names hold no NUL. */
function nameOf(scope: string, key: string): string {
  return `${scope}\0${key}`;
}
