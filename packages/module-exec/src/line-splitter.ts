const newline = 0x0a;
const carriageReturn = 0x0d;

/** Gets one line as bytes, without its line end. The bytes are only valid during the call. `isCut` when the line went on past the cap. */
export type LineListener = (line: Buffer, isCut: boolean) => void;

/**
 * Splits a byte stream into lines, whatever the chunks: a line is reported once, whole, and only complete lines are
 * decoded, so a character that was split over two chunks is never broken. Of a line over the cap the first `maxBytes`
 * are reported as soon as they are there and the rest of it is skipped, so no output makes this grow.
 */
export class LineSplitter {
  #carried: Buffer[] = [];
  #carriedBytes = 0;
  #isSkipping = false;

  constructor(private readonly maxBytes: number, private readonly onLine: LineListener) {}

  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    while (start < bytes.length) {
      const end = bytes.indexOf(newline, start);
      if (end === -1) {
        this.#carry(bytes.subarray(start));
        return;
      }
      this.#finish(bytes.subarray(start, end));
      start = end + 1;
    }
  }

  /** Reports what stands after the last line end, if anything: at the end of the stream, or when a prompt waits. */
  flush(): void {
    const rest = this.#take();
    const wasSkipping = this.#isSkipping;
    const complete = wholeCharacters(rest);
    if (complete > 0) this.onLine(rest.subarray(0, complete), false);
    if (complete < rest.length) this.#carry(Buffer.from(rest.subarray(complete)));
    this.#isSkipping = wasSkipping;
  }

  /** Bytes held back until their line is complete. */
  get heldBytes(): number {
    return this.#carriedBytes;
  }

  #finish(tail: Buffer): void {
    if (this.#isSkipping) {
      this.#isSkipping = false;
      return;
    }
    const line = this.#carriedBytes === 0 ? tail : this.#take(tail);
    if (line.length > this.maxBytes) this.onLine(cutAt(line, this.maxBytes), true);
    else this.onLine(line.at(-1) === carriageReturn ? line.subarray(0, -1) : line, false);
  }

  #carry(part: Buffer): void {
    if (this.#isSkipping) return;
    // Copied: the chunk belongs to the stream, which may reuse it.
    this.#carried.push(Buffer.from(part));
    this.#carriedBytes += part.length;
    if (this.#carriedBytes <= this.maxBytes) return;
    this.onLine(cutAt(this.#take(), this.maxBytes), true);
    this.#isSkipping = true;
  }

  #take(tail?: Buffer): Buffer {
    const whole = Buffer.concat(tail === undefined ? this.#carried : [...this.#carried, tail]);
    this.#carried = [];
    this.#carriedBytes = 0;
    return whole;
  }
}

function cutAt(line: Buffer, maxBytes: number): Buffer {
  const head = line.subarray(0, maxBytes);
  return head.subarray(0, wholeCharacters(head));
}

/** Length of the longest prefix that does not end inside a UTF-8 character. */
export function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const width = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return width > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
