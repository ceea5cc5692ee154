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

/** Exchanges that the store has at a time: one that it commits, and one to go on with at once. */
const mostUnderWay = 2;

/**
 * Gathers what comes in until the running code has finished, and while the store is busy: an exchange is one commit, and the
 * more it carries the less of a sync of the disk each message pays for.
 */
export class Turn {
  readonly #flush: (adds: readonly PendingAdd[], settlements: readonly PendingSettlement[]) => Promise<void> | undefined;
  #adds: PendingAdd[] = [];
  #settlements: PendingSettlement[] = [];
  #isScheduled = false;
  #underWay = 0;

  constructor(flush: (adds: readonly PendingAdd[], settlements: readonly PendingSettlement[]) => Promise<void> | undefined) {
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
    queueMicrotask(() => {
      if (this.#underWay < mostUnderWay) this.flush();
    });
  }

  /** Hands over at once, whatever is under way. */
  flush(): void {
    this.#isScheduled = false;
    const adds = this.#adds;
    const settlements = this.#settlements;
    this.#adds = [];
    this.#settlements = [];
    const done = this.#flush(adds, settlements);
    if (done === undefined) return;
    this.#underWay += 1;
    void done.then(() => {
      this.#underWay -= 1;
      if (this.#isScheduled) this.flush();
    });
  }
}
