import type { SpanData, SpanStatus } from '../record/span-data.js';
import { readCursor, type CursorPlace } from './cursor.js';
import { InputReader, traceIdText } from './input-reader.js';

export type TraceOrder = 'start_time' | 'duration' | 'name';

/** What `engine::traces::list` asks for. */
export interface TraceQuery {
  readonly traceId: string | undefined;
  readonly serviceName: string | undefined;
  readonly name: string | undefined;
  readonly status: SpanStatus | undefined;
  readonly minDurationMs: number | undefined;
  readonly maxDurationMs: number | undefined;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly attributes: readonly (readonly [string, string])[];
  /** Text in a name or in the value of an attribute, in lower case. */
  readonly search: string | undefined;
  readonly includesInternal: boolean;
  /** Filters of spans may be met by any span of the trace. */
  readonly searchesAllSpans: boolean;
  readonly onlyErrors: boolean;
  readonly onlySlow: boolean;
  readonly order: TraceOrder;
  readonly isAscending: boolean;
  readonly offset: number;
  readonly limit: number;
  readonly after: CursorPlace | undefined;
  readonly isClamped: boolean;
}

/** Traces in one answer. */
export const mostListed = 1_000;

/** @throws `MOTIA_OTEL_INVALID_QUERY` */
export function parseTraceQuery(payload: unknown): TraceQuery {
  const input = new InputReader('engine::traces::list', payload);
  const order = input.choice<TraceOrder>('sort_by', ['start_time', 'duration', 'name']) ?? 'start_time';
  const isAscending = (input.choice('sort_order', ['asc', 'desc']) ?? 'asc') === 'asc';
  const cursor = input.text('cursor');
  const after = cursor === undefined ? undefined : readCursor(cursor, sortName(order, isAscending));
  if (cursor !== undefined && after === undefined) input.problem('cursor', 'is none that a list in this order has given out');
  const query = {
    traceId: input.text('trace_id', traceIdText)?.toLowerCase(),
    serviceName: input.text('service_name')?.toLowerCase(),
    name: input.text('name')?.toLowerCase(),
    status: input.choice<SpanStatus>('status', ['ok', 'error', 'unset', 'interrupted']),
    minDurationMs: input.number('min_duration_ms'),
    maxDurationMs: input.number('max_duration_ms'),
    fromMs: input.time('start_time'),
    toMs: input.time('end_time'),
    attributes: input.pairs('attributes'),
    search: input.text('search')?.toLowerCase(),
    includesInternal: input.flag('include_internal'),
    searchesAllSpans: input.flag('search_all_spans'),
    onlyErrors: input.flag('error'),
    onlySlow: input.flag('slow'),
    order,
    isAscending,
    offset: input.count('offset', { most: 10_000_000, fallback: 0 }),
    limit: input.count('limit', { least: 1, most: mostListed, fallback: 100 }),
    after,
  };
  input.done();
  return { ...query, isClamped: input.isClamped };
}

export function sortName(order: TraceOrder, isAscending: boolean): string {
  return `${order}:${isAscending ? 'asc' : 'desc'}`;
}

/** What a query asks of spans, as opposed to whole traces. Undefined: nothing. */
export function spanFilter(query: TraceQuery, ownService: string): ((span: SpanData) => boolean) | undefined {
  const { serviceName, name, status, attributes, search } = query;
  if (serviceName === undefined && name === undefined && status === undefined && attributes.length === 0 && search === undefined) return undefined;
  return (span) =>
    (name === undefined || span.name.toLowerCase().includes(name)) &&
    (status === undefined || span.status === status) &&
    (serviceName === undefined || (span.serviceName ?? ownService).toLowerCase().includes(serviceName)) &&
    attributes.every(([key, value]) => span.attributes.some(([known, is]) => known === key && String(is) === value)) &&
    (search === undefined || containsText(span, search));
}

/** True where a text stands in the name, the id, an attribute or the error of a span. Literal, never a pattern. */
export function containsText(span: SpanData, lower: string): boolean {
  if (span.name.toLowerCase().includes(lower) || span.spanId === lower || span.traceId === lower || span.statusText?.toLowerCase().includes(lower) === true) return true;
  return span.attributes.some(([key, value]) => key.toLowerCase().includes(lower) || String(value).toLowerCase().includes(lower));
}
