import type { SpanRecord } from './span-record.js';

/** Spans that have begun and not ended, oldest first. A span that nobody ends is let go when there are too many. */
export class OpenSpans {
  size = 0;
  /** Spans that were let go. */
  abandoned = 0;
  #oldest: SpanRecord | undefined;
  #newest: SpanRecord | undefined;

  constructor(private readonly most: number) {}

  add(span: SpanRecord): void {
    span.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = span;
    else this.#newest.newer = span;
    this.#newest = span;
    this.size += 1;
  }

  remove(span: SpanRecord): void {
    const { older, newer } = span;
    if (older === undefined) {
      if (this.#oldest !== span) return;
      this.#oldest = newer;
    } else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    span.older = undefined;
    span.newer = undefined;
    this.size -= 1;
  }

  /** The oldest one beyond the limit, taken out. */
  takeExcess(): SpanRecord | undefined {
    if (this.size <= this.most) return undefined;
    const span = this.#oldest;
    if (span === undefined) return undefined;
    this.remove(span);
    this.abandoned += 1;
    return span;
  }

  *[Symbol.iterator](): IterableIterator<SpanRecord> {
    for (let span = this.#oldest; span !== undefined; span = span.newer) yield span;
  }

  /** One of the newest `most` that is in the trace with these last two words of its id. */
  findOfTrace(word2: number, word3: number, most: number): SpanRecord | undefined {
    let left = most;
    for (let span = this.#newest; span !== undefined && left > 0; span = span.older, left -= 1) if (span.trace.word3 === word3 && span.trace.word2 === word2) return span;
    return undefined;
  }
}
