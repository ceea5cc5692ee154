import type { OpenSpan, SpanAttributes, SpanEnd, SpanKind, TraceContext } from '@motia/engine-core/contract';
import type { RunningTrace } from './running-trace.js';
import type { AttributeValue, SpanLinkData, SpanStatus } from './span-data.js';

/** What a record needs of whoever keeps it. */
export interface SpanKeeper {
  /** Epoch milliseconds with fractions; of a moment on the monotonic scale, if one is given. */
  timeOf(clockMs: number | undefined): number;
  ended(span: SpanRecord, error: unknown): void;
}
export interface RecordedEvent {
  readonly name: string;
  readonly timeMs: number;
  readonly attributes: Readonly<Record<string, AttributeValue | undefined>> | undefined;
}

/** What few spans have. */
export interface RareParts {
  statusText?: string;
  events?: RecordedEvent[];
  links?: readonly SpanLinkData[];
  /** Who recorded it, where that was not the engine. */
  serviceName?: string;
  scope?: string;
  omittedAttributes?: number;
  omittedEvents?: number;
}

const longestTracestate = 512;
const longestBaggage = 8192;

/** The context of a span that is being recorded: finds its record again when it comes back as somebody's parent. */
export class RecordedContext implements TraceContext {
  readonly traceparent: string;
  declare readonly tracestate?: string;
  declare readonly baggage?: string;
  readonly #span: SpanRecord;

  constructor(traceparent: string, span: SpanRecord, from: TraceContext | undefined) {
    this.traceparent = traceparent;
    this.#span = span;
    if (from === undefined) return;
    if (from.tracestate !== undefined && from.tracestate.length <= longestTracestate) this.tracestate = from.tracestate;
    if (from.baggage !== undefined && from.baggage.length <= longestBaggage) this.baggage = from.baggage;
  }

  /** The span whose context this is, if it was recorded here. */
  static spanOf(context: TraceContext): SpanRecord | undefined {
    return context instanceof RecordedContext ? context.#span : undefined;
  }
}

/**
 * One span from its beginning to its end. What callers hand over is kept as it is; it is looked at when the span ends,
 * and written down as bytes then, so that nothing of it lives on as an object.
 */
export class SpanRecord implements OpenSpan {
  readonly isRecording = true;
  readonly name: string;
  readonly kind: SpanKind;
  readonly context: RecordedContext;
  readonly trace: RunningTrace;
  readonly attributes: Readonly<Record<string, AttributeValue | undefined>> | undefined;
  /** Attributes that it has like others: one object for all of them. */
  readonly common: SpanAttributes | undefined;
  /** Epoch milliseconds with fractions. */
  readonly startMs: number;
  /** NaN while it is open. */
  endMs = Number.NaN;
  /** Parts of what it took, where known: `iii.wait_ms`, `iii.handler_ms`, `iii.transit_ms`. */
  split: SpanEnd | undefined = undefined;
  status: SpanStatus = 'unset';
  readonly hasParent: boolean;
  /** True where the parent was recorded somewhere else. */
  readonly isParentRemote: boolean;
  isOpen = true;
  /** Ids as words: its own, and that of its parent. */
  span0 = 0;
  span1 = 0;
  parent0 = 0;
  parent1 = 0;
  /** Set later: key, value, key, value … */
  more: (string | AttributeValue)[] | undefined = undefined;
  rare: RareParts | undefined = undefined;
  older: SpanRecord | undefined = undefined;
  newer: SpanRecord | undefined = undefined;
  readonly #keeper: SpanKeeper;

  constructor(keeper: SpanKeeper, name: string, kind: SpanKind, traceparent: string, parent: TraceContext | undefined, trace: RunningTrace, hasParent: boolean, isParentRemote: boolean, startMs: number, attributes: SpanRecord['attributes'], common?: SpanAttributes) {
    this.#keeper = keeper;
    this.name = name;
    this.kind = kind;
    this.context = new RecordedContext(traceparent, this, parent);
    this.trace = trace;
    this.attributes = attributes;
    this.common = common;
    this.startMs = startMs;
    this.hasParent = hasParent;
    this.isParentRemote = isParentRemote;
  }

  /** Where a trace begins as far as this engine saw it. */
  get isRoot(): boolean {
    return !this.hasParent || this.isParentRemote;
  }

  setAttribute(key: string, value: string | number | boolean): void {
    if (!this.isOpen) return;
    const { more } = this;
    if (more === undefined) this.more = [key, value];
    else if (more.length < mostAttributes * 2) more.push(key, value);
    else this.addRare().omittedAttributes = (this.rare?.omittedAttributes ?? 0) + 1;
  }

  event(name: string, attributes?: SpanAttributes): void {
    if (!this.isOpen) return;
    const rare = this.addRare();
    const events = (rare.events ??= []);
    if (events.length >= mostEvents) rare.omittedEvents = (rare.omittedEvents ?? 0) + 1;
    else events.push({ name, timeMs: this.#keeper.timeOf(undefined), attributes });
  }

  end(outcome?: SpanEnd): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    const endMs = this.#keeper.timeOf(outcome?.clockMs);
    this.endMs = endMs > this.startMs ? endMs : this.startMs;
    if (outcome?.handlerMs !== undefined || outcome?.waitMs !== undefined) this.split = outcome;
    this.#keeper.ended(this, outcome?.error);
  }

  addRare(): RareParts {
    return (this.rare ??= {});
  }
}

/** As OpenTelemetry limits them. */
export const mostEvents = 128;
export const mostAttributes = 128;
export const mostLinks = 128;
