import type { Clock, Timer } from '@motia/engine-core/contract';
import type { LocalQueue } from './local-queue.js';

/** A clock that is set, or a machine that sleeps, makes jobs due earlier than a timer knows: it is looked again this often. */
const longestWaitMs = 60_000;

/** One timer for everything that becomes due in any queue of this engine. */
export class DueTimer {
  readonly #clock: Clock;
  readonly #queues: () => Iterable<LocalQueue>;
  readonly #onDue: (queue: LocalQueue) => void;
  readonly #onLook: () => void;
  #timer: Timer | undefined;
  #atMs = Infinity;

  constructor(clock: Clock, queues: () => Iterable<LocalQueue>, { onDue, onLook }: { readonly onDue: (queue: LocalQueue) => void; readonly onLook: () => void }) {
    this.#clock = clock;
    this.#queues = queues;
    this.#onDue = onDue;
    this.#onLook = onLook;
  }

  /** Something is due at this time, on the monotonic scale. */
  expect(atMs: number): void {
    if (atMs >= this.#atMs) return;
    this.#clock.clear(this.#timer);
    this.#atMs = atMs;
    // Rounded up: a job that is due half a millisecond later would only be looked for in vain.
    this.#timer = this.#clock.setTimeout(() => this.#fire(), Math.min(longestWaitMs, Math.max(0, Math.ceil(atMs - this.#clock.monotonicMs()))));
  }

  stop(): void {
    this.#clock.clear(this.#timer);
    this.#timer = undefined;
    this.#atMs = Infinity;
  }

  #fire(): void {
    this.#timer = undefined;
    this.#atMs = Infinity;
    const nowMs = this.#clock.monotonicMs();
    let nextMs = Infinity;
    let wasDue = false;
    for (const queue of this.#queues()) {
      let isDue = false;
      for (const lane of queue.lanes.values()) {
        if (lane.dueAtMs === undefined) continue;
        if (lane.dueAtMs > nowMs) {
          nextMs = Math.min(nextMs, lane.dueAtMs);
          continue;
        }
        lane.dueAtMs = undefined;
        lane.hasReady = true;
        isDue = true;
        wasDue = true;
      }
      if (isDue) this.#onDue(queue);
    }
    if (nextMs !== Infinity) this.expect(nextMs);
    if (!wasDue) this.#onLook();
  }
}
