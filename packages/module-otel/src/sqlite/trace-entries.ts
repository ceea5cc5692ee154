import { Flag, Offset } from '../record/span-layout.js';
import { TraceFlag } from '../record/trace-table.js';

/** What stands of a trace beside the records of a piece, as bytes: where in one entry. Words of the id as in the records, the rest little-endian. */
const EntryAt = { traceId: 0, start: 16, duration: 24, spans: 32, root: 36, flags: 40 } as const;
export const entryBytes = 48;

/** One trace as far as it lies in one piece. */
export interface TraceEntry {
  /** The last two words of its id. */
  readonly word2: number;
  readonly word3: number;
  /** Of the span that it is listed as; the earliest one where the piece has no beginning of it. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly spans: number;
  /** Where the record of that span begins. */
  readonly rootAt: number;
  /** `TraceFlag`, and `isRooted`. */
  readonly flags: number;
}

/** The piece has a span that the trace may be listed as. */
export const isRooted = 1 << 8;
/** One of its spans said that the trace is worth keeping. */
const isMarked = 1 << 9;

/** What is known of a piece from its records. */
export interface PieceEntries {
  readonly entries: Uint8Array;
  readonly spans: number;
  /** Of all traces together. */
  readonly flags: number;
  /** Earliest start and latest end. */
  readonly oldestMs: number;
  readonly newestMs: number;
}

/** Finds the traces in the records of a piece. Runs for every span that is written, so it makes nothing per span. */
export function entriesOf(body: Uint8Array, slowMs: number): PieceEntries {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const places = new Int32Array(placesFor(body.byteLength)).fill(-1);
  const mask = places.length - 1;
  let entries = new DataView(new ArrayBuffer(1024 * entryBytes));
  let count = 0;
  let spans = 0;
  let all = 0;
  let oldestMs = Number.POSITIVE_INFINITY;
  let newestMs = 0;
  for (let at = 0; at + Offset.body <= body.byteLength; ) {
    const length = view.getUint32(at, true);
    if (length < Offset.body || at + length > body.byteLength) break;
    const word2 = view.getInt32(at + Offset.traceId + 8);
    const word3 = view.getInt32(at + Offset.traceId + 12);
    let place = word3 & mask;
    let entry = places[place] as number;
    while (entry !== -1 && (entries.getInt32(entry * entryBytes + EntryAt.traceId + 12) !== word3 || entries.getInt32(entry * entryBytes + EntryAt.traceId + 8) !== word2)) {
      place = (place + 1) & mask;
      entry = places[place] as number;
    }
    const startMs = view.getFloat64(at + Offset.start, true);
    const endMs = view.getFloat64(at + Offset.end, true);
    const recordFlags = body[at + Offset.flags] as number;
    const isRoot = (recordFlags & Flag.hasParent) === 0 || (recordFlags & Flag.isParentRemote) !== 0;
    const flags =
      TraceFlag.used | ((body[at + Offset.kind] as number) >> 3 >= 2 ? TraceFlag.error : 0) | (isRoot && endMs - startMs >= slowMs ? TraceFlag.slow : 0) |
      ((recordFlags & Flag.isInternal) === 0 ? 0 : TraceFlag.internal) | ((recordFlags & Flag.isNotable) === 0 ? 0 : isMarked) | (isRoot ? isRooted : 0);
    if (entry === -1) {
      if ((count + 1) * entryBytes > entries.byteLength) entries = doubled(entries);
      entry = count;
      count += 1;
      places[place] = entry;
      const to = entry * entryBytes;
      for (let word = 0; word < 16; word += 4) entries.setInt32(to + word, view.getInt32(at + Offset.traceId + word));
      list(entries, to, at, startMs, endMs);
    }
    const to = entry * entryBytes;
    const known = entries.getUint32(to + EntryAt.flags, true);
    if (isRoot && known !== 0 && (known & isRooted) === 0) list(entries, to, at, startMs, endMs);
    else if (((known | flags) & isRooted) === 0 && startMs < entries.getFloat64(to + EntryAt.start, true)) entries.setFloat64(to + EntryAt.start, startMs, true);
    entries.setUint32(to + EntryAt.spans, entries.getUint32(to + EntryAt.spans, true) + 1, true);
    entries.setUint32(to + EntryAt.flags, known | flags, true);
    all |= flags;
    if (startMs < oldestMs) oldestMs = startMs;
    if (endMs > newestMs) newestMs = endMs;
    spans += 1;
    at += length;
  }
  return { entries: new Uint8Array(entries.buffer, 0, count * entryBytes), spans, flags: all, oldestMs, newestMs };
}

/** Traces of a piece, in the order in which they were begun in it. */
export function* readEntries(entries: Uint8Array): IterableIterator<TraceEntry> {
  const view = new DataView(entries.buffer, entries.byteOffset, entries.byteLength);
  for (let at = 0; at + entryBytes <= view.byteLength; at += entryBytes) {
    yield {
      word2: view.getInt32(at + EntryAt.traceId + 8),
      word3: view.getInt32(at + EntryAt.traceId + 12),
      startMs: view.getFloat64(at + EntryAt.start, true),
      durationMs: view.getFloat64(at + EntryAt.duration, true),
      spans: view.getUint32(at + EntryAt.spans, true),
      rootAt: view.getUint32(at + EntryAt.root, true),
      flags: view.getUint32(at + EntryAt.flags, true),
    };
  }
}

/** Sixteen bytes. */
export function traceIdIn(entries: Uint8Array, index: number): Buffer {
  return Buffer.from(entries.buffer, entries.byteOffset + index * entryBytes, 16);
}

/** Whether a piece has spans of a trace. */
export function hasTrace(entries: Uint8Array, traceId: Uint8Array): boolean {
  const bytes = Buffer.from(entries.buffer, entries.byteOffset, entries.byteLength);
  for (let at = bytes.indexOf(traceId); at !== -1; at = bytes.indexOf(traceId, at + 1)) if (at % entryBytes === 0) return true;
  return false;
}

/** Worth keeping when others go. */
export function isNotable(flags: number): boolean {
  return (flags & notableFlags) !== 0 && (flags & TraceFlag.internal) === 0;
}
export const notableFlags = TraceFlag.error | TraceFlag.slow | isMarked;

function list(entries: DataView, to: number, at: number, startMs: number, endMs: number): void {
  entries.setFloat64(to + EntryAt.start, startMs, true);
  entries.setFloat64(to + EntryAt.duration, endMs - startMs, true);
  entries.setUint32(to + EntryAt.root, at, true);
}

function doubled(view: DataView<ArrayBuffer>): DataView<ArrayBuffer> {
  const next = new Uint8Array(view.byteLength * 2);
  next.set(new Uint8Array(view.buffer));
  return new DataView(next.buffer);
}

/** At most half full, however short the records are. */
function placesFor(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(16, (bytes / Offset.body) * 2)));
}
