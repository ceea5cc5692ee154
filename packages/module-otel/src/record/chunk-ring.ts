/** One piece of memory with the records that were written to it. */
export interface Chunk {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Counts the pieces ever begun: a position is this times the size of a piece, plus the place in it. */
  index: number;
  /** Bytes in use. */
  used: number;
  records: number;
  /** Number of its first record among all ever written. */
  firstRecord: number;
  /** Earliest and latest end of what is in it, epoch milliseconds. */
  oldestMs: number;
  newestMs: number;
  /** Something in it is worth more than its age. */
  isNotable: boolean;
}

/** What a reader of bytes has not had before. */
export interface TakenBytes {
  readonly pieces: readonly { readonly body: Uint8Array; readonly records: number; readonly newestMs: number }[];
  /** Records that had to make room before they were read. */
  readonly missed: number;
}

/** Records as bytes, copied out of a ring. */
export interface CopiedRecords {
  readonly pieces: readonly Uint8Array[];
  /** Number of the record behind the last one. */
  readonly next: number;
  /** Records that had to make room before they were read. */
  readonly missed: number;
}

/** Reads a ring as bytes, from where it was left the last time. */
export class RingCursor {
  #record: number;
  #chunk = -1;
  #offset = 0;

  constructor(private readonly ring: ChunkRing) {
    this.#record = ring.written;
  }

  /** Records that have not been read. */
  get waiting(): number {
    return this.ring.written - this.#record;
  }

  /** Copies what is new, about `most` bytes at a time. */
  take(most: number): TakenBytes {
    const pieces: TakenBytes['pieces'][number][] = [];
    const missed = Math.max(0, this.ring.first - this.#record);
    this.#record += missed;
    let room = most;
    for (const chunk of this.ring.chunks()) {
      if (chunk.firstRecord + chunk.records <= this.#record) continue;
      if (room <= 0) break;
      const start = chunk.index === this.#chunk ? this.#offset : offsetOf(chunk, this.#record);
      pieces.push({ body: copyOf(chunk.bytes, start, chunk.used), records: chunk.firstRecord + chunk.records - this.#record, newestMs: chunk.newestMs });
      room -= chunk.used - start;
      this.#record = chunk.firstRecord + chunk.records;
      this.#chunk = chunk.index;
      this.#offset = chunk.used;
    }
    return { pieces, missed };
  }
}

function offsetOf(chunk: Chunk, record: number): number {
  let at = 0;
  for (let number = chunk.firstRecord; number < record; number += 1) at += chunk.view.getUint32(at, true);
  return at;
}

/** A log in pieces of one size: written at its end, and let go of at its beginning, piece by piece. Pieces are used again. */
export class ChunkRing {
  readonly chunkBytes: number;
  records = 0;
  /** Records ever written. */
  written = 0;
  readonly #chunks: Chunk[] = [];
  readonly #spare: Chunk[] = [];
  #nextIndex = 0;

  constructor(chunkBytes: number) {
    this.chunkBytes = chunkBytes;
  }

  /** Pieces that hold something. */
  get size(): number {
    return this.#chunks.length;
  }

  get oldest(): Chunk | undefined {
    return this.#chunks[0];
  }

  /** Number of the oldest record that is there; of the next one when there is none. */
  get first(): number {
    return this.#chunks[0]?.firstRecord ?? this.written;
  }

  get newest(): Chunk | undefined {
    return this.#chunks.at(-1);
  }

  chunks(): readonly Chunk[] {
    return this.#chunks;
  }

  *newestFirst(): IterableIterator<Chunk> {
    for (let index = this.#chunks.length - 1; index >= 0; index -= 1) yield this.#chunks[index] as Chunk;
  }

  /** Begins a piece. */
  grow(): Chunk {
    const chunk = this.#spare.pop() ?? newChunk(this.chunkBytes);
    chunk.index = this.#nextIndex;
    chunk.used = 0;
    chunk.records = 0;
    chunk.firstRecord = this.written;
    chunk.oldestMs = Number.POSITIVE_INFINITY;
    chunk.newestMs = 0;
    chunk.isNotable = false;
    this.#nextIndex += 1;
    this.#chunks.push(chunk);
    return chunk;
  }

  /** A record has been written into the newest piece, up to `used`. @returns its position */
  commit(chunk: Chunk, used: number, endMs: number): number {
    const position = chunk.index * this.chunkBytes + chunk.used;
    chunk.used = used;
    chunk.records += 1;
    this.records += 1;
    this.written += 1;
    if (endMs > chunk.newestMs) chunk.newestMs = endMs;
    if (endMs < chunk.oldestMs) chunk.oldestMs = endMs;
    return position;
  }

  /** Visits records from number `from` on, at most `most`; `missed` went before they were read. */
  read(from: number, most: number, visit: (chunk: Chunk, at: number) => void): { readonly next: number; readonly missed: number } {
    const missed = Math.max(0, this.first - from);
    let next = from + missed;
    let left = most;
    for (const chunk of this.#chunks) {
      if (chunk.firstRecord + chunk.records <= next) continue;
      let number = chunk.firstRecord;
      for (let at = 0; at < chunk.used; at += chunk.view.getUint32(at, true), number += 1) {
        if (number < next) continue;
        if (left === 0) return { next, missed };
        visit(chunk, at);
        next += 1;
        left -= 1;
      }
    }
    return { next, missed };
  }

  /** Copies records from number `from` on, at most `most`. */
  copy(from: number, most: number): CopiedRecords {
    const missed = Math.max(0, this.first - from);
    const pieces: Uint8Array[] = [];
    let next = from + missed;
    const end = next + most;
    for (const chunk of this.#chunks) {
      const last = chunk.firstRecord + chunk.records;
      if (last <= next) continue;
      if (next >= end) break;
      const until = Math.min(last, end);
      pieces.push(copyOf(chunk.bytes, offsetOf(chunk, next), until === last ? chunk.used : offsetOf(chunk, until)));
      next = until;
    }
    return { pieces, next, missed };
  }

  /** Takes the oldest piece away; call `reuse` when done with it. */
  shift(): Chunk | undefined {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) this.records -= chunk.records;
    return chunk;
  }

  reuse(chunk: Chunk): void {
    if (this.#spare.length === 0) this.#spare.push(chunk);
  }

  /** True for the position of something that has not gone. */
  holds(position: number): boolean {
    const first = this.#chunks[0];
    return first !== undefined && position >= first.index * this.chunkBytes;
  }

  /** The piece that holds a position; undefined when it is gone. */
  at(position: number): Chunk | undefined {
    const first = this.#chunks[0];
    if (first === undefined || Number.isNaN(position)) return undefined;
    return this.#chunks[Math.floor(position / this.chunkBytes) - first.index];
  }

  clear(): void {
    this.#chunks.length = 0;
    this.records = 0;
  }
}

function newChunk(size: number): Chunk {
  const bytes = sharedBytes(size);
  return { bytes, view: new DataView(bytes.buffer), index: 0, used: 0, records: 0, firstRecord: 0, oldestMs: 0, newestMs: 0, isNotable: false };
}

/** A copy that goes to another thread without being copied again. */
function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const copy = sharedBytes(end - start);
  copy.set(bytes.subarray(start, end));
  return copy;
}

/** Memory that V8 does not count as pressure on its heap: otherwise every ten megabytes of telemetry begin a full collection. */
function sharedBytes(size: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(size));
}
