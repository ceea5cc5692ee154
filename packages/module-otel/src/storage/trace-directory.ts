import { hexWord } from '../record/hex-word.js';
import { noSlot, TraceFlag, TraceTable } from '../record/trace-table.js';
import type { EntriesRow } from '../sqlite/queries.js';
import { isRooted, readEntries, traceIdIn, type TraceEntry } from '../sqlite/trace-entries.js';

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
  readonly #traces: Uint8Array;
  readonly #index: number;

  constructor({ id, traces }: EntriesRow, { startMs, durationMs, rootAt }: TraceEntry, index: number, flags: number, spanCount: number) {
    this.startMs = startMs;
    this.durationMs = durationMs;
    this.hasError = (flags & TraceFlag.error) !== 0;
    this.isSlow = (flags & TraceFlag.slow) !== 0;
    this.isInternal = (flags & TraceFlag.internal) !== 0;
    this.spanCount = spanCount;
    this.chunkId = id;
    this.at = rootAt;
    this.#traces = traces;
    this.#index = index;
  }

  /** Written out when somebody asks: of most nobody does. */
  get id(): string {
    return traceIdIn(this.#traces, this.#index).toString('hex');
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
  *traces(): IterableIterator<DirectoryTrace> {
    const table = this.#table;
    for (let ordinal = this.#pieces.length; ordinal > 0; ordinal -= 1) {
      const piece = this.#pieces[ordinal - 1] as EntriesRow;
      let index = 0;
      for (const entry of readEntries(piece.traces)) {
        const slot = table.find(entry.word2, entry.word3);
        if (slot !== noSlot && table.rootOf(slot) === ordinal * mostEntries + index) yield new DirectoryTrace(piece, entry, index, table.flagsOf(slot), table.spansOf(slot));
        index += 1;
      }
    }
  }
}
