import type { Clock, FunctionRegistry, HealthView, WorkerRegistry } from '@motia/engine-core/contract';
import type { AnswerOf, CronRow, QueueRow } from '../../contract/index.js';
import { get, type ApiRoute } from '../api-route.js';
import type { ModuleFunctions } from '../module-functions.js';
import { duration } from '../page-query.js';
import type { Sendable } from '../sendable.js';

export interface SummaryParts {
  readonly modules: ModuleFunctions;
  readonly functions: FunctionRegistry;
  readonly workers: WorkerRegistry;
  readonly health: HealthView;
  readonly clock: Pick<Clock, 'now'>;
}

type Summary = Sendable<AnswerOf<'GET /summary'>>;

/** Measurements of one group within a time, as `engine::metrics::list` answers them. */
interface Measured {
  readonly attributes: Readonly<Record<string, string | null>>;
  readonly count: number;
  readonly p95?: number;
}

const defaultWindowMs = 15 * 60_000;
/** Single measurements are kept for an hour, unless configured otherwise. */
const longestWindowMs = 3_600_000;
const triggerType = 'iii.trigger.type';
const functionId = 'iii.function.id';

/** What a person looks at first: health, processes, what fails, what waits, what comes next. Modules that are not there are left out. */
export function summaryRoutes(parts: SummaryParts): readonly ApiRoute[] {
  return [get('/summary', ['window'], ({ query, signal }) => summarize(parts, { signal, windowMs: duration(query, 'window') }))];
}

/** `windowMs`: how far back calls and failures are counted. Default 15 minutes, at most an hour. */
export async function summarize({ modules, functions, workers, health, clock }: SummaryParts, { signal, windowMs: wanted = defaultWindowMs }: { readonly signal: AbortSignal; readonly windowMs?: number | undefined }): Promise<Summary> {
  const ask = async <T>(id: string, payload: object): Promise<T | undefined> => (modules.has(id) ? modules.call<T>(id, payload, { signal }) : undefined);
  const windowMs = Math.min(wanted, longestWindowMs);
  const nowMs = clock.now();
  const measured = async (metric: string, by: string): Promise<readonly Measured[] | undefined> =>
    (await ask<{ readonly aggregated_metrics: readonly Measured[] }>('engine::metrics::list', { metric_name: metric, start_time: nowMs - windowMs, group_by: [by] }).catch(whenNotMeasured))?.aggregated_metrics;
  const [queues, crons, calls, errors, failures] = await Promise.all([
    ask<{ readonly queues: readonly QueueRow[] }>('queue::list', {}),
    ask<{ readonly jobs: readonly CronRow[] }>('cron::list', {}),
    measured('iii.invocation.duration', triggerType),
    measured('iii.invocations.error', triggerType),
    measured('iii.invocations.error', functionId),
  ]);
  const own = functions.list();
  return {
    health: health.report(),
    functions: { count: own.length, calls: total(own, ({ stats }) => stats.calls), errors: total(own, ({ stats }) => stats.errors), inFlight: total(own, ({ stats }) => stats.inFlight) },
    window: { ms: windowMs, ...(windowMs < wanted ? { clamped: true } : {}) },
    ...(calls === undefined ? {} : { activity: activityOf(calls, errors ?? [], windowMs) }),
    ...(failures === undefined ? {} : { failing: failures.filter(({ count }) => count > 0).sort((a, b) => b.count - a.count).slice(0, 10).map(({ attributes, count }) => ({ functionId: attributes[functionId] ?? '', errors: count })) }),
    workers: workers.list().map(({ id, name, label, state, inFlight }) => ({ id, name, label, state, inFlight })),
    ...(queues === undefined ? {} : { queues: { count: queues.queues.length, depth: total(queues.queues, ({ depth }) => depth), running: total(queues.queues, ({ running }) => running), dead: total(queues.queues, ({ dead }) => dead) } }),
    ...(crons === undefined ? {} : { nextCrons: crons.jobs.filter(({ next_run: next }) => typeof next === 'string').sort((a, b) => ((a.next_run ?? '') < (b.next_run ?? '') ? -1 : 1)).slice(0, 5) }),
  };
}

/** Calls that something triggered; those that one function makes of another are parts of these. */
function activityOf(calls: readonly Measured[], errors: readonly Measured[], windowMs: number): NonNullable<Summary['activity']> {
  return calls.flatMap(({ attributes, count, p95 = 0 }) => {
    const type = attributes[triggerType];
    if (typeof type !== 'string') return [];
    const failed = errors.find((each) => each.attributes[triggerType] === type)?.count ?? 0;
    return [{ triggerType: type, calls: count, errors: failed, perSecond: (count * 1000) / windowMs, p95Ms: p95 }];
  });
}

/** Metrics that are turned off are no failure of the summary. */
function whenNotMeasured(error: unknown): undefined {
  if ((error as { readonly code?: unknown }).code === 'MOTIA_OTEL_NOT_STORED') return undefined;
  throw error;
}

function total<T>(rows: readonly T[], of: (row: T) => number): number {
  return rows.reduce((sum, row) => sum + of(row), 0);
}
