import type { Readable, Writable } from 'node:stream';
import type { Transport } from '@motia/engine-core/contract';

/** The stdin and stdout of a child as the protocol's byte pipe. */
export class ChildTransport implements Transport {
  #isEnded = false;
  #onEnd: ((error?: Error) => void) | undefined;

  /** `head` is what was read already. The streams must have error listeners of their own. */
  constructor(private readonly stdout: Readable, private readonly stdin: Writable, private readonly head?: Uint8Array) {
    stdout.once('end', () => this.finish());
    stdout.once('close', () => this.finish());
    stdout.once('error', (error) => this.finish(error));
    stdin.once('error', (error) => this.finish(error));
  }

  onData(listener: (chunk: Uint8Array) => void): void {
    const { head } = this;
    // Not before the owner has set its other listeners.
    if (head !== undefined && head.length > 0) queueMicrotask(() => listener(head));
    queueMicrotask(() => this.stdout.on('data', listener));
  }

  onEnd(listener: (error?: Error) => void): void {
    this.#onEnd = listener;
  }

  write(chunk: Uint8Array | string): boolean {
    return this.stdin.writable && this.stdin.write(chunk);
  }

  onDrain(listener: () => void): void {
    this.stdin.on('drain', listener);
  }

  get bufferedBytes(): number {
    return this.stdin.writableLength;
  }

  pause(): void {
    this.stdout.pause();
  }

  resume(): void {
    this.stdout.resume();
  }

  end(): void {
    this.stdin.end();
  }

  destroy(): void {
    this.stdin.destroy();
    // Read on into nothing: a child that still writes must not hang on a full pipe before it is told to stop.
    this.stdout.removeAllListeners('data');
    this.stdout.resume();
  }

  /** The child is gone: whoever waits for its bytes learns it now, even if a grandchild still holds the pipe. */
  finish(error?: Error): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#onEnd?.(error);
  }
}
