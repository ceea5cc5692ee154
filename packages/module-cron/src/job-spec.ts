import { cronErrors } from './errors.js';
import { parseSchedule, type Schedule } from './schedule/schedule.js';

/** What happens to a slot while the run before it is not over. */
export type OverlapPolicy = 'forbid' | 'allow' | 'replace' | 'queueOne';
/** What happens to slots that nobody was there for. */
export type CatchUpPolicy = 'skip' | 'last' | 'all';

/** How a job behaves, with defaults filled in. Plain data: it is kept in the store. */
export interface JobSpec {
  /** Seven fields; undefined for a one-off. */
  readonly expression?: string;
  /** RFC 3339; for a one-off. */
  readonly at?: string;
  readonly timezone: string;
  readonly overlap: OverlapPolicy;
  readonly catchUp: CatchUpPolicy;
  /** How old a missed slot may be to be run; undefined: any age. */
  readonly catchUpWindowMs?: number;
  readonly timeoutMs: number;
  /** Queue that runs are put on, where there is one. */
  readonly queue?: string;
  readonly conditionFunctionId?: string;
  /** Handed over with every run, as `data`. */
  readonly data?: unknown;
}

/** When a job is due. */
export interface Timetable {
  /** The first slot after an instant; undefined when there is none. */
  next(afterMs: number): number | undefined;
  readonly isOneOff: boolean;
}

/** Five minutes: long enough for a deployment, short enough that a report of the morning does not come at noon. */
export const defaultWindowMs = 300_000;
export const defaultTimeoutMs = 300_000;

/** A one-off is due once. */
export function oneOff(atMs: number): Timetable {
  return { isOneOff: true, next: (afterMs) => (afterMs < atMs ? atMs : undefined) };
}

/** A timetable of the spec; `schedule` as parsed if it was parsed already. @throws as `parseSchedule` */
export function timetableOf(spec: Pick<JobSpec, 'expression' | 'at' | 'timezone'>, nowMs: number): Timetable & { readonly schedule?: Schedule } {
  if (spec.expression === undefined) return oneOff(parseInstant('at', spec.at));
  const schedule = parseSchedule({ expression: spec.expression, timezone: spec.timezone }, nowMs);
  return { isOneOff: false, schedule, next: (afterMs) => schedule.next(afterMs) };
}

const rfc3339Form = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d{2}:?\d{2})$/;

/** Epoch milliseconds of an RFC 3339 time; one without an offset would mean something else on each machine. @throws `MOTIA_CRON_INVALID_TIME` */
export function parseInstant(key: string, text: unknown): number {
  const value = typeof text === 'string' ? text.trim() : '';
  const ms = rfc3339Form.test(value) ? Date.parse(value.replace(' ', 'T').toUpperCase()) : Number.NaN;
  // Date rolls 31 February over into March; what was written is not what it would mean.
  const day = Number(value.slice(8, 10));
  const daysInMonth = new Date(Date.UTC(Number(value.slice(0, 4)), Number(value.slice(5, 7)), 0)).getUTCDate();
  if (Number.isNaN(ms) || day > daysInMonth) throw cronErrors.INVALID_TIME({ key, value: String(typeof text === 'string' ? text : JSON.stringify(text)).slice(0, 80) });
  return ms;
}
