import { randomUUID } from 'node:crypto';
import type { Clock, ConfigView, FunctionRegistry, HealthView, Logger, ProcessService, RestService, SecretRules, Telemetry, TriggerRegistry, WorkerRegistry } from '@motia/engine-core/contract';
import { Api } from './api/api.js';
import { ModuleFunctions } from './api/module-functions.js';
import { StoredData } from './api/stored-data.js';
import { configRoutes } from './api/resources/config.js';
import { cronRoutes } from './api/resources/crons.js';
import { functionRoutes } from './api/resources/functions.js';
import { liveRoutes } from './api/resources/live.js';
import { queueRoutes } from './api/resources/queues.js';
import { stateRoutes } from './api/resources/state.js';
import { streamRoutes } from './api/resources/streams.js';
import { summarize, summaryRoutes } from './api/resources/summary.js';
import { telemetryRoutes } from './api/resources/telemetry.js';
import { workerRoutes } from './api/resources/workers.js';
import { LiveHub } from './live/live-hub.js';
import { filteredTopic } from './live/topic.js';
import { moduleTopics } from './live/module-topics.js';
import { engineTopics } from './live/topics.js';

/** What of an engine the data API looks at: a PluginContext has it all. */
export interface DataApiParts {
  readonly functions: FunctionRegistry;
  readonly triggers: TriggerRegistry;
  readonly workers: WorkerRegistry;
  readonly engineHealth: HealthView;
  readonly engineConfig: ConfigView;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Pick<Telemetry, 'startSpan'>;
  /** Undefined when no module runs processes. */
  readonly processes: () => ProcessService | undefined;
  /** Undefined when no module serves HTTP. */
  readonly rest: () => Pick<RestService, 'openapi'> | undefined;
  /** Undefined when no module knows what a secret is. */
  readonly secrets: () => SecretRules | undefined;
  /** In development an answer that is not as the contract says is an error. */
  readonly mode: 'development' | 'production';
  /** Between two looks of a live topic that somebody watches. */
  readonly refreshIntervalMs: number;
  /** Who uses it, for the log of changes. */
  readonly caller: string;
}

export interface DataApi {
  readonly api: Api;
  readonly hub: LiveHub;
  /** All numbers in the text format of Prometheus; undefined when nobody collects them. */
  prometheus(): Promise<string | undefined>;
}

const prometheusFunction = 'engine::metrics::prometheus';

/** The data API of an engine, without any way in. */
export function createDataApi(parts: DataApiParts): DataApi {
  const { functions, triggers, workers, engineHealth: health, engineConfig: config, clock, logger, telemetry, processes, rest, secrets, mode, refreshIntervalMs, caller } = parts;
  const modules = new ModuleFunctions(functions);
  const stored = new StoredData(secrets);
  const summary = { modules, functions, workers, health, clock };
  const ofEngine = engineTopics({ functions, triggers, workers, health, config, summary: (signal) => summarize(summary, { signal }) });
  const ofModules = moduleTopics(modules, stored);
  const hub = new LiveHub({ find: (name, filter) => ofModules(name, filter) ?? filteredTopic(ofEngine.get(name), filter), epoch: randomUUID(), clock, logger, intervalMs: refreshIntervalMs });
  const api = new Api([
    ...functionRoutes({ functions, triggers }), ...workerRoutes({ workers, health, processes, modules, telemetry }), ...configRoutes({ config, rest }), ...summaryRoutes(summary), ...liveRoutes(hub),
    ...stateRoutes(modules, stored), ...streamRoutes(modules, stored), ...queueRoutes(modules, stored), ...cronRoutes(modules), ...telemetryRoutes(modules),
  ], { checksAnswers: mode === 'development', logger, caller });
  return {
    api,
    hub,
    async prometheus() {
      return modules.has(prometheusFunction) ? (await modules.call<{ readonly body: string }>(prometheusFunction, {})).body : undefined;
    },
  };
}
