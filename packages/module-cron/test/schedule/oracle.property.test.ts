import { describe, expect, it } from '@jest/globals';
import { Cron } from 'croner';
import fc from 'fast-check';
import { parseSchedule, slotsBetween } from '../../src/schedule/schedule.js';
import { timeZone } from '../../src/schedule/time-zone.js';

/** Twenty zones: no change at all, both hemispheres, half hours, midnight changes, a change in Ramadan, zones without a minute. */
const zones = [
  'UTC', 'Europe/Berlin', 'Europe/London', 'Europe/Dublin', 'Europe/Moscow', 'America/New_York', 'America/Los_Angeles', 'America/Sao_Paulo', 'America/Santiago', 'America/St_Johns',
  'America/Havana', 'Asia/Kolkata', 'Asia/Kathmandu', 'Asia/Tokyo', 'Asia/Tehran', 'Australia/Lord_Howe', 'Australia/Adelaide', 'Pacific/Auckland', 'Pacific/Chatham', 'Africa/Casablanca',
];
const dayMs = 86_400_000;

const number = (min: number, max: number): fc.Arbitrary<string> => fc.integer({ min, max }).map(String);
const range = (min: number, max: number): fc.Arbitrary<string> => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
const stepped = (min: number, max: number): fc.Arbitrary<string> =>
  fc.tuple(fc.oneof(fc.constant('*'), range(min, max)), fc.integer({ min: 1, max: max - min })).map(([base, step]) => `${base}/${step}`);
function field(min: number, max: number, more: readonly fc.Arbitrary<string>[] = []): fc.Arbitrary<string> {
  const item = fc.oneof(number(min, max), number(min, max), range(min, max), stepped(min, max), ...more);
  return fc.oneof({ weight: 3, arbitrary: fc.constant('*') }, { weight: 3, arbitrary: item }, { weight: 1, arbitrary: fc.array(item, { minLength: 2, maxLength: 3 }).map((items) => items.join(',')) });
}
const month = fc.oneof(field(1, 12), fc.constantFrom('JAN', 'FEB-APR', 'DEC,MAR', 'OCT'));
// croner calls 7 Sunday and knows lists of "#"; ours takes one, so one is asked.
const weekday = fc.oneof(field(0, 6), fc.constantFrom('MON-FRI', 'SUN', 'SAT,SUN', '5L', '0L', '2#1', '1#5', '7'));
const year = fc.oneof({ weight: 4, arbitrary: fc.constant('*') }, fc.constantFrom('2026', '2028', '2027-2029', '2026,2032', '2024-2044/4', '2030-2099'));

const expressions = fc
  .tuple(field(0, 59), field(0, 59), field(0, 23), field(1, 31, [fc.constant('L')]), month, weekday, year)
  .map((fields) => fields.join(' '));
/** Between 2025 and 2030, many of them within a day of a change of the clocks. */
const instants = (zone: string): fc.Arbitrary<number> => {
  const anywhere = fc.integer({ min: Date.UTC(2025, 0, 1), max: Date.UTC(2030, 0, 1) });
  const changes = timeZone(zone).nextTransition(Date.UTC(2025, 0, 1), Date.UTC(2026, 11, 31));
  if (changes === undefined) return anywhere;
  return fc.oneof(anywhere, fc.integer({ min: -dayMs, max: dayMs }).map((offset) => changes.atMs + offset));
};
const cases = fc.constantFrom(...zones).chain((zone) => fc.tuple(fc.constant(zone), expressions, instants(zone)));

/** croner leaves slots in a gap out or moves them to its end; ours have the golden table. */
const isInOrNearGap = (zone: string, slotMs: number): boolean => {
  const recent = timeZone(zone).recentTransition(slotMs);
  return recent !== undefined && recent.afterMs > recent.beforeMs && slotMs < recent.atMs + (recent.afterMs - recent.beforeMs);
};

describe('croner as the oracle', () => {
  it('C5 C7 every slot outside gaps is one of croner, and the other way round', () => {
    let compared = 0;
    fc.assert(
      fc.property(cases, ([zone, expression, from]) => {
        const oracle = new Cron(expression, { timezone: zone, mode: '7-part', fixedTimeRule: 'no-wildcard' });
        const expected = oracle.nextRuns(8, new Date(from)).map((date) => date.getTime());
        let actual: readonly number[];
        try {
          actual = slotsBetween(parseSchedule({ expression, timezone: zone }, from), { afterMs: from, untilMs: Infinity, limit: 8 });
        } catch (error) {
          if ((error as { code?: string }).code !== 'MOTIA_CRON_NEVER_FIRES') throw error;
          actual = [];
        }
        const until = Math.min(expected.at(-1) ?? Infinity, actual.at(-1) ?? Infinity);
        const plain = (slots: readonly number[]): readonly string[] => slots.filter((slot) => slot <= until && !isInOrNearGap(zone, slot)).map((slot) => new Date(slot).toISOString());
        compared += plain(actual).length;
        expect(plain(actual)).toEqual(plain(expected));
      }),
      { numRuns: 800 },
    );
    expect(compared).toBeGreaterThan(500);
  }, 120_000);

  it('C5 the slot after an instant depends on nothing but the instant', () => {
    fc.assert(
      fc.property(cases, ([zone, expression, from]) => {
        const schedule = ((): ReturnType<typeof parseSchedule> | undefined => {
          try {
            return parseSchedule({ expression, timezone: zone }, from);
          } catch {
            return undefined;
          }
        })();
        const first = schedule?.next(from);
        if (schedule === undefined || first === undefined) return;
        // Asking from anywhere in between gives the same slot: none is passed over, none comes twice.
        expect(first).toBeGreaterThan(from);
        expect(first % 1000).toBe(0);
        for (const share of [0.1, 0.5, 0.9, 0.999]) expect(schedule.next(from + Math.floor((first - from - 1) * share))).toBe(first);
        expect(schedule.next(first) ?? Infinity).toBeGreaterThan(first);
      }),
      { numRuns: 300 },
    );
  }, 120_000);
});
