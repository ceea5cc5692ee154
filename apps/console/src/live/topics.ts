import type { ConfigView, FunctionRegistry, HealthView, TriggerRegistry, WorkerRegistry } from '@motia/engine-core/contract';
import { summaryOf } from '../api/resources/functions.js';
import { workerRow } from '../api/resources/workers.js';
import type { Topic, TopicRows } from './topic.js';

export interface TopicParts {
  readonly functions: FunctionRegistry;
  readonly triggers: TriggerRegistry;
  readonly workers: WorkerRegistry;
  readonly health: HealthView;
  readonly config: ConfigView;
  readonly summary: (signal: AbortSignal) => Promise<object>;
}

/** Topics about the engine itself. The keys of their rows are those of the lists of the data API. */
export function engineTopics({ functions, triggers, workers, health, config, summary }: TopicParts): ReadonlyMap<string, Topic> {
  return new Map<string, Topic>([
    ['functions', { read: async () => rowsOf(functions.list(), ({ id }) => id, summaryOf) }],
    ['triggers', { read: async () => rowsOf(triggers.list(), ({ id }) => id, (trigger) => trigger) }],
    ['summary', { read: async (signal) => new Map(Object.entries(await summary(signal)).filter(([part]) => part !== 'health')) }],
    ['workers', { read: async () => rowsOf(workers.list(), ({ id }) => id, workerRow) }],
    [
      'config',
      {
        read: async () => {
          const { modules, ...engine } = await config.report();
          return new Map<string, unknown>([['engine', engine], ...modules.map((module): [string, unknown] => [module.id, module])]);
        },
      },
    ],
    [
      'health',
      {
        read: async () => {
          const { timestamp: _, components, ...engine } = health.report();
          return new Map<string, unknown>([['engine', engine], ...Object.entries(components)]);
        },
      },
    ],
  ]);
}

export function rowsOf<T>(rows: readonly T[], keyOf: (row: T) => string, show: (row: T) => unknown): TopicRows {
  return new Map(rows.map((row) => [keyOf(row), show(row)]));
}
