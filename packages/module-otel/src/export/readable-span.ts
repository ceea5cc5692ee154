import type { Attributes, HrTime, Link, SpanContext, SpanStatus } from '@opentelemetry/api';
import { resourceFromAttributes, type Resource } from '@opentelemetry/resources';
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace-base';
import type { AttributePair, SpanData } from '../record/span-data.js';
import { ownScope } from '../query/span-view.js';
import type { ExportResource } from './exporter-slot.js';

const kindNumbers = { internal: 0, server: 1, client: 2, producer: 3, consumer: 4 } as const;
const statusNumbers = { unset: 0, ok: 1, error: 2, interrupted: 2 } as const;

/** Epoch milliseconds with fractions as seconds and nanoseconds. */
export function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}

export function attributesOf(pairs: readonly AttributePair[]): Attributes {
  const attributes: Attributes = {};
  for (const [key, value] of pairs) attributes[key] = value as Attributes[string];
  return attributes;
}

/** Makes OpenTelemetry's spans of ours: at export, and for whoever asks with its API. */
export function readableSpans(ownResource: ExportResource, scopeVersion: string): (span: SpanData) => ReadableSpan {
  const resources = new Map<string | undefined, Resource>([[undefined, resourceFromAttributes(ownResource)]]);
  const resourceOf = (serviceName: string | undefined): Resource => {
    const known = resources.get(serviceName);
    if (known !== undefined) return known;
    const made = resourceFromAttributes({ ...ownResource, 'service.name': serviceName ?? 'unknown' });
    // As many names as there are services; a worker that makes them up gets its spans all the same.
    if (resources.size < 1000) resources.set(serviceName, made);
    return made;
  };
  const ownInstrumentation = { name: ownScope, version: scopeVersion };
  const scopes = new Map<string, { readonly name: string }>();
  const scopeOf = (name: string): { readonly name: string } => {
    const known = scopes.get(name) ?? { name };
    if (scopes.size < 1000) scopes.set(name, known);
    return known;
  };
  return (span) => {
    const context: SpanContext = { traceId: span.traceId, spanId: span.spanId, traceFlags: 1 };
    const status: SpanStatus = { code: statusNumbers[span.status], ...(span.statusText === undefined ? {} : { message: span.statusText }) };
    const attributes = attributesOf(span.attributes);
    if (span.status === 'interrupted') attributes['iii.interrupted'] = true;
    return {
      name: span.name,
      kind: kindNumbers[span.kind],
      spanContext: () => context,
      ...(span.parentSpanId === undefined ? {} : { parentSpanContext: { traceId: span.traceId, spanId: span.parentSpanId, traceFlags: 1, isRemote: span.isParentRemote } }),
      startTime: hrTime(span.startMs),
      endTime: hrTime(span.endMs),
      duration: hrTime(span.endMs - span.startMs),
      ended: true,
      status,
      attributes,
      events: span.events.map((event): TimedEvent => ({ name: event.name, time: hrTime(event.timeMs), attributes: attributesOf(event.attributes) })),
      links: span.links.map((link): Link => ({ context: { ...link, traceFlags: 1 } })),
      resource: resourceOf(span.serviceName),
      instrumentationScope: span.scope === undefined ? ownInstrumentation : scopeOf(span.scope),
      droppedAttributesCount: span.omittedAttributes,
      droppedEventsCount: span.omittedEvents,
      droppedLinksCount: 0,
    };
  };
}
