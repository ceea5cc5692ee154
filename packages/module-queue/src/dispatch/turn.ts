import type { JobAdd, AddOutcome, Settlement } from '../job-store.js';

/** A message on its way, and who waits for it. */
export interface PendingAdd {
  readonly add: JobAdd;
  readonly resolve: (outcome: AddOutcome) => void;
  readonly reject: (error: unknown) => void;
}
/** A result on its way. */
export interface PendingSettlement {
  readonly settlement: Settlement;
  /** Once it is committed: whether the lease was still held. */
  readonly settled: (isOwn: boolean) => void;
}

/** Gathers what comes in until the running code has finished, so that one exchange carries all of it. */
export class Turn {
  readonly #flush: (adds: readonly PendingAdd[], settlements: readonly PendingSettlement[]) => void;
  #adds: PendingAdd[] = [];
  #settlements: PendingSettlement[] = [];
  #isScheduled = false;

  constructor(flush: (adds: readonly PendingAdd[], settlements: readonly PendingSettlement[]) => void) {
    this.#flush = flush;
  }

  add(add: JobAdd): Promise<AddOutcome> {
    return new Promise((resolve, reject) => {
      this.#adds.push({ add, resolve, reject });
      this.schedule();
    });
  }

  settle(pending: PendingSettlement): void {
    this.#settlements.push(pending);
    this.schedule();
  }

  /** Makes an exchange happen even if nothing was handed in: somebody wants work. */
  schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // After the promise jobs that the same event has caused: what a chunk of frames sets off belongs together.
    queueMicrotask(() => this.flush());
  }

  flush(): void {
    this.#isScheduled = false;
    const adds = this.#adds;
    const settlements = this.#settlements;
    this.#adds = [];
    this.#settlements = [];
    this.#flush(adds, settlements);
  }
}
