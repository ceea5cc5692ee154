import { cronErrors } from './errors.js';
import { mostSlots } from './due-plan.js';
import type { Timetable } from './job-spec.js';
import { rfc3339 } from './rfc3339.js';
import { slotsBetween } from './schedule/schedule.js';

/** Slots that a range may hold, and that may wait to be backfilled. */
export const mostBackfilled = mostSlots;
/** How old a slot may be: a job that no engine has named for so long is forgotten with all that it ran. */
export const oldestBackfillMs = 30 * 86_400_000;

/** Epoch milliseconds, both included. */
export interface BackfillRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The slots of a range that are over, oldest first.
 * @throws `MOTIA_CRON_HISTORY_TOO_SHORT` for one that begins too long ago, `MOTIA_CRON_BACKFILL_TOO_LARGE` for one with too many slots
 */
export function slotsOfRange(job: { readonly jobId: string; readonly timetable: Pick<Timetable, 'next'> }, { fromMs, toMs }: BackfillRange, nowMs: number): readonly number[] {
  const { jobId, timetable } = job;
  const knownMs = nowMs - oldestBackfillMs;
  if (fromMs < knownMs) throw cronErrors.HISTORY_TOO_SHORT({ jobId, from: rfc3339(fromMs), knownFrom: rfc3339(Math.ceil(knownMs / 1000) * 1000) });
  const slots = slotsBetween(timetable, { afterMs: fromMs - 1, untilMs: Math.min(toMs, nowMs), limit: mostBackfilled + 1 });
  const last = slots[mostBackfilled - 1];
  if (slots.length > mostBackfilled && last !== undefined) throw cronErrors.BACKFILL_TOO_LARGE({ jobId, limit: mostBackfilled, fitsUntil: rfc3339(last) });
  return slots;
}
