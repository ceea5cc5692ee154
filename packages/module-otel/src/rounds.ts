import type { Clock, Timer } from '@motia/engine-core/contract';

export interface RoundsParts {
  readonly clock: Clock;
  /** Does what is due. @returns whether anything happened since the last time */
  readonly round: () => boolean;
}

/** Metrics are taken down, alerts looked at, and what is too old let go. */
export const roundMs = 10_000;
/** The same while nothing happens: gauges still have a value for every minute. */
export const idleRoundMs = 60_000;

/** Things that are not done when they happen get their turn here, seldom while nothing happens. */
export class Rounds {
  readonly #parts: RoundsParts;
  #timer: Timer | undefined;

  constructor(parts: RoundsParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer = this.#parts.clock.setTimeout(() => this.#turn(), roundMs);
  }

  stop(): void {
    this.#parts.clock.clear(this.#timer);
    this.#timer = undefined;
  }

  #turn(): void {
    this.#timer = this.#parts.clock.setTimeout(() => this.#turn(), idleRoundMs);
    if (!this.#parts.round()) return;
    this.stop();
    this.start();
  }
}
