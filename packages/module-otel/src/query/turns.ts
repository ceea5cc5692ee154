import { nextTurn } from '@motia/engine-core';

/** How long something long may hold the event loop: about the time of a few requests. */
const sliceMs = 2;
/** Steps between two looks at the clock. */
const stepsPerLook = 64;

/** Gives others their turn while something long goes on. `if (turns.step()) await turns.next();` once per step. */
export class Turns {
  readonly #now: () => number;
  #untilMs: number;
  #steps = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#untilMs = now() + sliceMs;
  }

  /** Counts a step. @returns true when it is time for somebody else */
  step(): boolean {
    this.#steps += 1;
    return this.#steps % stepsPerLook === 0 && this.#now() >= this.#untilMs;
  }

  async next(): Promise<void> {
    await nextTurn();
    this.#untilMs = this.#now() + sliceMs;
  }
}
