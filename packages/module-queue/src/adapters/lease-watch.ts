import type { Clock } from '@motia/engine-core/contract';
import type { ForeignLease } from '../program/recover.js';

interface Seen {
  readonly lease: number;
  readonly leaseUntil: number;
  readonly firstSeenMs: number;
}

/**
 * Judges leases of other engines without trusting their clock: one that has not been renewed for its whole length since it
 * was first seen like this is over.
 */
export class LeaseWatch {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #seen = new Map<number, Seen>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** Those that are over, and milliseconds until the next of the others could be. Forgets what is not there any more. */
  look(leases: readonly ForeignLease[], isGone: (engineId: string) => boolean): { readonly lapsed: readonly ForeignLease[]; readonly againInMs: number | undefined } {
    const nowMs = this.#clock.monotonicMs();
    const seen = new Map<number, Seen>();
    const lapsed: ForeignLease[] = [];
    let againInMs: number | undefined;
    for (const found of leases) {
      const { key, lease, leaseUntil, leaseMs, leasedBy } = found;
      const before = this.#seen.get(key);
      const entry = before?.lease === lease && before.leaseUntil === leaseUntil ? before : { lease, leaseUntil, firstSeenMs: nowMs };
      const leftMs = entry.firstSeenMs + leaseMs - nowMs;
      if (leftMs <= 0 || isGone(leasedBy)) {
        lapsed.push(found);
        continue;
      }
      seen.set(key, entry);
      againInMs = Math.min(againInMs ?? leftMs, leftMs);
    }
    this.#seen = seen;
    return { lapsed, againInMs };
  }
}
