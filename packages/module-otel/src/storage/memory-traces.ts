import { durationOf } from '../query/span-view.js';
import { fitsTrace, traceKeyOf } from '../query/trace-fit.js';
import { spanFilter, type TraceQuery } from '../query/trace-query.js';
import type { Recorder } from '../record/recorder.js';
import type { SpanData } from '../record/span-data.js';
import type { SpanLog } from '../record/span-log.js';
import { TraceIndex } from '../record/trace-index.js';
import type { SpanSnapshots } from './snapshot-span.js';
import type { TraceCandidate } from './trace-places.js';
import { searchTraces, type OpenTraces, type SpanMatch } from './trace-search.js';
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
    const matches = spanFilter(query, this.#parts.serviceName);
    const isFoundOtherwise = (traceId: string): boolean => query.searchesAllSpans && matches !== undefined && this.#anySpan(traceId, matches);
    return searchTraces(this.#index.traces(), { query, open: this.#openTraces(query, matches, nowMs), matches, isFoundOtherwise });
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
  #openTraces(query: TraceQuery, matches: SpanMatch | undefined, nowMs: number): OpenTraces {
    const found = new Map<string, TraceCandidate>();
    const running = new Set<string>();
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

  #anySpan(traceId: string, matches: SpanMatch): boolean {
    return this.#index.spans(traceId).some((span) => matches(span));
  }
}
