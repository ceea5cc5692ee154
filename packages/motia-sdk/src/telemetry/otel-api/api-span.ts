import type { Attributes, AttributeValue as ApiValue, Exception, Link, Span, SpanContext, SpanStatus, TimeInput } from '@opentelemetry/api';
import type { AttributeValue, SpanData, SpanEvent, SpanLink } from '../span-data.js';
import { limitedText, limitedValue, spanLimits } from '../span-limits.js';
import { epochMs } from './api-time.js';

export interface ApiSpanOpening {
  readonly context: SpanContext;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  /** As OTLP numbers it. */
  readonly kind: number;
  readonly startTime: TimeInput | undefined;
  readonly attributes: Attributes | undefined;
  readonly links: readonly Link[] | undefined;
  readonly scope: { readonly name: string; readonly version?: string | undefined };
  /** Where it goes when it has ended. */
  readonly record: (span: SpanData) => void;
}

/** A span that a library makes through the OpenTelemetry API. Bounded: what exceeds a limit is counted. Whatever it is given, it throws nothing into the library. */
export class ApiSpan implements Span {
  readonly #opening: ApiSpanOpening;
  readonly #startMs: number;
  readonly #attributes: Record<string, AttributeValue> = {};
  readonly #events: SpanEvent[] = [];
  readonly #links: SpanLink[] = [];
  readonly #dropped = { attributes: 0, events: 0, links: 0 };
  #attributeCount = 0;
  #name: string;
  #status: SpanStatus = { code: 0 };
  #hasEnded = false;

  constructor(opening: ApiSpanOpening) {
    this.#opening = opening;
    this.#name = limitedText(opening.name, spanLimits.nameLength);
    this.#startMs = epochMs(opening.startTime);
    this.setAttributes(opening.attributes);
    this.addLinks(opening.links);
  }

  spanContext(): SpanContext {
    return this.#opening.context;
  }
  isRecording(): boolean {
    return !this.#hasEnded;
  }
  setAttribute(key: string, value: ApiValue): this {
    if (this.#hasEnded || typeof key !== 'string' || key === '') return this;
    const limited = limitedValue(value);
    if (limited === undefined) return this;
    if (!Object.hasOwn(this.#attributes, key)) {
      if (this.#attributeCount >= spanLimits.attributes) {
        this.#dropped.attributes += 1;
        return this;
      }
      this.#attributeCount += 1;
    }
    this.#attributes[key] = limited;
    return this;
  }
  setAttributes(attributes: Attributes | undefined): this {
    for (const [key, value] of entriesOf(attributes)) if (value !== undefined) this.setAttribute(key, value);
    return this;
  }
  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    if (this.#hasEnded) return this;
    if (this.#events.length >= spanLimits.events) {
      this.#dropped.events += 1;
      return this;
    }
    const isTime = typeof attributesOrTime === 'number' || attributesOrTime instanceof Date || Array.isArray(attributesOrTime);
    const attributes = isTime ? undefined : (attributesOrTime);
    this.#events.push({ name: limitedText(name, spanLimits.nameLength), timeMs: epochMs(isTime ? (attributesOrTime) : time), attributes: limited(attributes) });
    return this;
  }
  addLink(link: Link): this {
    const { context, attributes } = (link as Partial<Link> | null | undefined) ?? {};
    if (this.#hasEnded || typeof context?.traceId !== 'string' || typeof context.spanId !== 'string') return this;
    if (this.#links.length >= spanLimits.links) this.#dropped.links += 1;
    else this.#links.push({ traceId: context.traceId, spanId: context.spanId, attributes: limited(attributes) });
    return this;
  }
  addLinks(links: readonly Link[] | undefined): this {
    if (Array.isArray(links)) for (const link of links as readonly Link[]) this.addLink(link);
    return this;
  }
  setStatus(status: SpanStatus): this {
    // What was called a success stays one, as the specification has it.
    const code: unknown = (status as Partial<SpanStatus> | null | undefined)?.code;
    if (!this.#hasEnded && this.#status.code !== 1 && typeof code === 'number' && code !== 0) this.#status = status;
    return this;
  }
  updateName(name: string): this {
    if (!this.#hasEnded) this.#name = limitedText(name, spanLimits.nameLength);
    return this;
  }
  recordException(exception: Exception, time?: TimeInput): void {
    const isObject = typeof exception === 'object' && (exception as unknown) !== null;
    // Anything can be thrown, nothing included.
    const { name, code, message, stack } = isObject ? exception : { name: undefined, code: undefined, message: limitedText(exception, spanLimits.textLength), stack: undefined };
    this.addEvent('exception', { 'exception.type': code === undefined ? name : String(code), 'exception.message': message, 'exception.stacktrace': stack }, time);
  }
  end(endTime?: TimeInput): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const { context, parentSpanId, kind, scope, record } = this.#opening;
    const { attributes, events, links } = this.#dropped;
    record({
      traceId: context.traceId,
      spanId: context.spanId,
      parentSpanId,
      traceState: context.traceState?.serialize(),
      name: this.#name,
      kind,
      startMs: this.#startMs,
      endMs: Math.max(this.#startMs, epochMs(endTime)),
      attributes: this.#attributes,
      ...(this.#events.length === 0 ? {} : { events: this.#events }),
      ...(this.#links.length === 0 ? {} : { links: this.#links }),
      status: this.#status.code,
      statusMessage: this.#status.message === undefined ? undefined : limitedText(this.#status.message, spanLimits.textLength),
      scope,
      ...(attributes === 0 ? {} : { droppedAttributes: attributes }),
      ...(events === 0 ? {} : { droppedEvents: events }),
      ...(links === 0 ? {} : { droppedLinks: links }),
    });
  }
}

function limited(attributes: Attributes | undefined): Record<string, AttributeValue> | undefined {
  if (attributes === undefined) return undefined;
  const kept: Record<string, AttributeValue> = {};
  for (const [key, value] of entriesOf(attributes).slice(0, spanLimits.attributes)) {
    const one = limitedValue(value);
    if (one !== undefined) kept[key] = one;
  }
  return kept;
}

function entriesOf(attributes: Attributes | undefined): [string, ApiValue | undefined][] {
  return typeof attributes === 'object' && (attributes as unknown) !== null ? Object.entries(attributes) : [];
}
