import { randomFillSync } from 'node:crypto';

const poolBytes = 4096;

/**
 * Random ids, as text and as numbers at once: the text goes on the wire, the numbers into the log. Cut from one large
 * pool, for a call to the operating system per id would cost twenty times more.
 */
export class IdPool {
  /** Numbers of the id that was taken last. */
  high = 0;
  low = 0;
  readonly #bytes = Buffer.allocUnsafe(poolBytes);
  #digits = '';
  #at = poolBytes;

  /** Sixteen hexadecimal digits, never all zero. */
  take(): string {
    if (this.#at >= poolBytes) {
      this.#digits = randomFillSync(this.#bytes).toString('hex');
      this.#at = 0;
    }
    const at = this.#at;
    this.#at = at + 8;
    this.high = this.#bytes.readInt32BE(at);
    this.low = this.#bytes.readInt32BE(at + 4);
    return this.high === 0 && this.low === 0 ? this.take() : this.#digits.slice(at * 2, at * 2 + 16);
  }
}

/** Eight hexadecimal digits as a signed word. */
export function hexWord(text: string, at: number): number {
  let value = 0;
  for (let index = at; index < at + 8; index += 1) {
    const code = text.charCodeAt(index);
    value = (value << 4) | (code < 58 ? code - 48 : (code | 32) - 87);
  }
  return value;
}
