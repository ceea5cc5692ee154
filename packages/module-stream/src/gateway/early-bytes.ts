import type { Duplex } from 'node:stream';

/** More than this a client may not send before it is let in: reading stops until then. */
const heldBytes = 65_536;

/**
 * Reads a socket while somebody decides about it, for nothing else tells that its client has gone. What came meanwhile
 * is handed on.
 */
export class EarlyBytes {
  readonly #socket: Duplex;
  readonly #chunks: Buffer[];
  readonly #onGone: () => void;
  #bytes: number;

  constructor(socket: Duplex, head: Buffer, onGone: () => void) {
    this.#socket = socket;
    this.#onGone = onGone;
    this.#chunks = [head];
    this.#bytes = head.length;
    socket.on('data', this.#onData);
    // A client that only closed its side cannot be answered either.
    socket.once('end', onGone);
  }

  /** Stops reading, and gives back what was read. */
  take(): Buffer {
    this.#socket.off('data', this.#onData);
    this.#socket.off('end', this.#onGone);
    this.#socket.pause();
    return Buffer.concat(this.#chunks);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > heldBytes) this.#socket.pause();
  };
}
