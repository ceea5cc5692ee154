import { otelErrors } from '../errors.js';
import { mergeDistributions, quantile, type Distribution } from '../metrics/histogram-series.js';
import type { MetricData, MetricPoint } from '../metrics/metric-data.js';
import { deferredTotal, invocationDuration, isOfApp, sourceOf, workerDeaths, workersActive, workerSpawns } from '../metrics/metric-names.js';
import { summarise } from '../metrics/metric-series.js';
import type { Metrics } from '../metrics/metrics.js';
import { renderPrometheus } from '../metrics/prometheus.js';
import { viewRollup } from '../metrics/rollups.js';
import { InputReader } from '../query/input-reader.js';
import type { FunctionContext, RegisterFunctions } from './context.js';

/** Windows of an aggregated answer. */
const mostBuckets = 2_000;

/** `engine::metrics::list|prometheus`, `engine::rollups::list`. */
export const registerMetricFunctions: RegisterFunctions = (context) => [
  context.functions.register({ id: 'engine::metrics::list', description: 'Numbers of the engine and of the processes' }, (payload) => list(context, payload)),
  context.functions.register({ id: 'engine::metrics::prometheus', description: 'All numbers in the text format of Prometheus' }, () => ({ content_type: 'text/plain; version=0.0.4; charset=utf-8', body: renderPrometheus(metricsOf(context).collect()) })),
  context.functions.register({ id: 'engine::rollups::list', description: 'Metrics by minutes (level 0), five minutes (1) and hours (2)' }, (payload) => rollups(context, payload)),
];

function list(context: FunctionContext, payload: unknown): unknown {
  const metrics = metricsOf(context);
  const input = new InputReader('engine::metrics::list', payload);
  const name = input.text('metric_name');
  // What happened just now counts as before now.
  metrics.look();
  const nowMs = context.clock.now();
  const toMs = input.time('end_time') ?? nowMs;
  const fromMs = input.time('start_time') ?? toMs - 3_600_000;
  const groupBy = input.names('group_by', 4);
  const interval = input.number('aggregate_interval') ?? (groupBy === undefined ? undefined : Math.max(1, toMs - fromMs) / 1000);
  if (interval !== undefined && interval <= 0) input.problem('aggregate_interval', 'must be a number of seconds above 0');
  if (fromMs > toMs) input.problem('start_time', 'lies behind end_time');
  input.done();
  const all = metrics.collect();
  const sdk = metrics.sdk.collect();
  const isWanted = (metric: MetricData): boolean => name === undefined || metric.name === name;
  return {
    engine_metrics: engineMetrics(all),
    metrics: all.filter((metric) => isWanted(metric) && !sdk.some(({ name: sdkName }) => sdkName === metric.name)).map(viewMetric),
    sdk_metrics: sdk.filter(isWanted).map(viewMetric),
    ...(interval === undefined ? {} : { aggregated_metrics: aggregate(metrics, { name, fromMs, toMs, intervalMs: interval * 1000, startMs: input.has('aggregate_interval') ? 0 : fromMs, groupBy: groupBy ?? [] }) }),
    query: payload ?? {},
    timestamp: nowMs,
  };
}

function engineMetrics(all: readonly MetricData[]): unknown {
  const byName = new Map(all.map((metric) => [metric.name, metric]));
  const sum = (name: string): number => byName.get(name)?.series.reduce((total, { value = 0 }) => total + value, 0) ?? 0;
  let whole: Distribution | undefined;
  let errors = 0;
  const byFunction: Record<string, number> = Object.create(null) as Record<string, number>;
  for (const { attributes, distribution } of byName.get(invocationDuration)?.series ?? []) {
    if (distribution === undefined || !isOfApp(attributes)) continue;
    whole = mergeDistributions(whole, distribution);
    if (attributes['iii.outcome'] === 'error') errors += distribution.count;
    const id = String(attributes['iii.function.id']);
    byFunction[id] = (byFunction[id] ?? 0) + distribution.count;
  }
  const { count = 0, sum: totalMs = 0, min = 0, max = 0 } = whole ?? {};
  const at = (share: number): number => (whole === undefined ? 0 : quantile(whole, share));
  return {
    invocations: { total: count, success: count - errors, error: errors, deferred: sum(deferredTotal), by_function: byFunction },
    workers: { spawns: sum(workerSpawns), deaths: sum(workerDeaths), active: sum(workersActive) },
    performance: {
      avg_duration_ms: count === 0 ? 0 : totalMs / count,
      p50_duration_ms: at(0.5), p95_duration_ms: at(0.95), p99_duration_ms: at(0.99),
      min_duration_ms: min, max_duration_ms: max,
    },
  };
}

