import { mergeDistributions, quantile, type Distribution } from './histogram-series.js';
import type { MetricKind, MetricPoint } from './metric-data.js';
import type { MetricSource } from './metric-names.js';

export type Statistic = 'increase' | 'last' | 'avg' | 'min' | 'max' | 'p50' | 'p95' | 'p99';

/** What points of one time say together; undefined when there were none that say anything. */
export interface PointSummary {
  readonly kind: MetricKind;
  /** Counters: what was added. Histograms: how many values. Gauges: how many looks. */
  readonly increase: number;
  readonly last: number;
  readonly avg: number;
  readonly min: number;
  readonly max: number;
  readonly distribution: Distribution | undefined;
}

export function summarise(points: readonly MetricPoint[], { takes, counts }: MetricSource): PointSummary | undefined {
  let kind: MetricKind | undefined;
  let added = 0;
  let distribution: Distribution | undefined;
  /** Gauges of several series add up, look by look; of quantiles the greatest counts. */
  const looks = new Map<number, number>();
  for (const point of points) {
    if (!takes(point.attributes)) continue;
    kind ??= counts ? 'counter' : point.kind;
    if (point.distribution !== undefined) {
      added += point.distribution.count;
      if (!counts) distribution = mergeDistributions(distribution, point.distribution);
    } else if (point.kind === 'counter') added += point.value ?? 0;
    else {
      const { timeMs, attributes, value = 0 } = point;
      const known = looks.get(timeMs);
      looks.set(timeMs, known === undefined ? value : attributes['quantile'] === undefined ? known + value : Math.max(known, value));
    }
  }
  if (kind === undefined) return undefined;
  if (kind === 'gauge') {
    const values = [...looks.values()];
    return { kind, increase: values.length, last: values.at(-1) ?? 0, avg: values.reduce((a, b) => a + b, 0) / values.length, min: values.reduce((a, b) => Math.min(a, b)), max: values.reduce((a, b) => Math.max(a, b)), distribution: undefined };
  }
  if (distribution !== undefined) {
    const { count, sum, min, max } = distribution;
    return { kind, increase: count, last: sum / count, avg: sum / count, min, max, distribution };
  }
  return { kind, increase: added, last: added, avg: added, min: added, max: added, distribution: undefined };
}

/** One number of a summary. Default: what counters grew by, what gauges were last, what 95 % of a histogram's values did not exceed. */
export function statisticOf(summary: PointSummary, statistic: Statistic | undefined): number {
  const wanted = statistic ?? (summary.kind === 'counter' ? 'increase' : summary.kind === 'gauge' ? 'last' : 'p95');
  if (wanted === 'p50' || wanted === 'p95' || wanted === 'p99') return summary.distribution === undefined ? summary.last : quantile(summary.distribution, Number(wanted.slice(1)) / 100);
  return summary[wanted];
}
