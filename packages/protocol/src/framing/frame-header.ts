/** Readers find frames again at exactly these bytes, so writers must spell and place them exactly so. */
export const FRAME_MARKER = Buffer.from('Content-Length:');
/** A header block longer than this is not one. */
export const MAX_HEADER_BYTES = 1024;
/** Lengths over 2 GiB - 1 are taken for garbage, not for a frame to be skipped. */
export const MAX_CLAIMED_BYTES = 0x7fff_ffff;
/** Media type of frames whose body is a JSON envelope followed by raw bytes. */
export const RAW_MEDIA_TYPE = 'application/vnd.motia.raw';

export type HeaderStatus = 'complete' | 'incomplete' | 'invalid';

const CR = 0x0d;
const LF = 0x0a;
const headerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)$/;

/** Reads one header block. A single instance is reused by its parser; the fields hold the last result. */
export class FrameHeader {
  bodyStart = 0;
  bodyLength = 0;
  /** Bytes of JSON at the start of a raw frame's body; -1 for a plain frame. */
  envelopeLength = -1;
  /** Why the last block was `invalid`. */
  reason = '';

  /** `at` is where `Content-Length:` starts. */
  read(bytes: Buffer, at: number): HeaderStatus {
    const end = bytes.length;
    let position = at + FRAME_MARKER.length;
    while (position < end && (bytes[position] === 0x20 || bytes[position] === 0x09)) position++;
    const digits = position;
    let length = 0;
    for (; position < end; position++) {
      const digit = (bytes[position] as number) - 0x30;
      if (digit < 0 || digit > 9) break;
      length = length * 10 + digit;
      if (length > MAX_CLAIMED_BYTES) return this.#invalid(`Content-Length is over ${MAX_CLAIMED_BYTES}`);
    }
    if (position - at > MAX_HEADER_BYTES) return this.#invalid('the header is too long');
    if (position === end) return 'incomplete';
    if (position === digits) return this.#invalid('Content-Length is not a number');
    if (bytes[position] !== CR) return this.#invalid('Content-Length is not a plain decimal number');
    if (position + 1 === end) return 'incomplete';
    if (bytes[position + 1] !== LF) return this.#invalid('the header line does not end with CR LF');
    this.bodyLength = length;
    this.envelopeLength = -1;
    return this.#readMoreLines(bytes, at, position + 2);
  }

  #readMoreLines(bytes: Buffer, at: number, from: number): HeaderStatus {
    let position = from;
    for (;;) {
      if (position === bytes.length) return 'incomplete';
      if (bytes[position] === CR) {
        if (position + 1 === bytes.length) return 'incomplete';
        if (bytes[position + 1] !== LF) return this.#invalid('the header does not end with CR LF CR LF');
        this.bodyStart = position + 2;
        return 'complete';
      }
      const newline = bytes.indexOf(LF, position);
      const lineEnd = newline === -1 ? bytes.length : newline;
      if (lineEnd - at > MAX_HEADER_BYTES) return this.#invalid('the header is too long');
      if (newline === -1) return 'incomplete';
      if (bytes[newline - 1] !== CR) return this.#invalid('a header line does not end with CR LF');
      const problem = this.#readLine(bytes.toString('latin1', position, newline - 1));
      if (problem !== undefined) return this.#invalid(problem);
      position = newline + 1;
    }
  }

  #readLine(line: string): string | undefined {
    // Half a header, and the next frame behind it: the marker anywhere in a line is where that one starts.
    if (line.includes('Content-Length:')) return 'Content-Length appears twice';
    const match = headerLine.exec(line);
    if (match === null) return 'a header line has no name';
    const name = (match[1] as string).toLowerCase();
    if (name === 'content-length') return 'Content-Length appears twice';
    if (name !== 'content-type') return undefined;
    const [type = '', ...parameters] = (match[2] as string).split(';').map((part) => part.trim().toLowerCase());
    for (const parameter of parameters) {
      const [key, value = ''] = parameter.split('=', 2);
      if (key === 'charset' && value !== 'utf-8' && value !== 'utf8') return 'the charset is not utf-8';
      if (key === 'envelope' && type === RAW_MEDIA_TYPE) {
        if (!/^\d{1,10}$/.test(value) || Number(value) > this.bodyLength) return 'envelope is not a number within the body';
        this.envelopeLength = Number(value);
      }
    }
    return type === RAW_MEDIA_TYPE && this.envelopeLength === -1 ? 'a raw frame needs envelope=<bytes>' : undefined;
  }

  #invalid(reason: string): 'invalid' {
    this.reason = reason;
    return 'invalid';
  }
}
