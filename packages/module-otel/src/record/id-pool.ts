import { randomFillSync } from 'node:crypto';
import { RunningTrace } from './running-trace.js';

const poolBytes = 16_384;

/**
 * Random ids, as text and as words at once: the text goes on the wire, the words into the log. Cut from one large
 * pool, for a call to the operating system per id would cost twenty times more.
 */
export class IdPool {
  /** Words of the id that was taken last. */
  high = 0;
  low = 0;
  readonly #bytes = Buffer.allocUnsafe(poolBytes);
  readonly #view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, poolBytes);
  #digits = '';
  #at = poolBytes;

  /** The id of a span: sixteen hexadecimal digits, never all zero. */
  takeSpan(): string {
    for (;;) {
      const at = this.#advance(8);
      this.high = this.#view.getInt32(at);
      this.low = this.#view.getInt32(at + 4);
      if (this.high !== 0 || this.low !== 0) return this.#digits.slice(at * 2, at * 2 + 16);
    }
  }

  takeTrace(isInternal: boolean): RunningTrace {
    for (;;) {
      const at = this.#advance(16);
      const view = this.#view;
      const last = view.getInt32(at + 12);
      if (last !== 0) return new RunningTrace(this.#digits.slice(at * 2, at * 2 + 32), isInternal, view.getInt32(at), view.getInt32(at + 4), view.getInt32(at + 8), last);
    }
  }

  #advance(count: number): number {
    if (this.#at + count > poolBytes) {
      this.#digits = randomFillSync(this.#bytes).toString('hex');
      this.#at = 0;
    }
    const at = this.#at;
    this.#at = at + count;
    return at;
  }
}
