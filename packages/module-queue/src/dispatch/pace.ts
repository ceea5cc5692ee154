/** How much work a queue holds beyond what runs, in time: about what a commit and a message to the store's thread take. */
const windowMs = 5;
/** Messages that are held at most, whatever their pace. */
const mostAhead = 128;
/** How much the newest delivery counts. */
const weight = 0.2;

/**
 * How many messages a queue may hold that cannot start yet, so that its handlers need not wait for the disk between two of
 * them. Handlers that take longer than a commit gain nothing by it, and their messages are left to other engines.
 */
export class Pace {
  #meanMs: number | undefined;

  /** A delivery has ended. */
  record(tookMs: number): void {
    this.#meanMs = this.#meanMs === undefined ? tookMs : this.#meanMs + (tookMs - this.#meanMs) * weight;
  }

  /** Deliveries take much longer than they did. */
  stall(concurrency: number): void {
    this.#meanMs = 2 * windowMs * concurrency;
  }

  /** Nothing before the first delivery has shown how long one takes. */
  ahead(concurrency: number): number {
    if (this.#meanMs === undefined) return 0;
    return Math.min(mostAhead, Math.floor((concurrency * windowMs) / Math.max(this.#meanMs, Number.MIN_VALUE)));
  }
}
