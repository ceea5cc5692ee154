/** Keeps the first `most` of any number of things by an order: n log most, and no more memory than `most`. */
export class FirstPlaces<T> {
  readonly #most: number;
  readonly #compare: (a: T, b: T) => number;
  /** A heap with the last place on top. */
  readonly #heap: T[] = [];

  constructor(most: number, compare: (a: T, b: T) => number) {
    this.#most = most;
    this.#compare = compare;
  }

  /** The last place, once all are taken: what comes behind it finds none. */
  get last(): T | undefined {
    return this.#heap.length < this.#most ? undefined : this.#heap[0];
  }

  add(item: T): void {
    const heap = this.#heap;
    if (heap.length < this.#most) {
      heap.push(item);
      this.#rise(heap.length - 1);
    } else if (this.#most > 0 && this.#compare(item, heap[0] as T) < 0) {
      heap[0] = item;
      this.#sink();
    }
  }

  /** In order. */
  sorted(): T[] {
    return [...this.#heap].sort(this.#compare);
  }

  #rise(from: number): void {
    const heap = this.#heap;
    for (let at = from; at > 0; ) {
      const above = (at - 1) >> 1;
      if (this.#compare(heap[at] as T, heap[above] as T) <= 0) return;
      this.#swap(at, above);
      at = above;
    }
  }

  #sink(): void {
    const heap = this.#heap;
    for (let at = 0; ; ) {
      const left = at * 2 + 1;
      let last = at;
      for (const below of [left, left + 1]) if (below < heap.length && this.#compare(heap[below] as T, heap[last] as T) > 0) last = below;
      if (last === at) return;
      this.#swap(at, last);
      at = last;
    }
  }

  #swap(a: number, b: number): void {
    const heap = this.#heap;
    [heap[a], heap[b]] = [heap[b] as T, heap[a] as T];
  }
}
