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

/** Every condition of the cron module, `MOTIA_CRON_<key>`. */
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
});

function nearestText(nearest: NearestReading | undefined): string {
  if (nearest === undefined) return '';
  const runs = nearest.nextRuns.length === 0 ? '' : `, which runs next at ${nearest.nextRuns.join(', ')}`;
  return ` Nearest reading: "${nearest.expression}"${runs}.`;
}
