import { transitionReachMs, type TimeZone } from './time-zone.js';
import type { WallSchedule } from './wall-schedule.js';

const secondMs = 1000;

/**
 * A schedule of a wall clock, put on the clock of a zone. Where the two are not one to one:
 *
 * - **Gap** (clocks go forward): a time that the clocks skip is run once, later by what they skipped: 02:30 becomes
 *   03:30. It falls together with a slot that is there anyway, if there is one.
 * - **Fold** (clocks go back): a time that comes twice is run once, the first time, if the schedule names fixed times.
 *   One that repeats by `*` or a step keeps its rhythm and runs both times.
 */
export class ZonedSchedule {
  readonly #wall: WallSchedule;
  readonly #zone: TimeZone;
  readonly #isFixedTime: boolean;

  constructor(wall: WallSchedule, zone: TimeZone, isFixedTime: boolean) {
    this.#wall = wall;
    this.#zone = zone;
    this.#isFixedTime = isFixedTime;
  }

  /** The first slot after an instant, in epoch milliseconds; undefined when there is none. */
  next(afterMs: number): number | undefined {
    let lowMs = (Math.floor(afterMs / secondMs) + 1) * secondMs;
    if (this.#zone.isUtc) return this.#wall.atOrAfter(lowMs);
    for (;;) {
      const step = this.#stepFrom(lowMs);
      if (step === undefined || 'slotMs' in step) return step?.slotMs;
      lowMs = step.goOnAtMs;
    }
  }

  /**
   * Looks at the time from `lowMs` to the next change of the clocks. The times that a gap skipped are those which the
   * clock before it would have shown from the change on, for as long as the gap is wide: that gives their new place.
   */
  #stepFrom(lowMs: number): { readonly slotMs: number } | { readonly goOnAtMs: number } | undefined {
    const offsetMs = this.#zone.offsetAt(lowMs);
    const recent = this.#zone.recentTransition(lowMs);
    const movedMs = recent !== undefined && recent.afterMs > recent.beforeMs ? this.#movedSlot(lowMs, recent) : undefined;
    let wallMs = lowMs + offsetMs;
    if (recent !== undefined && this.#isFixedTime && recent.afterMs < recent.beforeMs) wallMs = Math.max(wallMs, recent.atMs + recent.beforeMs);
    const foundMs = this.#wall.atOrAfter(wallMs);
    const regularMs = foundMs === undefined ? undefined : foundMs - offsetMs;
    const candidateMs = movedMs === undefined ? regularMs : Math.min(movedMs, regularMs ?? movedMs);
    const horizonMs = lowMs + transitionReachMs;
    const change = this.#zone.nextTransition(lowMs, Math.min(candidateMs ?? horizonMs, horizonMs));
    if (change !== undefined) return candidateMs !== undefined && candidateMs < change.atMs ? { slotMs: candidateMs } : { goOnAtMs: change.atMs };
    if (candidateMs === undefined) return undefined;
    // Nothing on the wall until the candidate, so changes of the clocks on the way there concern nothing; near it they do.
    if (candidateMs - transitionReachMs > horizonMs) return { goOnAtMs: candidateMs - transitionReachMs };
    const late = this.#zone.nextTransition(horizonMs, candidateMs);
    return late === undefined ? { slotMs: candidateMs } : { goOnAtMs: late.atMs };
  }

  #movedSlot(lowMs: number, gap: { readonly atMs: number; readonly beforeMs: number; readonly afterMs: number }): number | undefined {
    const wallMs = this.#wall.atOrAfter(lowMs + gap.beforeMs);
    return wallMs !== undefined && wallMs < gap.atMs + gap.afterMs ? wallMs - gap.beforeMs : undefined;
  }
}
