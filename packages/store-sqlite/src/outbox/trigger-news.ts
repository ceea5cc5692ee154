import type { Clock, Logger, Timer, Trigger } from '@motia/engine-core/contract';
import type { DueCalls } from './due-calls.js';

/** Until it is tried again to tell what the store did not take. */
const retryMs = 1_000;

export interface TriggerNewsParts {
  /** The trigger type, as logs name it. */
  readonly kind: string;
  readonly calls: Pick<DueCalls, 'subscribe'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Those that are bound here now. */
  readonly triggers: () => readonly Pick<Trigger, 'id' | 'functionId' | 'config'>[];
}

/** Tells other engines on the store which triggers of a kind are bound here, one change after the other, until the store has taken it. */
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
    const { calls, triggers, clock, logger, kind } = this.#parts;
    try {
      await calls.subscribe(triggers().map(({ id, functionId, config }) => ({ id, functionId, filter: config as Readonly<Record<string, unknown>> })));
    } catch (error) {
      logger.error('Other engines could not be told of triggers; trying again', { type: kind, reason: String(error) });
      clock.clear(this.#retry);
      if (!this.#isClosed) this.#retry = clock.setTimeout(() => void this.tell(), retryMs);
    }
  }
}
