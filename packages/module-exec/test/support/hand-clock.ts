import type { Clock, Hold, Timer } from '@motia/engine-core/contract';

/** A clock that stands still until it is moved. */
export class HandClock implements Clock {
  #nowMs = 1_000_000;
  readonly #timers = new Map<object, { atMs: number; everyMs?: number; callback: () => void }>();

  now(): number {
    return 1_700_000_000_000 + this.#nowMs;
  }
  monotonicMs(): number {
    return this.#nowMs;
  }
  setTimeout(callback: () => void, delayMs: number): Timer {
    const timer = {};
    this.#timers.set(timer, { atMs: this.#nowMs + delayMs, callback });
    return timer;
  }
  setInterval(callback: () => void, periodMs: number): Timer {
    const timer = {};
    this.#timers.set(timer, { atMs: this.#nowMs + periodMs, everyMs: periodMs, callback });
    return timer;
  }
  clear(timer: Timer | undefined): void {
    if (timer !== undefined) this.#timers.delete(timer);
  }
  hold(): Hold {
    return { set: () => undefined };
  }

  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(([, timer]) => timer.atMs <= untilMs).sort(([, a], [, b]) => a.atMs - b.atMs);
      if (next === undefined) break;
      const [key, timer] = next;
      this.#nowMs = timer.atMs;
      if (timer.everyMs === undefined) this.#timers.delete(key);
      else timer.atMs += timer.everyMs;
      timer.callback();
    }
    this.#nowMs = untilMs;
  }
}
