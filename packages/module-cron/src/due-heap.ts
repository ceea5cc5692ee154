/** What is due at some time. */
export interface Due {
  readonly dueMs: number;
}

/** A binary heap: the entry that is due first is on top. Entries are never changed; what is outdated is passed over by who reads. */
export class DueHeap<E extends Due> {
  readonly #entries: E[] = [];

  get size(): number {
    return this.#entries.length;
  }

  peek(): E | undefined {
    return this.#entries[0];
  }

  push(entry: E): void {
    const entries = this.#entries;
    let index = entries.length;
    entries.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#dueAt(parent) <= entry.dueMs) break;
      this.#move(parent, index);
      index = parent;
    }
    entries[index] = entry;
  }

  pop(): E | undefined {
    const entries = this.#entries;
    const top = entries[0];
    const last = entries.pop();
    if (top === undefined || last === undefined || entries.length === 0) return top;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= entries.length) break;
      const child = left + 1 < entries.length && this.#dueAt(left + 1) < this.#dueAt(left) ? left + 1 : left;
      if (this.#dueAt(child) >= last.dueMs) break;
      this.#move(child, index);
      index = child;
    }
    entries[index] = last;
    return top;
  }

  #dueAt(index: number): number {
    return this.#entries[index]?.dueMs ?? Infinity;
  }

  #move(from: number, to: number): void {
    const entry = this.#entries[from];
    if (entry !== undefined) this.#entries[to] = entry;
  }
}
