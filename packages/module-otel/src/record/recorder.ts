import { isTraceparent, PassiveSpan, toPlainFields } from '@motia/engine-core';
import { isMotiaError, type Clock, type OpenSpan, type SpanOptions, type TraceContext } from '@motia/engine-core/contract';
import type { Sampler } from '../sampling/sampler.js';
import { hexWord, IdPool } from './id-pool.js';
import { OpenSpans } from './open-spans.js';
import type { SpanLinkData } from './span-data.js';
import type { SpanLog } from './span-log.js';
import { mostLinks, RecordedContext, SpanRecord, type RunningTrace, type SpanKeeper } from './span-record.js';

export interface RecorderParts {
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>;
  readonly sampler: Sampler;
  /** Where spans go when they have ended. */
  readonly log: SpanLog;
  readonly maxOpenSpans: number;
  /** Spans of one trace; further ones are counted only. */
  readonly maxSpansPerTrace: number;
  /** Milliseconds from which on a root span makes its trace a slow one. */
  readonly slowMs: number;
}

/** How far wall time may run off the monotonic scale before it is taken over. */
const driftMs = 5;
/** Open spans that are looked through for the trace of a parent that comes back as plain text. */
const lookedThrough = 256;
/** Traces of spans that come from elsewhere that are told apart. */
const rememberedForeign = 1_000;

/** Makes spans, and writes them down when they end. Nothing in here waits. */
export class Recorder implements SpanKeeper {
  readonly open: OpenSpans;
  /** Spans that were not kept because their trace has too many. */
  omittedSpans = 0;
  readonly #parts: RecorderParts;
  readonly #ids = new IdPool();
  readonly #foreign = new Map<string, RunningTrace>();
  /** What must be added to the monotonic clock to tell the time. */
  #epochMs: number;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
    this.open = new OpenSpans(parts.maxOpenSpans);
    this.#epochMs = parts.clock.now() - parts.clock.monotonicMs();
  }

  timeOf(clockMs: number | undefined): number {
    return this.#epochMs + (clockMs ?? this.#parts.clock.monotonicMs());
  }

  /** Takes over wall time that was set, or has drifted. Called now and then. */
  adjustTime(): void {
    const { clock } = this.#parts;
    const epochMs = clock.now() - clock.monotonicMs();
    if (Math.abs(epochMs - this.#epochMs) > driftMs) this.#epochMs = epochMs;
  }

  startSpan(name: string, options: SpanOptions): OpenSpan {
    const { parent } = options;
    if (parent === undefined) return this.#startRoot(name, options);
    const local = RecordedContext.spanOf(parent);
    if (local !== undefined) return this.#startChild(name, options, parent, local);
    return isTraceparent(parent.traceparent) ? this.#startUnder(name, options, parent) : this.#startRoot(name, options);
  }

  /** What spans of one trace that come from elsewhere share: they arrive in batches, when most of their trace is over. */
  traceOf(traceparent: string): RunningTrace {
    const traceId = traceparent.slice(3, 35);
    const known = this.#foreign.get(traceId);
    if (known !== undefined) return known;
    const [oldest] = this.#foreign.size >= rememberedForeign ? this.#foreign.keys() : [];
    if (oldest !== undefined) this.#foreign.delete(oldest);
    const trace = newTrace(false);
    this.#foreign.set(traceId, trace);
    return trace;
  }

  /** A span that was recorded elsewhere and is over. False when its trace has too many. */
  take(span: SpanRecord): boolean {
    return this.#append(span);
  }

  ended(span: SpanRecord, error: unknown): void {
    this.open.remove(span);
    if (error !== undefined) fail(span, error);
    this.#append(span);
  }

  #append(span: SpanRecord): boolean {
    const { trace } = span;
    trace.spans += 1;
    if (trace.spans > this.#parts.maxSpansPerTrace) {
      this.omittedSpans += 1;
      return false;
    }
    if (!trace.isNotable && !trace.isInternal && (span.status === 'error' || (span.endMs - span.startMs >= this.#parts.slowMs && span.isRoot))) trace.isNotable = true;
    this.#parts.log.append(span);
    return true;
  }

  #startRoot(name: string, options: SpanOptions): OpenSpan {
    const ids = this.#ids;
    const first = ids.take();
    const { high: trace0, low: trace1 } = ids;
    const traceId = first + ids.take();
    const { high: trace2, low: trace3 } = ids;
    if (!this.#parts.sampler.decide(name, traceId, undefined)) return new PassiveSpan({ traceparent: `00-${traceId}-${ids.take()}-00` });
    const span = this.#make(name, options, `00-${traceId}-${ids.take()}-01`, undefined, newTrace(isInternal(options.attributes) || isInternal(options.common)), false, false);
    span.trace0 = trace0;
    span.trace1 = trace1;
    span.trace2 = trace2;
    span.trace3 = trace3;
    return this.#begin(span);
  }

  #startChild(name: string, options: SpanOptions, context: TraceContext, parent: SpanRecord): OpenSpan {
    const span = this.#make(name, options, `${context.traceparent.slice(0, 36)}${this.#ids.take()}-01`, context, parent.trace, true, false);
    span.trace0 = parent.trace0;
    span.trace1 = parent.trace1;
    span.trace2 = parent.trace2;
    span.trace3 = parent.trace3;
    span.parent0 = parent.span0;
    span.parent1 = parent.span1;
    return this.#begin(span);
  }

  /** Under a parent that is only known by its ids: somebody else's, or a worker's own inside one of our traces. */
  #startUnder(name: string, options: SpanOptions, parent: TraceContext): OpenSpan {
    const { traceparent } = parent;
    const isSampled = (Number.parseInt(traceparent.slice(53, 55), 16) & 1) === 1;
    const running = isSampled ? this.#running(traceparent) : undefined;
    const traceId = traceparent.slice(3, 35);
    // What tools look at under a mark of their own is not recorded, whoever decides otherwise.
    const isLook = !isSampled && (isInternal(options.attributes) || isInternal(options.common));
    if (running === undefined && (isLook || !this.#parts.sampler.decide(name, traceId, isSampled))) return new PassiveSpan(unsampled(parent));
    const span = this.#make(name, options, `00-${traceId}-${this.#ids.take()}-01`, parent, running ?? newTrace(false), true, running === undefined);
    setIds(span, traceparent, traceparent);
    return this.#begin(span);
  }

  #running(traceparent: string): RunningTrace | undefined {
    return this.open.findOfTrace(hexWord(traceparent, 19), hexWord(traceparent, 27), lookedThrough)?.trace;
  }

  /** The id that was taken last is the span's. */
  #make(name: string, options: SpanOptions, traceparent: string, parent: TraceContext | undefined, trace: RunningTrace, hasParent: boolean, isRemote: boolean): SpanRecord {
    const { kind, attributes, common, startedAtMs, clockMs, links } = options;
    const { high, low } = this.#ids;
    const span = new SpanRecord(this, name, kind, traceparent, parent, trace, hasParent, isRemote, startedAtMs ?? this.timeOf(clockMs), attributes, common);
    span.span0 = high;
    span.span1 = low;
    if (links !== undefined && links.length > 0) span.addRare().links = linksOf(links);
    return span;
  }

  #begin(span: SpanRecord): SpanRecord {
    this.open.add(span);
    if (this.open.size > this.#parts.maxOpenSpans) this.#abandonOldest();
    return span;
  }

  #abandonOldest(): void {
    const excess = this.open.takeExcess();
    excess?.setAttribute('iii.abandoned', true);
    excess?.end();
  }
}

