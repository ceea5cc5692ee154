import { describe, expect, it } from '@jest/globals';
import { isMotiaError } from '@motia/engine-core/contract';
import { rfc3339 } from '../../src/rfc3339.js';
import { lastSlotBetween, parseSchedule, slotsBetween, type Schedule } from '../../src/schedule/schedule.js';

const at = (text: string): number => Date.parse(text);
const now = at('2026-03-10T12:00:00Z');
const runs = (expression: string, timezone = 'UTC', after = now, count = 3): readonly string[] =>
  slotsBetween(parseSchedule({ expression, timezone }, after), { afterMs: after, untilMs: Infinity, limit: count }).map(rfc3339);
const refusal = (expression: string, timezone?: string): { code: string; message: string; details: Record<string, unknown> } => {
  try {
    parseSchedule({ expression, timezone }, now);
  } catch (error) {
    if (isMotiaError(error)) return { code: error.code, message: error.message, details: error.details as Record<string, unknown> };
    throw error;
  }
  throw new Error(`${expression} was accepted`);
};

describe('seven fields', () => {
  it.each([
    ['* * * * * * *', ['2026-03-10T12:00:01Z', '2026-03-10T12:00:02Z', '2026-03-10T12:00:03Z']],
    ['*/20 * * * * * *', ['2026-03-10T12:00:20Z', '2026-03-10T12:00:40Z', '2026-03-10T12:01:00Z']],
    ['0 30 9 * * MON-FRI *', ['2026-03-11T09:30:00Z', '2026-03-12T09:30:00Z', '2026-03-13T09:30:00Z']],
    ['0 0 0 1 1 * 2028-2030', ['2028-01-01T00:00:00Z', '2029-01-01T00:00:00Z', '2030-01-01T00:00:00Z']],
    ['0 0 0 29 2 * *', ['2028-02-29T00:00:00Z', '2032-02-29T00:00:00Z', '2036-02-29T00:00:00Z']],
    ['0 0 0 29 2 * 2096-2110', ['2096-02-29T00:00:00Z', '2104-02-29T00:00:00Z', '2108-02-29T00:00:00Z']],
    ['0 0 0 31 * * *', ['2026-03-31T00:00:00Z', '2026-05-31T00:00:00Z', '2026-07-31T00:00:00Z']],
    ['0 0 12 L * * *', ['2026-03-31T12:00:00Z', '2026-04-30T12:00:00Z', '2026-05-31T12:00:00Z']],
    ['0 0 12 * * FRIL *', ['2026-03-27T12:00:00Z', '2026-04-24T12:00:00Z', '2026-05-29T12:00:00Z']],
    ['0 0 12 * * MON#2 *', ['2026-04-13T12:00:00Z', '2026-05-11T12:00:00Z', '2026-06-08T12:00:00Z']],
    ['0 0 12 13 * FRI *', ['2026-03-13T12:00:00Z', '2026-03-20T12:00:00Z', '2026-03-27T12:00:00Z']],
    ['0 0 12 * * FRI-SUN *', ['2026-03-13T12:00:00Z', '2026-03-14T12:00:00Z', '2026-03-15T12:00:00Z']],
    ['0 0 12 ? JAN-JUN/2 sun *', ['2026-03-15T12:00:00Z', '2026-03-22T12:00:00Z', '2026-03-29T12:00:00Z']],
    ['0 5/20 * * * * *', ['2026-03-10T12:05:00Z', '2026-03-10T12:25:00Z', '2026-03-10T12:45:00Z']],
    ['0 0 0 1 1 * */10', ['2030-01-01T00:00:00Z', '2040-01-01T00:00:00Z', '2050-01-01T00:00:00Z']],
    ['59 59 23 31 12 * 2026,9999', ['2026-12-31T23:59:59Z', '9999-12-31T23:59:59Z']],
    ['@daily', ['2026-03-11T00:00:00Z', '2026-03-12T00:00:00Z', '2026-03-13T00:00:00Z']],
  ])('C7 %s runs when it says', (expression, expected) => expect(runs(expression)).toEqual(expected));

  it('C7 six fields get a year, five get a second too, and both are shown with seven', () => {
    expect(parseSchedule({ expression: '0 30 9 * * 1-5' }, now)).toMatchObject({ expression: '0 30 9 * * 1-5 *', assumed: 'year', timezone: 'UTC' });
    expect(parseSchedule({ expression: ' 30  9 * * mon ' }, now)).toMatchObject({ expression: '0 30 9 * * MON *', assumed: 'seconds and year' });
    expect(parseSchedule({ expression: '0 30 9 ? * MON *' }, now)).toMatchObject({ expression: '0 30 9 * * MON *', assumed: 'nothing' });
  });

  it('gives slots strictly after an instant, also in the middle of a second', () => {
    const every = parseSchedule({ expression: '* * * * * * *' }, now);
    expect(every.next(now)).toBe(now + 1000);
    expect(every.next(now + 1)).toBe(now + 1000);
    expect(every.next(now - 1)).toBe(now);
    expect(every.next(now - 1000)).toBe(now);
  });

  it('ends with the last year, and does not search for ever', () => {
    const schedule = parseSchedule({ expression: '0 0 0 1 1 * 2027' }, now);
    expect(schedule.next(at('2027-01-01T00:00:00Z'))).toBeUndefined();
    expect(refusal('0 0 0 29 2 * 1971-9999/2').code).toBe('MOTIA_CRON_NEVER_FIRES');
  });
});

