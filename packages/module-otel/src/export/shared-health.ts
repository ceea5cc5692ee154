import type { HealthReporter } from '@motia/engine-core/contract';

/** Health of one signal that goes to several places: degraded while one of them does not take it, whatever the others do. */
export class SharedHealth {
  readonly #reporter: HealthReporter;
  readonly #reasons = new Map<string, string>();
  #said: string | undefined;

  constructor(reporter: HealthReporter) {
    this.#reporter = reporter;
  }

  /** `reason` undefined: it is well there. */
  set(destination: string, reason: string | undefined): void {
    if (reason === undefined) this.#reasons.delete(destination);
    else this.#reasons.set(destination, reason);
    const [first] = this.#reasons.values();
    if (first === undefined && this.#said === undefined) return;
    this.#said = first;
    this.#reporter.set(first === undefined ? 'healthy' : 'degraded', first);
  }
}
