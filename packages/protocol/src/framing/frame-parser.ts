import { isUtf8 } from 'node:buffer';
import type { MotiaError } from '../errors.js';
import { ProtocolErrors } from '../protocol-errors.js';
import { FRAME_MARKER, FrameHeader } from './frame-header.js';
import { TextLines } from './text-lines.js';

/** What a parser tells its owner. Calls come in the order of the bytes. */
export interface FrameSink {
  /** A complete frame. Answers false when the envelope was not JSON: frames that it swallowed are then looked for inside it. */
  onFrame(envelope: string, raw: Buffer | undefined): boolean;
  /** Something that was meant as a frame and is none. `head` is the start of its body, where there is one. */
  onFault(fault: MotiaError, head?: string): void;
  /** One line of bytes outside any frame. Empty lines are left out. */
  onText(line: string): void;
}

export interface FrameParserLimits {
  /** Bodies over this are skipped without being kept. */
  readonly maxFrameBytes: number;
}

type Mode = 'scan' | 'body' | 'skip' | 'stopped';
/** Enough of an oversized body to see the id it answers. */
const HEAD_BYTES = 256;
const CONTENT_TYPE_LINE = /^content-type:/i;

/**
 * Finds frames in a stream of bytes, whatever the split and whatever else is in it.
 *
 * `scan`: between frames; everything up to the next `Content-Length:` is text. `body`: collecting a body that spans chunks.
 * `skip`: counting down an oversized body. A frame inside one chunk is read without copying.
 */
export class FrameParser {
  readonly #header = new FrameHeader();
  readonly #text: TextLines;
  #mode: Mode = 'scan';
  /** Start of a header or of the marker, cut by the end of a chunk. */
  #tail: Buffer | undefined;
  #body: Buffer[] = [];
  #bodyHave = 0;
  #skipLeft = 0;
  #skipHead: Buffer[] = [];
  #afterContentType = false;

  constructor(
    private readonly sink: FrameSink,
    private readonly limits: FrameParserLimits,
  ) {
    this.#text = new TextLines((line) => this.#onLine(line));
  }

