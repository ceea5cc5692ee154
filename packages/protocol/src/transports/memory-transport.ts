import type { Transport } from '../transport.js';

export interface MemoryTransportOptions {
  /** Bytes waiting for the other side before `write` answers `false`. Default 64 KiB. */
  readonly highWaterMarkBytes?: number;
}

/**
 * Two connected transports in one process. Bytes arrive in a later turn of the event loop, never inside `write`,
 * and a reader that is paused or slow makes the writer wait.
 */
export function createMemoryTransportPair({ highWaterMarkBytes = 64 * 1024 }: MemoryTransportOptions = {}): [Transport, Transport] {
  const left = new MemoryTransport(highWaterMarkBytes);
  const right = new MemoryTransport(highWaterMarkBytes);
  left.connect(right);
  right.connect(left);
  return [left, right];
}

class MemoryTransport implements Transport {
  #peer: MemoryTransport | undefined;
  #onData: ((chunk: Uint8Array) => void) | undefined;
  #onEnd: ((error?: Error) => void) | undefined;
  #onDrain: (() => void) | undefined;
  /** What the peer wrote and we have not handed on. */
  #inbox: Buffer[] = [];
  #inboxBytes = 0;
  #isScheduled = false;
  #isPaused = false;
  #mustDrain = false;
  #writeEnded = false;
  #peerEnded = false;
  #endReported = false;
  #endError: Error | undefined;

  constructor(private readonly highWaterMarkBytes: number) {}

  connect(peer: MemoryTransport): void {
    this.#peer = peer;
  }

  get bufferedBytes(): number {
    return this.#peer === undefined ? 0 : this.#peer.#inboxBytes;
  }

  onData(listener: (chunk: Uint8Array) => void): void {
    this.#onData = listener;
    this.#schedule();
  }

  onEnd(listener: (error?: Error) => void): void {
    this.#onEnd = listener;
    this.#schedule();
  }

  onDrain(listener: () => void): void {
    this.#onDrain = listener;
  }

  write(chunk: Uint8Array | string): boolean {
    const peer = this.#peer;
    if (peer === undefined || this.#writeEnded || peer.#endReported) return true;
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    peer.#inbox.push(bytes);
    peer.#inboxBytes += bytes.length;
    peer.#schedule();
    this.#mustDrain = true;
    return peer.#inboxBytes < this.highWaterMarkBytes;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#schedule();
  }

  end(): void {
    if (this.#writeEnded) return;
    this.#writeEnded = true;
    if (this.#peer !== undefined) {
      this.#peer.#peerEnded = true;
      this.#peer.#schedule();
    }
  }

  destroy(error?: Error): void {
    this.end();
    this.#inbox = [];
    this.#inboxBytes = 0;
    this.#peerEnded = true;
    this.#endError ??= error;
    this.#isPaused = false;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isPaused) return;
    this.#isScheduled = true;
    setImmediate(() => this.#deliver());
  }

  #deliver(): void {
    this.#isScheduled = false;
    while (this.#inbox.length > 0 && !this.#isPaused && this.#onData !== undefined) {
      const bytes = this.#inbox.shift() as Buffer;
      this.#inboxBytes -= bytes.length;
      this.#onData(bytes);
    }
    if (this.#inbox.length > 0) return;
    this.#peer?.drained();
    if (this.#peerEnded && !this.#endReported && this.#onEnd !== undefined) {
      this.#endReported = true;
      this.#onEnd(this.#endError);
    }
  }

  /** The peer has taken everything that we wrote. */
  drained(): void {
    if (!this.#mustDrain) return;
    this.#mustDrain = false;
    this.#onDrain?.();
  }
}
