import { nearestNames } from '@motia/engine-core';
import { cronErrors, type NearestReading } from '../errors.js';
import { rfc3339 } from '../rfc3339.js';
import { readExpression, type ExpressionFault, type ReadExpression } from './read-expression.js';
import { timeZone, type TimeZone } from './time-zone.js';
import { WallSchedule } from './wall-schedule.js';
import { ZonedSchedule } from './zoned-schedule.js';

const secondMs = 1000;

/** When something runs, over and over. Slots are whole seconds, in epoch milliseconds. */
export interface Schedule {
  /** Seven fields in their normal form. */
  readonly expression: string;
  /** IANA name. */
  readonly timezone: string;
  /** What the text left to us. */
  readonly assumed: ReadExpression['assumed'];
  /** The first slot after an instant; undefined when there is none. */
  next(afterMs: number): number | undefined;
}

export interface ScheduleInput {
  readonly expression: string;
  /** IANA name. Default `UTC`. */
  readonly timezone?: string | undefined;
}

/**
 * Reads a schedule. Pure: what is to come is seen from `nowMs`.
 * @throws `MOTIA_CRON_INVALID_CRON`, `MOTIA_CRON_W_UNSUPPORTED`, `MOTIA_CRON_INVALID_TIMEZONE`, `MOTIA_CRON_NEVER_FIRES`
 */
export function parseSchedule(input: ScheduleInput, nowMs: number): Schedule {
  const zone = zoneOf(input.timezone ?? 'UTC');
  const read = readExpression(input.expression);
  if ('reason' in read) throw invalid(input.expression, read, zone, nowMs);
  const zoned = zonedSchedule(read, zone);
  if (zoned.next(nowMs) === undefined) throw neverFires(read, zone, nowMs);
  return { expression: read.text, timezone: zone.name, assumed: read.assumed, next: (afterMs) => zoned.next(afterMs) };
}

/** The slots in (after, until], oldest first, `limit` at most. */
export function slotsBetween(schedule: Pick<Schedule, 'next'>, range: { readonly afterMs: number; readonly untilMs: number; readonly limit: number }): readonly number[] {
  const slots: number[] = [];
  for (let slot = schedule.next(range.afterMs); slot !== undefined && slot <= range.untilMs && slots.length < range.limit; slot = schedule.next(slot)) slots.push(slot);
  return slots;
}

/**
 * The last slot in (after, until], in a number of steps that grows with the logarithm of the time between, not with the
 * number of slots in it; undefined when there is none.
 */
export function lastSlotBetween(schedule: Pick<Schedule, 'next'>, afterMs: number, untilMs: number): number | undefined {
  const hasSlotAfter = (ms: number): boolean => (schedule.next(ms) ?? Infinity) <= untilMs;
  if (!hasSlotAfter(afterMs)) return undefined;
  let reachMs = secondMs;
  while (untilMs - reachMs > afterMs && !hasSlotAfter(untilMs - reachMs)) reachMs *= 2;
  // The last slot is in (low, high]: `low` has one after it, `high` has none.
  let low = Math.max(untilMs - reachMs, afterMs);
  let high = untilMs;
  while (high - low > secondMs) {
    const middle = low + Math.ceil((high - low) / 2);
    if (hasSlotAfter(middle)) low = middle;
    else high = middle;
  }
  return schedule.next(low);
}

function zonedSchedule(read: ReadExpression, zone: TimeZone): ZonedSchedule {
  const isFixedTime = read.fields.slice(0, 3).every((field) => !/[*/]/.test(field));
  return new ZonedSchedule(new WallSchedule(read.fields), zone, isFixedTime);
}

function zoneOf(name: string): TimeZone {
  try {
    return timeZone(name);
  } catch {
    const known = [...Intl.supportedValuesOf('timeZone'), 'UTC'];
    const sameCity = known.filter((zone) => zone.toLowerCase().endsWith(`/${name.toLowerCase().replaceAll(' ', '_')}`));
    throw cronErrors.INVALID_TIMEZONE({ timezone: name.slice(0, 80), nearest: sameCity.length > 0 ? sameCity.slice(0, 3) : nearestNames(name, known) });
  }
}

function invalid(expression: string, fault: ExpressionFault, zone: TimeZone, nowMs: number): Error {
  const nearest = fault.nearest === undefined ? undefined : nearestReading(fault.nearest, zone, nowMs);
  const details = { expression: shown(expression), reason: fault.reason, ...(nearest === undefined ? {} : { nearest }) };
  if (fault.isNearestWeekday === true) return cronErrors.W_UNSUPPORTED(details);
  return cronErrors.INVALID_CRON({ ...details, ...(fault.field === undefined ? {} : { field: fault.field }) });
}

function neverFires(read: ReadExpression, zone: TimeZone, nowMs: number): Error {
  const [second = '', minute = '', hour = '', day = '', month = '', weekday = '', year = ''] = read.fields;
  const anyYear = [second, minute, hour, day, month, weekday, '*'].join(' ');
  const isOver = year !== '*' && nearestReading(anyYear, zone, nowMs) !== undefined;
  const reason = isOver ? `it has no time left in the years ${year}` : `there is no day ${day} in ${month === '*' ? 'any month' : `the months ${month}`}`;
  const nearest = nearestReading(isOver ? anyYear : [second, minute, hour, 'L', month, weekday, year].join(' '), zone, nowMs);
  return cronErrors.NEVER_FIRES({ expression: read.text, reason, ...(nearest === undefined ? {} : { nearest }) });
}

function nearestReading(expression: string, zone: TimeZone, nowMs: number): NearestReading | undefined {
  const read = readExpression(expression);
  if ('reason' in read) return undefined;
  const zoned = zonedSchedule(read, zone);
  const nextRuns = slotsBetween(zoned, { afterMs: nowMs, untilMs: Infinity, limit: 3 }).map(rfc3339);
  return nextRuns.length === 0 ? undefined : { expression: read.text, nextRuns };
}

/** Messages show what was written, but not without end. */
function shown(expression: string): string {
  return expression.length > 120 ? `${expression.slice(0, 120)}…` : expression;
}
