import type { ManualTime, TestClock } from './test-engine.js';

/** What is being worked on at this moment. */
export type CountBusy = () => number;

const turnsBetweenLooks = 6;
const calmLooks = 2;
const eagerLooks = 50;
/** Real milliseconds that work which does not end by itself is waited for: it may hang, or wait for time to pass. */
const patienceMs = 2000;

/**
 * A clock that the test moves, timer by timer. Between two of them everything that the last one started gets done:
 * handlers, and what they ask of the modules. So a message that a schedule enqueues is handled at that time, not later.
 */
export class SettlingClock implements TestClock {
  readonly #time: ManualTime;
  readonly #durationOf: (duration: number | string) => Promise<number>;
  readonly #countBusy: CountBusy;
  /** Work that was waited for in vain: it is not waited for again. */
  #stuck = 0;

  constructor(time: ManualTime, countBusy: CountBusy, durationOf: (duration: number | string) => Promise<number>) {
    this.#time = time;
    this.#countBusy = countBusy;
    this.#durationOf = durationOf;
  }

  now(): number {
    return this.#time.now();
  }

  jump(toTime: number | string | Date): void {
    this.#time.jump(toTime);
  }

  async advance(duration: number | string): Promise<void> {
    const target = this.#time.monotonicMs() + (await this.#durationOf(duration));
    await this.settle();
    for (let next = this.#time.nextTimerInMs; next !== undefined && this.#time.monotonicMs() + next <= target; next = this.#time.nextTimerInMs) {
      await this.#time.advance(next);
      await this.settle();
    }
    await this.#time.advance(Math.max(0, target - this.#time.monotonicMs()));
    await this.settle();
  }

  async settle(): Promise<void> {
    const giveUpAtMs = performance.now() + patienceMs;
    // Between two calls there are turns in which nothing is in flight: a message is being claimed, a change committed.
    for (let calm = 0, looks = 0; calm < calmLooks; looks += 1) {
      for (let turn = 0; turn < turnsBetweenLooks; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
      const busy = this.#countBusy();
      if (busy <= this.#stuck) {
        this.#stuck = busy;
        calm += 1;
        continue;
      }
      calm = 0;
      if (performance.now() > giveUpAtMs) this.#stuck = busy;
      // What takes longer than this waits for something outside: a file, a socket.
      else if (looks > eagerLooks) await new Promise<void>((resolve) => setTimeout(resolve, 1));
    }
  }
}
