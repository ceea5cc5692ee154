import type { Clock } from '@motia/engine-core/contract';
import type { EngineBeat } from '../program/engines.js';

/** An engine that gives no sign of life for so long is gone. It gives one every three seconds. */
export const engineLeaseMs = 10_000;
export const renewEveryMs = 3_000;

interface Seen {
  readonly beat: number;
  readonly sinceMs: number;
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

  /** Takes a look at the counters. Answers which engines are newly gone. */
  look(beats: readonly EngineBeat[]): readonly string[] {
    const nowMs = this.#clock.monotonicMs();
    const seen = new Map<string, Seen>();
    const gone: string[] = [];
    for (const { engineId, beat } of beats) {
      const before = this.#seen.get(engineId);
      const entry = before?.beat === beat ? before : { beat, sinceMs: nowMs };
      if (nowMs - entry.sinceMs >= engineLeaseMs) gone.push(engineId);
      else {
        seen.set(engineId, entry);
        this.#gone.delete(engineId);
      }
    }
    // One that was there and has taken its counter away has left in order.
    for (const engineId of this.#seen.keys()) if (!seen.has(engineId)) this.#gone.add(engineId);
    for (const engineId of gone) this.#gone.add(engineId);
    this.#seen = seen;
    return gone;
  }

  isGone(engineId: string): boolean {
    if (this.#gone.has(engineId)) return true;
    return !this.#seen.has(engineId) && this.#clock.monotonicMs() - this.#startedAtMs >= engineLeaseMs;
  }
}
