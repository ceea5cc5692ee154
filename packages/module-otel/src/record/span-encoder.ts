import { cutText, type Redactor } from '../redaction/redactor.js';
import { AttributeWriter, type AttributeLimits, type KeyRow } from './attribute-writer.js';
import type { ByteWriter } from './byte-writer.js';
import type { SpanLinkData } from './span-data.js';
import { SpanFrames } from './span-frames.js';
import { Flag, kindNumber, Offset, statusNumber } from './span-layout.js';
import { mostAttributes, mostLinks, type RareParts, type RecordedEvent, type SpanRecord } from './span-record.js';
import { noRoom, type StringTable } from './string-table.js';

/** What is kept of a span that would not fit into a whole piece of memory. */
const reducedAttributes = 32;
const reducedLength = 256;
const longestSharedName = 512;
const rememberedNames = 10_000;

/** Writes spans down. This is also where secrets end and limits hold: nothing else ever sees the record's own values. */
export class SpanEncoder {
  readonly strings: StringTable;
  readonly #redactor: Redactor;
  readonly #whole: AttributeLimits;
  readonly #reduced: AttributeLimits;
  readonly #attributes: AttributeWriter;
  readonly #frames: SpanFrames;
  readonly #names = new Map<string, number>();
  /** Of spans that have nothing in common. */
  readonly #row: KeyRow = [];

  constructor(strings: StringTable, redactor: Redactor, longestText: number) {
    this.strings = strings;
    this.#redactor = redactor;
    this.#whole = { longest: longestText, most: mostAttributes };
    this.#reduced = { longest: reducedLength, most: reducedAttributes };
    this.#attributes = new AttributeWriter(strings, redactor);
    this.#frames = new SpanFrames(this.#attributes, strings, longestText);
  }

  /**
   * Writes one span where the writer stands; `writer.isFull` tells that it did not fit. `isReduced` keeps its outline
   * only. The place of the span of this trace that was written before is for the caller to fill in.
   */
  encode(span: SpanRecord, writer: ByteWriter, isReduced: boolean): void {
    const { split, rare, common } = span;
    const start = writer.reserve(Offset.body);
    if (start === undefined) return;
    const limits = isReduced ? this.#reduced : this.#whole;
    this.#head(span, writer, start);
    this.#name(span.name, writer, limits.longest);
    if (split !== undefined) {
      writer.f64(split.waitMs ?? Number.NaN);
      writer.f64(split.handlerMs ?? Number.NaN);
      writer.f64(split.transitMs ?? Number.NaN);
    }
    const frame = common === undefined ? undefined : this.#frames.of(common);
    const isFramed = frame !== undefined && frame.number !== noRoom;
    if (isFramed) writer.u32(frame.number);
    const row = frame === undefined ? this.#row : frame.row;
    const countAt = writer.reserve(2);
    if (countAt === undefined) return;
    const attributes = this.#attributes;
    attributes.omitted = rare?.omittedAttributes ?? 0;
    const framed = isFramed ? frame.count : 0;
    let count = framed;
    if (common !== undefined && !isFramed) count = attributes.members(common, writer, this.#row, count, limits);
    if (span.attributes !== undefined) count = attributes.members(span.attributes, writer, row, count, limits);
    if (span.more !== undefined) count = attributes.pairs(span.more, writer, count, limits);
    const { omitted } = attributes;
    const isRare = rare !== undefined || omitted > 0;
    if (isRare) this.#rare(rare ?? {}, omitted, writer, limits.longest, isReduced);
    if (writer.isFull) return;
    writer.view.setUint16(countAt, count - framed, true);
    writer.view.setUint32(start, writer.at - start, true);
    (writer.bytes[start + Offset.flags] as number) |= (isRare ? Flag.isRare : 0) | (isFramed ? Flag.isFramed : 0);
  }

  /** Names come again and again; each is cleaned once. */
  #name(name: string, writer: ByteWriter, longest: number): void {
    const known = this.#names.get(name);
    if (known !== undefined) return writer.numbered(known);
    const clean = this.#redactor.text(cutText(name, longest));
    const number = clean.length > longestSharedName ? noRoom : this.strings.add(clean);
    if (number === noRoom) return writer.text(clean);
    if (this.#names.size < rememberedNames) this.#names.set(name, number);
    writer.numbered(number);
  }

  /** What few spans have, behind everything else. */
  #rare({ serviceName, scope, statusText, events, links, omittedEvents = 0 }: RareParts, omittedAttributes: number, writer: ByteWriter, longest: number, isReduced: boolean): void {
    writer.shared(serviceName, this.strings);
    writer.shared(scope, this.strings);
    writer.shared(statusText === undefined ? undefined : cutText(this.#redactor.text(cutText(statusText, 4 * longest)), longest), this.strings);
    writer.u32(omittedAttributes);
    writer.u32(omittedEvents + (isReduced ? (events?.length ?? 0) : 0));
    this.#events(isReduced ? [] : (events ?? []), writer, longest);
    this.#links(isReduced ? [] : (links ?? []), writer);
  }

  #head(span: SpanRecord, writer: ByteWriter, start: number): void {
    const { view, bytes } = writer;
    const { trace } = span;
    bytes[start + Offset.kind] = kindNumber(span.kind) | (statusNumber(span.status) << 3);
    bytes[start + Offset.flags] = (span.hasParent ? Flag.hasParent : 0) | (span.isParentRemote ? Flag.isParentRemote : 0) | (trace.isInternal ? Flag.isInternal : 0) | (span.split === undefined ? 0 : Flag.isSplit) | (trace.isNotable ? Flag.isNotable : 0);
    view.setFloat64(start + Offset.start, span.startMs, true);
    view.setFloat64(start + Offset.end, span.endMs, true);
    const ids = start + Offset.traceId;
    view.setInt32(ids, trace.word0);
    view.setInt32(ids + 4, trace.word1);
    view.setInt32(ids + 8, trace.word2);
    view.setInt32(ids + 12, trace.word3);
    view.setInt32(ids + 16, span.span0);
    view.setInt32(ids + 20, span.span1);
    view.setInt32(ids + 24, span.parent0);
    view.setInt32(ids + 28, span.parent1);
  }

  #events(events: readonly RecordedEvent[], writer: ByteWriter, longest: number): void {
    writer.u16(events.length);
    const limits = { longest, most: mostAttributes };
    const { omitted } = this.#attributes;
    for (const { name, timeMs, attributes } of events) {
      this.#name(name, writer, reducedLength);
      writer.f64(timeMs);
      const countAt = writer.reserve(2);
      if (countAt === undefined) return;
      const count = attributes === undefined ? 0 : this.#attributes.members(attributes, writer, this.#row, 0, limits);
      if (!writer.isFull) writer.view.setUint16(countAt, count, true);
    }
    this.#attributes.omitted = omitted;
  }

  #links(links: readonly SpanLinkData[], writer: ByteWriter): void {
    const count = Math.min(links.length, mostLinks);
    writer.u16(count);
    for (const { traceId, spanId } of links.slice(0, count)) {
      writer.hex(traceId, 0, 16);
      writer.hex(spanId, 0, 8);
    }
  }
}
