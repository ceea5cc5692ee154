import { attributeOf, type AttributePair, type SpanData } from '../record/span-data.js';

/** A span as functions answer with it; keys and spelling are those that existing programs know. */
export interface SpanView {
  readonly trace_id: string;
  readonly span_id: string;
  readonly parent_span_id: string | null;
  readonly name: string;
  readonly kind: string;
  readonly start_time_unix_nano: number;
  /** Null while the span is open. */
  readonly end_time_unix_nano: number | null;
  readonly duration_ms: number;
  readonly in_flight?: true;
  readonly status: string;
  readonly status_description: string | null;
  readonly attributes: readonly AttributePair[];
  readonly service_name: string;
  readonly events: readonly { readonly name: string; readonly timestamp_unix_nano: number; readonly attributes: readonly AttributePair[] }[];
  readonly links: readonly { readonly trace_id: string; readonly span_id: string }[];
  readonly instrumentation_scope_name: string;
  readonly instrumentation_scope_version: string | null;
  readonly flags: number;
  readonly dropped_attributes_count?: number;
  readonly dropped_events_count?: number;
}

/** A trace in a list: its first span, and what is known of the whole. */
export interface TraceView extends SpanView {
  readonly span_count: number;
  readonly has_error: boolean;
  readonly is_slow: boolean;
}

export interface SpanViewer {
  readonly serviceName: string;
  readonly scopeVersion: string;
  /** Epoch milliseconds, for spans that are open. */
  readonly nowMs: number;
}

export const ownScope = '@motia/engine-core';

export function viewSpan(span: SpanData, viewer: SpanViewer): SpanView {
  const isOpen = Number.isNaN(span.endMs);
  return {
    trace_id: span.traceId,
    span_id: span.spanId,
    parent_span_id: span.parentSpanId ?? null,
    name: span.name,
    kind: span.kind,
    start_time_unix_nano: nanos(span.startMs),
    end_time_unix_nano: isOpen ? null : nanos(span.endMs),
    duration_ms: durationOf(span, viewer.nowMs),
    ...(isOpen ? { in_flight: true as const } : {}),
    status: span.status,
    status_description: span.statusText ?? null,
    attributes: span.attributes,
    service_name: span.serviceName ?? viewer.serviceName,
    events: span.events.map(({ name, timeMs, attributes }) => ({ name, timestamp_unix_nano: nanos(timeMs), attributes })),
    links: span.links.map(({ traceId, spanId }) => ({ trace_id: traceId, span_id: spanId })),
    instrumentation_scope_name: span.scope ?? ownScope,
    instrumentation_scope_version: span.scope === undefined ? viewer.scopeVersion : null,
    flags: 1,
    ...(span.omittedAttributes === 0 ? {} : { dropped_attributes_count: span.omittedAttributes }),
    ...(span.omittedEvents === 0 ? {} : { dropped_events_count: span.omittedEvents }),
  };
}

/** Up to now for a span that is open. */
export function durationOf({ startMs, endMs }: Pick<SpanData, 'startMs' | 'endMs'>, nowMs: number): number {
  return round(Number.isNaN(endMs) ? Math.max(0, nowMs - startMs) : endMs - startMs);
}

/** A double holds epoch nanoseconds to a quarter of a microsecond. */
function nanos(ms: number): number {
  return Math.round(ms * 1000) * 1000;
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** Where the time of a span went, in milliseconds, as far as it and its children tell. */
export interface TimeSplit {
  /** Waiting for somebody to do it: a worker, a place in a queue. */
  readonly wait_ms: number;
  readonly transit_ms: number;
  readonly handler_ms: number;
  /** In stores: children that say `iii.phase: store`, or calls of the engine's own state, streams and queues. */
  readonly store_ms: number;
}

const storeFunctions = /^(?:state|stream|queue)::|^enqueue$|^engine::transaction$/;

/** Undefined where nothing of it is known. */
export function splitTime(span: SpanData, children: readonly SpanData[]): TimeSplit | undefined {
  const number = (key: string): number => {
    const value = attributeOf(span, key);
    return typeof value === 'number' ? value : 0;
  };
  let wait = number('iii.wait_ms');
  let store = attributeOf(span, 'iii.phase') === 'store' ? durationOf(span, span.startMs) : 0;
  if (attributeOf(span, 'iii.phase') === 'wait') wait += durationOf(span, span.startMs);
  for (const child of children) {
    const phase = attributeOf(child, 'iii.phase');
    const functionId = attributeOf(child, 'iii.function.id');
    if (phase === 'store' || (phase === undefined && typeof functionId === 'string' && storeFunctions.test(functionId))) store += durationOf(child, child.startMs);
    else if (phase === 'wait') wait += durationOf(child, child.startMs);
  }
  const split = { wait_ms: round(wait), transit_ms: round(number('iii.transit_ms')), handler_ms: round(number('iii.handler_ms')), store_ms: round(store) };
  return Object.values(split).some((ms) => ms > 0) ? split : undefined;
}
