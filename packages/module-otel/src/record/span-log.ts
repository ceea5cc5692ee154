import { ByteWriter } from './byte-writer.js';
import { ChunkRing, type Chunk } from './chunk-ring.js';
import type { SpanEncoder } from './span-encoder.js';
import { Flag, Offset } from './span-layout.js';
import type { SpanRecord } from './span-record.js';
import { noSlot, TraceFlag, TraceTable } from './trace-table.js';

export interface SpanLogLimits {
  /** Bytes of all spans together. */
  readonly maxBytes: number;
  readonly maxSpans: number;
}

/** Share of the memory that traces with errors and slow ones may keep when everything else has gone. */
const keptShare = 0.5;
const largestChunk = 256 * 1024;
const smallestChunk = 64 * 1024;

/**
 * Spans that have ended, as bytes in pieces of memory outside the heap, bounded by bytes and by count. The oldest piece
 * goes first; what it holds of traces with errors and of slow ones is copied into a second ring before, whose oldest
 * piece goes when it is over its share.
 */
export class SpanLog {
  readonly encoder: SpanEncoder;
  readonly main: ChunkRing;
  readonly kept: ChunkRing;
  /** Spans that went to make room. */
  evictedSpans = 0;
  readonly #limits: SpanLogLimits;
  /** Traces with errors and slow ones, and nothing else: few. */
  readonly #notable = new TraceTable();
  readonly #writer = new ByteWriter();
  readonly #spansPerChunk: number;

  constructor(encoder: SpanEncoder, limits: SpanLogLimits) {
    this.encoder = encoder;
    this.#limits = limits;
    const chunkBytes = Math.max(smallestChunk, Math.min(largestChunk, Math.floor(limits.maxBytes / 8)));
    this.main = new ChunkRing(chunkBytes);
    this.kept = new ChunkRing(chunkBytes);
    // So small a number of spans that one piece would hold it is kept to all the same.
    this.#spansPerChunk = Math.max(1, Math.floor(limits.maxSpans / 8));
  }

  /** Spans that are held. */
  get size(): number {
    return this.main.records + this.kept.records;
  }

  /** Memory that they take. */
  get bytes(): number {
    return (this.main.size + this.kept.size) * this.main.chunkBytes + this.#notable.bytes;
  }

  /** Writes a span that has ended. */
  append(span: SpanRecord): void {
    let chunk = this.main.newest;
    if (chunk === undefined || chunk.records >= this.#spansPerChunk || !this.#encode(chunk, span, false)) {
      chunk = this.#begin();
      if (!this.#encode(chunk, span, false)) this.#encode(chunk, span, true);
    }
    const position = this.main.commit(chunk, this.#writer.at, span.endMs);
    if (span.trace.isNotable) this.#markNotable(span, chunk, position);
  }

  /** Lets go of pieces whose spans all ended before `beforeMs`. One with spans from before `closeBeforeMs` takes no more: it would hold them for too long. */
  evictOlderThan(beforeMs: number, closeBeforeMs = beforeMs): void {
    while (this.main.oldest !== undefined && this.main.oldest.newestMs < beforeMs) this.#dropMain(false);
    while (this.kept.oldest !== undefined && this.kept.oldest.newestMs < beforeMs) this.#dropKept();
    for (const ring of [this.main, this.kept]) if (ring.newest !== undefined && ring.newest.oldestMs < closeBeforeMs && this.#hasRoom) ring.grow();
  }

  clear(): void {
    this.main.clear();
    this.kept.clear();
    this.#notable.clear();
  }

  #encode(chunk: Chunk, span: SpanRecord, isReduced: boolean): boolean {
    this.#writer.begin(chunk.bytes, chunk.view, chunk.used);
    this.encoder.encode(span, this.#writer, isReduced);
    return !this.#writer.isFull;
  }

  readonly #isLive = (slot: number): boolean => this.main.holds(this.#notable.newestOf(slot)) || this.kept.holds(this.#notable.newestKeptOf(slot));

  #markNotable(span: SpanRecord, chunk: Chunk, position: number): void {
    const slot = this.#notable.claim(span.trace.word2, span.trace.word3, this.#isLive);
    this.#notable.setNewest(slot, position);
    if (this.#notable.spansOf(slot) > 0) {
      chunk.isNotable = true;
      return;
    }
    this.#notable.countSpan(slot);
    // Spans of it that ended before are in pieces no older than the beginning of this one.
    for (const each of this.main.newestFirst()) {
      each.isNotable = true;
      if (each.oldestMs <= span.startMs) break;
    }
  }

  /** A new piece, after making room for it. */
  #begin(): Chunk {
    const { main, kept } = this;
    const mostChunks = this.#mostChunks();
    while (main.size > 0 && (main.size + kept.size >= mostChunks || this.size + this.#spansPerChunk > this.#limits.maxSpans)) {
      if (kept.size > mostChunks * keptShare || kept.records > this.#limits.maxSpans * keptShare) this.#dropKept();
      else this.#dropMain(true);
    }
    return main.grow();
  }

  /** More than half of the pieces are free. */
  get #hasRoom(): boolean {
    return this.main.size + this.kept.size < this.#mostChunks() / 2;
  }

  /** What the table of notable traces takes is not there for spans. */
  #mostChunks(): number {
    return Math.max(3, Math.floor((this.#limits.maxBytes - this.#notable.bytes) / this.main.chunkBytes));
  }

  #dropMain(keepsNotable: boolean): void {
    const chunk = this.main.shift();
    if (chunk === undefined) return;
    this.evictedSpans += chunk.records;
    if (chunk.isNotable && keepsNotable) {
      for (let at = 0; at < chunk.used; at += chunk.view.getUint32(at, true)) {
        const slot = this.#notable.find(chunk.view.getInt32(at + Offset.traceId + 8), chunk.view.getInt32(at + Offset.traceId + 12));
        if (slot !== noSlot && this.#notable.flagsOf(slot) === TraceFlag.used) this.#keep(chunk, at, slot);
      }
    }
    this.main.reuse(chunk);
  }

  #dropKept(): void {
    const chunk = this.kept.shift();
    if (chunk === undefined) return;
    this.evictedSpans += chunk.records;
    this.kept.reuse(chunk);
  }

  #keep(from: Chunk, at: number, slot: number): void {
    const length = from.view.getUint32(at, true);
    let to = this.kept.newest;
    if (to === undefined || to.used + length > to.bytes.byteLength || to.records >= this.#spansPerChunk) to = this.kept.grow();
    to.bytes.set(from.bytes.subarray(at, at + length), to.used);
    (to.bytes[to.used + Offset.flags] as number) |= Flag.isNotable;
    this.#notable.setNewestKept(slot, this.kept.commit(to, to.used + length, from.view.getFloat64(at + Offset.end, true)));
    this.evictedSpans -= 1;
  }
}
