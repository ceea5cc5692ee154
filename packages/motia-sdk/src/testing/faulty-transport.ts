import type { Transport } from '@motia/protocol';

/**
 * A transport whose pipe can be made slow, stopped or broken. Both directions are affected alike; order is kept.
 */
export class FaultyTransport implements Transport {
  readonly #inner: Transport;
  /** Milliseconds that every chunk is kept, in each direction. */
  #delayMs = 0;
  #isHeld = false;
  #waiting: { readonly at: number; readonly deliver: () => void }[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waitingBytes = 0;

  constructor(inner: Transport) {
    this.#inner = inner;
  }

  delay(delayMs: number): void {
    this.#delayMs = delayMs;
  }
  /** Nothing arrives on either side until `release`. */
  hold(): void {
    this.#isHeld = true;
  }
  release(): void {
    this.#isHeld = false;
    this.#pump();
  }

  onData(listener: (chunk: Uint8Array) => void): void {
    this.#inner.onData((chunk) => this.#pass(chunk.byteLength, () => listener(chunk)));
  }
  onEnd(listener: (error?: Error) => void): void {
    this.#inner.onEnd((error) => {
      this.#forget();
      listener(error);
    });
  }
  write(chunk: Uint8Array | string): boolean {
    if (!this.#isHeld && this.#delayMs === 0 && this.#waiting.length === 0) return this.#inner.write(chunk);
    this.#pass(chunk.length, () => void this.#inner.write(chunk));
    return true;
  }
  onDrain(listener: () => void): void {
    this.#inner.onDrain(listener);
  }
  get bufferedBytes(): number {
    return this.#inner.bufferedBytes + this.#waitingBytes;
  }
  end(): void {
    this.#pass(0, () => this.#inner.end());
  }
  destroy(error?: Error): void {
    this.#forget();
    this.#inner.destroy(error);
  }

  #pass(bytes: number, deliver: () => void): void {
    if (!this.#isHeld && this.#delayMs === 0 && this.#waiting.length === 0) return deliver();
    this.#waitingBytes += bytes;
    this.#waiting.push({
      at: performance.now() + this.#delayMs,
      deliver: () => {
        this.#waitingBytes -= bytes;
        deliver();
      },
    });
    this.#pump();
  }

  #pump(): void {
    if (this.#isHeld || this.#timer !== undefined) return;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const waitMs = next.at - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => {
          this.#timer = undefined;
          this.#pump();
        }, waitMs);
        return;
      }
      this.#waiting.shift();
      next.deliver();
    }
  }

  #forget(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
    clearTimeout(this.#timer);
  }
}
