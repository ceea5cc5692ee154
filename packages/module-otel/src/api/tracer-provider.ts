import { SpanStatusCode, TraceFlags, type Attributes, type Context, type TracerProvider } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, SamplingDecision, type ReadableSpan, type Sampler as OtelSampler, type Span, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { SpanKind } from '@motia/engine-core/contract';
import { setId, setParent, type Recorder } from '../record/recorder.js';
import type { AttributeValue } from '../record/span-data.js';
import type { RunningTrace } from '../record/running-trace.js';
import { SpanRecord, type SpanKeeper } from '../record/span-record.js';
import type { Sampler } from '../sampling/sampler.js';

const kinds: readonly SpanKind[] = ['internal', 'server', 'client', 'producer', 'consumer'];
const nobody: SpanKeeper = { timeOf: () => 0, ended: () => undefined };

export interface TracerProviderParts {
  readonly recorder: Recorder;
  readonly sampler: Sampler;
  readonly resource: Readonly<Record<string, string>>;
}

/**
 * A provider for code in the engine's process that uses the API of OpenTelemetry: what it records lies in the same
 * traces as ours, open spans included.
 */
export function tracerProvider({ recorder, sampler, resource }: TracerProviderParts): TracerProvider & { shutdown(): Promise<void> } {
  return new BasicTracerProvider({ resource: resourceFromAttributes({ ...resource }), sampler: bridge(sampler), spanProcessors: [new RecordProcessor(recorder)] });
}

/** The same decisions for everybody. */
function bridge(sampler: Sampler): OtelSampler {
  return {
    shouldSample(context: Context, traceId: string, name: string) {
      const parent = parentOf(context);
      const isSampled = parent !== undefined && parent.isRemote !== true ? (parent.traceFlags & TraceFlags.SAMPLED) !== 0 : sampler.decide(name, traceId, parent === undefined ? undefined : (parent.traceFlags & TraceFlags.SAMPLED) !== 0);
      return { decision: isSampled ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD };
    },
    toString: () => 'iii',
  };
}

/** Where the API keeps the span of a context. */
const spanKey = Symbol.for('OpenTelemetry Context Key SPAN');
function parentOf(context: Context): { readonly traceFlags: number; readonly isRemote?: boolean } | undefined {
  const span = context.getValue(spanKey) as { spanContext?: () => { traceFlags: number; isRemote?: boolean } } | undefined;
  return span?.spanContext?.();
}

/** Puts OpenTelemetry's spans among ours: as open ones when they begin, into the log when they end. */
class RecordProcessor implements SpanProcessor {
  readonly #recorder: Recorder;
  readonly #open = new Map<string, SpanRecord>();

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  onStart(span: Span): void {
    const record = this.#recordOf(span);
    this.#open.set(span.spanContext().spanId, record);
    this.#recorder.open.add(record);
  }

  onEnd(span: ReadableSpan): void {
    const { spanId } = span.spanContext();
    const open = this.#open.get(spanId);
    if (open !== undefined) {
      this.#open.delete(spanId);
      this.#recorder.open.remove(open);
    }
    const record = this.#recordOf(span, open?.trace);
    record.endMs = Math.max(record.startMs, toMs(span.endTime));
    record.isOpen = false;
    record.status = span.status.code === SpanStatusCode.ERROR ? 'error' : span.status.code === SpanStatusCode.OK ? 'ok' : 'unset';
    const rare = record.addRare();
    rare.scope = span.instrumentationScope.name;
    if (span.status.message !== undefined) rare.statusText = textOf(span.status.message);
    if (span.events.length > 0) rare.events = span.events.map(({ name, time, attributes }) => ({ name: textOf(name), timeMs: toMs(time), attributes: plainAttributes(attributes ?? {}) }));
    if (span.links.length > 0) rare.links = span.links.map(({ context }) => ({ traceId: context.traceId, spanId: context.spanId }));
    rare.omittedAttributes = span.droppedAttributesCount;
    rare.omittedEvents = span.droppedEventsCount;
    this.#recorder.take(record);
  }

  async forceFlush(): Promise<void> {
    // Spans are in the log when they have ended.
  }

  async shutdown(): Promise<void> {
    for (const record of this.#open.values()) this.#recorder.open.remove(record);
    this.#open.clear();
  }

  #recordOf(span: ReadableSpan, trace?: RunningTrace): SpanRecord {
    const { traceId, spanId } = span.spanContext();
    const parent = span.parentSpanContext;
    const traceparent = `00-${traceId}-${spanId}-01`;
    const record = new SpanRecord(nobody, textOf(span.name), kinds[span.kind] ?? 'internal', traceparent, undefined, trace ?? this.#recorder.traceOf(traceparent), parent !== undefined, parent?.isRemote === true, toMs(span.startTime), plainAttributes(span.attributes));
    setId(record, spanId);
    if (parent !== undefined) setParent(record, parent.spanId);
    return record;
  }
}

function toMs([seconds, nanos]: readonly [number, number]): number {
  return seconds * 1000 + nanos / 1e6;
}

/** A library may call its spans and events anything, and gets no error for it. */
function textOf(given: unknown): string {
  if (typeof given === 'string') return given;
  try {
    return String(given);
  } catch {
    return typeof given;
  }
}

function plainAttributes(attributes: Attributes): Readonly<Record<string, AttributeValue>> {
  const plain: Record<string, AttributeValue> = Object.create(null) as Record<string, AttributeValue>;
  for (const [key, value] of Object.entries(attributes)) {
    if (Array.isArray(value)) plain[key] = value.filter((item) => item !== null && item !== undefined);
    else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') plain[key] = value;
  }
  return plain;
}
