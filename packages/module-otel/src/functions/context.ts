import type { Clock, FunctionRegistry, Registration } from '@motia/engine-core/contract';
import type { Alerts } from '../alerts/alerts.js';
import type { LogStore } from '../storage/log-store.js';
import type { TraceStore } from '../storage/trace-store.js';
import type { Metrics } from '../metrics/metrics.js';
import type { Sampler } from '../sampling/sampler.js';
import type { Settings } from '../settings.js';

/** What the functions of the module look at. Undefined: not kept here. */
export interface FunctionContext {
  readonly clock: Clock;
  readonly functions: FunctionRegistry;
  readonly settings: Settings;
  readonly traces: TraceStore | undefined;
  readonly logs: LogStore | undefined;
  readonly metrics: Metrics | undefined;
  readonly alerts: Alerts;
  readonly sampler: Sampler;
  readonly stats: () => Readonly<Record<string, unknown>>;
}

export type RegisterFunctions = (context: FunctionContext) => readonly Registration[];
