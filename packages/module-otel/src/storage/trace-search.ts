import { fitsTrace, type TraceFacts } from '../query/trace-fit.js';
import type { TraceQuery } from '../query/trace-query.js';
import { Turns } from '../query/turns.js';
import { hexWord } from '../record/hex-word.js';
import type { SpanData } from '../record/span-data.js';
import { TracePlaces, type TraceCandidate } from './trace-places.js';
import type { TracePage } from './trace-store.js';

/** A trace of which spans have been written down, before anything of it is decoded. */
export interface WrittenTrace extends TraceFacts {
  /** Of the span that it is listed as. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly spanCount: number;
  /** The last one of its id. */
  readonly lastWord: number;
  /** Written out when somebody asks: of most nobody does. */
  readonly id: string;
  /** The span that it is listed as, decoded; undefined when it had to make room meanwhile. */
  root(): SpanData | undefined;
}

/** Whether a span is what a query asks for. */
export type SpanMatch = (span: SpanData) => boolean;

export interface OpenTraces {
  /** Traces whose beginning has not ended. */
  readonly roots: ReadonlyMap<string, TraceCandidate>;
  /** All of which something has not. */
  readonly running: ReadonlySet<string>;
}

export interface TraceSearch {
  readonly query: TraceQuery;
  readonly open: OpenTraces;
  /** What is asked of spans. */
  readonly matches: SpanMatch | undefined;
  /** Whether a trace is found though the span that it is listed as does not match. */
  readonly isFoundOtherwise: (traceId: string) => boolean;
  /** What is shown as slow, beside what was when it was written. */
  readonly isSlow?: (root: SpanData) => boolean;
}

/** The page that a query asks for, of what is open and what was written. Gives others their turn meanwhile. */
export async function searchTraces(written: Iterable<WrittenTrace>, search: TraceSearch): Promise<TracePage> {
  const { query, open } = search;
  const places = new TracePlaces(query);
  for (const candidate of open.roots.values()) places.add(candidate);
  // Most traces are told apart from open ones without their id as text.
  const openWords = new Set([...open.roots.keys()].map((traceId) => hexWord(traceId, 24)));
  const turns = new Turns();
  for (const trace of written) {
    // One that is there already, as the beginning that has not ended, is not looked at again.
    if (!openWords.has(trace.lastWord) || !open.roots.has(trace.id)) consider(trace, places, search);
    if (turns.step()) await turns.next();
  }
  return places.page();
}

/** Runs for every trace that there is, so it makes nothing for those that the page does not show. */
function consider(trace: WrittenTrace, places: TracePlaces, { query, open, matches, isFoundOtherwise, isSlow }: TraceSearch): void {
  const { startMs, durationMs } = trace;
  if (!fitsTrace(query, trace, startMs, durationMs)) return;
  if (query.traceId !== undefined && query.traceId !== trace.id) return;
  // Decoding all would be most of the work, and a page shows few.
  let root = matches !== undefined || query.order === 'name' ? trace.root() : undefined;
  if (matches !== undefined && !(root !== undefined && matches(root)) && !isFoundOtherwise(trace.id)) return;
  const key = query.order === 'name' ? (root?.name ?? '') : query.order === 'duration' ? durationMs : startMs;
  if (!places.mayShow(key)) return places.count();
  const { id } = trace;
  places.add({
    key,
    id,
    load: () => {
      root ??= trace.root();
      if (root === undefined) return undefined;
      return { root, hasError: trace.hasError, isSlow: trace.isSlow || isSlow?.(root) === true, spanCount: trace.spanCount, isRunning: open.running.has(id) };
    },
  });
}