describe('what is refused', () => {
  it.each([
    ['60 * * * * * *', 'second', 'second 60 is outside 0-59', '0 * * * * * *'],
    ['0 0 24 * * * *', 'hour', 'hour 24 is outside 0-23', '0 0 0 * * * *'],
    ['0 0 99 * * * *', 'hour', 'hour 99 is outside 0-23', '0 0 23 * * * *'],
    ['0 0 0 0 * * *', 'day of month', 'day of month 0 is outside 1-31', '0 0 0 1 * * *'],
    ['0 0 0 * 13 * *', 'month', 'month 13 is outside 1-12', '0 0 0 * 12 * *'],
    ['0 0 0 * * MONDAY *', 'day of week', '"MONDAY" is no value of the field day of week (0-7 or SUN to SAT)', '0 0 0 * * MON *'],
    ['0 0 0 * TEM * *', 'month', '"TEM" is no value of the field month (1-12 or JAN to DEC)', '0 0 0 * * * *'],
    ['0 0 22-2 * * * *', 'hour', 'the range 22-2 of hour runs backwards', '0 0 22-23,0-2 * * * *'],
    ['0 0 0 * * SAT-MON *', 'day of week', 'the range SAT-MON of day of week runs backwards', '0 0 0 * * SAT-6,0-MON *'],
    ['0 */0 * * * * *', 'minute', 'the step of minute "*/0" is not at least 1', '0 * * * * * *'],
    ['0 */90 * * * * *', 'minute', 'the step of minute "*/90" is larger than the field (0-59)', '0 * * * * * *'],
    ['0 */x * * * * *', 'minute', 'the step of minute "*/X" is not a number', '0 * * * * * *'],
    ['0 1,,2 * * * * *', 'minute', 'the field minute holds an empty place in a list', '0 1,2 * * * * *'],
    ['0 -5 * * * * *', 'minute', '"" is no value of the field minute (0-59)', '0 * * * * * *'],
    ['0 L * * * * *', 'minute', '"L" has no meaning in the field minute', '0 * * * * * *'],
    ['0 0 0 L-3 * * *', 'day of month', 'day of month "L-3" is not "L", the last day of the month', '0 0 0 L * * *'],
    ['0 0 0 * * MON#6 *', 'day of week', 'day of week "MON#6" is not a weekday, "#" and a number from 1 to 5, such as MON#1', '0 0 0 * * 1 *'],
    ['0 0 0 * * 1#1,3#2 *', 'day of week', '"#" stands alone in the field day of week, without a list', '0 0 0 * * 1#1 *'],
    ['0 0 0 1 1 * 1969', 'year', 'year 1969 is outside 1970-9999', undefined],
    ['0 0 0 1 1 * 20300', 'year', 'year 20300 is outside 1970-9999', '0 0 0 1 1 * 9999'],
  ])('%s: field %s', (expression, field, reason, nearest) => {
    const { code, message, details } = refusal(expression);
    expect(code).toBe('MOTIA_CRON_INVALID_CRON');
    expect(details).toMatchObject({ expression, field, reason });
    expect((details['nearest'] as { expression?: string } | undefined)?.expression).toBe(nearest);
    expect(message).toContain(reason);
  });

  it('tells the next three runs of the nearest reading', () => {
    const { message, details } = refusal('0 0 25 * * * *');
    expect(details['nearest']).toEqual({ expression: '0 0 23 * * * *', nextRuns: ['2026-03-10T23:00:00Z', '2026-03-11T23:00:00Z', '2026-03-12T23:00:00Z'] });
    expect(message).toBe('The cron expression "0 0 25 * * * *" cannot be used: hour 25 is outside 0-23. Nearest reading: "0 0 23 * * * *", which runs next at 2026-03-10T23:00:00Z, 2026-03-11T23:00:00Z, 2026-03-12T23:00:00Z.');
  });

  it.each([
    ['0 0 0 * * * * *', '0 0 0 * * * *'],
    ['0 9 * *', '0 0 9 * * * *'],
    ['', '0 0 0 * * * *'],
    ['every 5 minutes', '0 */5 * * * * *'],
    ['@every 30s', '*/30 * * * * * *'],
    ['every hour', '0 0 * * * * *'],
    ['daily', '0 0 0 * * * *'],
    ['every 61 minutes', undefined],
    ['@reboot', undefined],
    ['when it rains', undefined],
  ])('a wrong number of fields, or words: "%s"', (expression, nearest) => {
    const { code, details } = refusal(expression);
    expect(code).toBe('MOTIA_CRON_INVALID_CRON');
    expect((details['nearest'] as { expression?: string } | undefined)?.expression).toBe(nearest);
  });

  it('W has a code of its own', () => {
    expect(refusal('0 0 9 15W * * *')).toMatchObject({ code: 'MOTIA_CRON_W_UNSUPPORTED', details: { nearest: { expression: '0 0 9 15 * * *' } } });
    expect(refusal('0 0 9 LW * * *')).toMatchObject({ code: 'MOTIA_CRON_W_UNSUPPORTED', details: { nearest: { expression: '0 0 9 L * * *' } } });
  });

  it.each([
    ['0 0 0 30 2 * *', 'there is no day 30 in the months 2', '0 0 0 L 2 * *'],
    ['0 0 0 30,31 FEB * *', 'there is no day 30,31 in the months FEB', '0 0 0 L FEB * *'],
    ['0 0 0 31 4,6,9,11 * *', 'there is no day 31 in the months 4,6,9,11', '0 0 0 L 4,6,9,11 * *'],
    ['0 0 0 1 1 * 2020', 'it has no time left in the years 2020', '0 0 0 1 1 * *'],
    ['0 0 0 1 1 * 2026', 'it has no time left in the years 2026', '0 0 0 1 1 * *'],
    ['0 0 0 29 2 * 2027', 'it has no time left in the years 2027', '0 0 0 29 2 * *'],
  ])('C7 %s never fires', (expression, reason, nearest) => {
    expect(refusal(expression)).toMatchObject({ code: 'MOTIA_CRON_NEVER_FIRES', details: { reason, nearest: { expression: nearest } } });
  });

  it.each([
    ['Europe/Belrin', ['Europe/Berlin']],
    ['Berlin', ['Europe/Berlin']],
    ['New York', ['America/New_York']],
    ['+02:00', []],
    ['', []],
    ['CEST', undefined],
  ])('the zone "%s"', (timezone, nearest) => {
    const { code, details } = refusal('0 0 0 * * * *', timezone);
    expect(code).toBe('MOTIA_CRON_INVALID_TIMEZONE');
    if (nearest !== undefined) expect(details).toEqual({ timezone, nearest });
  });

  it('keeps messages short, whatever is written', () => {
    const { message } = refusal('9'.repeat(5000));
    expect(message.length).toBeLessThan(400);
    expect(refusal(`${'1,'.repeat(2000)}1 * * * * * *`).message.length).toBeLessThan(400);
  });
});

