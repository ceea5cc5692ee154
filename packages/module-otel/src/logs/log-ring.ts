import { ChunkRing, RingCursor, type Chunk } from '../record/chunk-ring.js';
import { severityOf, levels, type LogData } from './log-data.js';

export interface LogRingLimits {
  readonly maxCount: number;
  readonly maxBytes: number;
}

/** Head of a record: length, level, trace and span, times; then the rest as JSON. */
const at = { length: 0, level: 4, hasIds: 5, timeMs: 6, observedMs: 14, traceId: 22, spanId: 38, json: 46 } as const;
const largestChunk = 256 * 1024;
const smallestChunk = 128 * 1024;

/** What a look for logs wants to see; all that is given must hold. */
export interface LogFilter {
  /** Came here at that time or later, whatever it says of itself. */
  readonly observedFromMs?: number | undefined;
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  readonly traceId?: string | undefined;
  readonly spanId?: string | undefined;
  /** Number of OpenTelemetry. */
  readonly minSeverity?: number | undefined;
  readonly level?: string | undefined;
  /** Only decided on the whole record. */
  readonly matches?: ((log: LogData) => boolean) | undefined;
  /** Records written before this one (their number among all ever written). */
  readonly beforeRecord?: number | undefined;
  /** Records written after this one. */
  readonly afterRecord?: number | undefined;
}

/** The last log records, as bytes outside the heap, bounded by count and bytes. */
export class LogRing {
  evicted = 0;
  readonly #ring: ChunkRing;
  readonly #limits: LogRingLimits;
  readonly #mostChunks: number;
  readonly #recordsPerChunk: number;
  /** Number of the first record that was not cleared. */
  #firstKept = 0;

  constructor(limits: LogRingLimits) {
    this.#limits = limits;
    const chunkBytes = Math.max(smallestChunk, Math.min(largestChunk, Math.floor(limits.maxBytes / 8)));
    this.#ring = new ChunkRing(chunkBytes);
    this.#mostChunks = Math.max(2, Math.floor(limits.maxBytes / chunkBytes));
    this.#recordsPerChunk = Math.max(1, Math.floor(limits.maxCount / 8));
  }

  get size(): number {
    return this.#ring.records;
  }

  get bytes(): number {
    return this.#ring.size * this.#ring.chunkBytes;
  }

