import type { SpanAttributes } from '@motia/engine-core/contract';
import { bucketBounds } from './histogram-series.js';
import type { MetricData, SeriesData } from './metric-data.js';

const units: Readonly<Record<string, string>> = { ms: 'milliseconds', s: 'seconds', us: 'microseconds', By: 'bytes', '%': 'percent', '1': 'ratio' };

/** The text format of Prometheus (0.0.4), with names as OpenTelemetry's own exporter makes them. */
export function renderPrometheus(metrics: readonly MetricData[]): string {
  const lines: string[] = [];
  const seen = new Set<string>();
  for (const metric of metrics) {
    const name = metricName(metric);
    // Two metrics whose names differ only in what Prometheus does not know.
    if (seen.has(name)) continue;
    seen.add(name);
    if (metric.description !== '') lines.push(`# HELP ${name} ${metric.description.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`);
    lines.push(`# TYPE ${name} ${metric.kind}`);
    for (const series of metric.series) lines.push(...(metric.kind === 'histogram' ? histogramLines(name, series) : [`${name}${labels(series.attributes)} ${number(series.value ?? 0)}`]));
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function metricName({ name, kind, unit }: MetricData): string {
  const base = name.replace(/[._]total$/, '').replaceAll(/[^a-zA-Z0-9_:]+/g, '_').replace(/^(?=\d)/, '_');
  const suffix = units[unit];
  const named = suffix === undefined || base.endsWith(`_${suffix}`) || (kind === 'counter' && unit === '1') ? base : `${base}_${suffix}`;
  return kind === 'counter' ? `${named}_total` : named;
}

function histogramLines(name: string, { attributes, distribution }: SeriesData): readonly string[] {
  if (distribution === undefined) return [];
  let count = 0;
  const buckets = distribution.buckets.map((inside, index) => {
    count += inside;
    const bound = bucketBounds[index];
    return `${name}_bucket${labels(attributes, bound === undefined ? '+Inf' : String(bound))} ${String(count)}`;
  });
  return [...buckets, `${name}_sum${labels(attributes)} ${number(distribution.sum)}`, `${name}_count${labels(attributes)} ${String(distribution.count)}`];
}

function labels(attributes: SpanAttributes, bound?: string): string {
  const texts = new Map<string, string>();
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    const label = key.replaceAll(/[^a-zA-Z0-9_]+/g, '_').replace(/^(?=\d)/, '_');
    const before = texts.get(label);
    texts.set(label, before === undefined ? String(value) : `${before};${String(value)}`);
  }
  if (bound !== undefined) texts.set('le', bound);
  if (texts.size === 0) return '';
  return `{${[...texts].map(([label, value]) => `${label}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`).join(',')}}`;
}

function number(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return value === Number.POSITIVE_INFINITY ? '+Inf' : value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}
