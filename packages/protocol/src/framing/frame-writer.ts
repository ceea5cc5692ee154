import type { Transport } from '../transport.js';
import { ProtocolErrors } from '../protocol-errors.js';
import { RAW_MEDIA_TYPE } from './frame-header.js';

export interface FrameWriterLimits {
  /** Frames over this are refused before they reach the wire. */
  readonly maxFrameBytes: number;
  /** Bytes waiting here and in the transport before `hasRoom` turns false. */
  readonly maxBufferedBytes: number;
}

/**
 * A turn that writes more than this hands it over early, so that the peer works on it while the turn goes on. HTTP to Step, 64 connections,
 * requests against 64 KiB in four paired rounds on a machine that was not idle: 0.86, 1.12, 1.62 and 1.64. 1 to 4 KiB did no better.
 */
const FLUSH_EARLY_BYTES = 8 * 1024;
/** Raw parts from this size are handed over as they are instead of being copied into one chunk with their neighbours. */
const COPY_BELOW_BYTES = 64 * 1024;

/**
 * Collects the frames of one turn of the event loop and writes them as one chunk, so that a usual turn costs one system call.
 * While the transport is full, frames wait here; `hasRoom` tells callers to stop adding.
 */
export class FrameWriter {
  #text = '';
  #isAscii = true;
  /** What comes before `#text` in order: text and raw bytes. */
  #parts: (string | Uint8Array)[] = [];
  #queuedBytes = 0;
  #isScheduled = false;
  #isBlocked = false;
  #isClosed = false;
  #flushed: (() => void)[] = [];
  framesOut = 0;
  bytesOut = 0;
  readonly #flushNow = (): void => {
    this.#isScheduled = false;
    this.flushNow();
  };

  constructor(
    private readonly transport: Transport,
    private readonly limits: FrameWriterLimits,
    /** The transport takes bytes again, and there is room for more than what waited. */
    private readonly onRoom: () => void = () => undefined,
  ) {
    transport.onDrain(() => this.#onDrain());
  }

  /** Bytes not yet given to the operating system. */
  get bufferedBytes(): number {
    return this.#queuedBytes + this.transport.bufferedBytes;
  }

  /** False when callers must not add calls: the peer does not read. */
  get hasRoom(): boolean {
    return this.#queuedBytes + this.transport.bufferedBytes < this.limits.maxBufferedBytes;
  }

  /** Queues one frame. @throws `MOTIA_PROTOCOL_FRAME_TOO_LARGE`; nothing was queued then. */
  send(envelope: string, raw?: Uint8Array): void {
    if (this.#isClosed) return;
    const envelopeBytes = Buffer.byteLength(envelope);
    const bodyBytes = raw === undefined ? envelopeBytes : envelopeBytes + raw.byteLength;
    if (bodyBytes > this.limits.maxFrameBytes) throw ProtocolErrors.FRAME_TOO_LARGE({ bytes: bodyBytes, limit: this.limits.maxFrameBytes });
    const header =
      raw === undefined
        ? `Content-Length: ${bodyBytes}\r\n\r\n`
        : `Content-Length: ${bodyBytes}\r\nContent-Type: ${RAW_MEDIA_TYPE}; envelope=${envelopeBytes}\r\n\r\n`;
    this.#text += header + envelope;
    if (envelopeBytes !== envelope.length) this.#isAscii = false;
    if (raw !== undefined) {
      this.#parts.push(this.#text, raw);
      this.#text = '';
    }
    const bytes = header.length + bodyBytes;
    this.#queuedBytes += bytes;
    this.bytesOut += bytes;
    this.framesOut++;
    if (this.#isBlocked) return;
    if (this.#queuedBytes >= FLUSH_EARLY_BYTES) {
      this.flushNow();
    } else if (!this.#isScheduled) {
      this.#isScheduled = true;
      setImmediate(this.#flushNow);
    }
  }

  /** Writes what is queued, unless the transport asked to wait. */
  flushNow(): void {
    if (this.#isBlocked || this.#queuedBytes === 0) return;
    const encoding = this.#isAscii ? 'latin1' : 'utf8';
    const parts = this.#parts;
    const text = this.#text;
    const bytes = this.#queuedBytes;
    this.#text = '';
    this.#parts = [];
    this.#isAscii = true;
    this.#queuedBytes = 0;
    if (parts.length === 0) {
      this.#isBlocked = !this.transport.write(text, encoding);
      return;
    }
    if (text !== '') parts.push(text);
    for (const chunk of joinSmallParts(parts, bytes, encoding)) {
      if (!this.transport.write(chunk)) this.#isBlocked = true;
    }
  }

  /** Resolves when everything queued so far was handed to the operating system, or the connection is gone. */
  flush(): Promise<void> {
    this.flushNow();
    if (this.#isClosed || this.bufferedBytes === 0) return Promise.resolve();
    return new Promise((resolve) => this.#flushed.push(resolve));
  }

  /** Drops what is queued and everything sent from now on. */
  close(): void {
    this.#isClosed = true;
    this.#text = '';
    this.#parts = [];
    this.#queuedBytes = 0;
    this.#releaseFlushed();
  }

  #onDrain(): void {
    const wasBlocked = this.#isBlocked;
    if (wasBlocked) {
      this.#isBlocked = false;
      this.flushNow();
    }
    if (this.#flushed.length > 0 && this.bufferedBytes === 0) this.#releaseFlushed();
    if (wasBlocked && this.hasRoom) this.onRoom();
  }

  #releaseFlushed(): void {
    const flushed = this.#flushed;
    this.#flushed = [];
    for (const resolve of flushed) resolve();
  }
}

/** Copies neighbouring small parts into one chunk; large raw parts stay what they are. */
function joinSmallParts(parts: readonly (string | Uint8Array)[], totalBytes: number, encoding: 'utf8' | 'latin1'): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let largeBytes = 0;
  for (const part of parts) if (typeof part !== 'string' && part.byteLength >= COPY_BELOW_BYTES) largeBytes += part.byteLength;
  const joined = Buffer.allocUnsafe(totalBytes - largeBytes);
  let start = 0;
  let end = 0;
  for (const part of parts) {
    if (typeof part === 'string') {
      end += joined.write(part, end, encoding);
    } else if (part.byteLength >= COPY_BELOW_BYTES) {
      if (end > start) chunks.push(joined.subarray(start, end));
      start = end;
      chunks.push(part);
    } else {
      joined.set(part, end);
      end += part.byteLength;
    }
  }
  if (end > start) chunks.push(joined.subarray(start, end));
  return chunks;
}
