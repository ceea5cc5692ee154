import { durationOf } from '../query/span-view.js';
import { fitsTrace, traceKeyOf } from '../query/trace-fit.js';
import { spanFilter, type TraceQuery } from '../query/trace-query.js';
import type { SpanData } from '../record/span-data.js';
import { TracePlaces } from './trace-places.js';
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
  const places = new TracePlaces(query);
  for (const spans of traces) {
    const trace = spans.length === 0 ? undefined : listedTrace(spans, facts);
    if (trace === undefined || !matches(trace, spans, query, facts)) continue;
    places.add({ key: traceKeyOf(query, trace.root, facts.nowMs), id: trace.root.traceId, load: () => trace });
  }
  return places.page();
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
  const isFit = spanFilter(query, serviceName);
  return (
    (query.traceId === undefined || query.traceId === root.traceId) &&
    fitsTrace(query, { hasError, isSlow, isInternal: root.isInternal }, root.startMs, durationOf(root, nowMs)) &&
    (isFit === undefined || isFit(root) || (query.searchesAllSpans && spans.some(isFit)))
  );
}
