/** One frame as bytes show it. */
export interface PlainFrame {
  readonly envelope: string;
  readonly raw: Buffer | undefined;
}

/**
 * A frame reader of the simplest kind, written without the parser that it helps to test: whole headers only, no
 * resynchronisation. Throws at anything that is not exactly a frame.
 */
export class PlainFrameReader {
  #bytes: Buffer = Buffer.alloc(0);

  push(chunk: Uint8Array): PlainFrame[] {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    const frames: PlainFrame[] = [];
    for (let frame = this.#take(); frame !== undefined; frame = this.#take()) frames.push(frame);
    return frames;
  }

  #take(): PlainFrame | undefined {
    const headerEnd = this.#bytes.indexOf('\r\n\r\n');
    if (headerEnd === -1) return undefined;
    const header = this.#bytes.toString('latin1', 0, headerEnd);
    const match = /^Content-Length: (\d+)(?:\r\nContent-Type: application\/vnd\.motia\.raw; envelope=(\d+))?$/.exec(header);
    if (match === null) throw new Error(`not a frame header: ${JSON.stringify(header.slice(0, 200))}`);
    const start = headerEnd + 4;
    const end = start + Number(match[1]);
    if (this.#bytes.length < end) return undefined;
    const envelopeEnd = match[2] === undefined ? end : start + Number(match[2]);
    const frame = {
      envelope: this.#bytes.toString('utf8', start, envelopeEnd),
      raw: match[2] === undefined ? undefined : this.#bytes.subarray(envelopeEnd, end),
    };
    this.#bytes = this.#bytes.subarray(end);
    return frame;
  }
}
