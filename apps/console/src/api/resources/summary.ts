import type { FunctionRegistry, HealthView, WorkerRegistry } from '@motia/engine-core/contract';
import { route, type ApiRoute } from '../api-route.js';
import type { ModuleFunctions } from '../module-functions.js';
import type { CronRow } from './crons.js';
import type { QueueRow } from './queues.js';

export interface SummaryParts {
  readonly modules: ModuleFunctions;
  readonly functions: FunctionRegistry;
  readonly workers: WorkerRegistry;
  readonly health: HealthView;
}

/** What a person looks at first: health, processes, what fails, what waits, what comes next. Modules that are not there are left out. */
export function summaryRoutes(parts: SummaryParts): readonly ApiRoute[] {
  return [route('GET', '/summary', ({ signal }) => summarize(parts, signal))];
}

export async function summarize({ modules, functions, workers, health }: SummaryParts, signal: AbortSignal): Promise<object> {
  const ask = async <T>(functionId: string, payload: object): Promise<T | undefined> => (modules.has(functionId) ? modules.call<T>(functionId, payload, { signal }) : undefined);
  const [queues, crons, metrics] = await Promise.all([
    ask<{ readonly queues: readonly (QueueRow & { readonly depth?: number; readonly running?: number; readonly dead?: number })[] }>('queue::list', {}),
    ask<{ readonly jobs: readonly (CronRow & { readonly next_run?: string | null })[] }>('cron::list', {}),
    ask<{ readonly engine_metrics: unknown }>('engine::metrics::list', {}),
  ]);
  const own = functions.list();
  const failing = own.filter(({ stats }) => stats.errors > 0).sort((a, b) => b.stats.errors - a.stats.errors).slice(0, 10);
  return {
    health: health.report(),
    functions: { count: own.length, calls: total(own, ({ stats }) => stats.calls), errors: total(own, ({ stats }) => stats.errors), inFlight: total(own, ({ stats }) => stats.inFlight) },
    failing: failing.map(({ id, stats }) => ({ functionId: id, errors: stats.errors, calls: stats.calls })),
    workers: workers.list().map(({ id, name, label, state, inFlight }) => ({ id, name, label, state, inFlight })),
    ...(queues === undefined ? {} : { queues: { count: queues.queues.length, depth: total(queues.queues, ({ depth = 0 }) => depth), running: total(queues.queues, ({ running = 0 }) => running), dead: total(queues.queues, ({ dead = 0 }) => dead) } }),
    ...(crons === undefined ? {} : { nextCrons: crons.jobs.filter(({ next_run: next }) => typeof next === 'string').sort((a, b) => ((a.next_run ?? '') < (b.next_run ?? '') ? -1 : 1)).slice(0, 5) }),
    ...(metrics === undefined ? {} : { metrics: metrics.engine_metrics }),
  };
}

function total<T>(rows: readonly T[], of: (row: T) => number): number {
  return rows.reduce((sum, row) => sum + of(row), 0);
}
