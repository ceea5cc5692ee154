import type { StoreHandle } from '@motia/engine-core/contract';
import { durationOf } from '../query/span-view.js';
import { fitsTrace, traceKeyOf } from '../query/trace-fit.js';
import { spanFilter, type TraceQuery } from '../query/trace-query.js';
import type { Recorder } from '../record/recorder.js';
import type { SpanData } from '../record/span-data.js';
import { decodeSpan } from '../record/span-decoder.js';
import { TraceFlag } from '../record/trace-table.js';
import { isSameId, recordsIn } from '../sqlite/span-records.js';
import type { TraceRow } from '../sqlite/queries.js';
import type { OtelProgram } from '../store-program.js';
import type { RunStrings } from './run-strings.js';
import type { SpanSnapshots } from './snapshot-span.js';
import { TracePlaces, type TraceCandidate } from './trace-places.js';
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

/** Traces that are looked at before others get their turn. */
const tracesPerTurn = 500;

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
    const nowMs = this.#parts.now();
    const places = new TracePlaces(query);
    const open = this.#openRoots(query, nowMs);
    for (const candidate of open.roots.values()) places.add(candidate);
    for (let before: number | undefined; ; ) {
      const rows = this.#rows(query, before);
      for (const row of rows) {
        const candidate = this.#consider(row, { query, nowMs, running: open.running });
        if (candidate !== undefined && !open.roots.has(candidate.id)) places.add(candidate);
      }
      before = rows.at(-1)?.id;
      if (rows.length < tracesPerTurn) break;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    return places.page();
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
    const { handle, strings, slowMs } = this.#parts;
    const id = Buffer.from(traceId, 'hex');
    const spans: SpanData[] = [];
    for (const chunkId of handle.query('chunksOf', id)) {
      const chunk = handle.query('chunk', chunkId);
      if (chunk === undefined) continue;
      const texts = strings.of(chunk.run);
      for (const record of recordsIn(chunk.body, slowMs)) if (isSameId(record.traceId, id)) spans.push(decodeSpan(record.bytes, 0, texts));
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    return spans;
  }

  #rows({ traceId, fromMs, toMs, minDurationMs, maxDurationMs, onlyErrors, onlySlow, includesInternal }: TraceQuery, before: number | undefined): readonly TraceRow[] {
    return this.#parts.handle.query('traces', {
      before, fromMs, toMs, minDurationMs, maxDurationMs,
      limit: tracesPerTurn,
      traceId: traceId === undefined ? undefined : Buffer.from(traceId, 'hex'),
      withFlags: (onlyErrors ? TraceFlag.error : 0) | (onlySlow ? TraceFlag.slow : 0),
      withoutFlags: includesInternal ? 0 : TraceFlag.internal,
    });
  }

  #consider(row: TraceRow, { query, nowMs, running }: { readonly query: TraceQuery; readonly nowMs: number; readonly running: ReadonlySet<string> }): TraceCandidate | undefined {
    const id = Buffer.from(row.trace_id).toString('hex');
    const matches = spanFilter(query, this.#parts.serviceName);
    let root = matches !== undefined || query.order === 'name' ? this.#rootOf(row) : undefined;
    if (matches !== undefined && root !== undefined && !matches(root) && !(query.searchesAllSpans && this.#anySpan(id, matches))) return undefined;
    return {
      key: query.order === 'name' ? (root?.name ?? '') : query.order === 'duration' ? row.duration_ms : row.start_ms,
      id,
      load: () => {
        root ??= this.#rootOf(row);
        return { root, hasError: (row.flags & TraceFlag.error) !== 0, isSlow: (row.flags & TraceFlag.slow) !== 0 || durationOf(root, nowMs) >= this.#parts.slowMs, spanCount: row.spans, isRunning: running.has(id) };
      },
    };
  }

  #rootOf({ root, run }: TraceRow): SpanData {
    return decodeSpan(root, 0, this.#parts.strings.of(run));
  }

  #anySpan(traceId: string, matches: (span: SpanData) => boolean): boolean {
    const { handle, strings, slowMs } = this.#parts;
    const id = Buffer.from(traceId, 'hex');
    return handle.query('chunksOf', id).some((chunkId) => {
      const chunk = handle.query('chunk', chunkId);
      if (chunk === undefined) return false;
      const texts = strings.of(chunk.run);
      for (const record of recordsIn(chunk.body, slowMs)) if (isSameId(record.traceId, id) && matches(decodeSpan(record.bytes, 0, texts))) return true;
      return false;
    });
  }

  #openSpans(): readonly SpanData[] {
    const { recorder, snapshots, handle, engineId, strings } = this.#parts;
    const own = [...recorder.open].map((span) => snapshots.data(span));
    return [...own, ...handle.query('openElsewhere', engineId).map(({ run, body }) => decodeSpan(body, 0, strings.of(run)))];
  }

  /** Traces whose beginning has not ended, and all of which something has not. */
  #openRoots(query: TraceQuery, nowMs: number): { readonly roots: ReadonlyMap<string, TraceCandidate>; readonly running: ReadonlySet<string> } {
    const found = new Map<string, TraceCandidate>();
    const running = new Set<string>();
    const matches = spanFilter(query, this.#parts.serviceName);
    for (const span of this.#openSpans()) {
      running.add(span.traceId);
      if (span.parentSpanId !== undefined && !span.isParentRemote) continue;
      // What goes on in a trace that began before is no beginning.
      if (found.has(span.traceId) || (span.parentSpanId !== undefined && this.#parts.handle.query('chunksOf', Buffer.from(span.traceId, 'hex')).length > 0)) continue;
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
