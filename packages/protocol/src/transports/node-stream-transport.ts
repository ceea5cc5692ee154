import type { Readable, Writable } from 'node:stream';
import type { Transport } from '../transport.js';

/**
 * A transport over two Node streams: a child's stdout and stdin, or one socket given twice. The streams belong to the
 * transport from then on. When writing fails, what the peer had already sent is still read before the end is reported.
 */
export function nodeStreamTransport(readable: Readable, writable: Writable): Transport {
  return new NodeStreamTransport(readable, writable);
}

class NodeStreamTransport implements Transport {
  #onEnd: ((error?: Error) => void) | undefined;
  #onDrain: (() => void) | undefined;
  #hasEnded = false;
  #error: Error | undefined;
  #chunksIn = 0;
  readonly #afterWrite = (): void => {
    if (this.writable.writableLength === 0) this.#onDrain?.();
  };

  constructor(
    private readonly readable: Readable,
    private readonly writable: Writable,
  ) {
    // Listeners stand before anything can fail: an early EPIPE must not become an uncaught exception.
    readable.on('error', (error) => this.#finish(error));
    readable.on('end', () => this.#finish(this.#error));
    readable.on('close', () => this.#finish(this.#error));
    writable.on('error', (error) => this.#onWriteError(error));
    writable.on('close', () => {
      if (!writable.writableFinished) this.#onWriteError(new Error('the stream was closed while it was written to'));
    });
  }

  get bufferedBytes(): number {
    return this.writable.destroyed ? 0 : this.writable.writableLength;
  }

  onData(listener: (chunk: Uint8Array) => void): void {
    this.readable.on('data', (chunk: Buffer | string) => {
      this.#chunksIn++;
      listener(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    });
  }

  onEnd(listener: (error?: Error) => void): void {
    this.#onEnd = listener;
    if (this.#hasEnded) setImmediate(() => listener(this.#error));
  }

  onDrain(listener: () => void): void {
    this.#onDrain = listener;
  }

  write(chunk: Uint8Array | string, encoding: 'utf8' | 'latin1' = 'utf8'): boolean {
    const { writable } = this;
    if (writable.destroyed || writable.writableEnded || this.#error !== undefined) return true;
    return typeof chunk === 'string' ? writable.write(chunk, encoding, this.#afterWrite) : writable.write(chunk, this.#afterWrite);
  }

  pause(): void {
    this.readable.pause();
  }

  resume(): void {
    this.readable.resume();
  }

  end(): void {
    if (!this.writable.destroyed && !this.writable.writableEnded) this.writable.end();
  }

  destroy(error?: Error): void {
    this.#error ??= error;
    if (!this.readable.destroyed) this.readable.destroy();
    if (!this.writable.destroyed) this.writable.destroy();
  }

  /** The peer's last answers may still be in the pipe: the end is reported once two turns brought nothing. */
  #onWriteError(error: Error): void {
    if (this.#error !== undefined || this.#hasEnded) return;
    this.#error = error;
    const waitForQuiet = (seen: number, quietTurns: number): void => {
      if (this.#hasEnded) return;
      if (quietTurns === 2) return this.#finish(error);
      const isQuiet = seen === this.#chunksIn;
      setImmediate(waitForQuiet, this.#chunksIn, isQuiet ? quietTurns + 1 : 0);
    };
    setImmediate(waitForQuiet, -1, 0);
  }

  #finish(error: Error | undefined): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#error ??= error;
    this.#onEnd?.(this.#error);
    // A blocked writer must not wait for a drain that never comes.
    this.#onDrain?.();
  }
}
