import type { TraceContext } from '@motia/protocol';
import { shared, type InvocationScope } from '../context/invocation-scope.js';
import { identityOf, traceparentOf } from './trace-ids.js';

/**
 * The trace that what a handler does next belongs to: the span that a library has made active through the OpenTelemetry
 * API, else the call itself.
 */
export function activeTrace(scope: InvocationScope): TraceContext | undefined {
  const span = shared.openTelemetry?.activeSpan(scope);
  if (span === undefined || scope.trace === undefined) return scope.trace;
  // A span that the call has nothing to do with is not continued: the engine would not believe it either.
  return span.traceId === scope.traceId ? { ...scope.trace, traceparent: traceparentOf(span) } : scope.trace;
}

/** The span that a log line is written in. */
export function activeSpanId(scope: InvocationScope): string {
  return shared.openTelemetry === undefined ? scope.spanId : (identityOf(activeTrace(scope))?.spanId ?? scope.spanId);
}
