import type { Clock } from '@motia/engine-core/contract';

/** Wrong tokens that an address may send in a row. */
const burst = 10;
/** Milliseconds after which one more is allowed. */
const regainMs = 6_000;
/** Addresses remembered; the one that failed longest ago is forgotten first. */
const rememberedAddresses = 10_000;

interface Failures {
  count: number;
  since: number;
}

/** Counts wrong tokens by address. Ten are free, then one every six seconds; a right token costs nothing. */
export class FailureLimit {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #byAddress = new Map<string, Failures>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** Milliseconds until the address may try again; 0 when it may now. */
  waitMs(address: string): number {
    const failures = this.#settled(address);
    if (failures === undefined || failures.count < burst) return 0;
    return Math.max(1, Math.ceil(failures.since + regainMs * (failures.count - burst + 1) - this.#clock.monotonicMs()));
  }

  noteFailure(address: string): void {
    const failures = this.#settled(address) ?? { count: 0, since: this.#clock.monotonicMs() };
    failures.count = Math.min(failures.count + 1, burst);
    this.#byAddress.delete(address);
    this.#byAddress.set(address, failures);
    if (this.#byAddress.size <= rememberedAddresses) return;
    const [oldest] = this.#byAddress.keys();
    if (oldest !== undefined) this.#byAddress.delete(oldest);
  }

  /** With what has been regained by now taken off. */
  #settled(address: string): Failures | undefined {
    const failures = this.#byAddress.get(address);
    if (failures === undefined) return undefined;
    const regained = Math.floor((this.#clock.monotonicMs() - failures.since) / regainMs);
    failures.count -= regained;
    failures.since += regained * regainMs;
    if (failures.count > 0) return failures;
    this.#byAddress.delete(address);
    return undefined;
  }
}
