const SMALLEST = 64;
/** Tables above this are given back when the last entry has gone. */
const KEPT = 4096;

/**
 * A map for entries that come and go by the thousand every second, like calls under way.
 *
 * A `Map` makes a new table whenever enough of its entries were deleted, and every old table points to the one after it. Once a
 * single old table has moved to V8's old space, all later tables and everything they held stay alive until the next full
 * collection: at 40,000 calls a second each scavenge then copied megabytes of dead calls, and a request cost a third more. Here
 * entries stand in two arrays that are written over: what was removed is forgotten at once.
 *
 * Open addressing with linear probing, at most half full; a removed entry closes its gap, so there are no tombstones. Keys must not be
 * undefined, and the map must not change while it is iterated over.
 */
export class InFlightMap<K extends string | number, V> {
  #keys: (K | undefined)[] = new Array<K | undefined>(SMALLEST).fill(undefined);
  #values: (V | undefined)[] = new Array<V | undefined>(SMALLEST).fill(undefined);
  #mask = SMALLEST - 1;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: K): V | undefined {
    return this.#values[this.#placeOf(key)];
  }

  has(key: K): boolean {
    return this.#keys[this.#placeOf(key)] !== undefined;
  }

  /** Adds an entry, or replaces the value of one. */
  set(key: K, value: V): void {
    let place = this.#placeOf(key);
    if (this.#keys[place] === undefined) {
      if (this.#size * 2 > this.#mask) {
        this.#resize(this.#keys.length * 2);
        place = this.#placeOf(key);
      }
      this.#keys[place] = key;
      this.#size++;
    }
    this.#values[place] = value;
  }

  /** Removes an entry. @returns its value; undefined when there was none */
  take(key: K): V | undefined {
    const place = this.#placeOf(key);
    if (this.#keys[place] === undefined) return undefined;
    const value = this.#values[place];
    this.#closeGap(place);
    this.#size--;
    if (this.#size === 0 && this.#mask >= KEPT) this.clear();
    return value;
  }

  clear(): void {
    this.#size = 0;
    this.#allot(SMALLEST);
  }

  /** In no particular order. */
  *values(): IterableIterator<V> {
    for (let place = 0; place < this.#keys.length; place++) if (this.#keys[place] !== undefined) yield this.#values[place] as V;
  }

  /** Where a key stands, or would stand. */
  #placeOf(key: K): number {
    const keys = this.#keys;
    const mask = this.#mask;
    let place = hashOf(key) & mask;
    while (keys[place] !== undefined && keys[place] !== key) place = (place + 1) & mask;
    return place;
  }

  /** Moves every entry that was pushed past the place towards it, so that searches need not go on beyond an empty place. */
  #closeGap(gap: number): void {
    const keys = this.#keys;
    const values = this.#values;
    const mask = this.#mask;
    for (let place = (gap + 1) & mask; ; place = (place + 1) & mask) {
      const key = keys[place];
      if (key === undefined) break;
      const home = hashOf(key) & mask;
      if (((place - home) & mask) < ((place - gap) & mask)) continue;
      keys[gap] = key;
      values[gap] = values[place];
      gap = place;
    }
    keys[gap] = undefined;
    values[gap] = undefined;
  }

  #resize(length: number): void {
    const keys = this.#keys;
    const values = this.#values;
    this.#allot(length);
    keys.forEach((key, old) => {
      if (key === undefined) return;
      const place = this.#placeOf(key);
      this.#keys[place] = key;
      this.#values[place] = values[old];
    });
  }

  #allot(length: number): void {
    this.#keys = new Array<K | undefined>(length).fill(undefined);
    this.#values = new Array<V | undefined>(length).fill(undefined);
    this.#mask = length - 1;
  }
}

/** FNV-1a for text; a number is mixed so that strides do not collide. */
function hashOf(key: string | number): number {
  if (typeof key === 'number') {
    const mixed = Math.imul(key ^ (key >>> 16), 0x45d9f3b);
    return mixed ^ (mixed >>> 16);
  }
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  return hash ^ (hash >>> 15);
}
