import type { SpanData } from '../record/span-data.js';
import { durationOf } from './span-view.js';
import type { TraceQuery } from './trace-query.js';

/** What is known of a whole trace. */
export interface TraceFacts {
  readonly hasError: boolean;
  readonly isSlow: boolean;
  readonly isInternal: boolean;
}

/** What a query asks of whole traces, by the times of the span that a trace is listed as. */
export function fitsTrace(query: TraceQuery, trace: TraceFacts, startMs: number, durationMs: number): boolean {
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

/** What a list is sorted by. */
export function traceKeyOf({ order }: TraceQuery, root: SpanData, nowMs: number): string | number {
  return order === 'name' ? root.name : order === 'duration' ? durationOf(root, nowMs) : root.startMs;
}
