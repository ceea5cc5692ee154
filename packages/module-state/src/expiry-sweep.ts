import { messageOf, type Clock, type Logger, type Timer } from '@motia/engine-core/contract';
import type { HistoryLimits, StateStore, StateSubscription } from './state-store.js';

export interface ExpirySweepParts {
  readonly store: Pick<StateStore, 'expire' | 'nextExpiryAtMs'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly history: HistoryLimits;
  readonly subscriptions: () => readonly StateSubscription[];
  /** Keys went, and triggers may be due. */
  readonly onExpired: () => void;
}

const keysAtOnce = 100;
/** Other engines give keys an end too, and clocks are set. */
const longestSleepMs = 60_000;
const retryMs = 1_000;

/** Ends keys when their time has come. Readers do not depend on it: for them they are gone at that moment. */
export class ExpirySweep {
  readonly #parts: ExpirySweepParts;
  #timer: { readonly timer: Timer; readonly atMs: number } | undefined;
  #running: Promise<void> | undefined;
  #isOpen = false;

  constructor(parts: ExpirySweepParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#isOpen = true;
    this.#wakeAt(0);
  }

  /** A key was given an end. */
  expect(expiresAtMs: number): void {
    this.#wakeAt(expiresAtMs - this.#parts.clock.now());
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    this.#isOpen = false;
    this.#parts.clock.clear(this.#timer?.timer);
    this.#timer = undefined;
    await this.#running;
  }

  #wakeAt(delayMs: number): void {
    if (!this.#isOpen) return;
    const { clock } = this.#parts;
    const afterMs = Math.min(longestSleepMs, Math.max(1, delayMs));
    const atMs = clock.monotonicMs() + afterMs;
    if (this.#timer !== undefined && this.#timer.atMs <= atMs) return;
    clock.clear(this.#timer?.timer);
    this.#timer = { timer: clock.setTimeout(() => this.#wake(), afterMs), atMs };
  }

  #wake(): void {
    this.#timer = undefined;
    this.#running ??= this.#sweep().finally(() => (this.#running = undefined));
  }

  async #sweep(): Promise<void> {
    const { store, clock, logger, history, subscriptions, onExpired } = this.#parts;
    try {
      while (this.#isOpen && (await store.nextExpiryAtMs() ?? Number.POSITIVE_INFINITY) <= clock.now()) {
        const { count } = await store.expire({ limit: keysAtOnce, history, subscriptions: subscriptions() });
        if (count === 0) break;
        onExpired();
      }
      const next = this.#isOpen ? await store.nextExpiryAtMs() : undefined;
      this.#wakeAt(next === undefined ? longestSleepMs : next - clock.now());
    } catch (error) {
      if (!this.#isOpen) return;
      logger.warn('Keys whose time has come could not be swept; trying again', { reason: messageOf(error) });
      this.#wakeAt(retryMs);
    }
  }
}