describe('the last slot before an instant', () => {
  const naive = (schedule: Schedule, afterMs: number, untilMs: number): number | undefined => slotsBetween(schedule, { afterMs, untilMs, limit: 1_000_000 }).at(-1);

  it.each([
    ['* * * * * * *', 5_000],
    ['0 */7 * * * * *', 3_600_000],
    ['* 0 * * * * *', 3_500_000],
    ['0 0 0 * * * *', 400 * 86_400_000],
    ['0 0 0 29 2 * *', 1_000 * 86_400_000],
  ])('%s within %d ms is the one that counting finds', (expression, reachMs) => {
    const schedule = parseSchedule({ expression }, now - reachMs);
    for (const untilMs of [now, now + 1, now + 999, now + 123_456]) {
      expect(lastSlotBetween(schedule, untilMs - reachMs, untilMs)).toBe(naive(schedule, untilMs - reachMs, untilMs));
    }
  });

  it('looks at few slots of many', () => {
    let calls = 0;
    const counting = { next: (afterMs: number) => ((calls += 1), (Math.floor(afterMs / 1000) + 1) * 1000) };
    expect(lastSlotBetween(counting, now - 10 * 365 * 86_400_000, now + 250)).toBe(now);
    expect(calls).toBeLessThan(50);
  });
});
