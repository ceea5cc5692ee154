import { comparePlaces, writeCursor } from '../query/cursor.js';
import { FirstPlaces } from '../query/first-places.js';
import { durationOf } from '../query/span-view.js';
import { sortName, spanFilter, type TraceQuery } from '../query/trace-query.js';
import type { SpanData } from '../record/span-data.js';
import type { ListedTrace, TracePage } from './trace-store.js';

export interface ListFacts {
  /** Of spans that have no `serviceName`. */
  readonly serviceName: string;
  readonly slowMs: number;
  /** Epoch milliseconds. */
  readonly nowMs: number;
}

/** The page that a query asks for, of traces given by all their spans: for storages that do not filter and sort themselves, or only roughly. */
export function listTraces(traces: Iterable<readonly SpanData[]>, query: TraceQuery, facts: ListFacts): TracePage {
  const { after, isAscending, offset, limit, order } = query;
  const skipped = after === undefined ? offset : 0;
  const first = new FirstPlaces<Entry>(skipped + limit + 1, (a, b) => comparePlaces(a, b, isAscending));
  let total = 0;
  for (const spans of traces) {
    const trace = spans.length === 0 ? undefined : listedTrace(spans, facts);
    if (trace === undefined || !matches(trace, spans, query, facts)) continue;
    total += 1;
    const { root } = trace;
    const entry = { key: order === 'name' ? root.name : order === 'duration' ? durationOf(root, facts.nowMs) : root.startMs, id: root.traceId, trace };
    if (after === undefined || comparePlaces(entry, after, isAscending) > 0) first.add(entry);
  }
  const found = first.sorted().slice(skipped);
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return { traces: page.map(({ trace }) => trace), total, nextCursor: last === undefined || found.length <= limit ? undefined : writeCursor({ sort: sortName(order, isAscending), key: last.key, id: last.id }) };
}

interface Entry {
  readonly key: string | number;
  readonly id: string;
  readonly trace: ListedTrace;
}

/** A trace is listed by its beginning: the span without a parent here, of several the first; without any, the first of all. */
function listedTrace(spans: readonly SpanData[], { slowMs, nowMs }: ListFacts): ListedTrace {
  const isBeginning = ({ parentSpanId, isParentRemote }: SpanData): boolean => parentSpanId === undefined || isParentRemote;
  const earlier = (a: SpanData, b: SpanData): SpanData => (b.startMs < a.startMs ? b : a);
  const beginnings = spans.filter(isBeginning);
  const root = (beginnings.length > 0 ? beginnings : spans).reduce(earlier);
  return {
    root,
    hasError: spans.some(({ status }) => status === 'error' || status === 'interrupted'),
    isSlow: durationOf(root, nowMs) >= slowMs,
    spanCount: spans.length,
    isRunning: spans.some(({ endMs }) => Number.isNaN(endMs)),
  };
}

function matches({ root, hasError, isSlow }: ListedTrace, spans: readonly SpanData[], query: TraceQuery, { serviceName, nowMs }: ListFacts): boolean {
  const durationMs = durationOf(root, nowMs);
  const fits = spanFilter(query, serviceName);
  return (
    (query.traceId === undefined || query.traceId === root.traceId) &&
    (query.includesInternal || !root.isInternal) &&
    (!query.onlyErrors || hasError) &&
    (!query.onlySlow || isSlow) &&
    (query.fromMs === undefined || root.startMs >= query.fromMs) &&
    (query.toMs === undefined || root.startMs <= query.toMs) &&
    (query.minDurationMs === undefined || durationMs >= query.minDurationMs) &&
    (query.maxDurationMs === undefined || durationMs <= query.maxDurationMs) &&
    (fits === undefined || fits(root) || (query.searchesAllSpans && spans.some(fits)))
  );
}
