declare const timer: unique symbol;
export interface Timer {
  readonly [timer]?: never;
}

/** A claim that the process should not end by itself. Any number may be held at a time; the process may end once none is. */
export interface Hold {
  /** Takes or gives up the claim. Saying the same again changes nothing. */
  set(isHeld: boolean): void;
}

/** Time as the host lends it. Tests hand out one they move by hand. */
export interface Clock {
  /** Epoch milliseconds. May jump. For showing and storing. */
  now(): number;
  /** Milliseconds that only ever grow. For deadlines and durations. */
  monotonicMs(): number;
  /** Never keeps the process alive by itself. Delays over 24.8 days are clamped to that; re-arm. */
  setTimeout(callback: () => void, delayMs: number): Timer;
  setInterval(callback: () => void, periodMs: number): Timer;
  clear(timer: Timer | undefined): void;
  /**
   * Makes a hold, not held at first. For work that is due and that this process would do: users expect it to be done before
   * the process ends. Whoever made it gives it up at the latest in `stop`.
   */
  hold(): Hold;
}