/** Fills in the ids of a span from texts: its own, and that of its parent. */
export function setIds(span: SpanRecord, traceparent: string, parent: string | undefined): void {
  span.trace0 = hexWord(traceparent, 3);
  span.trace1 = hexWord(traceparent, 11);
  span.trace2 = hexWord(traceparent, 19);
  span.trace3 = hexWord(traceparent, 27);
  if (parent === undefined) return;
  span.parent0 = hexWord(parent, 36);
  span.parent1 = hexWord(parent, 44);
}

function newTrace(isOfTools: boolean): RunningTrace {
  return { spans: 0, isNotable: false, isInternal: isOfTools };
}

function unsampled(parent: TraceContext): TraceContext {
  return parent.traceparent.endsWith('00') ? parent : { ...parent, traceparent: `${parent.traceparent.slice(0, 53)}00` };
}

/** What tools ask the engine is not what users want to find. */
function isInternal(attributes: SpanRecord['attributes']): boolean {
  const functionId = attributes?.['iii.function.id'];
  return typeof functionId === 'string' && functionId.startsWith('engine::');
}

function linksOf(links: readonly TraceContext[]): readonly SpanLinkData[] {
  return links
    .filter(({ traceparent }) => isTraceparent(traceparent))
    .slice(0, mostLinks)
    .map(({ traceparent }) => ({ traceId: traceparent.slice(3, 35), spanId: traceparent.slice(36, 52) }));
}

/** The error as an event, as OpenTelemetry writes it down. */
function fail(span: SpanRecord, error: unknown): void {
  span.status = 'error';
  const isError = error instanceof Error;
  const message = isError ? error.message : String(error);
  const code = isMotiaError(error) ? error.code : undefined;
  // Without the frames of the engine, as in logs.
  const stack = isError ? (toPlainFields(error) as { readonly stack?: string }).stack : undefined;
  const rare = span.addRare();
  rare.statusText = message;
  (rare.events ??= []).push({
    name: 'exception',
    timeMs: span.endMs,
    attributes: { 'exception.type': code ?? (isError ? error.name : typeof error), 'exception.message': message, 'exception.stacktrace': stack },
  });
}
