import { ByteReader } from './byte-reader.js';
import type { AttributePair, SpanData, SpanEventData, SpanLinkData } from './span-data.js';
import { readAttributes, readFrame } from './span-frames.js';
import { Flag, kinds, Offset, statuses } from './span-layout.js';
import type { StringLookup } from './string-table.js';

/** Reads the span that begins at `at`. */
export function decodeSpan(bytes: Uint8Array, at: number, strings: StringLookup): SpanData {
  return readSpan(new ByteReader(bytes, strings), at);
}

/** Reads all spans of pieces that begin and end with whole ones. */
export function decodeSpans(pieces: readonly Uint8Array[], strings: StringLookup): SpanData[] {
  const spans: SpanData[] = [];
  for (const piece of pieces) {
    const reader = new ByteReader(piece, strings);
    for (let at = 0; at < piece.byteLength; at += reader.lengthAt(at)) spans.push(readSpan(reader, at));
  }
  return spans;
}

function readSpan(reader: ByteReader, from: number): SpanData {
  const { strings } = reader;
  reader.at = from + Offset.kind;
  const kind = reader.u8();
  const flags = reader.u8();
  reader.at += 8;
  const startMs = reader.f64();
  const endMs = reader.f64();
  const traceId = reader.hex(16);
  const spanId = reader.hex(8);
  const parentId = reader.hex(8);
  const name = reader.text() ?? '';
  const split = (flags & Flag.isSplit) === 0 ? [] : readSplit(reader);
  const common = (flags & Flag.isFramed) === 0 ? [] : readFrame(strings.at(reader.u32()));
  const attributes = [...common, ...readAttributes(reader, reader.u16()), ...split];
  const rare = (flags & Flag.isRare) === 0 ? nothingRare : readRare(reader);
  return {
    traceId, spanId, name, startMs, endMs, attributes, ...rare,
    parentSpanId: (flags & Flag.hasParent) === 0 ? undefined : parentId,
    isParentRemote: (flags & Flag.isParentRemote) !== 0,
    kind: kinds[kind & 7] ?? 'internal',
    status: statuses[kind >> 3] ?? 'unset',
    isInternal: (flags & Flag.isInternal) !== 0,
  };
}

function readSplit(reader: ByteReader): readonly AttributePair[] {
  const parts: AttributePair[] = [];
  for (const key of ['iii.wait_ms', 'iii.handler_ms', 'iii.transit_ms']) {
    const value = reader.f64();
    if (!Number.isNaN(value)) parts.push([key, value]);
  }
  return parts;
}

type Rare = Pick<SpanData, 'serviceName' | 'scope' | 'statusText' | 'omittedAttributes' | 'omittedEvents' | 'events' | 'links'>;
const nothingRare: Rare = { serviceName: undefined, scope: undefined, statusText: undefined, omittedAttributes: 0, omittedEvents: 0, events: [], links: [] };

function readRare(reader: ByteReader): Rare {
  const serviceName = reader.text();
  const scope = reader.text();
  const statusText = reader.text();
  const omittedAttributes = reader.u32();
  const omittedEvents = reader.u32();
  const events: SpanEventData[] = [];
  for (let left = reader.u16(); left > 0; left -= 1) {
    const name = reader.text() ?? '';
    const timeMs = reader.f64();
    events.push({ name, timeMs, attributes: readAttributes(reader, reader.u16()) });
  }
  const links: SpanLinkData[] = [];
  for (let left = reader.u16(); left > 0; left -= 1) {
    const traceId = reader.hex(16);
    links.push({ traceId, spanId: reader.hex(8) });
  }
  return { serviceName, scope, statusText, omittedAttributes, omittedEvents, events, links };
}
