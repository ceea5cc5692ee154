import type { SpanAttributes } from '@motia/engine-core/contract';
import { bucketBounds, rangeOf, type Distribution } from '../metrics/histogram-series.js';
import type { MetricKind } from '../metrics/metric-data.js';
import type { SdkMetrics } from '../metrics/sdk-metrics.js';
import { attributes, list, number, record, text, type Loose } from './otlp-values.js';
import type { Intake } from './otlp-intake.js';

const mostAttributes = 32;
const delta = 1;

/** Takes an export of metrics: sums, gauges and histograms with bounds. */
export function takeMetrics(payload: unknown, metrics: SdkMetrics, intake: Intake): void {
  for (const resourceMetrics of list(record(payload)['resourceMetrics'])) {
    const { resource, scopeMetrics } = record(resourceMetrics);
    const service = intake.serviceOf(resource);
    for (const each of list(scopeMetrics)) for (const metric of list(record(each)['metrics'])) takeMetric(record(metric), service, metrics, intake);
  }
}

function takeMetric(metric: Loose, service: string, metrics: SdkMetrics, intake: Intake): void {
  const name = text(metric['name'])?.slice(0, 256);
  if (name === undefined || name === '') return void intake.reject('a metric has no name');
  const common = { metric: name, unit: text(metric['unit'])?.slice(0, 64) ?? '', description: text(metric['description'])?.slice(0, 1024) ?? '' };
  const sum = record(metric['sum']);
  const histogram = record(metric['histogram']);
  const isMonotonic = sum['isMonotonic'] === true;
  const shapes: readonly (readonly [Loose, MetricKind])[] = [[sum, isMonotonic ? 'counter' : 'gauge'], [record(metric['gauge']), 'gauge'], [histogram, 'histogram']];
  const shape = shapes.find(([data]) => Array.isArray(data['dataPoints']));
  if (shape === undefined) return void intake.reject('a metric is neither sum, gauge nor histogram');
  const [data, kind] = shape;
  for (const entry of list(data['dataPoints'])) {
    if (!intake.hasRoom()) continue;
    const point = record(entry);
    const own: SpanAttributes = { ...intake.clean(attributes(point['attributes'], mostAttributes).attributes), 'service.name': service, 'worker.id': intake.workerId };
    const value = number(point['asDouble']) ?? number(point['asInt']);
    const distribution = kind === 'histogram' ? toDistribution(point) : undefined;
    if (kind === 'histogram' ? distribution === undefined : value === undefined) {
      intake.reject('a data point has no value');
      continue;
    }
    const isKept = metrics.take({ ...common, kind, attributes: own, isDelta: number(data['aggregationTemporality']) === delta, ...(value === undefined ? {} : { value }), ...(distribution === undefined ? {} : { distribution }) }, intake.nowMs);
    if (isKept) intake.accept();
    else intake.reject('there are too many series');
  }
}

/** Their buckets in ours: each goes where its upper bound lies. */
function toDistribution(point: Loose): Distribution | undefined {
  const count = number(point['count']);
  if (count === undefined) return undefined;
  const bounds = list(point['explicitBounds']).map((bound) => number(bound) ?? Number.POSITIVE_INFINITY);
  const buckets = new Array<number>(bucketBounds.length + 1).fill(0);
  list(point['bucketCounts']).forEach((inside, index) => {
    const upper = bounds[index] ?? Number.POSITIVE_INFINITY;
    const into = bucketBounds.findIndex((bound) => upper <= bound);
    const bucket = into === -1 ? buckets.length - 1 : into;
    buckets[bucket] = (buckets[bucket] as number) + (number(inside) ?? 0);
  });
  const sum = number(point['sum']) ?? 0;
  // Who tells of no buckets, or of too few, has all values below infinity.
  buckets[buckets.length - 1] = (buckets.at(-1) as number) + Math.max(0, count - buckets.reduce((a, b) => a + b, 0));
  const range = rangeOf(buckets);
  // Who does not say the greatest value may have one beyond the last bound.
  const beyond = Math.max(bounds.filter(Number.isFinite).at(-1) ?? 0, count === 0 ? 0 : sum / count);
  return { count, sum, min: number(point['min']) ?? range.min, max: number(point['max']) ?? (Number.isFinite(range.max) ? range.max : beyond), buckets };
}
