import type { TraceQuery } from '../query/trace-query.js';
import type { SpanData } from '../record/span-data.js';

/** One trace in a list. */
export interface ListedTrace {
  /** The span that it is listed as. */
  readonly root: SpanData;
  readonly hasError: boolean;
  readonly isSlow: boolean;
  readonly spanCount: number;
  /** Something of it has not ended. */
  readonly isRunning: boolean;
}
export interface TracePage {
  readonly traces: readonly ListedTrace[];
  /** Of all that match, on whatever page. */
  readonly total: number;
  readonly nextCursor: string | undefined;
}

/** Where spans can be found again. */
export interface TraceStore {
  list(query: TraceQuery): Promise<TracePage>;
  /** All spans that are known of a trace, open ones included, in no order. */
  spans(traceId: string): Promise<readonly SpanData[]>;
  clear(): Promise<void>;
  /** Lets go of what is older than it may be. */
  evict(): void;
  readonly held: { readonly spans: number; readonly bytes: number; readonly evictedSpans: number };
}
