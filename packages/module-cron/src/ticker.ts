import type { Clock, Hold, Timer } from '@motia/engine-core/contract';
import { DueHeap } from './due-heap.js';

/** Timers are set anew at least so often: a clock that was set, or a machine that slept, is noticed in that time. */
export const rearmMs = 60_000;
/** The two scales of the clock drift a little; more than this is someone who set it, or a sleep. */
const jumpMs = 1_000;

/** Something that can be armed. */
export interface Ticking {
  /** When it is due, in epoch milliseconds; undefined while it is not armed. Kept by the ticker. */
  dueMs: number | undefined;
  /** Nobody expects it to run as things are: it keeps no process alive. */
  readonly isPaused: boolean;
  /** Whether it counts among those that keep the process alive. Kept by the ticker. */
  isAwaited: boolean;
}
interface Entry<T> {
  readonly dueMs: number;
  readonly ticking: T;
}
export interface TickerEvents<T> {
  /** These are due now, and armed no more. */
  readonly onDue: (due: readonly T[], nowMs: number) => void;
  /** The wall clock moved by so much more (or less) than time went by. */
  readonly onJump: (byMs: number) => void;
}

/** One heap and one timer for all jobs. While one of them is armed, or was due and is about to be armed anew, the process stays. */
export class Ticker<T extends Ticking> {
  readonly #clock: Clock;
  readonly #events: TickerEvents<T>;
  readonly #heap = new DueHeap<Entry<T>>();
  #timer: Timer | undefined;
  /** When the timer fires, on the scale that no wrong clock moves. */
  #timerAtMs = Infinity;
  readonly #hold: Hold;
  #awaited = 0;
  #isRunning = false;
  #lastWallMs = 0;
  #lastMonotonicMs = 0;

  constructor(clock: Clock, events: TickerEvents<T>) {
    this.#clock = clock;
    this.#events = events;
    this.#hold = clock.hold();
  }

  start(): void {
    this.#isRunning = true;
    this.#lastWallMs = this.#clock.now();
    this.#lastMonotonicMs = this.#clock.monotonicMs();
    this.#setTimer();
    this.#hold.set(this.#awaited > 0);
  }

  stop(): void {
    this.#isRunning = false;
    this.#hold.set(false);
    this.#clock.clear(this.#timer);
    this.#timer = undefined;
  }

  /** Arms it for another time, or disarms it. */
  arm(ticking: T, dueMs: number | undefined): void {
    ticking.dueMs = dueMs;
    this.#await(ticking, dueMs !== undefined && !ticking.isPaused);
    if (dueMs === undefined) return;
    this.#heap.push({ dueMs, ticking });
    if (this.#isRunning && this.#clock.monotonicMs() + dueMs - this.#clock.now() < this.#timerAtMs) this.#setTimer();
  }

  #await(ticking: T, isAwaited: boolean): void {
    if (ticking.isAwaited === isAwaited) return;
    ticking.isAwaited = isAwaited;
    this.#awaited += isAwaited ? 1 : -1;
    this.#hold.set(this.#isRunning && this.#awaited > 0);
  }

  #setTimer(): void {
    this.#clock.clear(this.#timer);
    const nowMs = this.#clock.now();
    const next = this.#next();
    const delayMs = Math.max(0, Math.min(next?.dueMs ?? Infinity, nowMs + rearmMs) - nowMs);
    this.#timerAtMs = this.#clock.monotonicMs() + delayMs;
    this.#timer = this.#clock.setTimeout(() => this.#tick(), delayMs);
  }

  /** The first entry that still counts. */
  #next(): Entry<T> | undefined {
    for (let top = this.#heap.peek(); top !== undefined; top = this.#heap.peek()) {
      if (top.ticking.dueMs === top.dueMs) return top;
      this.#heap.pop();
    }
    return undefined;
  }

  #tick(): void {
    if (!this.#isRunning) return;
    const nowMs = this.#clock.now();
    this.#noticeJump(nowMs);
    const due: T[] = [];
    for (let top = this.#next(); top !== undefined && top.dueMs <= nowMs; top = this.#next()) {
      this.#heap.pop();
      top.ticking.dueMs = undefined;
      due.push(top.ticking);
    }
    this.#setTimer();
    if (due.length > 0) this.#events.onDue(due, nowMs);
  }

  #noticeJump(nowMs: number): void {
    const monotonicMs = this.#clock.monotonicMs();
    const byMs = nowMs - this.#lastWallMs - (monotonicMs - this.#lastMonotonicMs);
    this.#lastWallMs = nowMs;
    this.#lastMonotonicMs = monotonicMs;
    if (Math.abs(byMs) > jumpMs) this.#events.onJump(byMs);
  }
}
