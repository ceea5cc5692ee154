import { describe, expect, it } from '@jest/globals';
import { rfc3339 } from '../../src/rfc3339.js';
import { parseSchedule, slotsBetween } from '../../src/schedule/schedule.js';

/** Slots on one day of a zone, from one local midnight before to one after. */
function slots(expression: string, timezone: string, fromUtc: string, untilUtc: string): readonly string[] {
  const afterMs = Date.parse(fromUtc) - 1;
  return slotsBetween(parseSchedule({ expression, timezone }, afterMs), { afterMs, untilMs: Date.parse(untilUtc), limit: 200 }).map(rfc3339);
}

describe('C5 gaps: a time that the clocks skip is run once, later by what they skip', () => {
  it.each([
    // 2026-03-29 02:00 → 03:00 (UTC+1 → UTC+2), at 01:00Z
    ['Europe/Berlin', '0 30 2 * * * *', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z', ['2026-03-29T01:30:00Z']],
    ['Europe/Berlin', '0 0 2 * * * *', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z', ['2026-03-29T01:00:00Z']],
    ['Europe/Berlin', '59 59 2 * * * *', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z', ['2026-03-29T01:59:59Z']],
    // Falls together with the slot of 03:30
    ['Europe/Berlin', '0 30 2,3 * * * *', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z', ['2026-03-29T01:30:00Z']],
    // Comes after a slot whose time on the wall is later
    ['Europe/Berlin', '0 10,50 2,3 * * * *', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z', ['2026-03-29T01:10:00Z', '2026-03-29T01:50:00Z']],
    ['Europe/Berlin', '0 45 1-4 * * * *', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z', ['2026-03-29T00:45:00Z', '2026-03-29T01:45:00Z', '2026-03-29T02:45:00Z']],
    // Every half hour: the rhythm goes through the gap
    ['Europe/Berlin', '0 */30 * * * * *', '2026-03-29T00:00:00Z', '2026-03-29T02:00:00Z', ['2026-03-29T00:00:00Z', '2026-03-29T00:30:00Z', '2026-03-29T01:00:00Z', '2026-03-29T01:30:00Z', '2026-03-29T02:00:00Z']],
    // 2026-03-08 02:00 → 03:00 (UTC-5 → UTC-4), at 07:00Z
    ['America/New_York', '0 15 2 * * * *', '2026-03-08T05:00:00Z', '2026-03-09T04:00:00Z', ['2026-03-08T07:15:00Z']],
    // Half an hour: 2026-10-04 02:00 → 02:30 (UTC+10:30 → UTC+11), at 15:30Z the day before
    ['Australia/Lord_Howe', '0 15 2 * * * *', '2026-10-03T13:30:00Z', '2026-10-04T13:00:00Z', ['2026-10-03T15:45:00Z']],
    // At midnight: 2026-09-06 00:00 → 01:00 (UTC-4 → UTC-3), at 04:00Z
    ['America/Santiago', '0 0 0 * * * *', '2026-09-05T05:00:00Z', '2026-09-07T03:00:00Z', ['2026-09-06T04:00:00Z', '2026-09-07T03:00:00Z']],
    ['America/Santiago', '0 20 0 6 9 * *', '2026-09-05T04:00:00Z', '2026-09-07T03:00:00Z', ['2026-09-06T04:20:00Z']],
    // A whole day: 2011-12-30 did not exist in Samoa (UTC-10 → UTC+14), at 10:00Z
    ['Pacific/Apia', '0 0 12 30 12 * 2011', '2011-12-29T00:00:00Z', '2012-01-01T00:00:00Z', ['2011-12-30T22:00:00Z']],
    ['Pacific/Apia', '0 0 12 * 12 * 2011', '2011-12-29T20:00:00Z', '2012-01-01T00:00:00Z', ['2011-12-29T22:00:00Z', '2011-12-30T22:00:00Z', '2011-12-31T09:59:59Z'].slice(0, 2)],
  ])('%s %s', (timezone, expression, from, until, expected) => expect(slots(expression, timezone, from, until)).toEqual(expected));

  it('gives the skipped slot once, whatever instant one asks from', () => {
    const schedule = parseSchedule({ expression: '0 30 2 * * * *', timezone: 'Europe/Berlin' }, Date.parse('2026-03-01T00:00:00Z'));
    const moved = Date.parse('2026-03-29T01:30:00Z');
    for (let before = Date.parse('2026-03-28T01:30:00Z'); before < moved; before += 977_000) expect(schedule.next(before)).toBe(moved);
    expect(schedule.next(moved)).toBe(Date.parse('2026-03-30T00:30:00Z'));
  });
});

describe('C5 folds: fixed times once, the first time; what repeats keeps its rhythm', () => {
  it.each([
    // 2026-10-25 03:00 → 02:00 (UTC+2 → UTC+1), at 01:00Z
    ['Europe/Berlin', '0 30 2 * * * *', '2026-10-24T22:00:00Z', '2026-10-25T22:59:59Z', ['2026-10-25T00:30:00Z']],
    ['Europe/Berlin', '0 30 2,14 * * * *', '2026-10-24T22:00:00Z', '2026-10-25T22:59:59Z', ['2026-10-25T00:30:00Z', '2026-10-25T13:30:00Z']],
    ['Europe/Berlin', '0 0 3 * * * *', '2026-10-24T22:00:00Z', '2026-10-25T22:59:59Z', ['2026-10-25T02:00:00Z']],
    ['Europe/Berlin', '0 */30 * * * * *', '2026-10-24T23:30:00Z', '2026-10-25T02:00:00Z', ['2026-10-24T23:30:00Z', '2026-10-25T00:00:00Z', '2026-10-25T00:30:00Z', '2026-10-25T01:00:00Z', '2026-10-25T01:30:00Z', '2026-10-25T02:00:00Z']],
    ['Europe/Berlin', '0 30 * * * * *', '2026-10-25T00:00:00Z', '2026-10-25T02:00:00Z', ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z']],
    ['Australia/Lord_Howe', '0 45 1 * * * *', '2026-04-04T13:00:00Z', '2026-04-05T13:29:59Z', ['2026-04-04T14:45:00Z']],
    ['America/Santiago', '0 30 23 * * * *', '2026-04-04T04:00:00Z', '2026-04-06T03:59:59Z', ['2026-04-05T02:30:00Z', '2026-04-06T03:30:00Z']],
  ])('%s %s', (timezone, expression, from, until, expected) => expect(slots(expression, timezone, from, until)).toEqual(expected));
});
