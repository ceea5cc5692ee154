import type { Clock } from '@motia/engine-core/contract';
import type { CommandTimes } from '../program/times.js';

/**
 * Time for delays and leases that clocks being set cannot disturb. Going back is ignored: it would make delays longer and
 * revive leases. A jump ahead counts for what is due, since a machine that slept looks the same, and not for windows and
 * retention, which would all be over at once.
 */
export class Timeline {
  readonly #clock: Pick<Clock, 'now' | 'monotonicMs'>;
  readonly #startMs: number;
  readonly #startMonotonicMs: number;
  /** What the timeline is ahead of its start at the pace of real time. Only grows. */
  #aheadMs = 0;

  constructor(clock: Pick<Clock, 'now' | 'monotonicMs'>) {
    this.#clock = clock;
    this.#startMs = clock.now();
    this.#startMonotonicMs = clock.monotonicMs();
  }

  now(): CommandTimes {
    const steadyMs = Math.round(this.#startMs + this.#clock.monotonicMs() - this.#startMonotonicMs);
    this.#aheadMs = Math.max(this.#aheadMs, this.#clock.now() - steadyMs);
    return { dueMs: steadyMs + this.#aheadMs, steadyMs };
  }
}
