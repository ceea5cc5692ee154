import { comparePlaces, writeCursor } from '../query/cursor.js';
import { FirstPlaces } from '../query/first-places.js';
import { durationOf } from '../query/span-view.js';
import { sortName, spanFilter, type TraceQuery } from '../query/trace-query.js';
import type { Recorder } from '../record/recorder.js';
import type { SpanData } from '../record/span-data.js';
import { Offset } from '../record/span-encoder.js';
import type { SpanLog } from '../record/span-log.js';
import { TraceIndex, type IndexedTrace } from '../record/trace-index.js';
import type { SpanSnapshots } from './snapshot-span.js';
import type { ListedTrace, TracePage, TraceStore } from './trace-store.js';

export interface MemoryTracesParts {
  readonly log: SpanLog;
  readonly recorder: Recorder;
  readonly snapshots: SpanSnapshots;
  readonly serviceName: string;
  readonly slowMs: number;
  readonly retentionMs: number;
  readonly now: () => number;
}

/** A trace that matches, before its page is known. */
interface Candidate {
  readonly key: string | number;
  readonly id: string;
  /** Undefined when it had to make room meanwhile. */
  load(): ListedTrace | undefined;
}

const tracesPerTurn = 10_000;

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
    const { after, isAscending, offset, limit } = query;
    const compare = (a: Candidate, b: Candidate): number => comparePlaces(a, b, isAscending);
    // One more than the page shows whether there is another one.
    const first = new FirstPlaces<Candidate>((after === undefined ? offset : 0) + limit + 1, compare);
    let total = 0;
    const add = (candidate: Candidate): void => {
      total += 1;
      if (after === undefined || comparePlaces(candidate, after, isAscending) > 0) first.add(candidate);
    };
    for (const candidate of open.roots.values()) add(candidate);
    let left = tracesPerTurn;
    for (const trace of this.#index.traces()) {
      const candidate = this.#consider(trace, query, open.running);
      if (candidate !== undefined && !open.roots.has(candidate.id)) add(candidate);
      left -= 1;
      if (left > 0) continue;
      left = tracesPerTurn;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    const found = first.sorted().slice(after === undefined ? offset : 0);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return {
      traces: page.map((candidate) => candidate.load()).filter((trace) => trace !== undefined),
      total,
      nextCursor: last === undefined || found.length <= limit ? undefined : writeCursor({ sort: sortName(query.order, isAscending), key: last.key, id: last.id }),
    };
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
    this.#parts.log.evictOlderThan(this.#parts.now() - this.#parts.retentionMs);
  }

  /** Traces whose beginning has not ended, and all of which something has not. */
  #openRoots(query: TraceQuery, nowMs: number): { readonly roots: ReadonlyMap<string, Candidate>; readonly running: ReadonlySet<string> } {
    const found = new Map<string, Candidate>();
    const running = new Set<string>();
    const matches = spanFilter(query, this.#parts.serviceName);
    for (const record of this.#parts.recorder.open) {
      const traceId = record.context.traceparent.slice(3, 35);
      running.add(traceId);
      // What goes on in a trace that began before is no beginning.
      if (!record.isRoot || found.has(traceId) || (record.hasParent && this.#index.has(traceId))) continue;
      const span = this.#parts.snapshots.data(record);
      const traceHas = { hasError: record.trace.isNotable, isSlow: nowMs - record.startMs >= this.#parts.slowMs };
      if (!fits(query, { ...traceHas, isInternal: record.trace.isInternal }, span.startMs, durationOf(span, nowMs))) continue;
      if (query.traceId !== undefined && query.traceId !== span.traceId) continue;
      if (matches !== undefined && !matches(span) && !(query.searchesAllSpans && this.#anySpan(span.traceId, matches))) continue;
      found.set(span.traceId, { key: keyOf(query, span, nowMs), id: span.traceId, load: () => ({ root: span, ...traceHas, spanCount: record.trace.spans + 1, isRunning: true }) });
    }
    return { roots: found, running };
  }

  #consider(trace: IndexedTrace, query: TraceQuery, running: ReadonlySet<string>): Candidate | undefined {
    const { view } = trace.chunk;
    const startMs = view.getFloat64(trace.at + Offset.start, true);
    const endMs = view.getFloat64(trace.at + Offset.end, true);
    if (!fits(query, trace, startMs, endMs - startMs)) return undefined;
    const { hasError, isSlow, spanCount, chunk, at } = trace;
    const id = traceIdAt(trace);
    if (query.traceId !== undefined && query.traceId !== id) return undefined;
    const { index } = chunk;
    const matches = spanFilter(query, this.#parts.serviceName);
    // Decoding all would be most of the work, and a page shows few.
    let root = matches !== undefined || query.order === 'name' ? this.#index.decode(trace) : undefined;
    if (matches !== undefined && root !== undefined && !matches(root) && !(query.searchesAllSpans && this.#anySpan(id, matches))) return undefined;
    return {
      key: query.order === 'name' ? (root?.name ?? '') : query.order === 'duration' ? endMs - startMs : startMs,
      id,
      load: () => {
        // The piece of memory may hold something else by now.
        if (root === undefined && chunk.index === index) root = this.#index.decode({ chunk, at });
        return root === undefined ? undefined : { root, hasError, isSlow, spanCount, isRunning: running.has(id) };
      },
    };
  }

  #anySpan(traceId: string, matches: (span: SpanData) => boolean): boolean {
    return this.#index.spans(traceId).some((span) => matches(span));
  }
}

/** What a query asks of whole traces. */
function fits(query: TraceQuery, trace: Pick<IndexedTrace, 'hasError' | 'isSlow' | 'isInternal'>, startMs: number, durationMs: number): boolean {
  return (
    (query.includesInternal || !trace.isInternal) &&
    (!query.onlyErrors || trace.hasError) &&
    (!query.onlySlow || trace.isSlow) &&
    (query.fromMs === undefined || startMs >= query.fromMs) &&
    (query.toMs === undefined || startMs <= query.toMs) &&
    (query.minDurationMs === undefined || durationMs >= query.minDurationMs) &&
    (query.maxDurationMs === undefined || durationMs <= query.maxDurationMs)
  );
}

function keyOf({ order }: TraceQuery, root: SpanData, nowMs: number): string | number {
  return order === 'name' ? root.name : order === 'duration' ? durationOf(root, nowMs) : root.startMs;
}

function traceIdAt({ chunk, at }: IndexedTrace): string {
  const start = at + Offset.traceId;
  return Buffer.from(chunk.bytes.buffer, chunk.bytes.byteOffset + start, 16).toString('hex');
}
