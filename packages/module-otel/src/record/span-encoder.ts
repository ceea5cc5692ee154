import type { SpanAttributes, SpanKind } from '@motia/engine-core/contract';
import { cutText, Verdict, type Redactor } from '../redaction/redactor.js';
import { redacted } from '../redaction/secret-names.js';
import type { ByteWriter } from './byte-writer.js';
import { Tag } from './byte-writer.js';
import type { AttributeValue, SpanLinkData, SpanStatus } from './span-data.js';
import { mostAttributes, mostLinks, type RareParts, type RecordedEvent, type SpanRecord } from './span-record.js';
import { noRoom, type StringTable } from './string-table.js';

/** Where the parts of a record stand that are read without decoding the rest. */
export const Offset = { length: 0, kind: 4, flags: 5, previous: 6, start: 14, end: 22, traceId: 30, spanId: 46, parentId: 54, body: 62 } as const;
export const Flag = { hasParent: 1, isParentRemote: 2, isInternal: 4, isSplit: 8, isRare: 16, isNotable: 32 } as const;

export const kinds: readonly SpanKind[] = ['internal', 'server', 'client', 'producer', 'consumer'];
export const statuses: readonly SpanStatus[] = ['unset', 'ok', 'error', 'interrupted'];
const kindNumbers: Readonly<Record<SpanKind, number>> = { internal: 0, server: 1, client: 2, producer: 3, consumer: 4 };
const statusNumbers: Readonly<Record<SpanStatus, number>> = { unset: 0, ok: 1, error: 2, interrupted: 3 };

/** Different values of one attribute that are worth a number; beyond, they are written in place. */
const mostSharedValues = 64;
const longestSharedValue = 256;
/** What is kept of a span that would not fit into a whole piece of memory. */
const reducedAttributes = 32;
const reducedLength = 256;

/** Attributes that spans have in common. */
const mostCommon = 32;
const longestSharedName = 512;
const rememberedNames = 10_000;

/** What is known of an attribute's name. */
interface KnownKey {
  readonly number: number;
  readonly verdict: Verdict;
  /** Values by number; undefined once there were too many. */
  values: Map<string, number> | undefined;
}

/** Writes spans down. This is also where secrets end and limits hold: nothing else ever sees the record's own values. */
export class SpanEncoder {
  readonly strings: StringTable;
  readonly #redactor: Redactor;
  readonly #longest: number;
  readonly #keys = new Map<string, KnownKey>();
  readonly #names = new Map<string, number>();
  #omitted = 0;
  readonly #commons = new WeakMap<SpanAttributes, { readonly bytes: Uint8Array; readonly count: number }>();

  constructor(strings: StringTable, redactor: Redactor, longestText: number) {
    this.strings = strings;
    this.#redactor = redactor;
    this.#longest = longestText;
  }

  /**
   * Writes one span where the writer stands; `writer.isFull` tells that it did not fit. `isReduced` keeps its outline
   * only. The place of the span of this trace that was written before is for the caller to fill in.
   */
  encode(span: SpanRecord, writer: ByteWriter, isReduced: boolean): void {
    const { split, rare } = span;
    const start = writer.reserve(Offset.body);
    if (start === undefined) return;
    this.#head(span, writer, start);
    const longest = isReduced ? reducedLength : this.#longest;
    this.#name(span.name, writer, longest);
    if (split !== undefined) {
      writer.f64(split.waitMs ?? Number.NaN);
      writer.f64(split.handlerMs ?? Number.NaN);
      writer.f64(split.transitMs ?? Number.NaN);
    }
    const countAt = writer.reserve(2) ?? start;
    const omitted = this.#attributes(span, writer, countAt, longest, isReduced ? reducedAttributes : mostAttributes);
    if (rare !== undefined || omitted > 0) this.#rare(span.rare ?? {}, omitted, writer, longest, isReduced);
    if (writer.isFull) return;
    writer.view.setUint32(start, writer.at - start, true);
    if (rare !== undefined || omitted > 0) (writer.bytes[start + Offset.flags] as number) |= Flag.isRare;
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
    bytes[start + Offset.kind] = kindNumbers[span.kind] | (statusNumbers[span.status] << 3);
    bytes[start + Offset.flags] = (span.hasParent ? Flag.hasParent : 0) | (span.isParentRemote ? Flag.isParentRemote : 0) | (span.trace.isInternal ? Flag.isInternal : 0) | (span.split === undefined ? 0 : Flag.isSplit) | (span.trace.isNotable ? Flag.isNotable : 0);
    view.setFloat64(start + Offset.start, span.startMs, true);
    view.setFloat64(start + Offset.end, span.endMs, true);
    const ids = start + Offset.traceId;
    view.setInt32(ids, span.trace0);
    view.setInt32(ids + 4, span.trace1);
    view.setInt32(ids + 8, span.trace2);
    view.setInt32(ids + 12, span.trace3);
    view.setInt32(ids + 16, span.span0);
    view.setInt32(ids + 20, span.span1);
    view.setInt32(ids + 24, span.parent0);
    view.setInt32(ids + 28, span.parent1);
  }

