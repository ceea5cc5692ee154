import type { Clock, Timer } from '@motia/engine-core/contract';

/** Requests that may wait for a place, and how long. */
export const WAIT_QUEUE_LIMIT = 256;
/** Milliseconds a request may wait for a place. */
export const WAIT_QUEUE_TIMEOUT_MS = 1_000;

/** Somebody who wants a place. Exactly one of the two is called, unless it withdraws. */
export interface Applicant {
  admitted(): void;
  refused(): void;
}

interface Waiting {
  readonly applicant: Applicant;
  timer: Timer | undefined;
}

/** Bounded admission (R2): so many at work, so many waiting so long, the rest refused at once. */
export class Admission {
  readonly limit: number;
  readonly #clock: Clock;
  readonly #waiting = new Map<Applicant, Waiting>();
  #active = 0;

  constructor(limit: number, clock: Clock) {
    this.limit = limit;
    this.#clock = clock;
  }

  get active(): number {
    return this.#active;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  enter(applicant: Applicant): void {
    if (this.#active < this.limit) {
      this.#active += 1;
      applicant.admitted();
    } else if (this.#waiting.size >= WAIT_QUEUE_LIMIT) {
      applicant.refused();
    } else {
      this.#wait(applicant);
    }
  }

  /** A place is free; whoever waited longest gets it. */
  leave(): void {
    const [first] = this.#waiting.values();
    if (first === undefined) {
      this.#active -= 1;
      return;
    }
    this.#forget(first);
    first.applicant.admitted();
  }

  /** No longer wants to wait. */
  withdraw(applicant: Applicant): void {
    const waiting = this.#waiting.get(applicant);
    if (waiting !== undefined) this.#forget(waiting);
  }

  #wait(applicant: Applicant): void {
    const waiting: Waiting = { applicant, timer: undefined };
    waiting.timer = this.#clock.setTimeout(() => {
      this.#waiting.delete(applicant);
      applicant.refused();
    }, WAIT_QUEUE_TIMEOUT_MS);
    this.#waiting.set(applicant, waiting);
  }

  #forget(waiting: Waiting): void {
    this.#waiting.delete(waiting.applicant);
    this.#clock.clear(waiting.timer);
  }
}
