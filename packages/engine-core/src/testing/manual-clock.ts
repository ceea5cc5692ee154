import type { Clock, Hold, Timer } from '../contract/clock.js';
import { HoldCount } from '../system/hold-count.js';
import { toMilliseconds } from './duration.js';

interface PendingTimer {
  readonly id: number;
  dueAtMs: number;
  readonly periodMs: number | undefined;
  readonly callback: () => void;
}

/**
 * A clock that moves only when it is told to. Timers fire in the order of their times, those that callbacks add on the
 * way included; between two of them everything that is waiting on promises gets its turn.
 */
export class ManualClock implements Clock {
  #epochMs: number;
  #monotonicMs = 0;
  #nextId = 1;
  readonly #timers = new Map<number, PendingTimer>();
  readonly #holds = new HoldCount();

  /** @param start the wall time it shows at first. Default 2026-01-01T00:00:00Z */
  constructor(start: number | string | Date = '2026-01-01T00:00:00Z') {
    this.#epochMs = new Date(start).getTime();
    if (Number.isNaN(this.#epochMs)) throw new RangeError(`not a time: ${String(start)}`);
  }

  now(): number {
    return this.#epochMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    return this.#add(callback, delayMs, undefined);
  }

  setInterval(callback: () => void, periodMs: number): Timer {
    // A period of nothing would never let `advance` end.
    return this.#add(callback, periodMs, Math.max(1, periodMs));
  }

  clear(timer: Timer | undefined): void {
    if (timer !== undefined) this.#timers.delete((timer as { readonly id: number }).id);
  }

  /** Keeps no process alive: a test waits for what it wants to see. */
  hold(): Hold {
    return this.#holds.hold();
  }

  /** Holds that are taken; with none, a program on the real time could end. */
  get holds(): number {
    return this.#holds.held;
  }

  /** Timers that are set and have not fired. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Milliseconds until the next timer, undefined without one. */
  get nextTimerInMs(): number | undefined {
    const next = this.#earliest();
    return next === undefined ? undefined : Math.max(0, next.dueAtMs - this.#monotonicMs);
  }

  /** Moves both scales on: `advance(250)`, `advance('3d')`. Resolves when all timers on the way fired and settled. */
  async advance(duration: number | string): Promise<void> {
    const target = this.#monotonicMs + toMilliseconds(duration);
    await settled();
    for (let next = this.#earliest(); next !== undefined && next.dueAtMs <= target; next = this.#earliest()) {
      this.#moveTo(Math.max(next.dueAtMs, this.#monotonicMs));
      if (next.periodMs === undefined) this.#timers.delete(next.id);
      else next.dueAtMs += next.periodMs;
      next.callback();
      await settled();
    }
    this.#moveTo(target);
  }

  /** The wall clock jumps, forwards or back, as when someone sets it; no timer notices. */
  jump(toTime: number | string | Date): void {
    const epochMs = new Date(toTime).getTime();
    if (Number.isNaN(epochMs)) throw new RangeError(`not a time: ${String(toTime)}`);
    this.#epochMs = epochMs;
  }

  #add(callback: () => void, delayMs: number, periodMs: number | undefined): Timer {
    const id = this.#nextId++;
    // As Node does it: what is no positive delay is one millisecond.
    const delay = delayMs >= 1 ? delayMs : 1;
    this.#timers.set(id, { id, dueAtMs: this.#monotonicMs + delay, periodMs, callback });
    return { id } as Timer;
  }

  #earliest(): PendingTimer | undefined {
    let earliest: PendingTimer | undefined;
    // Insertion order is the order of setting, so equal times fire as they were set.
    for (const timer of this.#timers.values()) if (earliest === undefined || timer.dueAtMs < earliest.dueAtMs) earliest = timer;
    return earliest;
  }

  #moveTo(monotonicMs: number): void {
    this.#epochMs += monotonicMs - this.#monotonicMs;
    this.#monotonicMs = monotonicMs;
  }
}

/** Everything that waits on promises, and on frames of in-memory transports, had its turn. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}
