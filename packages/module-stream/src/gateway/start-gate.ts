import type { Clock, HealthView } from '@motia/engine-core/contract';

const pollMs = 50;

/**
 * Holds clients back until the app has had its chance to register what guards it. The port opens before the users'
 * processes run: a client that came in then would meet neither their authentication nor their onJoin.
 */
export class StartGate {
  readonly #health: HealthView;
  readonly #clock: Clock;
  #isOpen = false;

  constructor(health: HealthView, clock: Clock) {
    this.#health = health;
    this.#clock = clock;
  }

  /** Once open it stays open: what was registered then stays known while processes are replaced. */
  get isOpen(): boolean {
    // Ready is what the engine calls itself when its modules are up, and with them the processes that they start.
    this.#isOpen ||= this.#health.report().ready;
    return this.#isOpen;
  }

  /** Resolves with whether it opened in time. */
  async opened(timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    const deadlineMs = this.#clock.monotonicMs() + timeoutMs;
    while (!this.isOpen && !signal.aborted && this.#clock.monotonicMs() < deadlineMs) {
      await new Promise<void>((resolve) => void this.#clock.setTimeout(resolve, pollMs));
    }
    return this.isOpen;
  }
}
