import { messageOf, type Clock, type Logger, type Registration, type Timer } from '@motia/engine-core/contract';
import type { JobStore, Retention } from './job-store.js';

export interface HousekeeperParts {
  readonly store: JobStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly retention: Retention;
  /** Something may have become ready, or ended, that the dispatcher has not seen. */
  readonly onChanged: () => void;
  /** What other engines held was looked at: what gone ones had begun may be free. */
  readonly onRecovered: () => void;
}

const pruneEveryMs = 60_000;
/** While others hold leases they are looked at so often: a lease counts from when it was first seen, however long the others last. */
const longestRecoverMs = 5_000;
/** Ended jobs after which the history is looked at without waiting for the timer. */
const pruneAfterJobs = 2_000;

/** What needs to be done now and then: forgetting what is old, and taking over what engines left that are gone. */
export class Housekeeper {
  readonly #parts: HousekeeperParts;
  #pruneTimer: Timer | undefined;
  #recoverTimer: Timer | undefined;
  readonly #registrations: Registration[] = [];
  #ended = 0;
  #pruning: Promise<void> | undefined;
  #recovering: Promise<void> | undefined;
  #mustRecoverAgain = false;
  #isStopped = false;

  constructor(parts: HousekeeperParts) {
    this.#parts = parts;
  }

  start(): void {
    const { clock, store } = this.#parts;
    this.#pruneTimer = clock.setInterval(() => this.prune(), pruneEveryMs);
    this.#registrations.push(
      store.onChanged(() => {
        this.#parts.onChanged();
        // Leases that were not there before; for those that are known a timer is set already.
        if (this.#recoverTimer === undefined) this.#recover();
      }),
      store.onEngineGone(() => this.#recover()),
    );
    this.#recover();
  }

  /** A job has ended: its row will have to go at some time. */
  jobEnded(): void {
    this.#ended += 1;
    if (this.#ended >= pruneAfterJobs) this.prune();
  }

  prune(): void {
    this.#ended = 0;
    if (this.#isStopped) return;
    this.#pruning ??= this.#pruneAll().finally(() => (this.#pruning = undefined));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    const { clock } = this.#parts;
    clock.clear(this.#pruneTimer);
    clock.clear(this.#recoverTimer);
    for (const registration of this.#registrations.splice(0)) registration.dispose();
    await Promise.all([this.#pruning, this.#recovering]);
  }

  async #pruneAll(): Promise<void> {
    const { store, retention, logger, onChanged } = this.#parts;
    try {
      for (let isMore = true; isMore && !this.#isStopped;) {
        const pruned = await store.prune(retention);
        if (pruned.gaveUp > 0) onChanged();
        isMore = pruned.isMore;
      }
    } catch (error) {
      logger.warn('What is old could not be removed; it is tried again', { reason: messageOf(error) });
    }
  }

  #recover(): void {
    if (this.#isStopped) return;
    if (this.#recovering !== undefined) {
      this.#mustRecoverAgain = true;
      return;
    }
    this.#recovering = this.#recoverOnce().finally(() => {
      this.#recovering = undefined;
      if (!this.#mustRecoverAgain) return;
      this.#mustRecoverAgain = false;
      this.#recover();
    });
  }

  async #recoverOnce(): Promise<void> {
    const { store, clock, logger, onChanged, onRecovered } = this.#parts;
    try {
      const { recovered, againInMs } = await store.recover();
      if (recovered > 0) {
        logger.warn('Messages that another engine held were put back: it is gone, or their leases lapsed', { messages: recovered });
        onChanged();
      }
      onRecovered();
      if (againInMs === undefined || this.#isStopped) return;
      clock.clear(this.#recoverTimer);
      this.#recoverTimer = clock.setTimeout(() => {
        this.#recoverTimer = undefined;
        this.#recover();
      }, Math.min(longestRecoverMs, Math.max(1, againInMs)));
    } catch (error) {
      logger.warn('Leases of other engines could not be looked at', { reason: messageOf(error) });
    }
  }
}
