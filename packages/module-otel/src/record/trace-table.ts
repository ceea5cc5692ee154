/** What is remembered of a trace beside its spans. */
export const TraceFlag = { used: 1, error: 2, slow: 4, internal: 8 } as const;

/** No such slot. */
export const noSlot = -1;
const smallest = 1024;
const fullest = 0.6;
/** Words of a slot, all in one line of the processor's cache: id (2), flags, spans, then four positions of two words each. */
const words = 12;
const doubles = words / 2;

/**
 * Facts about traces by their id, in flat memory: for every trace that has spans in the log one slot with the places of
 * its newest spans. Objects would live as long as the traces and be moved about by the garbage collector all the time.
 */
export class TraceTable {
  /** Slots in use, those of traces that have gone included. */
  size = 0;
  #capacity: number;
  #ints: Int32Array;
  #floats: Float64Array;

  constructor(capacity = smallest) {
    this.#capacity = capacity;
    this.#ints = new Int32Array(capacity * words);
    this.#floats = new Float64Array(this.#ints.buffer);
  }

  get bytes(): number {
    return this.#ints.byteLength;
  }

  find(high: number, low: number): number {
    const slot = this.#slotFor(high, low);
    return this.flagsOf(slot) === 0 ? noSlot : slot;
  }

  /**
   * The trace's slot, made if there is none. Traces whose spans have all gone keep theirs until room is needed: then
   * `isLive` is asked which these are, and slots move.
   */
  claim(high: number, low: number, isLive: (slot: number) => boolean): number {
    const slot = this.#slotFor(high, low);
    if (this.flagsOf(slot) !== 0) return slot;
    const isFull = this.size + 1 > this.#capacity * fullest;
    if (isFull) this.#makeRoom(isLive);
    this.size += 1;
    return this.#take(isFull ? this.#slotFor(high, low) : slot, high, low);
  }

  flagsOf(slot: number): number {
    return this.#ints[slot * words + 2] as number;
  }

  setFlags(slot: number, flags: number): void {
    this.#ints[slot * words + 2] = flags;
  }

  spansOf(slot: number): number {
    return this.#ints[slot * words + 3] as number;
  }

  countSpan(slot: number, count = 1): void {
    (this.#ints[slot * words + 3] as number) += count;
  }

  /** Position of its newest span in the main ring; NaN without one. */
  newestOf(slot: number): number {
    return this.#floats[slot * doubles + 2] as number;
  }

  setNewest(slot: number, position: number): void {
    this.#floats[slot * doubles + 2] = position;
  }

  /** The same in the ring of what is kept longer. */
  newestKeptOf(slot: number): number {
    return this.#floats[slot * doubles + 3] as number;
  }

  setNewestKept(slot: number, position: number): void {
    this.#floats[slot * doubles + 3] = position;
  }

  /** Positions of the span that the trace is listed as. */
  rootOf(slot: number): number {
    return this.#floats[slot * doubles + 4] as number;
  }

  setRoot(slot: number, position: number): void {
    this.#floats[slot * doubles + 4] = position;
  }

  rootKeptOf(slot: number): number {
    return this.#floats[slot * doubles + 5] as number;
  }

  setRootKept(slot: number, position: number): void {
    this.#floats[slot * doubles + 5] = position;
  }

  /** Slots in use. */
  *slots(): IterableIterator<number> {
    for (let slot = 0; slot < this.#capacity; slot += 1) if (this.flagsOf(slot) !== 0) yield slot;
  }

  /** How many are live. Looks at every slot. */
  count(isLive: (slot: number) => boolean): number {
    let live = 0;
    for (let slot = 0; slot < this.#capacity; slot += 1) if (this.flagsOf(slot) !== 0 && isLive(slot)) live += 1;
    return live;
  }

  clear(): void {
    this.#ints.fill(0);
    this.size = 0;
  }

  /** Where a trace stands, or would: the first free slot on its way. There always is one. */
  #slotFor(high: number, low: number): number {
    const mask = this.#capacity - 1;
    const ints = this.#ints;
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const at = slot * words;
      if (ints[at + 2] === 0 || (ints[at + 1] === low && ints[at] === high)) return slot;
    }
  }

  #take(slot: number, high: number, low: number): number {
    const at = slot * words;
    this.#ints[at] = high;
    this.#ints[at + 1] = low;
    this.#ints[at + 2] = TraceFlag.used;
    this.#ints[at + 3] = 0;
    this.#floats.fill(Number.NaN, slot * doubles + 2, slot * doubles + 6);
    return slot;
  }

  #makeRoom(isLive: (slot: number) => boolean): void {
    const live = this.count(isLive);
    // As large as leaves half of what may be used free.
    let capacity = smallest;
    while (live > (capacity * fullest) / 2) capacity *= 2;
    const next = new TraceTable(capacity);
    for (let slot = 0; slot < this.#capacity; slot += 1) {
      if (this.flagsOf(slot) === 0 || !isLive(slot)) continue;
      const at = slot * words;
      const to = next.#slotFor(this.#ints[at] as number, this.#ints[at + 1] as number) * words;
      // Word by word: a view for each would take ten times as long.
      for (let word = 0; word < words; word += 1) next.#ints[to + word] = this.#ints[at + word] as number;
    }
    this.#capacity = capacity;
    this.size = live;
    this.#ints = next.#ints;
    this.#floats = next.#floats;
  }
}
