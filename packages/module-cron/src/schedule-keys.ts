import { Type, type TProperties } from '@sinclair/typebox';
import { cronErrors } from './errors.js';
import { defaultTimeoutMs, defaultWindowMs, parseInstant, type CatchUpPolicy, type JobSpec, type OverlapPolicy } from './job-spec.js';
import { rfc3339 } from './rfc3339.js';
import { parseSchedule, type Schedule } from './schedule/schedule.js';

const longestDelayMs = 3_155_760_000_000;
const overlap = Type.Union([Type.Literal('forbid'), Type.Literal('allow'), Type.Literal('replace'), Type.Literal('queueOne'), Type.Literal('queue_one')], {
  description: 'A slot whose predecessor still runs: `forbid` leaves it out (default), `allow` runs both, `replace` stops the old one, `queueOne` runs it afterwards, one at most.',
});
const catchUp = Type.Union([Type.Literal('skip'), Type.Literal('last'), Type.Literal('all')], {
  description: 'Slots that nobody was there for: `last` runs the newest one (default), `all` each one in order, `skip` none.',
});
const window = Type.Integer({ minimum: 0, maximum: longestDelayMs, unit: 'ms', description: 'How old a missed slot may be to be run. Default 300,000; a one-off is run however late.' });
const timeout = Type.Integer({ minimum: 1, maximum: 2_147_483_647, unit: 'ms', description: 'Time that a run has. Default 300,000.' });
const functionId = (description: string) => Type.String({ minLength: 1, maxLength: 512, description });

/** Keys that say when and how something runs, as triggers and `cron::schedule` share them. Both spellings mean the same. */
export const scheduleKeys = {
  expression: Type.Optional(Type.String({ description: 'Seven fields: second minute hour day-of-month month day-of-week year. Six and five are accepted.' })),
  at: Type.Optional(Type.String({ description: 'Once, at this time: RFC 3339, such as 2030-01-31T09:30:00+01:00.' })),
  timezone: Type.Optional(Type.String({ description: 'IANA name of the zone that the expression is meant in. Default UTC.' })),
  overlap: Type.Optional(overlap),
  catch_up: Type.Optional(catchUp),
  catchUp: Type.Optional(catchUp),
  catch_up_window_ms: Type.Optional(window),
  catchUpWindowMs: Type.Optional(window),
  timeout_ms: Type.Optional(timeout),
  timeoutMs: Type.Optional(timeout),
  queue: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'Named queue that runs are put on, where the queue module is loaded. Default: `default`.' })),
  condition_function_id: Type.Optional(functionId('A function that sees the payload first; a literal false leaves the run out.')),
} satisfies TProperties;

/** Those keys as they were given. */
export interface ScheduleKeys {
  readonly expression?: string;
  readonly at?: string;
  readonly timezone?: string;
  readonly overlap?: OverlapPolicy | 'queue_one';
  readonly catch_up?: CatchUpPolicy;
  readonly catchUp?: CatchUpPolicy;
  readonly catch_up_window_ms?: number;
  readonly catchUpWindowMs?: number;
  readonly timeout_ms?: number;
  readonly timeoutMs?: number;
  readonly queue?: string;
  readonly condition_function_id?: string;
}

/** A spec with its schedule; a one-off has none. */
export interface ReadSpec {
  readonly spec: JobSpec;
  readonly schedule?: Schedule;
  readonly atMs?: number;
}

/** @throws `MOTIA_CRON_INVALID_CRON` and its kin, `MOTIA_CRON_INVALID_TIME`; `ambiguous` for neither or both of `expression` and `at` */
export function readSpec(keys: ScheduleKeys, { nowMs, ambiguous }: { readonly nowMs: number; readonly ambiguous: (problem: string) => Error }): ReadSpec {
  const { expression, at } = keys;
  if ((expression === undefined) === (at === undefined)) throw ambiguous(expression === undefined ? 'it needs `expression` or `at`' : 'it has both `expression` and `at`; one of them says when');
  const windowMs = keys.catch_up_window_ms ?? keys.catchUpWindowMs;
  const common = {
    overlap: keys.overlap === 'queue_one' ? ('queueOne' as const) : (keys.overlap ?? 'forbid'),
    catchUp: keys.catch_up ?? keys.catchUp ?? 'last',
    timeoutMs: keys.timeout_ms ?? keys.timeoutMs ?? defaultTimeoutMs,
    ...(keys.queue === undefined ? {} : { queue: keys.queue }),
    ...(keys.condition_function_id === undefined ? {} : { conditionFunctionId: keys.condition_function_id }),
  };
  if (at !== undefined) {
    if (keys.timezone !== undefined) throw ambiguous('`timezone` goes with `expression`; `at` names its offset itself');
    const atMs = parseInstant('at', at);
    return { atMs, spec: { ...common, at: rfc3339(atMs), timezone: 'UTC', ...(windowMs === undefined ? {} : { catchUpWindowMs: windowMs }) } };
  }
  const schedule = parseSchedule({ expression: expression ?? '', timezone: keys.timezone }, nowMs);
  return { schedule, spec: { ...common, expression: schedule.expression, timezone: schedule.timezone, catchUpWindowMs: windowMs ?? defaultWindowMs } };
}

/** The spec that the store kept. @throws as `readSpec` */
export function specFromStore(text: string): JobSpec {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || !('timezone' in value)) throw cronErrors.INVALID_CRON({ expression: text.slice(0, 80), reason: 'the store holds no spec' });
  return value as JobSpec;
}
