import type { CatchUpPolicy, Timetable } from './job-spec.js';
import { lastSlotBetween, slotsBetween } from './schedule/schedule.js';

/** A slot this old is still on time: nobody was away, something took a moment. */
export const graceMs = 5_000;
/** Runs that a backlog makes at most, and slots that are counted at most as missed. */
export const mostSlots = 100;

export interface DueQuestion {
  readonly timetable: Pick<Timetable, 'next'>;
  /** Slots up to here are over with. */
  readonly anchorMs: number;
  readonly nowMs: number;
  readonly catchUp: CatchUpPolicy;
  /** How old a missed slot may be to be run; undefined: any age. */
  readonly windowMs: number | undefined;
}
/** What is to be done about the slots in (anchor, now]. */
export interface DuePlan {
  /** Oldest first. */
  readonly runs: readonly { readonly atMs: number; readonly isBackfilled: boolean }[];
  /** Slots before those that are not run; at most 100 are counted. */
  readonly missed: number;
  /** The last of them, when nothing is run. */
  readonly missedUntilMs?: number;
}

const nothing: DuePlan = { runs: [], missed: 0 };

/**
 * Which slots are run. As long as the oldest one is on time, all are. If it is not, nobody was there (the engine was
 * down, the machine asleep, its clock set forward), and the policy says: `skip` runs none that is late, `last` the newest
 * one, `all` each one; late ones only within the window, and 100 at most.
 */
export function planDue({ timetable, anchorMs, nowMs, catchUp, windowMs }: DueQuestion): DuePlan {
  const first = timetable.next(anchorMs);
  if (first === undefined || first > nowMs) return nothing;
  const run = (atMs: number): DuePlan['runs'][number] => ({ atMs, isBackfilled: nowMs - atMs > graceMs });
  if (nowMs - first <= graceMs) return { runs: slotsBetween(timetable, { afterMs: anchorMs, untilMs: nowMs, limit: mostSlots }).map(run), missed: 0 };
  const newest = lastSlotBetween(timetable, anchorMs, nowMs) ?? first;
  const isRunnable = (atMs: number): boolean => nowMs - atMs <= graceMs || (catchUp !== 'skip' && (windowMs === undefined || nowMs - atMs <= windowMs));
  if (!isRunnable(newest)) return { runs: [], missed: count(timetable, anchorMs, newest), missedUntilMs: newest };
  const chosen = catchUp === 'all' ? newestOf(timetable, { afterMs: windowMs === undefined ? anchorMs : Math.max(anchorMs, nowMs - Math.max(windowMs, graceMs) - 1), untilMs: nowMs }) : [newest];
  return { runs: chosen.map(run), missed: count(timetable, anchorMs, (chosen[0] ?? newest) - 1) };
}

/** The newest hundred slots of a stretch of time, oldest first. */
function newestOf(timetable: Pick<Timetable, 'next'>, { afterMs, untilMs }: { readonly afterMs: number; readonly untilMs: number }): readonly number[] {
  const forwards = slotsBetween(timetable, { afterMs, untilMs, limit: mostSlots + 1 });
  if (forwards.length <= mostSlots) return forwards;
  const backwards: number[] = [];
  for (let last = lastSlotBetween(timetable, afterMs, untilMs); last !== undefined && backwards.length < mostSlots; last = lastSlotBetween(timetable, afterMs, last - 1)) backwards.push(last);
  return backwards.reverse();
}

function count(timetable: Pick<Timetable, 'next'>, afterMs: number, untilMs: number): number {
  return slotsBetween(timetable, { afterMs, untilMs, limit: mostSlots }).length;
}
