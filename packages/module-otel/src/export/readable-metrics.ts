import { ValueType, type HrTime } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AggregationTemporality, DataPointType, type MetricData as OtelMetricData, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { bucketBounds } from '../metrics/histogram-series.js';
import type { MetricData, SeriesData } from '../metrics/metric-data.js';
import { ownScope } from '../query/span-view.js';
import type { ExportResource } from './exporter-slot.js';
import { hrTime } from './readable-span.js';

/** Makes OpenTelemetry's metrics of ours, cumulative since `startMs`. */
export function readableMetrics(metrics: readonly MetricData[], { resource, startMs, timeMs, scopeVersion }: { readonly resource: ExportResource; readonly startMs: number; readonly timeMs: number; readonly scopeVersion: string }): ResourceMetrics {
  const times = { startTime: hrTime(startMs), endTime: hrTime(timeMs) };
  return {
    resource: resourceFromAttributes(resource),
    scopeMetrics: [{ scope: { name: ownScope, version: scopeVersion }, metrics: metrics.filter(({ series }) => series.length > 0).map((metric) => readableMetric(metric, times)) }],
  };
}

function readableMetric({ name, kind, unit, description, series }: MetricData, times: { readonly startTime: HrTime; readonly endTime: HrTime }): OtelMetricData {
  const common = { descriptor: { name, unit, description, valueType: ValueType.DOUBLE }, aggregationTemporality: AggregationTemporality.CUMULATIVE };
  if (kind === 'histogram') {
    return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints: series.map((each) => ({ ...times, attributes: each.attributes, value: histogramOf(each) })) };
  }
  const dataPoints = series.map(({ attributes, value = 0 }) => ({ ...times, attributes, value }));
  return kind === 'counter' ? { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints } : { ...common, dataPointType: DataPointType.GAUGE, dataPoints };
}

function histogramOf({ distribution }: SeriesData): { buckets: { boundaries: number[]; counts: number[] }; sum?: number; count: number; min?: number; max?: number } {
  const { count = 0, sum = 0, min = 0, max = 0, buckets = [] } = distribution ?? {};
  return { buckets: { boundaries: [...bucketBounds], counts: [...buckets] }, sum, count, ...(count === 0 ? {} : { min, max }) };
}
