import type { Hold } from '../contract/clock.js';

/** Makes holds, and tells when the first of them is taken and when the last is given up. */
export class HoldCount {
  readonly #onChanged: (isHeld: boolean) => void;
  #held = 0;

  constructor(onChanged: (isHeld: boolean) => void = () => undefined) {
    this.#onChanged = onChanged;
  }

  /** Holds that are taken. */
  get held(): number {
    return this.#held;
  }

  hold(): Hold {
    let isTaken = false;
    return {
      set: (isHeld) => {
        if (isHeld === isTaken) return;
        isTaken = isHeld;
        this.#held += isHeld ? 1 : -1;
        if (this.#held === (isHeld ? 1 : 0)) this.#onChanged(isHeld);
      },
    };
  }
}