  push(chunk: Uint8Array): void {
    let bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (this.#tail !== undefined) {
      bytes = Buffer.concat([this.#tail, bytes]);
      this.#tail = undefined;
    }
    let rest: Buffer | undefined = bytes;
    while (rest !== undefined && rest.length > 0) {
      if (this.#mode === 'scan') rest = this.#scan(rest);
      else if (this.#mode === 'body') rest = this.#collect(rest);
      else if (this.#mode === 'skip') rest = this.#skip(rest);
      else return;
    }
  }

  /** No byte will come any more: what is left over is text or half a frame. */
  end(): void {
    if (this.#mode === 'body' || this.#mode === 'skip') {
      this.sink.onFault(ProtocolErrors.FRAME_INVALID({ reason: 'the stream ended in the middle of a frame' }), this.#mode === 'body' ? this.#bodyHead() : undefined);
    } else if (this.#tail !== undefined) {
      if (this.#tail.length > FRAME_MARKER.length && this.#text.isAtLineStart) {
        this.sink.onFault(ProtocolErrors.FRAME_INVALID({ reason: 'the stream ended in the middle of a header' }));
      }
      this.#text.push(this.#tail);
      this.#tail = undefined;
    }
    this.#text.endLine();
    this.stop();
  }

  /** Ignores all further bytes. */
  stop(): void {
    this.#mode = 'stopped';
    this.#tail = undefined;
    this.#body = [];
  }

  /** Reads frames and text until the chunk is used up or a body goes beyond it. */
  #scan(bytes: Buffer): Buffer | undefined {
    const header = this.#header;
    let position = 0;
    while (position < bytes.length) {
      const at = startsWithMarker(bytes, position) ? position : bytes.indexOf(FRAME_MARKER, position);
      if (at === -1) {
        const kept = markerPrefixAtEnd(bytes, position);
        this.#text.push(bytes.subarray(position, bytes.length - kept));
        if (kept > 0) this.#tail = bytes.subarray(bytes.length - kept);
        return undefined;
      }
      if (at > position) this.#text.push(bytes.subarray(position, at));
      const status = header.read(bytes, at);
      if (status === 'incomplete') {
        this.#tail = bytes.subarray(at);
        return undefined;
      }
      if (status === 'invalid') {
        // In the middle of a line it is somebody's prose, at the start of one it is a broken peer.
        if (this.#text.isAtLineStart) this.sink.onFault(ProtocolErrors.FRAME_INVALID({ reason: header.reason, excerpt: excerptOf(bytes, at) }));
        if (this.#isStopped()) return undefined;
        position = at + 8;
        this.#text.push(bytes.subarray(at, position));
        continue;
      }
      this.#text.endLine();
      this.#afterContentType = false;
      const start = header.bodyStart;
      if (header.bodyLength > this.limits.maxFrameBytes) {
        this.#mode = 'skip';
        this.#skipLeft = header.bodyLength;
        return bytes.subarray(start);
      }
      const end = start + header.bodyLength;
      if (end > bytes.length) {
        this.#mode = 'body';
        return bytes.subarray(start);
      }
      position = this.#deliver(bytes, start, end);
      if (this.#isStopped()) return undefined;
    }
    return undefined;
  }

  #collect(bytes: Buffer): Buffer | undefined {
    if (this.#bodyHave === 0 && !startsLikeJson(bytes[0] as number)) return this.#notJson(bytes);
    const missing = this.#header.bodyLength - this.#bodyHave;
    if (bytes.length < missing) {
      this.#body.push(bytes);
      this.#bodyHave += bytes.length;
      return undefined;
    }
    this.#body.push(missing === bytes.length ? bytes : bytes.subarray(0, missing));
    const body = this.#body.length === 1 ? (this.#body[0] as Buffer) : Buffer.concat(this.#body);
    this.#body = [];
    this.#bodyHave = 0;
    this.#mode = 'scan';
    const next = this.#deliver(body, 0, body.length);
    const rest = bytes.subarray(missing);
    return next === body.length ? rest : Buffer.concat([body.subarray(next), rest]);
  }

  #skip(bytes: Buffer): Buffer | undefined {
    const limit = this.limits.maxFrameBytes;
    const total = this.#header.bodyLength;
    if (this.#skipLeft === total && !startsLikeJson(bytes[0] as number)) return this.#notJson(bytes);
    const taken = Math.min(bytes.length, this.#skipLeft);
    const done = total - this.#skipLeft;
    if (done < HEAD_BYTES) {
      this.#skipHead.push(bytes.subarray(0, Math.min(taken, HEAD_BYTES - done)));
      if (done + taken >= Math.min(HEAD_BYTES, total)) {
        const head = Buffer.concat(this.#skipHead).toString('latin1');
        this.#skipHead = [];
        this.sink.onFault(ProtocolErrors.FRAME_TOO_LARGE({ bytes: total, limit }), head);
        if (this.#isStopped()) return undefined;
      }
    }
    this.#skipLeft -= taken;
    if (this.#skipLeft > 0) return undefined;
    this.#mode = 'scan';
    return bytes.subarray(taken);
  }

  /** What was announced as a body is read as text. */
  #notJson(bytes: Buffer): Buffer | undefined {
    this.#mode = 'scan';
    this.sink.onFault(notJsonFault());
    return this.#isStopped() ? undefined : bytes;
  }

  /** Hands one body over and answers where reading goes on. */
  #deliver(bytes: Buffer, start: number, end: number): number {
    if (start === end || !startsLikeJson(bytes[start] as number)) {
      this.sink.onFault(notJsonFault());
      return start;
    }
    const envelopeLength = this.#header.envelopeLength;
    const envelopeEnd = envelopeLength === -1 ? end : start + envelopeLength;
    const envelope = bytes.toString('utf8', start, envelopeEnd);
    const raw = envelopeLength === -1 ? undefined : bytes.subarray(envelopeEnd, end);
    if (envelope.includes('\uFFFD') && !isUtf8(bytes.subarray(start, envelopeEnd))) {
      this.sink.onFault(ProtocolErrors.JSON_MALFORMED({ reason: 'invalid UTF-8' }), envelope.slice(0, HEAD_BYTES));
    } else if (this.sink.onFrame(envelope, raw)) {
      return end;
    }
    if (this.#isStopped()) return end;
    // The length may have been a lie that swallowed a good frame.
    const body = bytes.subarray(start, end);
    const swallowed = body.indexOf(FRAME_MARKER);
    return swallowed === -1 ? end - markerPrefixAtEnd(body, 0) : start + swallowed;
  }

  #isStopped(): boolean {
    return this.#mode === 'stopped';
  }

  #bodyHead(): string {
    return Buffer.concat(this.#body).toString('latin1', 0, HEAD_BYTES);
  }

  #onLine(line: string): void {
    if (line === '') {
      if (this.#afterContentType) this.sink.onFault(ProtocolErrors.FRAME_INVALID({ reason: 'the header has no Content-Length' }));
      this.#afterContentType = false;
      return;
    }
    this.#afterContentType = CONTENT_TYPE_LINE.test(line);
    this.sink.onText(line);
  }
}

function startsWithMarker(bytes: Buffer, at: number): boolean {
  if (bytes.length - at < FRAME_MARKER.length) return false;
  for (let i = 0; i < FRAME_MARKER.length; i++) if (bytes[at + i] !== FRAME_MARKER[i]) return false;
  return true;
}

/** How many bytes at the end may be the start of a marker that the next chunk completes. */
function markerPrefixAtEnd(bytes: Buffer, from: number): number {
  const longest = Math.min(FRAME_MARKER.length - 1, bytes.length - from);
  for (let length = longest; length > 0; length--) {
    if (bytes.compare(FRAME_MARKER, 0, length, bytes.length - length) === 0) return length;
  }
  return 0;
}

/** Objects and arrays only: an HTTP answer dumped to the stream is recognised before its body is waited for. */
function startsLikeJson(byte: number): boolean {
  return byte === 0x7b || byte === 0x5b || byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function notJsonFault(): MotiaError {
  return ProtocolErrors.JSON_MALFORMED({ reason: 'it does not start with an object' });
}

function excerptOf(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, Math.min(bytes.length, at + 48));
}
