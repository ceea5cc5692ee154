import { isTraceparent, PassiveSpan, tellError } from '@motia/engine-core';
import type { Clock, OpenSpan, SpanOptions, TraceContext } from '@motia/engine-core/contract';
import type { Sampler } from '../sampling/sampler.js';
import { hexWord } from './hex-word.js';
import { IdPool } from './id-pool.js';
import { OpenSpans } from './open-spans.js';
import { RunningTrace } from './running-trace.js';
import type { SpanLinkData } from './span-data.js';
import type { SpanLog } from './span-log.js';
import { mostLinks, RecordedContext, SpanRecord, type SpanKeeper } from './span-record.js';

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
    const trace = RunningTrace.of(traceId, false);
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
    const trace = ids.takeTrace(isInternal(options.attributes) || isInternal(options.common));
    const traceparent = `00-${trace.id}-${ids.takeSpan()}-0`;
    if (!this.#parts.sampler.decide(name, trace.id, undefined)) return new PassiveSpan({ traceparent: `${traceparent}0` });
    return this.#begin(this.#make(name, options, `${traceparent}1`, undefined, trace, false, false));
  }

  #startChild(name: string, options: SpanOptions, context: TraceContext, parent: SpanRecord): OpenSpan {
    const span = this.#make(name, options, `00-${parent.trace.id}-${this.#ids.takeSpan()}-01`, context, parent.trace, true, false);
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
    const span = this.#make(name, options, `00-${traceId}-${this.#ids.takeSpan()}-01`, parent, running ?? RunningTrace.of(traceId, false), true, running === undefined);
    setParent(span, traceparent.slice(36, 52));
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

/** Fills in the id of a span from text. */
export function setId(span: SpanRecord, id: string): void {
  span.span0 = hexWord(id, 0);
  span.span1 = hexWord(id, 8);
}

/** Fills in the id of its parent from text. */
export function setParent(span: SpanRecord, id: string): void {
  span.parent0 = hexWord(id, 0);
  span.parent1 = hexWord(id, 8);
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
  const { type, message, stack } = tellError(error);
  span.status = 'error';
  const rare = span.addRare();
  rare.statusText = message;
  (rare.events ??= []).push({ name: 'exception', timeMs: span.endMs, attributes: { 'exception.type': type, 'exception.message': message, 'exception.stacktrace': stack } });
}
