import type { MotiaError } from '@motia/engine-core/contract';

/** An entry carries its own links, so that keeping it costs no allocation. */
export interface Linked {
  newer: Linked | undefined;
  older: Linked | undefined;
  abandon(error: MotiaError): void;
  /** Draining begins: what would never end by itself ends now. */
  drain?(): void;
}

/** The exchanges under way, for draining. */
export class OpenExchanges {
  #newest: Linked | undefined;
  #size = 0;
  #onEmpty: (() => void) | undefined;

  get size(): number {
    return this.#size;
  }

  add(entry: Linked): void {
    entry.older = this.#newest;
    if (this.#newest !== undefined) this.#newest.newer = entry;
    this.#newest = entry;
    this.#size += 1;
  }

  /** Once for each entry that was added. */
  remove(entry: Linked): void {
    if (entry.newer === undefined) this.#newest = entry.older;
    else entry.newer.older = entry.older;
    if (entry.older !== undefined) entry.older.newer = entry.newer;
    entry.newer = undefined;
    entry.older = undefined;
    this.#size -= 1;
    if (this.#size === 0) this.#onEmpty?.();
  }

  /** Resolves when the last one has ended. When the signal aborts, those that are left are abandoned with `error`. */
  settled(deadline: AbortSignal, error: () => MotiaError): Promise<void> {
    if (this.#size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        this.#onEmpty = undefined;
        deadline.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        this.abandonAll(error);
        end();
      };
      this.#onEmpty = end;
      if (deadline.aborted) giveUp();
      else deadline.addEventListener('abort', giveUp, { once: true });
    });
  }

  drainAll(): void {
    for (let entry = this.#newest; entry !== undefined; ) {
      // It may leave the list by this.
      const { older } = entry;
      entry.drain?.();
      entry = older;
    }
  }

  abandonAll(error: () => MotiaError): void {
    const entries: Linked[] = [];
    for (let entry = this.#newest; entry !== undefined; entry = entry.older) entries.push(entry);
    for (const entry of entries) entry.abandon(error());
  }
}
