import { InFlightMap, type Clock, type Timer } from '@motia/engine-core/contract';
import type { JobStore } from '../job-store.js';
import type { Run } from './run.js';

interface Held {
  readonly run: Run;
  renewAtMs: number;
}

export interface LeaseKeeperParts {
  readonly clock: Clock;
  readonly store: Pick<JobStore, 'renew'>;
  /** A lease turned out to be somebody else's. */
  readonly onLost: (run: Run) => void;
  /** Renewing failed as a whole; it is tried again. */
  readonly onError: (error: unknown) => void;
}

/** How soon a renewal that failed is tried again. */
const retryMs = 1_000;

/**
 * Renews leases when half of their time is over, for as long as their delivery is held here: the call is open and its
 * process alive, since the engine ends calls of processes that die or hang. Real time counts, not the clock's.
 */
export class LeaseKeeper {
  readonly #parts: LeaseKeeperParts;
  /** By the key of the message. */
  readonly #held = new InFlightMap<number, Held>();
  #timer: Timer | undefined;
  #timerAtMs = Infinity;

  constructor(parts: LeaseKeeperParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#held.size;
  }

  hold(run: Run): void {
    const held: Held = { run, renewAtMs: run.leasedUntilMs - run.queue.options.visibilityMs / 2 };
    this.#held.set(run.delivery.key, held);
    this.#arm(held.renewAtMs);
  }

  release(run: Run): void {
    if (this.#holds(run)) this.#held.take(run.delivery.key);
  }

  /** Makes one lease last at least `ms` from now. False when it is not this engine's any more. */
  async extend(run: Run, ms: number): Promise<boolean> {
    const askedAtMs = this.#parts.clock.monotonicMs();
    const lost = await this.#parts.store.renew([{ key: run.delivery.key, lease: run.delivery.lease, leaseMs: ms }]);
    if (lost.length > 0) this.#lose(run);
    else run.leasedUntilMs = askedAtMs + ms;
    return lost.length === 0;
  }

  stop(): void {
    this.#parts.clock.clear(this.#timer);
    this.#timer = undefined;
    this.#timerAtMs = Infinity;
    this.#held.clear();
  }

  #arm(atMs: number): void {
    if (atMs >= this.#timerAtMs) return;
    const { clock } = this.#parts;
    clock.clear(this.#timer);
    this.#timerAtMs = atMs;
    this.#timer = clock.setTimeout(() => this.#renewDue(), Math.max(0, atMs - clock.monotonicMs()));
  }

  #renewDue(): void {
    const { clock } = this.#parts;
    this.#timer = undefined;
    this.#timerAtMs = Infinity;
    const nowMs = clock.monotonicMs();
    const due: Held[] = [];
    let nextMs = Infinity;
    for (const held of this.#held.values()) {
      if (held.renewAtMs <= nowMs) {
        due.push(held);
        held.renewAtMs = nowMs + held.run.queue.options.visibilityMs / 2;
      }
      nextMs = Math.min(nextMs, held.renewAtMs);
    }
    if (nextMs !== Infinity) this.#arm(nextMs);
    if (due.length > 0) void this.#renew(due);
  }

  async #renew(due: readonly Held[]): Promise<void> {
    const askedAtMs = this.#parts.clock.monotonicMs();
    try {
      const lost = new Set(await this.#parts.store.renew(due.map(({ run: { delivery, queue } }) => ({ key: delivery.key, lease: delivery.lease, leaseMs: queue.options.visibilityMs }))));
      for (const { run } of due) {
        if (lost.has(run.delivery.key)) this.#lose(run);
        else run.leasedUntilMs = askedAtMs + run.queue.options.visibilityMs;
      }
    } catch (error) {
      this.#parts.onError(error);
      const againMs = this.#parts.clock.monotonicMs() + retryMs;
      for (const held of due) held.renewAtMs = Math.min(held.renewAtMs, againMs);
      if (due.some(({ run }) => this.#holds(run))) this.#arm(againMs);
    }
  }

  #lose(run: Run): void {
    // It may have been settled while the store looked.
    if (!this.#holds(run)) return;
    this.#held.take(run.delivery.key);
    this.#parts.onLost(run);
  }

  /** A message that was lost may be held again, by another run. */
  #holds(run: Run): boolean {
    return this.#held.get(run.delivery.key)?.run === run;
  }
}
