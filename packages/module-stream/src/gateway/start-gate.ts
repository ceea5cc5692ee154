import type { Clock, HealthView, ProcessService } from '@motia/engine-core/contract';

const pollMs = 50;

/**
 * Holds clients back until the app has had its chance to register what guards it. The port opens before the users'
 * processes run: a client that came in then would meet neither their authentication nor their onJoin.
 */
export class StartGate {
  readonly #health: HealthView;
  readonly #processes: () => ProcessService | undefined;
  readonly #clock: Clock;
  #isOpen = false;

  constructor(health: HealthView, processes: () => ProcessService | undefined, clock: Clock) {
    this.#health = health;
    this.#processes = processes;
    this.#clock = clock;
  }

  /** Once open it stays open: what was registered then stays known while processes are replaced. */
  get isOpen(): boolean {
    this.#isOpen ||= this.#mayOpen();
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

  #mayOpen(): boolean {
    const { components } = this.#health.report();
    if (Object.values(components).some(({ status }) => status === 'starting')) return false;
    const processes = this.#processes()?.list() ?? [];
    return processes.length === 0 || processes.some(({ state }) => state === 'ready' || state === 'draining');
  }
}
