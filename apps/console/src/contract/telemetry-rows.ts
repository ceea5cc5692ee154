import { Type, type Static } from '@sinclair/typebox';
import { anything, count, epochMs, epochNanos, flag, names, oneOf, orNull, spanId, text, traceId } from './shapes.js';

const timeSplit = Type.Object({ wait_ms: Type.Number(), transit_ms: Type.Number(), handler_ms: Type.Number(), store_ms: Type.Number() });
const pairs = Type.Array(Type.Tuple([text, anything]));
const span = {
  trace_id: traceId, span_id: spanId, parent_span_id: orNull(spanId), name: text, kind: text,
  start_time_unix_nano: epochNanos,
  /** Null while it is open. */
  end_time_unix_nano: orNull(epochNanos),
  duration_ms: Type.Number(), in_flight: Type.Optional(flag), status: oneOf('ok', 'error', 'unset', 'interrupted'), status_description: orNull(text), service_name: text,
};
const told = {
  attributes: pairs, events: Type.Array(Type.Object({ name: text, timestamp_unix_nano: epochNanos, attributes: pairs })), links: Type.Array(Type.Object({ trace_id: traceId, span_id: spanId })),
};

/** A trace as it is listed: the span that it began with. */
export const traceRow = Type.Object({ ...span, span_count: count, has_error: flag, is_slow: flag });
export type TraceRow = Static<typeof traceRow>;

export const flatSpan = Type.Object({ ...span, ...told, time_split: Type.Optional(timeSplit), depth: count, child_count: count, matches: Type.Optional(flag) });
export type FlatSpan = Static<typeof flatSpan>;
export const treeSpan = Type.Recursive((self) => Type.Object({ ...span, ...told, time_split: Type.Optional(timeSplit), children: Type.Array(self), children_omitted: Type.Optional(count), matches: Type.Optional(flag) }), { $id: 'TreeSpan' });
export type TreeSpan = Static<typeof treeSpan>;

const trace = { trace_id: traceId, span_count: count, clamped: Type.Optional(flag) };
/** `view=tree`. */
export const traceTree = Type.Object({ ...trace, roots: Type.Array(treeSpan), returned: count, truncated: Type.Optional(flag) });
export type TraceTree = Static<typeof traceTree>;
export const traceSpans = Type.Object({ ...trace, spans: Type.Array(flatSpan), next_cursor: Type.Optional(text) });
export type TraceSpans = Static<typeof traceSpans>;

export const logRow = Type.Object({
  id: text, timestamp_unix_nano: epochNanos, observed_timestamp_unix_nano: epochNanos, severity_number: count, severity_text: oneOf('TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'), body: text,
  attributes: names, trace_id: orNull(traceId), span_id: orNull(spanId), resource: Type.Record(text, text), service_name: text, instrumentation_scope_name: text, instrumentation_scope_version: orNull(text),
});
export type LogRow = Static<typeof logRow>;

const metric = Type.Object({ name: text, kind: text, unit: Type.Optional(text), description: Type.Optional(text), data_points: Type.Array(Type.Object({ attributes: names, value: Type.Optional(Type.Number()), count: Type.Optional(count) })) });
export const metrics = Type.Object({ engine_metrics: names, metrics: Type.Array(metric), sdk_metrics: Type.Array(metric), timestamp: epochMs });
export const rollups = Type.Object({ rollups: Type.Array(names), level: count, timestamp: epochMs });
export const alerts = Type.Object({
  alerts: Type.Array(Type.Object({
    name: text, metric: text, threshold: Type.Number(), operator: text, window_seconds: Type.Number(), cooldown_seconds: Type.Number(), enabled: flag, action: names,
    value: orNull(Type.Number()), firing: flag, last_checked: orNull(epochMs), last_triggered: orNull(epochMs), times_triggered: count, last_error: Type.Optional(text),
  })),
  timestamp: epochMs,
});
