import { nextTurn } from '@motia/engine-core';
import type { Chunk, ChunkRing } from './chunk-ring.js';
import { hexWord } from './hex-word.js';
import type { SpanData } from './span-data.js';
import { decodeSpan } from './span-decoder.js';
import { Flag, Offset } from './span-layout.js';
import type { SpanLog } from './span-log.js';
import type { StringLookup } from './string-table.js';
import { noSlot, TraceFlag, TraceTable } from './trace-table.js';

/** A trace as far as it lies in the log, before anything of it is decoded. But for its facts and its span, it is to be read at once: the piece may hold something else later. */
export class IndexedTrace {
  readonly hasError: boolean;
  readonly isSlow: boolean;
  readonly isInternal: boolean;
  readonly spanCount: number;
  readonly #strings: StringLookup;
  readonly #chunk: Chunk;
  /** Of the piece when it was found in it. */
  readonly #chunkIndex: number;
  readonly #at: number;

  /** `chunk` and `at`: where the span lies that it is listed as. */
  constructor(strings: StringLookup, chunk: Chunk, at: number, flags: number, spanCount: number) {
    this.hasError = (flags & TraceFlag.error) !== 0;
    this.isSlow = (flags & TraceFlag.slow) !== 0;
    this.isInternal = (flags & TraceFlag.internal) !== 0;
    this.spanCount = spanCount;
    this.#strings = strings;
    this.#chunk = chunk;
    this.#chunkIndex = chunk.index;
    this.#at = at;
  }

  get startMs(): number {
    return this.#chunk.view.getFloat64(this.#at + Offset.start, true);
  }

  get durationMs(): number {
    return this.#chunk.view.getFloat64(this.#at + Offset.end, true) - this.startMs;
  }

  /** The last one of its id. */
  get lastWord(): number {
    return this.#chunk.view.getInt32(this.#at + Offset.traceId + 12);
  }

  /** Written out when somebody asks: of most nobody does. */
  get id(): string {
    const { bytes } = this.#chunk;
    return Buffer.from(bytes.buffer, bytes.byteOffset + this.#at + Offset.traceId, 16).toString('hex');
  }

  /** The span that it is listed as; undefined when it had to make room meanwhile. */
  root(): SpanData | undefined {
    return this.#chunk.index === this.#chunkIndex ? decodeSpan(this.#chunk.bytes, this.#at, this.#strings) : undefined;
  }
}

/** Spans that are looked at before others get their turn. */
const spansPerTurn = 2_000;

/**
 * Finds traces in the log. It is brought up to date when somebody asks, so that recording pays nothing for it; what was
 * written since the last time is looked at once, a slice per turn of the event loop.
 */
export class TraceIndex {
  readonly #log: SpanLog;
  readonly #slowMs: number;
  #table = new TraceTable();
  /** Records that have been looked at, of all ever written. */
  #seenMain = 0;
  #seenKept = 0;
  #syncing: Promise<void> | undefined;

  constructor(log: SpanLog, slowMs: number) {
    this.#log = log;
    this.#slowMs = slowMs;
  }

  get bytes(): number {
    return this.#table.bytes;
  }

