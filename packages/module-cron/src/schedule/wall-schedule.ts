import { CronExpressionParser, type CronExpression } from 'cron-parser';
import { expandField } from './expand-field.js';
import { fieldRules, lastYear } from './field-rules.js';
import { YearField } from './year-field.js';

/** Each round of the search ends at the next day of the six fields, in a year that may not be allowed. Allowed ones that are so rare do not meet such days at all. */
const mostRounds = 100;

/**
 * A schedule on the clock on the wall, of a place without time zones: times are what that clock shows, as if it were
 * UTC. cron-parser walks the six fields, the year is ours. Zones are put over it by `ZonedSchedule`.
 */
export class WallSchedule {
  /** Undefined when no month of it has a day of it. */
  readonly #six: CronExpression | undefined;
  readonly #years: YearField;

  /** @param fields seven, as `readExpression` gives them */
  constructor(fields: readonly string[]) {
    const six = fieldRules.slice(0, 6).map((rule, index) => expandField(rule, fields[index] ?? '*'));
    this.#six = hasSomeDay(six) ? CronExpressionParser.parse(six.join(' '), { tz: 'UTC', currentDate: 0 }) : undefined;
    this.#years = new YearField(fields[6] ?? '*');
  }

  /** The first time of the schedule at or after `wallMs`; undefined when it never comes. */
  atOrAfter(wallMs: number): number | undefined {
    let fromMs = wallMs - 1;
    for (let round = 0; round < mostRounds; round += 1) {
      const year = new Date(fromMs + 1).getUTCFullYear();
      const allowed = this.#years.atOrAfter(year);
      if (allowed === undefined) return undefined;
      if (allowed > year) fromMs = Date.UTC(allowed, 0, 1) - 1;
      const found = this.#after(fromMs);
      if (found === undefined) return undefined;
      const foundYear = new Date(found).getUTCFullYear();
      if (foundYear > lastYear) return undefined;
      if (foundYear === allowed || this.#years.atOrAfter(foundYear) === foundYear) return found;
      fromMs = found;
    }
    return undefined;
  }

  #after(wallMs: number): number | undefined {
    if (this.#six === undefined) return undefined;
    this.#six.reset(new Date(wallMs));
    try {
      return this.#six.next().getTime();
    } catch {
      // It gives up after ten thousand steps: there is no such day in the next centuries.
      return undefined;
    }
  }
}

/** 30 February and 31 April never come; with a day of the week beside them, that one does. */
function hasSomeDay([, , , days = '*', months = '*', weekdays = '*']: readonly string[]): boolean {
  if (days === '*' || weekdays !== '*' || months === '*' || days.includes('L')) return true;
  const longest = Math.max(...months.split(',').map((month) => new Date(Date.UTC(2000, Number(month), 0)).getUTCDate()));
  return days.split(',').some((day) => Number(day) <= longest);
}
