import type { AttributeValue, SpanAttributes, SpanData } from './span-data.js';

/** An OTLP/JSON export request, as `telemetry/emit` carries it. */
export type OtlpRequest = Readonly<Record<string, unknown>>;
type KeyValue = Readonly<Record<string, unknown>>;

/** Spans of one process as an OTLP/JSON export request; those of one library stand together. */
export function tracesRequest(resource: SpanAttributes, ownScope: { readonly name: string; readonly version: string }, spans: readonly SpanData[]): OtlpRequest {
  const byScope = new Map<string, { scope: KeyValue; spans: unknown[] }>();
  for (const span of spans) {
    const { name, version } = span.scope ?? ownScope;
    const key = `${name}\n${version ?? ''}`;
    let group = byScope.get(key);
    if (group === undefined) byScope.set(key, (group = { scope: { name, ...(version === undefined ? {} : { version }) }, spans: [] }));
    group.spans.push(otlpSpan(span));
  }
  return { resourceSpans: [{ resource: { attributes: keyValues(resource) }, scopeSpans: [...byScope.values()] }] };
}

/** One number that only grows, as what came to it since it was last told. */
export function counterRequest(resource: SpanAttributes, scope: { readonly name: string; readonly version: string }, counter: { readonly name: string; readonly unit: string; readonly value: number; readonly sinceMs: number; readonly atMs: number }): OtlpRequest {
  const dataPoints = [{ asInt: String(counter.value), startTimeUnixNano: unixNano(counter.sinceMs), timeUnixNano: unixNano(counter.atMs) }];
  const metrics = [{ name: counter.name, unit: counter.unit, sum: { aggregationTemporality: 1, isMonotonic: true, dataPoints } }];
  return { resourceMetrics: [{ resource: { attributes: keyValues(resource) }, scopeMetrics: [{ scope, metrics }] }] };
}

function otlpSpan(span: SpanData): Readonly<Record<string, unknown>> {
  const { events, links, statusMessage } = span;
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId === undefined ? undefined : { parentSpanId: span.parentSpanId }),
    ...(span.traceState === undefined ? undefined : { traceState: span.traceState }),
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: unixNano(span.startMs),
    endTimeUnixNano: unixNano(span.endMs),
    attributes: keyValues(span.attributes),
    ...(events === undefined ? undefined : { events: events.map(({ name, timeMs, attributes = {} }) => ({ name, timeUnixNano: unixNano(timeMs), attributes: keyValues(attributes) })) }),
    ...(links === undefined ? undefined : { links: links.map(({ traceId, spanId, attributes = {} }) => ({ traceId, spanId, attributes: keyValues(attributes) })) }),
    status: span.status === 0 ? {} : { code: span.status, ...(statusMessage === undefined ? {} : { message: statusMessage }) },
    ...dropped(span),
  };
}

function dropped({ droppedAttributes, droppedEvents, droppedLinks }: SpanData): KeyValue | undefined {
  if (droppedAttributes === undefined && droppedEvents === undefined && droppedLinks === undefined) return undefined;
  return {
    ...(droppedAttributes === undefined ? {} : { droppedAttributesCount: droppedAttributes }),
    ...(droppedEvents === undefined ? {} : { droppedEventsCount: droppedEvents }),
    ...(droppedLinks === undefined ? {} : { droppedLinksCount: droppedLinks }),
  };
}

function keyValues(attributes: SpanAttributes): KeyValue[] {
  const list: KeyValue[] = [];
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) list.push({ key, value: anyValue(value) });
  return list;
}

function anyValue(value: AttributeValue | null): Readonly<Record<string, unknown>> {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'boolean':
      return { boolValue: value };
    case 'number':
      return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: Number.isFinite(value) ? value : 0 };
    default:
      return value === null ? {} : { arrayValue: { values: value.map((item) => anyValue(item ?? null)) } };
  }
}

/** Nanoseconds as decimal text: more digits than a number has. */
export function unixNano(epochMs: number): string {
  const ms = Math.floor(epochMs);
  return `${ms}${String(Math.min(999_999, Math.round((epochMs - ms) * 1e6))).padStart(6, '0')}`;
}
