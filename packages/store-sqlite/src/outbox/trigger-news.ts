import { messageOf, type Clock, type Logger, type Timer, type Trigger } from '@motia/engine-core/contract';
import type { DueCalls, DueSubscription } from './due-calls.js';

/** A trigger as others match it. */
export function subscriptionOf({ id, functionId, config }: Pick<Trigger, 'id' | 'functionId' | 'config'>): DueSubscription {
  return { id, functionId, filter: config as DueSubscription['filter'] };
}

/** Until it is tried again to tell what the store did not take. */
const retryMs = 1_000;

export interface TriggerNewsParts {
  /** The trigger type, as logs name it. */
  readonly kind: string;
  readonly calls: Pick<DueCalls, 'subscribe'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Those that are to be known now. */
  readonly subscriptions: () => readonly DueSubscription[];
}

/** Tells other engines on the store, and later ones, which triggers of a kind there are here, one change after the other, until the store has taken it. */
export class TriggerNews {
  readonly #parts: TriggerNewsParts;
  #told: Promise<void> = Promise.resolve();
  #retry: Timer | undefined;
  #isClosed = false;

  constructor(parts: TriggerNewsParts) {
    this.#parts = parts;
  }

  /** Resolves when it is told, or will be tried again. Never rejects. */
  tell(): Promise<void> {
    this.#told = this.#told.then(() => this.#tell());
    return this.#told;
  }

  /** Resolves once what was to be told before is told. */
  told(): Promise<void> {
    return this.#told;
  }

  /** Nothing more is told. */
  close(): void {
    this.#isClosed = true;
    this.#parts.clock.clear(this.#retry);
  }

  async #tell(): Promise<void> {
    if (this.#isClosed) return;
    const { calls, subscriptions, clock, logger, kind } = this.#parts;
    try {
      await calls.subscribe(subscriptions());
    } catch (error) {
      logger.error('Other engines could not be told of triggers; trying again', { type: kind, reason: messageOf(error) });
      clock.clear(this.#retry);
      if (!this.#isClosed) this.#retry = clock.setTimeout(() => void this.tell(), retryMs);
    }
  }
}