  /** For whoever takes the bytes elsewhere. */
  cursor(): RingCursor {
    return new RingCursor(this.#ring);
  }

  /** Records ever written. */
  get written(): number {
    return this.#ring.written;
  }

  append(log: LogData): void {
    const { timeMs, observedMs, level, traceId, spanId, message, source, functionId, invocationId, workerId, stream, fields } = log;
    let json = JSON.stringify({ message, source, functionId, invocationId, workerId, stream, fields });
    // No character takes more than three bytes.
    if (json.length * 3 > this.#ring.chunkBytes - at.json) json = JSON.stringify({ message: message.slice(0, 8192), source, fields: { truncated: true } });
    let chunk = this.#ring.newest;
    if (chunk === undefined || chunk.records >= this.#recordsPerChunk || chunk.used + at.json + json.length > chunk.bytes.byteLength) chunk = this.#begin();
    let length = writeText(chunk, json);
    if (length === undefined) {
      chunk = this.#begin();
      length = writeText(chunk, json);
      if (length === undefined) return;
    }
    const { view, used } = chunk;
    view.setUint32(used, at.json + length, true);
    view.setUint8(used + at.level, severityOf[level]);
    view.setUint8(used + at.hasIds, (traceId === undefined ? 0 : 1) | (spanId === undefined ? 0 : 2));
    view.setFloat64(used + at.timeMs, timeMs, true);
    view.setFloat64(used + at.observedMs, observedMs, true);
    const buffer = bufferOf(chunk);
    if (traceId !== undefined) buffer.write(traceId, used + at.traceId, 16, 'hex');
    if (spanId !== undefined) buffer.write(spanId, used + at.spanId, 8, 'hex');
    this.#ring.commit(chunk, used + at.json + length, observedMs);
  }

  /** Newest first: `visit` gets each match with its number and says whether to go on. */
  scan(filter: LogFilter, visit: (load: () => LogData, record: number) => boolean): void {
    const wanted = filter.traceId === undefined ? undefined : Buffer.from(filter.traceId, 'hex');
    for (const chunk of this.#ring.newestFirst()) {
      const places = logPlaces(chunk, chunk.used);
      for (let index = places.length - 1; index >= 0; index -= 1) {
        const record = chunk.firstRecord + index;
        if (filter.afterRecord !== undefined && record <= filter.afterRecord) return;
        if (filter.beforeRecord !== undefined && record >= filter.beforeRecord) continue;
        const place = places[index] as number;
        const load = matchAt(chunk, place, filter, wanted);
        if (load !== undefined && !visit(load, record)) return;
      }
    }
  }

  /** Records from `record` on, at most `most`; `missed` went before they were read. */
  read(record: number, most: number): { readonly logs: readonly LogData[]; readonly next: number; readonly missed: number } {
    const logs: LogData[] = [];
    const { next, missed } = this.#ring.read(record, most, (chunk, place) => logs.push(decode(chunk, place)));
    return { logs, next, missed };
  }

  evictOlderThan(beforeMs: number): void {
    while (this.#ring.oldest !== undefined && this.#ring.oldest.newestMs < beforeMs) this.#drop();
  }

  /** Records after this one that had to make room. */
  missedSince(record: number): number {
    return Math.max(0, this.#ring.first - Math.max(record + 1, this.#firstKept));
  }

  clear(): void {
    this.#ring.clear();
    this.#firstKept = this.written;
  }

  #begin(): Chunk {
    while (this.#ring.size > 0 && (this.#ring.size >= this.#mostChunks || this.#ring.records + this.#recordsPerChunk > this.#limits.maxCount)) this.#drop();
    return this.#ring.grow();
  }

  #drop(): void {
    const chunk = this.#ring.shift();
    if (chunk === undefined) return;
    this.evicted += chunk.records;
    this.#ring.reuse(chunk);
  }
}

/** Piece of memory or of a file that records lie in. */
export type LogBytes = Pick<Chunk, 'bytes' | 'view'>;

/** Where records lie, oldest first. */
export function logPlaces({ view }: LogBytes, used: number): readonly number[] {
  const places: number[] = [];
  for (let place = 0; place + at.json <= used; place += view.getUint32(place, true)) places.push(place);
  return places;
}

/** What loads the record, if the filter lets it through. */
export function matchAt(chunk: LogBytes, place: number, filter: LogFilter, traceId: Buffer | undefined): (() => LogData) | undefined {
  if (!headFits(chunk, place, filter, traceId)) return undefined;
  if (filter.matches === undefined && filter.spanId === undefined) return () => decode(chunk, place);
  const log = decode(chunk, place);
  return (filter.spanId !== undefined && log.spanId !== filter.spanId) || filter.matches?.(log) === false ? undefined : () => log;
}

function headFits({ view, bytes }: LogBytes, place: number, filter: LogFilter, traceId: Buffer | undefined): boolean {
  const severity = view.getUint8(place + at.level);
  if (filter.minSeverity !== undefined && severity < filter.minSeverity) return false;
  if (filter.level !== undefined && severity !== severityOf[filter.level as keyof typeof severityOf]) return false;
  if (filter.observedFromMs !== undefined && view.getFloat64(place + at.observedMs, true) < filter.observedFromMs) return false;
  const timeMs = view.getFloat64(place + at.timeMs, true);
  if ((filter.fromMs !== undefined && timeMs < filter.fromMs) || (filter.toMs !== undefined && timeMs > filter.toMs)) return false;
  if (traceId === undefined) return true;
  return (view.getUint8(place + at.hasIds) & 1) !== 0 && traceId.compare(bytes, place + at.traceId, place + at.traceId + 16) === 0;
}

function decode(chunk: LogBytes, place: number): LogData {
  const { view } = chunk;
  const buffer = bufferOf(chunk);
  const hasIds = view.getUint8(place + at.hasIds);
  const severity = view.getUint8(place + at.level);
  const rest = JSON.parse(buffer.toString('utf8', place + at.json, place + view.getUint32(place, true))) as Omit<LogData, 'timeMs' | 'observedMs' | 'level' | 'traceId' | 'spanId'>;
  return {
    ...rest,
    timeMs: view.getFloat64(place + at.timeMs, true),
    observedMs: view.getFloat64(place + at.observedMs, true),
    level: levels.find((level) => severityOf[level] === severity) ?? 'info',
    traceId: (hasIds & 1) === 0 ? undefined : buffer.toString('hex', place + at.traceId, place + at.traceId + 16),
    spanId: (hasIds & 2) === 0 ? undefined : buffer.toString('hex', place + at.spanId, place + at.spanId + 8),
  };
}

/** When the first record of a piece came, epoch milliseconds. */
export function firstTimeOf(body: Uint8Array): number {
  return new DataView(body.buffer, body.byteOffset, body.byteLength).getFloat64(at.observedMs, true);
}

/** @returns the bytes that the text took; undefined when it does not fit. */
function writeText(chunk: Chunk, json: string): number | undefined {
  const start = chunk.used + at.json;
  if (start + json.length > chunk.bytes.byteLength) return undefined;
  const { read, written } = encoder.encodeInto(json, chunk.bytes.subarray(start));
  return read < json.length ? undefined : written;
}

const encoder = new TextEncoder();

function bufferOf({ bytes }: Pick<Chunk, 'bytes'>): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
