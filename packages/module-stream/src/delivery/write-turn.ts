import type { Duplex } from 'node:stream';

/**
 * Puts what is written to a socket within one turn of the event loop into one system call. One writing is the rule and
 * goes out as it is; where several may come, sockets are held back until the turn ends.
 */
export class WriteTurn {
  readonly #held = new Set<Duplex>();
  #isOpen = false;

  /** Several places are published to: the same client may follow more than one of them. */
  run(publish: () => void): void {
    this.#isOpen = true;
    try {
      publish();
    } finally {
      this.#isOpen = false;
      this.#release();
    }
  }

  /** To be called before one writing. */
  join(socket: Duplex): void {
    if (this.#isOpen) this.#hold(socket);
  }

  /** To be called before several. */
  hold(socket: Duplex): void {
    this.#hold(socket);
    if (!this.#isOpen) setImmediate(() => this.#release());
  }

  #hold(socket: Duplex): void {
    if (this.#held.has(socket)) return;
    this.#held.add(socket);
    socket.cork();
  }

  #release(): void {
    for (const socket of this.#held) socket.uncork();
    this.#held.clear();
  }
}
