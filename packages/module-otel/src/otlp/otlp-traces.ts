import type { SpanKind } from '@motia/engine-core/contract';
import type { SpanLinkData, SpanStatus } from '../record/span-data.js';
import { setId, setParent, type Recorder } from '../record/recorder.js';
import { mostAttributes, mostEvents, mostLinks, SpanRecord, type RecordedEvent, type SpanKeeper } from '../record/span-record.js';
import { attributes, list, number, record, text, timeMs, type Loose } from './otlp-values.js';
import type { Intake } from './otlp-intake.js';

const kinds: readonly SpanKind[] = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'];
const statuses: readonly SpanStatus[] = ['unset', 'ok', 'error'];
const hexTrace = /^(?!0{32})[0-9a-f]{32}$/i;
const hexSpan = /^(?!0{16})[0-9a-f]{16}$/i;
/** Clocks may differ; what claims to come from farther ahead is put to now. */
const aheadMs = 3_600_000;

/** What an ended span of somebody else asks of its keeper: nothing. */
const nobody: SpanKeeper = { timeOf: () => 0, ended: () => undefined };

/** Takes an export of spans: `{ resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }] }`. */
export function takeTraces(payload: unknown, recorder: Recorder, intake: Intake): void {
  for (const resourceSpans of list(record(payload)['resourceSpans'])) {
    const { resource, scopeSpans } = record(resourceSpans);
    const serviceName = intake.serviceOf(resource);
    for (const each of list(scopeSpans)) {
      const { scope, spans } = record(each);
      const scopeName = (text(record(scope)['name']) || 'unknown').slice(0, 256);
      for (const span of list(spans)) {
        if (!intake.hasRoom()) continue;
        const made = toRecord(record(span), serviceName, scopeName, recorder, intake);
        if (made === undefined) continue;
        if (recorder.take(made)) intake.accept();
        else intake.reject('its trace has too many spans');
      }
    }
  }
}

function toRecord(span: Loose, serviceName: string, scope: string, recorder: Recorder, intake: Intake): SpanRecord | undefined {
  const traceId = text(span['traceId']) ?? '';
  const spanId = text(span['spanId']) ?? '';
  const name = text(span['name']);
  if (!hexTrace.test(traceId) || !hexSpan.test(spanId)) return intake.reject('an id is malformed');
  if (name === undefined || name === '') return intake.reject('it has no name');
  const startMs = timeMs(span['startTimeUnixNano']);
  const endMs = timeMs(span['endTimeUnixNano']);
  if (startMs === undefined || endMs === undefined || endMs < startMs) return intake.reject('its times are malformed');
  const shiftMs = startMs > intake.nowMs + aheadMs ? startMs - intake.nowMs : 0;
  if (shiftMs > 0) intake.adjust();
  const traceparent = `00-${traceId.toLowerCase()}-${spanId.toLowerCase()}-01`;
  const parentId = text(span['parentSpanId']);
  const hasParent = parentId !== undefined && hexSpan.test(parentId);
  const own = attributes(span['attributes'], mostAttributes);
  const made = new SpanRecord(nobody, name.slice(0, 1024), kinds[number(span['kind']) ?? 0] ?? 'internal', traceparent, undefined, recorder.traceOf(traceparent), hasParent, false, startMs - shiftMs, own.attributes);
  setId(made, spanId);
  if (hasParent) setParent(made, parentId);
  made.endMs = endMs - shiftMs;
  made.isOpen = false;
  const { code, message } = record(span['status']);
  made.status = statuses[number(code) ?? 0] ?? 'unset';
  const events = list(span['events']);
  const rare = made.addRare();
  rare.serviceName = serviceName;
  rare.scope = scope;
  if (typeof message === 'string' && message !== '') rare.statusText = message;
  rare.events = events.slice(0, mostEvents).map((event) => toEvent(record(event), startMs - shiftMs));
  rare.links = toLinks(span['links']);
  rare.omittedAttributes = own.omitted + (number(span['droppedAttributesCount']) ?? 0);
  rare.omittedEvents = Math.max(0, events.length - mostEvents) + (number(span['droppedEventsCount']) ?? 0);
  if (own.omitted > 0 || events.length > mostEvents) intake.truncate();
  return made;
}

function toEvent(event: Loose, fallbackMs: number): RecordedEvent {
  return { name: (text(event['name']) ?? 'event').slice(0, 1024), timeMs: timeMs(event['timeUnixNano']) ?? fallbackMs, attributes: attributes(event['attributes'], mostAttributes).attributes };
}

function toLinks(links: unknown): readonly SpanLinkData[] {
  return list(links).slice(0, mostLinks).flatMap((link) => {
    const { traceId, spanId } = record(link);
    return typeof traceId === 'string' && hexTrace.test(traceId) && typeof spanId === 'string' && hexSpan.test(spanId) ? [{ traceId: traceId.toLowerCase(), spanId: spanId.toLowerCase() }] : [];
  });
}