function viewMetric({ name, kind, unit, description, series }: MetricData): unknown {
  return {
    name, kind, unit, description,
    data_points: series.map(({ attributes, value, distribution }) =>
      distribution === undefined ? { attributes, value } : { attributes, count: distribution.count, sum: distribution.sum, min: finite(distribution.min), max: finite(distribution.max), p50: quantile(distribution, 0.5), p95: quantile(distribution, 0.95), p99: quantile(distribution, 0.99) },
    ),
  };
}

interface Aggregation {
  readonly name: string | undefined;
  readonly fromMs: number;
  readonly toMs: number;
  readonly intervalMs: number;
  /** Where a window begins. */
  readonly startMs: number;
  /** Attributes whose values are told apart. */
  readonly groupBy: readonly string[];
}

function aggregate(metrics: Metrics, { name, fromMs, toMs, intervalMs, startMs, groupBy }: Aggregation): readonly unknown[] {
  const source = name === undefined ? undefined : sourceOf(name);
  const groups = new Map<string, { readonly bucketMs: number; readonly metric: string; readonly attributes: Readonly<Record<string, unknown>>; readonly points: MetricPoint[] }>();
  for (const point of metrics.points.between(fromMs, toMs, source?.metric)) {
    if (!(source ?? sourceOf(point.metric)).takes(point.attributes)) continue;
    // What was measured at the very end belongs to the last window, not to one of its own.
    const bucketMs = Math.floor((Math.min(point.timeMs, toMs - 1) - startMs) / intervalMs) * intervalMs + startMs;
    const attributes = Object.fromEntries(groupBy.map((attribute) => [attribute, point.attributes[attribute] ?? null]));
    const key = JSON.stringify([bucketMs, point.metric, attributes]);
    const group = groups.get(key);
    if (group !== undefined) group.points.push(point);
    else if (groups.size < mostBuckets) groups.set(key, { bucketMs, metric: point.metric, attributes, points: [point] });
  }
  return [...groups.values()].flatMap(({ bucketMs, metric, attributes, points }) => {
    const summary = summarise(points, source ?? sourceOf(metric));
    if (summary === undefined) return [];
    const { kind, increase, last, avg, min, max, distribution } = summary;
    return [{
      metric_name: name ?? metric, kind, bucket_start: bucketMs, bucket_end: bucketMs + intervalMs, ...(groupBy.length === 0 ? {} : { attributes }), count: increase, last, avg, min, max,
      ...(distribution === undefined ? {} : { p50: quantile(distribution, 0.5), p95: quantile(distribution, 0.95), p99: quantile(distribution, 0.99) }),
    }];
  });
}

function rollups(context: FunctionContext, payload: unknown): unknown {
  const metrics = metricsOf(context);
  const input = new InputReader('engine::rollups::list', payload);
  const query = { level: input.count('level', { most: 2, fallback: 0 }), metric: input.text('metric_name'), fromMs: input.time('start_time'), toMs: input.time('end_time') };
  if (input.isClamped) input.problem('level', 'must be 0, 1 or 2');
  input.done();
  metrics.look();
  return { rollups: metrics.rollups.list(query).slice(-10_000).map(viewRollup), level: query.level, query: payload ?? {}, timestamp: context.clock.now() };
}

function metricsOf({ metrics }: FunctionContext): Metrics {
  if (metrics === undefined) throw otelErrors.NOT_STORED({ what: 'Metrics', option: 'metrics_enabled', legacyCode: 'metrics_not_enabled' });
  return metrics;
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
