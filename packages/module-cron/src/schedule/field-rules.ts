/** A field of an expression, as messages name it. */
export type FieldName = 'second' | 'minute' | 'hour' | 'day of month' | 'month' | 'day of week' | 'year';

/** What one field accepts. */
export interface FieldRule {
  readonly name: FieldName;
  readonly min: number;
  readonly max: number;
  /** Names of values, the first one that of `min`. */
  readonly names: readonly string[];
  /** Where `L` may stand: by itself for the last day, or after a weekday for its last one of the month. */
  readonly last?: 'alone' | 'after a value';
  /** `MON#2`: the second Monday of the month. */
  readonly hasNth?: true;
  /** One more than `max` is commonly written for `min` (`24` for midnight). */
  readonly isCyclic?: true;
}

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** Years that a schedule may name. */
export const firstYear = 1970;
/** Years that a schedule may name. */
export const lastYear = 9999;

/** The seven fields in their order. */
export const fieldRules: readonly FieldRule[] = [
  { name: 'second', min: 0, max: 59, names: [], isCyclic: true },
  { name: 'minute', min: 0, max: 59, names: [], isCyclic: true },
  { name: 'hour', min: 0, max: 23, names: [], isCyclic: true },
  { name: 'day of month', min: 1, max: 31, names: [], last: 'alone' },
  { name: 'month', min: 1, max: 12, names: months },
  { name: 'day of week', min: 0, max: 7, names: weekdays, last: 'after a value', hasNth: true },
  { name: 'year', min: firstYear, max: lastYear, names: [] },
];

/** `JAN` is 1, `SUN` is 0; undefined for anything that is neither a number nor a name of the field. */
export function valueOf(rule: FieldRule, word: string): number | undefined {
  if (/^\d{1,6}$/.test(word)) return Number(word);
  const index = rule.names.indexOf(word);
  return index < 0 ? undefined : index + rule.min;
}