  /** @returns how many were left out */
  #attributes(span: SpanRecord, writer: ByteWriter, countAt: number, longest: number, most: number): number {
    const { attributes, common, more } = span;
    this.#omitted = span.rare?.omittedAttributes ?? 0;
    let count = common === undefined ? 0 : this.#common(common, writer, longest);
    if (attributes !== undefined) count = this.#members(attributes, writer, count, longest, most);
    if (more !== undefined) {
      for (let index = 0; index < more.length; index += 2) {
        if (count >= most) {
          this.#omitted += 1;
          continue;
        }
        const name = more[index] as string;
        this.#attribute(writer, name, this.#keys.get(name) ?? this.#know(name), more[index + 1] as AttributeValue, longest);
        count += 1;
      }
    }
    if (!writer.isFull) writer.view.setUint16(countAt, count, true);
    return this.#omitted;
  }

  /** What is written down for one object is copied from then on. @returns how many attributes that is */
  #common(common: SpanAttributes, writer: ByteWriter, longest: number): number {
    const known = this.#commons.get(common);
    if (known !== undefined) {
      writer.copy(known.bytes);
      return known.count;
    }
    const start = writer.at;
    const count = this.#members(common, writer, 0, longest, mostCommon);
    if (!writer.isFull && longest === this.#longest) this.#commons.set(common, { bytes: writer.bytes.slice(start, writer.at), count });
    return count;
  }

  /** @returns how many attributes there are now */
  #members(attributes: NonNullable<SpanRecord['attributes']>, writer: ByteWriter, before: number, longest: number, most: number): number {
    let count = before;
    let hidesNamed: boolean | undefined;
    for (const name in attributes) {
      const value = attributes[name];
      if (value === undefined) continue;
      if (count >= most) {
        this.#omitted += 1;
        continue;
      }
      const key = this.#keys.get(name) ?? this.#know(name);
      if (key.verdict === Verdict.Named) hidesNamed ??= this.#redactor.namesSecret(attributes);
      this.#attribute(writer, name, key, key.verdict === Verdict.Named && hidesNamed === true ? redacted : value, longest);
      count += 1;
    }
    return count;
  }

  #attribute(writer: ByteWriter, name: string, key: KnownKey, value: AttributeValue, longest: number): void {
    if (key.number === noRoom) writer.text(cutText(name, reducedLength));
    else writer.numbered(key.number);
    this.#value(writer, name, key, value, longest);
  }

  #value(writer: ByteWriter, name: string, key: KnownKey, value: AttributeValue, longest: number): void {
    const { values } = key;
    if (values !== undefined && typeof value === 'string' && value.length <= longestSharedValue) {
      // A value that came before was cleaned then.
      const number = values.get(value);
      if (number !== undefined) return writer.numbered(number);
    }
    const clean = key.verdict === Verdict.Keep && typeof value !== 'object' && (typeof value !== 'string' || value.length <= longest) ? value : this.#redactor.clean(name, value, key.verdict, longest);
    switch (typeof clean) {
      case 'string':
        if (values !== undefined && typeof value === 'string' && value.length <= longestSharedValue) {
          const number = this.#share(key, values, value, clean);
          if (number !== noRoom) return writer.numbered(number);
        }
        return writer.text(clean);
      case 'number': return writer.number(clean);
      case 'boolean': return writer.u8(clean ? Tag.True : Tag.False);
      default:
        writer.u8(Tag.List);
        writer.text(cutList(clean, longest));
    }
  }

  #share(key: KnownKey, values: Map<string, number>, value: string, clean: string): number {
    if (values.size >= mostSharedValues) {
      key.values = undefined;
      return noRoom;
    }
    const number = this.strings.add(clean);
    if (number !== noRoom) values.set(value, number);
    return number;
  }

  #events(events: readonly RecordedEvent[], writer: ByteWriter, longest: number): void {
    writer.u16(events.length);
    for (const { name, timeMs, attributes } of events) {
      this.#name(name, writer, reducedLength);
      writer.f64(timeMs);
      const entries = attributes === undefined ? [] : Object.entries(attributes).filter(([, value]) => value !== undefined).slice(0, mostAttributes);
      writer.u16(entries.length);
      const hidesNamed = attributes !== undefined && this.#redactor.namesSecret(attributes);
      for (const [key, value] of entries) {
        const known = this.#keys.get(key) ?? this.#know(key);
        this.#attribute(writer, key, known, known.verdict === Verdict.Named && hidesNamed ? redacted : (value as AttributeValue), longest);
      }
    }
  }

  #links(links: readonly SpanLinkData[], writer: ByteWriter): void {
    const count = Math.min(links.length, mostLinks);
    writer.u16(count);
    for (const { traceId, spanId } of links.slice(0, count)) {
      writer.hex(traceId, 0, 16);
      writer.hex(spanId, 0, 8);
    }
  }

  #know(name: string): KnownKey {
    const verdict = this.#redactor.verdictOf(name);
    // Secrets are not remembered either.
    const mayShare = verdict !== Verdict.Secret && verdict !== Verdict.Named;
    const known: KnownKey = { number: name.length > reducedLength ? noRoom : this.strings.add(name), verdict, values: mayShare ? new Map() : undefined };
    // Names that do not fit into the table are as many as somebody likes.
    if (known.number !== noRoom) this.#keys.set(name, known);
    return known;
  }
}

/** A list as JSON text that stays JSON when it is cut. */
function cutList(list: readonly (string | number | boolean)[], longest: number): string {
  let text = JSON.stringify(list);
  for (let kept = list.length; text.length > longest && kept > 0; ) {
    kept = Math.floor(kept / 2);
    text = JSON.stringify([...list.slice(0, kept), `…[${String(list.length)} items]`]);
  }
  return text;
}
