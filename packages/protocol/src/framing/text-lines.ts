const LF = 0x0a;
const CR = 0x0d;
/** Longer lines are cut into pieces of at most this many bytes, between characters. */
export const MAX_TEXT_LINE_BYTES = 64 * 1024;

/** Turns bytes in any split into lines of text. Invalid UTF-8 becomes U+FFFD, never an error. */
export class TextLines {
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  constructor(private readonly onLine: (line: string) => void) {}

  /** True when the next byte starts a line. */
  get isAtLineStart(): boolean {
    return this.#pendingBytes === 0;
  }

  push(bytes: Buffer): void {
    let from = 0;
    for (let newline = bytes.indexOf(LF); newline !== -1; newline = bytes.indexOf(LF, from)) {
      this.#keep(bytes.subarray(from, newline));
      this.#emit(true);
      from = newline + 1;
    }
    if (from < bytes.length) this.#keep(bytes.subarray(from));
  }

  /** Ends a line that has no line break. */
  endLine(): void {
    if (this.#pendingBytes > 0) this.#emit(true);
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes > MAX_TEXT_LINE_BYTES) this.#emit(false);
    else if (this.#pending.length > 64) this.#pending = [Buffer.concat(this.#pending)];
  }

  #emit(isComplete: boolean): void {
    const line = this.#pending.length === 1 ? (this.#pending[0] as Buffer) : Buffer.concat(this.#pending);
    let from = 0;
    while (line.length - from > MAX_TEXT_LINE_BYTES) {
      const cut = characterBoundary(line, from + MAX_TEXT_LINE_BYTES);
      this.onLine(line.toString('utf8', from, cut));
      from = cut;
    }
    if (isComplete) {
      const end = line.length > from && line[line.length - 1] === CR ? line.length - 1 : line.length;
      this.onLine(line.toString('utf8', from, end));
      this.#pending = [];
      this.#pendingBytes = 0;
    } else {
      this.#pending = [line.subarray(from)];
      this.#pendingBytes = line.length - from;
    }
  }
}

/** The last position at or before `at` that does not cut a UTF-8 character. */
function characterBoundary(bytes: Buffer, at: number): number {
  for (let back = 0; back < 4; back++) {
    if (((bytes[at - back] as number) & 0xc0) !== 0x80) return at - back;
  }
  return at;
}
