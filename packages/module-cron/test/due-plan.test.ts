import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { graceMs, mostSlots, planDue, type DueQuestion } from '../src/due-plan.js';
import { oneOff } from '../src/job-spec.js';
import { slotsBetween } from '../src/schedule/schedule.js';

const minute = 60_000;
const t0 = Date.parse('2026-03-10T12:00:00Z');
/** Every `periodMs`, on the multiples of it. */
const every = (periodMs: number): DueQuestion['timetable'] => ({ next: (afterMs) => (Math.floor(afterMs / periodMs) + 1) * periodMs });
const plan = (more: Partial<DueQuestion>) => planDue({ timetable: every(minute), anchorMs: t0, nowMs: t0, catchUp: 'last', windowMs: 5 * minute, ...more });
const times = ({ runs }: ReturnType<typeof planDue>): readonly number[] => runs.map(({ atMs }) => (atMs - t0) / minute);

describe('slots that are due', () => {
  it('are none before their time', () => expect(plan({ nowMs: t0 + minute - 1 })).toEqual({ runs: [], missed: 0 }));

  it('are run on time, also a moment late', () => {
    for (const lateMs of [0, 1, graceMs]) expect(plan({ nowMs: t0 + minute + lateMs })).toEqual({ runs: [{ atMs: t0 + minute, isBackfilled: false }], missed: 0 });
  });

  it.each(['skip', 'last', 'all'] as const)('are all run while the oldest is only a moment late, with catchUp %s', (catchUp) => {
    const { runs, missed } = planDue({ timetable: every(1_000), anchorMs: t0, nowMs: t0 + 4_200, catchUp, windowMs: 0 });
    expect([runs.map(({ atMs }) => atMs - t0), missed]).toEqual([[1_000, 2_000, 3_000, 4_000], 0]);
  });
});

describe('C2 slots that nobody was there for', () => {
  it('last: the newest is run, the others are counted', () => {
    expect(plan({ nowMs: t0 + 3 * minute + 20_000 })).toEqual({ runs: [{ atMs: t0 + 3 * minute, isBackfilled: true }], missed: 2 });
  });

  it('last: a newest one that is on time is no backfill', () => {
    expect(plan({ nowMs: t0 + 3 * minute + 100 })).toEqual({ runs: [{ atMs: t0 + 3 * minute, isBackfilled: false }], missed: 2 });
  });

  it('last: none within the window, none is run', () => {
    const hourly = { timetable: every(60 * minute), anchorMs: t0 } as const;
    expect(planDue({ ...hourly, nowMs: t0 + 66 * minute, catchUp: 'last', windowMs: 5 * minute })).toEqual({ runs: [], missed: 1, missedUntilMs: t0 + 60 * minute });
    expect(planDue({ ...hourly, nowMs: t0 + 65 * minute, catchUp: 'last', windowMs: 5 * minute })).toMatchObject({ runs: [{ isBackfilled: true }] });
  });

  it('skip: only a newest one that is on time is run', () => {
    expect(plan({ catchUp: 'skip', nowMs: t0 + 3 * minute + 20_000 })).toEqual({ runs: [], missed: 3, missedUntilMs: t0 + 3 * minute });
    expect(plan({ catchUp: 'skip', nowMs: t0 + 3 * minute + 100 })).toEqual({ runs: [{ atMs: t0 + 3 * minute, isBackfilled: false }], missed: 2 });
  });

  it('all: each one within the window, oldest first', () => {
    const late = plan({ catchUp: 'all', nowMs: t0 + 9 * minute + 100 });
    expect([times(late), late.missed]).toEqual([[5, 6, 7, 8, 9], 4]);
    expect(late.runs.map(({ isBackfilled }) => isBackfilled)).toEqual([true, true, true, true, false]);
  });

  it('all: a hundred at most, the newest ones', () => {
    const long = planDue({ timetable: every(1_000), anchorMs: t0, nowMs: t0 + 3_600_000, catchUp: 'all', windowMs: undefined });
    expect(long.runs).toHaveLength(mostSlots);
    expect([long.runs.at(-1)?.atMs, long.runs[0]?.atMs, long.missed]).toEqual([t0 + 3_600_000, t0 + 3_501_000, mostSlots]);
  });

  it('no window: any age', () => {
    expect(planDue({ timetable: oneOff(t0 + 1), anchorMs: t0, nowMs: t0 + 365 * 24 * 60 * minute, catchUp: 'last', windowMs: undefined })).toEqual({ runs: [{ atMs: t0 + 1, isBackfilled: true }], missed: 0 });
  });

  it('ten years of seconds cost as little as a minute of them', () => {
    let calls = 0;
    const counting = { next: (afterMs: number) => ((calls += 1), every(1_000).next(afterMs)) };
    for (const catchUp of ['skip', 'last', 'all'] as const) planDue({ timetable: counting, anchorMs: t0, nowMs: t0 + 3_650 * 24 * 60 * minute, catchUp, windowMs: 5 * minute });
    expect(calls).toBeLessThan(10_000);
  });

  it('never runs a slot twice, out of order, in the future, or at or before the anchor, whatever is asked', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 600 }), fc.integer({ min: 0, max: 20_000_000 }), fc.constantFrom('skip' as const, 'last' as const, 'all' as const), fc.option(fc.integer({ min: 0, max: 10_000_000 }), { nil: undefined }),
        (periodS, sinceMs, catchUp, windowMs) => {
          const timetable = every(periodS * 1_000);
          const nowMs = t0 + sinceMs;
          const { runs, missed, missedUntilMs } = planDue({ timetable, anchorMs: t0, nowMs, catchUp, windowMs });
          const chosen = runs.map(({ atMs }) => atMs);
          const due = slotsBetween(timetable, { afterMs: t0, untilMs: nowMs, limit: 1_000_000 });
          expect(chosen).toEqual(due.slice(due.length - chosen.length));
          expect(missed).toBe(Math.min(mostSlots, due.length - chosen.length));
          expect(missedUntilMs).toBe(chosen.length === 0 ? due.at(-1) : undefined);
          for (const run of runs) expect(run.isBackfilled).toBe(nowMs - run.atMs > graceMs);
        },
      ),
      { numRuns: 500 },
    );
  });
});
