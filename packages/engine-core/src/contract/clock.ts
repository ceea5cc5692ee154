declare const timer: unique symbol;
export interface Timer {
  readonly [timer]?: never;
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
}
