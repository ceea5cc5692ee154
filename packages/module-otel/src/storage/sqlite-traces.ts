import { nextTurn } from '@motia/engine-core';
import type { StoreHandle } from '@motia/engine-core/contract';
import { durationOf } from '../query/span-view.js';
import { fitsTrace, traceKeyOf } from '../query/trace-fit.js';
import { spanFilter, type TraceQuery } from '../query/trace-query.js';
import type { Recorder } from '../record/recorder.js';
import type { SpanData } from '../record/span-data.js';
import { decodeSpan } from '../record/span-decoder.js';
import type { ChunkRow, EntriesRow } from '../sqlite/queries.js';
import { isSameId, recordsIn } from '../sqlite/span-records.js';
import { hasTrace } from '../sqlite/trace-entries.js';
import type { OtelProgram } from '../store-program.js';
import type { RunStrings } from './run-strings.js';
import type { SpanSnapshots } from './snapshot-span.js';
import { TraceDirectory } from './trace-directory.js';
import type { TraceCandidate } from './trace-places.js';
import { searchTraces, type OpenTraces, type SpanMatch } from './trace-search.js';
import type { TracePage, TraceStore } from './trace-store.js';

export interface SqliteTracesParts {
  readonly handle: StoreHandle<OtelProgram>;
  readonly engineId: string;
  readonly run: string;
  readonly strings: RunStrings;
  readonly recorder: Recorder;
  readonly snapshots: SpanSnapshots;
  readonly serviceName: string;
  readonly slowMs: number;
  readonly now: () => number;
  /** Resolves when everything that was recorded can be found. */
  readonly flush: () => Promise<void>;
  readonly evicted: () => number;
}

/** Pieces that are read before others get their turn. */
const piecesPerTurn = 2;

/** Traces in `telemetry.db`, and what is still open. */
export class SqliteTraces implements TraceStore {
  readonly #parts: SqliteTracesParts;

  constructor(parts: SqliteTracesParts) {
    this.#parts = parts;
  }

  get held(): TraceStore['held'] {
    const { spans, spanBytes } = this.#parts.handle.query('held', null);
    return { spans, bytes: spanBytes, evictedSpans: this.#parts.evicted() };
  }

  async list(query: TraceQuery): Promise<TracePage> {
    await this.#parts.flush();
    const directory = new TraceDirectory();
    for await (const piece of this.#pieces()) directory.add(piece);
    const matches = spanFilter(query, this.#parts.serviceName);
    const found = matches !== undefined && query.searchesAllSpans ? await this.#tracesWith(matches) : undefined;
    const nowMs = this.#parts.now();
    const bodies = new ChunkBodies(this.#parts);
    return searchTraces(directory.traces((chunkId, at) => bodies.spanAt(chunkId, at)), {
      query, matches,
      open: this.#openTraces(query, matches, nowMs, directory),
      isFoundOtherwise: (traceId) => found?.has(traceId) === true,
      // What was written when another setting held is shown by the present one.
      isSlow: (root) => durationOf(root, nowMs) >= this.#parts.slowMs,
    });
  }

  async spans(traceId: string): Promise<readonly SpanData[]> {
    await this.#parts.flush();
    const spans = await this.#written(traceId);
    const known = new Set(spans.map(({ spanId }) => spanId));
    for (const span of this.#openSpans()) if (span.traceId === traceId && !known.has(span.spanId)) spans.push(span);
    return spans;
  }

  async clear(): Promise<void> {
    await this.#parts.flush();
    await this.#parts.handle.run('clearSpans', { run: this.#parts.run });
  }

  evict(): void {
    // With every write.
  }

  async #written(traceId: string): Promise<SpanData[]> {
    const id = Buffer.from(traceId, 'hex');
    const spans: SpanData[] = [];
    for await (const { id: chunkId, run, traces } of this.#pieces()) {
      const chunk = hasTrace(traces, id) ? this.#parts.handle.query('chunk', chunkId) : undefined;
      if (chunk === undefined) continue;
      const texts = this.#parts.strings.of(run);
      for (const record of recordsIn(chunk.body)) if (isSameId(record.traceId, id)) spans.push(decodeSpan(record.bytes, 0, texts));
    }
    return spans;
  }

  /** What is known of the traces of every piece, oldest first. */
  async *#pieces(): AsyncIterableIterator<EntriesRow> {
    for (let after = 0; ; ) {
      const pieces = this.#parts.handle.query('entries', { after, limit: piecesPerTurn });
      yield* pieces;
      if (pieces.length < piecesPerTurn) return;
      after = pieces.at(-1)?.id ?? after;
      await nextTurn();
    }
  }

  /** Ids of all traces with a span that matches. */
  async #tracesWith(matches: SpanMatch): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    for await (const { id, run } of this.#pieces()) {
      const texts = this.#parts.strings.of(run);
      for (const { bytes } of recordsIn(this.#parts.handle.query('chunk', id)?.body ?? nothing)) {
        const span = decodeSpan(bytes, 0, texts);
        if (matches(span)) found.add(span.traceId);
      }
      await nextTurn();
    }
    return found;
  }

  #openSpans(): readonly SpanData[] {
    const { recorder, snapshots, handle, engineId, strings } = this.#parts;
    const own = [...recorder.open].map((span) => snapshots.data(span));
    return [...own, ...handle.query('openElsewhere', engineId).map(({ run, body }) => decodeSpan(body, 0, strings.of(run)))];
  }

  /** Traces whose beginning has not ended, and all of which something has not. */
  #openTraces(query: TraceQuery, matches: SpanMatch | undefined, nowMs: number, directory: TraceDirectory): OpenTraces {
    const found = new Map<string, TraceCandidate>();
    const running = new Set<string>();
    for (const span of this.#openSpans()) {
      running.add(span.traceId);
      if (span.parentSpanId !== undefined && !span.isParentRemote) continue;
      // What goes on in a trace that began before is no beginning.
      if (found.has(span.traceId) || (span.parentSpanId !== undefined && directory.has(span.traceId))) continue;
      const durationMs = durationOf(span, nowMs);
      const isSlow = durationMs >= this.#parts.slowMs;
      if (!fitsTrace(query, { hasError: false, isSlow, isInternal: span.isInternal }, span.startMs, durationMs)) continue;
      if (query.traceId !== undefined && query.traceId !== span.traceId) continue;
      if (matches !== undefined && !matches(span)) continue;
      found.set(span.traceId, { key: traceKeyOf(query, span, nowMs), id: span.traceId, load: () => ({ root: span, hasError: false, isSlow, spanCount: 1, isRunning: true }) });
    }
    return { roots: found, running };
  }
}

/** Reads spans out of pieces, and keeps the piece that was read last: whoever asks goes through them in order. */
class ChunkBodies {
  #id: number | undefined;
  #chunk: ChunkRow | undefined;

  constructor(private readonly parts: Pick<SqliteTracesParts, 'handle' | 'strings'>) {}

  /** Undefined when it had to make room meanwhile. */
  spanAt(chunkId: number, at: number): SpanData | undefined {
    if (this.#id !== chunkId) this.#chunk = this.parts.handle.query('chunk', chunkId);
    this.#id = chunkId;
    return this.#chunk === undefined ? undefined : decodeSpan(this.#chunk.body, at, this.parts.strings.of(this.#chunk.run));
  }
}

const nothing = new Uint8Array(0);
