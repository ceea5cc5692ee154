import { defineErrors, type ErrorEntry } from '@motia/engine-core/contract';

function entry<D>(status: number, remedy: string, message: (details: D) => string, retryable = false): ErrorEntry<D> {
  return { status, retryable, since: '0.1.0', message, remedy };
}

/** What was probably meant by an expression that cannot be used. */
export interface NearestReading {
  /** Seven fields. */
  readonly expression: string;
  /** The next three runs, RFC 3339 in UTC. */
  readonly nextRuns: readonly string[];
}

/** Every condition of the cron module, `MOTIA_CRON_<key>`. Schedules meet the first group, calls of `cron::*` the second, a start the third. */
export const cronErrors = defineErrors('CRON', {
  INVALID_CRON: entry<{ readonly expression: string; readonly field?: string; readonly reason: string; readonly nearest?: NearestReading }>(
    400,
    'Write seven fields: second minute hour day-of-month month day-of-week year, for example "0 30 9 * * MON-FRI *".',
    (d) => `The cron expression "${d.expression}" cannot be used: ${d.reason}.${nearestText(d.nearest)}`,
  ),
  W_UNSUPPORTED: entry<{ readonly expression: string; readonly reason: string; readonly nearest?: NearestReading }>(
    400,
    'Name the days of the month, or run on weekdays (MON-FRI) and decide in the handler or in a condition.',
    (d) => `The cron expression "${d.expression}" cannot be used: ${d.reason}.${nearestText(d.nearest)}`,
  ),
  NEVER_FIRES: entry<{ readonly expression: string; readonly reason: string; readonly nearest?: NearestReading }>(
    400,
    'Choose a day that exists in the months of the schedule, and a time that is not over.',
    (d) => `The schedule "${d.expression}" never fires: ${d.reason}.${nearestText(d.nearest)}`,
  ),
  INVALID_TIMEZONE: entry<{ readonly timezone: string; readonly nearest: readonly string[] }>(
    400,
    'Name a zone of the IANA database, such as "Europe/Berlin"; "UTC" is the default. Offsets and abbreviations are no zones.',
    (d) => `"${d.timezone}" is no time zone.${d.nearest.length === 0 ? '' : ` Did you mean ${d.nearest.join(' or ')}?`}`,
  ),
  INVALID_TIME: entry<{ readonly key: string; readonly value: string }>(
    400,
    'Write date, time and offset as RFC 3339, for example "2030-01-31T09:30:00Z" or "2030-01-31T09:30:00+01:00".',
    (d) => `\`${d.key}\` is no point in time: "${d.value}".`,
  ),
  LIMIT: entry<{ readonly limit: number }>(
    400,
    'Remove jobs, or let one schedule start a function that looks up what is due.',
    (d) => `There are ${d.limit} cron jobs already, which is the limit.`,
  ),

  INVALID_REQUEST: entry<{ readonly functionId: string; readonly problem: string }>(
    400,
    'See the functions in the README of @motia/module-cron.',
    (d) => `${d.functionId} cannot be called like that: ${d.problem}.`,
  ),
  JOB_NOT_FOUND: entry<{ readonly jobId: string }>(
    404,
    '`cron::list` shows the jobs that exist. The id of a job in code is the id of its trigger.',
    (d) => `There is no cron job "${d.jobId}".`,
  ),
  JOB_NOT_CANCELLABLE: entry<{ readonly jobId: string; readonly functionId: string }>(
    409,
    'Remove the trigger from the Step, or pause the job with `cron::pause`.',
    (d) => `The cron job "${d.jobId}" belongs to a trigger in code (function "${d.functionId}") and would be back with the next start.`,
  ),
  RUN_IN_PROGRESS: entry<{ readonly jobId: string; readonly overlap: string }>(
    409,
    'Wait for the run to end, or set `overlap` of the trigger to allow, replace or queueOne.',
    (d) => `The cron job "${d.jobId}" is running, and its overlap policy is ${d.overlap}.`,
    true,
  ),
  BACKFILL_TOO_LARGE: entry<{ readonly jobId: string; readonly limit: number; readonly fitsUntil: string }>(
    400,
    'Ask for the beginning of the range, and for the rest when those runs are over.',
    (d) => `The range holds more than ${d.limit} slots of the cron job "${d.jobId}"; the first ${d.limit} of them end at ${d.fitsUntil}.`,
  ),
  BACKFILL_LIMIT: entry<{ readonly jobId: string; readonly limit: number; readonly waiting: number }>(
    409,
    'Ask again when more of those that wait have run.',
    (d) => `At most ${d.limit} slots of the cron job "${d.jobId}" may wait to be backfilled, and ${d.waiting} do.`,
    true,
  ),
  HISTORY_TOO_SHORT: entry<{ readonly jobId: string; readonly from: string; readonly knownFrom: string }>(
    409,
    'Begin the range there: a slot that may have been run is not run again.',
    (d) => `What became of slots of the cron job "${d.jobId}" from ${d.from} on is only known from ${d.knownFrom} on.`,
  ),
  SLOT_REFUSED: entry<{ readonly jobId: string; readonly scheduledAt: string; readonly status: string }>(
    409,
    'Nothing to do: another engine has the slot, or the run before it is not over.',
    (d) => `The slot ${d.scheduledAt} of the cron job "${d.jobId}" is not to be run: ${d.status}.`,
  ),
  STOPPING: entry<{ readonly what: string }>(503, 'Call again when the engine is back.', (d) => `${d.what} was refused: the engine is stopping.`, true),
  RUN_LOST: entry<{ readonly jobId: string; readonly reason: string }>(
    502,
    'Load modules::queue::QueueModule on the same store: runs are then retried like any other message.',
    (d) => `A run of the cron job "${d.jobId}" was lost: ${d.reason}.`,
    true,
  ),
});

function nearestText(nearest: NearestReading | undefined): string {
  if (nearest === undefined) return '';
  const runs = nearest.nextRuns.length === 0 ? '' : `, which runs next at ${nearest.nextRuns.join(', ')}`;
  return ` Nearest reading: "${nearest.expression}"${runs}.`;
}
