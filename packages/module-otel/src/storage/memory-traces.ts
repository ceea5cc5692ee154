import { durationOf } from '../query/span-view.js';
import { fitsTrace, traceKeyOf } from '../query/trace-fit.js';
import { spanFilter, type TraceQuery } from '../query/trace-query.js';
import { Turns } from '../query/turns.js';
import { hexWord } from '../record/hex-word.js';
import type { Recorder } from '../record/recorder.js';
import type { SpanData } from '../record/span-data.js';
import { Offset } from '../record/span-layout.js';
import type { SpanLog } from '../record/span-log.js';
import { TraceIndex, type IndexedTrace } from '../record/trace-index.js';
import type { SpanSnapshots } from './snapshot-span.js';
import { TracePlaces, type TraceCandidate } from './trace-places.js';
import type { TracePage, TraceStore } from './trace-store.js';

export interface MemoryTracesParts {
  readonly log: SpanLog;
  readonly recorder: Recorder;
  readonly snapshots: SpanSnapshots;
  readonly serviceName: string;
  readonly slowMs: number;
  readonly retentionMs: number;
  readonly now: () => number;
}

/** Traces in memory: the log, and what is still open. */
export class MemoryTraces implements TraceStore {
  readonly #parts: MemoryTracesParts;
  readonly #index: TraceIndex;

  constructor(parts: MemoryTracesParts) {
    this.#parts = parts;
    this.#index = new TraceIndex(parts.log, parts.slowMs);
  }

  get held(): TraceStore['held'] {
    const { log } = this.#parts;
    return { spans: log.size, bytes: log.bytes + this.#index.bytes, evictedSpans: log.evictedSpans };
  }

  async list(query: TraceQuery): Promise<TracePage> {
    await this.#index.sync();
    const nowMs = this.#parts.now();
    const open = this.#openRoots(query, nowMs);
    const places = new TracePlaces(query);
    for (const candidate of open.roots.values()) places.add(candidate);
    const looking = { query, places, open, openWords: new Set([...open.roots.keys()].map(lastWordOf)), matches: spanFilter(query, this.#parts.serviceName) };
    const turns = new Turns();
    for (const trace of this.#index.traces()) {
      this.#consider(trace, looking);
      if (turns.step()) await turns.next();
    }
    return places.page();
  }

  async spans(traceId: string): Promise<readonly SpanData[]> {
    await this.#index.sync();
    const spans = this.#index.spans(traceId);
    for (const span of this.#parts.recorder.open) if (span.context.traceparent.startsWith(traceId, 3)) spans.push(this.#parts.snapshots.data(span));
    return spans;
  }

  async clear(): Promise<void> {
    this.#parts.log.clear();
    this.#index.clear();
  }

  evict(): void {
    const { log, retentionMs, now } = this.#parts;
    log.evictOlderThan(now() - retentionMs, now() - retentionMs / 16);
  }

  /** Traces whose beginning has not ended, and all of which something has not. */
  #openRoots(query: TraceQuery, nowMs: number): { readonly roots: ReadonlyMap<string, TraceCandidate>; readonly running: ReadonlySet<string> } {
    const found = new Map<string, TraceCandidate>();
    const running = new Set<string>();
    const matches = spanFilter(query, this.#parts.serviceName);
    for (const record of this.#parts.recorder.open) {
      const traceId = record.context.traceparent.slice(3, 35);
      running.add(traceId);
      // What goes on in a trace that began before is no beginning.
      if (!record.isRoot || found.has(traceId) || (record.hasParent && this.#index.has(traceId))) continue;
      const span = this.#parts.snapshots.data(record);
      const traceHas = { hasError: record.trace.isNotable, isSlow: nowMs - record.startMs >= this.#parts.slowMs };
      if (!fitsTrace(query, { ...traceHas, isInternal: record.trace.isInternal }, span.startMs, durationOf(span, nowMs))) continue;
      if (query.traceId !== undefined && query.traceId !== span.traceId) continue;
      if (matches !== undefined && !matches(span) && !(query.searchesAllSpans && this.#anySpan(span.traceId, matches))) continue;
      found.set(span.traceId, { key: traceKeyOf(query, span, nowMs), id: span.traceId, load: () => ({ root: span, ...traceHas, spanCount: record.trace.spans + 1, isRunning: true }) });
    }
    return { roots: found, running };
  }

  /** Runs for every trace that there is, so it makes nothing for those that the page does not show. */
  #consider(trace: IndexedTrace, { query, places, open, openWords, matches }: Looking): void {
    const { hasError, isSlow, spanCount, chunk, at } = trace;
    const { view, index } = chunk;
    const startMs = view.getFloat64(at + Offset.start, true);
    const durationMs = view.getFloat64(at + Offset.end, true) - startMs;
    if (!fitsTrace(query, trace, startMs, durationMs)) return;
    if (query.traceId !== undefined && query.traceId !== traceIdAt(trace)) return;
    // It is there already, as the beginning that has not ended.
    if (openWords.has(view.getInt32(at + lastWordAt)) && open.roots.has(traceIdAt(trace))) return;
    // Decoding all would be most of the work, and a page shows few.
    let root = matches !== undefined || query.order === 'name' ? this.#index.decode(trace) : undefined;
    if (matches !== undefined && root !== undefined && !matches(root) && !(query.searchesAllSpans && this.#anySpan(traceIdAt(trace), matches))) return;
    const key = query.order === 'name' ? (root?.name ?? '') : query.order === 'duration' ? durationMs : startMs;
    if (!places.mayShow(key)) return places.count();
    const id = traceIdAt(trace);
    places.add({
      key,
      id,
      load: () => {
        // The piece of memory may hold something else by now.
        if (root === undefined && chunk.index === index) root = this.#index.decode({ chunk, at });
        return root === undefined ? undefined : { root, hasError, isSlow, spanCount, isRunning: open.running.has(id) };
      },
    });
  }

  #anySpan(traceId: string, matches: (span: SpanData) => boolean): boolean {
    return this.#index.spans(traceId).some((span) => matches(span));
  }
}

/** What one question is about, and what it has found so far. */
interface Looking {
  readonly query: TraceQuery;
  readonly places: TracePlaces;
  readonly open: { readonly roots: ReadonlyMap<string, TraceCandidate>; readonly running: ReadonlySet<string> };
  /** Last words of the ids of open roots: most traces are told apart from them without their id as text. */
  readonly openWords: ReadonlySet<number>;
  readonly matches: ((span: SpanData) => boolean) | undefined;
}

const lastWordAt = Offset.traceId + 12;

function lastWordOf(traceId: string): number {
  return hexWord(traceId, 24);
}

function traceIdAt({ chunk, at }: IndexedTrace): string {
  const start = at + Offset.traceId;
  return Buffer.from(chunk.bytes.buffer, chunk.bytes.byteOffset + start, 16).toString('hex');
}
