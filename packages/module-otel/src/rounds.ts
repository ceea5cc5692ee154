import type { Clock, Logger, Timer } from '@motia/engine-core/contract';

export interface RoundsParts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** What is done in each round, one after the other. One that fails holds up no other, nor the engine: a storage may be somebody else's. */
  readonly chores: Readonly<Record<string, () => void>>;
  /** Whether anything happened since the last time. */
  readonly isBusy: () => boolean;
}

/** Metrics are taken down, alerts looked at, and what is too old let go. */
export const roundMs = 10_000;
/** The same while nothing happens: gauges still have a value for every minute. */
export const idleRoundMs = 60_000;

/** Things that are not done when they happen get their turn here, seldom while nothing happens. */
export class Rounds {
  readonly #parts: RoundsParts;
  #timer: Timer | undefined;
  /** Chores that failed the last time: told once while they go on failing. */
  readonly #failing = new Set<string>();

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
    for (const [name, chore] of Object.entries(this.#parts.chores)) this.#do(name, chore);
    if (!this.#parts.isBusy()) return;
    this.stop();
    this.start();
  }

  #do(name: string, chore: () => void): void {
    try {
      chore();
      this.#failing.delete(name);
    } catch (error) {
      if (!this.#failing.has(name)) this.#parts.logger.warn('Telemetry could not be looked after; requests are not affected', { chore: name, error });
      this.#failing.add(name);
    }
  }
}