  /** Resolves when everything that was written before the call can be found. */
  async sync(): Promise<void> {
    // A call that comes meanwhile must see what came after the run had begun.
    while (this.#syncing !== undefined) await this.#syncing;
    this.#syncing = this.#run().finally(() => (this.#syncing = undefined));
    return this.#syncing;
  }

  clear(): void {
    this.#table = new TraceTable();
    this.#seenMain = this.#log.main.written;
    this.#seenKept = this.#log.kept.written;
  }

  /** Spans of a trace, in no order. */
  spans(traceId: string): SpanData[] {
    const slot = this.#table.find(hexWord(traceId, 16), hexWord(traceId, 24));
    if (slot === noSlot) return [];
    const { main, kept } = this.#log;
    return [...this.#chain(main, this.#table.newestOf(slot), traceId), ...this.#chain(kept, this.#table.newestKeptOf(slot), traceId)];
  }

  /** Every trace that has spans in the log. */
  *traces(): IterableIterator<IndexedTrace> {
    const { main, kept, encoder } = this.#log;
    for (const slot of this.#table.slots()) {
      const table = this.#table;
      const place = placeOf(main, table.rootOf(slot)) ?? placeOf(kept, table.rootKeptOf(slot)) ?? placeOf(main, table.newestOf(slot)) ?? placeOf(kept, table.newestKeptOf(slot));
      if (place === undefined) continue;
      yield new IndexedTrace(encoder.strings, place.chunk, place.at, table.flagsOf(slot), table.spansOf(slot));
    }
  }

  /** Whether spans of a trace lie in the log, as far as it has been looked at. */
  has(traceId: string): boolean {
    const slot = this.#table.find(hexWord(traceId, 16), hexWord(traceId, 24));
    return slot !== noSlot && this.#isLive(slot);
  }

  *#chain(ring: ChunkRing, newest: number, traceId: string): IterableIterator<SpanData> {
    for (let position = newest, place = placeOf(ring, position); place !== undefined; place = placeOf(ring, position)) {
      const span = decodeSpan(place.chunk.bytes, place.at, this.#log.encoder.strings);
      if (span.traceId === traceId) yield span;
      position = place.chunk.view.getFloat64(place.at + Offset.previous, true);
    }
  }

  async #run(): Promise<void> {
    const mainEnd = this.#log.main.written;
    const keptEnd = this.#log.kept.written;
    for (;;) {
      this.#seenMain = this.#look(this.#log.main, this.#seenMain, mainEnd, false);
      this.#seenKept = this.#look(this.#log.kept, this.#seenKept, keptEnd, true);
      if (this.#seenMain >= mainEnd && this.#seenKept >= keptEnd) return;
      await nextTurn();
    }
  }

  /** Looks at a slice of what is new. @returns up to which record */
  #look(ring: ChunkRing, from: number, end: number, isKept: boolean): number {
    const { first } = ring;
    let next = Math.max(from, first);
    let left = spansPerTurn;
    for (const chunk of ring.chunks()) {
      const { view, used, firstRecord, records } = chunk;
      if (firstRecord + records <= next) continue;
      let number = firstRecord;
      for (let at = 0; at < used; at += view.getUint32(at, true), number += 1) {
        if (number < next) continue;
        if (left === 0 || next >= end) return next;
        this.#add(ring, chunk, at, isKept);
        next += 1;
        left -= 1;
      }
    }
    return Math.max(next, Math.min(end, first));
  }

  readonly #isLive = (slot: number): boolean => this.#log.main.holds(this.#table.newestOf(slot)) || this.#log.kept.holds(this.#table.newestKeptOf(slot));

  #add(ring: ChunkRing, chunk: Chunk, at: number, isKept: boolean): void {
    const { view, bytes } = chunk;
    const table = this.#table;
    const slot = table.claim(view.getInt32(at + Offset.traceId + 8), view.getInt32(at + Offset.traceId + 12), this.#isLive);
    const position = chunk.index * ring.chunkBytes + at;
    const flags = bytes[at + Offset.flags] as number;
    const isRoot = (flags & Flag.hasParent) === 0 || (flags & Flag.isParentRemote) !== 0;
    if (isKept) {
      view.setFloat64(at + Offset.previous, table.newestKeptOf(slot), true);
      table.setNewestKept(slot, position);
      if (isRoot && this.#isBetterRoot(ring, table.rootKeptOf(slot), flags)) table.setRootKept(slot, position);
    } else {
      view.setFloat64(at + Offset.previous, table.newestOf(slot), true);
      table.setNewest(slot, position);
      if (isRoot && this.#isBetterRoot(ring, table.rootOf(slot), flags)) table.setRoot(slot, position);
      table.countSpan(slot);
    }
    let known = table.flagsOf(slot);
    const status = (bytes[at + Offset.kind] as number) >> 3;
    if (status >= 2) known |= TraceFlag.error;
    if (isRoot && view.getFloat64(at + Offset.end, true) - view.getFloat64(at + Offset.start, true) >= this.#slowMs) known |= TraceFlag.slow;
    if ((flags & Flag.isInternal) !== 0) known |= TraceFlag.internal;
    table.setFlags(slot, known);
  }

  /** The first one is what a trace is listed as, unless it was a part of something and the beginning comes only now. */
  #isBetterRoot(ring: ChunkRing, known: number, flags: number): boolean {
    const place = placeOf(ring, known);
    if (place === undefined) return true;
    const knownFlags = place.chunk.bytes[place.at + Offset.flags] as number;
    return (flags & Flag.hasParent) === 0 && (knownFlags & Flag.hasParent) !== 0;
  }
}

function placeOf(ring: ChunkRing, position: number): { readonly chunk: Chunk; readonly at: number } | undefined {
  const chunk = ring.at(position);
  return chunk === undefined ? undefined : { chunk, at: position % ring.chunkBytes };
}
