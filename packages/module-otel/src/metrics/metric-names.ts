import type { SpanAttributes } from '@motia/engine-core/contract';

/** Every call, measured to its answer. */
export const invocationDuration = 'iii.invocation.duration';
export const deferredTotal = 'iii.invocations.deferred.total';
export const workerSpawns = 'iii.workers.spawns.total';
export const workerDeaths = 'iii.workers.deaths.total';
export const workersActive = 'iii.workers.active';

/** Type of the trigger of calls that an alert makes. */
export const alertTrigger = 'alert';
/** What alerts call says nothing about the app: counted, an alert whose function fails would keep itself up. */
export const isOfAlert = (attributes: SpanAttributes): boolean => attributes['iii.trigger.type'] === alertTrigger;

/** Where a name leads: to a metric, to some of its series, and to their number instead of their values. */
export interface MetricSource {
  readonly metric: string;
  readonly takes: (attributes: SpanAttributes) => boolean;
  readonly counts: boolean;
}

const all = (): boolean => true;
/** What tools ask the engine is no work of the app. */
export const isOfApp = (attributes: SpanAttributes): boolean => !String(attributes['iii.function.id'] ?? '').startsWith('engine::');
const ofOutcome = (outcome: string) => (attributes: SpanAttributes): boolean => attributes['iii.outcome'] === outcome && isOfApp(attributes);

/** Names that existing programs use for what we measure under others. */
export const metricAliases: Readonly<Record<string, MetricSource>> = {
  'iii.invocations.total': { metric: invocationDuration, takes: isOfApp, counts: true },
  'iii.invocations.success': { metric: invocationDuration, takes: ofOutcome('ok'), counts: true },
  'iii.invocations.error': { metric: invocationDuration, takes: ofOutcome('error'), counts: true },
  'iii.invocation.errors.total': { metric: invocationDuration, takes: ofOutcome('error'), counts: true },
  'iii.invocations.deferred': { metric: deferredTotal, takes: all, counts: false },
  'iii.workers.spawns': { metric: workerSpawns, takes: all, counts: false },
  'iii.workers.deaths': { metric: workerDeaths, takes: all, counts: false },
};

export function sourceOf(name: string): MetricSource {
  return metricAliases[name] ?? { metric: name, takes: name === invocationDuration ? isOfApp : all, counts: false };
}
