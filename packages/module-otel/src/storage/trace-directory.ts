import { hexWord } from '../record/hex-word.js';
import { noSlot, TraceFlag, TraceTable } from '../record/trace-table.js';
import type { SpanData } from '../record/span-data.js';
import type { EntriesRow } from '../sqlite/queries.js';
import { isRooted, readEntries, traceIdIn, type TraceEntry } from '../sqlite/trace-entries.js';

/** Reads the span that lies at `at` in a piece; undefined when it has gone. */
export type RootReader = (chunkId: number, at: number) => SpanData | undefined;

/** A trace in the pieces of `telemetry.db`, before anything of it is decoded. */
export class DirectoryTrace {
  /** Of the span that it is listed as. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly hasError: boolean;
  readonly isSlow: boolean;
  readonly isInternal: boolean;
  readonly spanCount: number;
  /** Where that span lies. */
  readonly chunkId: number;
  readonly at: number;
  /** The last one of its id. */
  readonly lastWord: number;
  readonly #traces: Uint8Array;
  readonly #index: number;
  readonly #rootOf: RootReader;

  constructor({ id, traces }: EntriesRow, { startMs, durationMs, rootAt, word3 }: TraceEntry, facts: { readonly index: number; readonly flags: number; readonly spanCount: number; readonly rootOf: RootReader }) {
    const { flags, spanCount, index, rootOf } = facts;
    this.startMs = startMs;
    this.durationMs = durationMs;
    this.hasError = (flags & TraceFlag.error) !== 0;
    this.isSlow = (flags & TraceFlag.slow) !== 0;
    this.isInternal = (flags & TraceFlag.internal) !== 0;
    this.spanCount = spanCount;
    this.chunkId = id;
    this.at = rootAt;
    this.lastWord = word3;
    this.#traces = traces;
    this.#index = index;
    this.#rootOf = rootOf;
  }

  /** Written out when somebody asks: of most nobody does. */
  get id(): string {
    return traceIdIn(this.#traces, this.#index).toString('hex');
  }

  /** The span that it is listed as; undefined when it had to make room meanwhile. */
  root(): SpanData | undefined {
    return this.#rootOf(this.chunkId, this.at);
  }
}

/** Entries of a piece are fewer. */
const mostEntries = 2 ** 24;
const isAlways = (): boolean => true;

/** Joins what pieces know of their traces, for one question: a trace lies in one piece, or in some. */
export class TraceDirectory {
  readonly #table = new TraceTable();
  readonly #pieces: EntriesRow[] = [];

  /** Pieces come oldest first. */
  add(piece: EntriesRow): void {
    const table = this.#table;
    const first = this.#pieces.push(piece) * mostEntries;
    let index = 0;
    for (const { word2, word3, spans, flags } of readEntries(piece.traces)) {
      const slot = table.claim(word2, word3, isAlways);
      const known = table.flagsOf(slot);
      if (Number.isNaN(table.rootOf(slot)) || (known & isRooted) < (flags & isRooted)) table.setRoot(slot, first + index);
      table.setFlags(slot, known | flags);
      table.countSpan(slot, spans);
      index += 1;
    }
  }

  has(traceId: string): boolean {
    return this.#table.find(hexWord(traceId, 16), hexWord(traceId, 24)) !== noSlot;
  }

  /** Piece by piece, the newest first, so that whoever decodes them reads each once. */
  *traces(rootOf: RootReader): IterableIterator<DirectoryTrace> {
    const table = this.#table;
    for (let ordinal = this.#pieces.length; ordinal > 0; ordinal -= 1) {
      const piece = this.#pieces[ordinal - 1] as EntriesRow;
      let index = 0;
      for (const entry of readEntries(piece.traces)) {
        const slot = table.find(entry.word2, entry.word3);
        if (slot !== noSlot && table.rootOf(slot) === ordinal * mostEntries + index) yield new DirectoryTrace(piece, entry, { index, flags: table.flagsOf(slot), spanCount: table.spansOf(slot), rootOf });
        index += 1;
      }
    }
  }
}
