import type { Clock } from '@motia/engine-core/contract';
import type { EngineBeat } from '../program/engines.js';

/** An engine that gives no sign of life for so long is gone. It gives one every three seconds. */
export const engineLeaseMs = 10_000;
export const renewEveryMs = 3_000;

interface Seen {
  readonly beat: number;
  readonly sinceMs: number;
  /** Its counter may have been one that was damaged: that it is not there says nothing. */
  readonly isUncertain?: boolean;
}

/**
 * Judges other engines by what it sees itself, on a scale that no wrong clock moves: one whose counter has stood still for
 * the whole lease is gone. One that was never seen may have been there and gone before; it gets the same time.
 */
export class EngineWatch {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #startedAtMs: number;
  #seen = new Map<string, Seen>();
  readonly #gone = new Set<string>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
    this.#startedAtMs = clock.monotonicMs();
  }

  /** Takes a look at the counters, `isWhole` when none of them was damaged. Answers which engines are newly gone. */
  look(beats: readonly EngineBeat[], { isWhole = true }: { readonly isWhole?: boolean } = {}): readonly string[] {
    const nowMs = this.#clock.monotonicMs();
    const seen = new Map<string, Seen>();
    const gone: string[] = [];
    for (const { engineId, beat } of beats) {
      const before = this.#seen.get(engineId);
      const entry: Seen = { beat, sinceMs: before?.beat === beat ? before.sinceMs : nowMs };
      if (nowMs - entry.sinceMs >= engineLeaseMs) gone.push(engineId);
      else {
        seen.set(engineId, entry);
        this.#gone.delete(engineId);
      }
    }
    for (const [engineId, entry] of this.#seen) {
      if (seen.has(engineId) || gone.includes(engineId)) continue;
      // One that was there and has taken its counter away has left in order; one whose counter may be lost keeps its lease.
      const isUncertain = !isWhole || entry.isUncertain === true;
      if (isUncertain && nowMs - entry.sinceMs < engineLeaseMs) seen.set(engineId, { ...entry, isUncertain: true });
      else this.#gone.add(engineId);
    }
    for (const engineId of gone) this.#gone.add(engineId);
    this.#seen = seen;
    return gone;
  }

  isGone(engineId: string): boolean {
    if (this.#gone.has(engineId)) return true;
    return !this.#seen.has(engineId) && this.#clock.monotonicMs() - this.#startedAtMs >= engineLeaseMs;
  }
}
