import type { Clock } from '@motia/engine-core/contract';
import type { MetricData, MetricPoint } from './metric-data.js';
import { MetricMeter } from './meter.js';
import { isOfAlert, metricAliases, sourceOf } from './metric-names.js';
import { summarise, type PointSummary } from './metric-series.js';
import { PointStore } from './point-store.js';
import { Rollups } from './rollups.js';
import { SdkMetrics } from './sdk-metrics.js';

export interface MetricsOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly retentionMs: number;
  readonly maxPoints: number;
}

/** All numbers: as they stand, over the last hour, and rolled up. */
export class Metrics {
  readonly meter = new MetricMeter();
  readonly sdk = new SdkMetrics();
  readonly rollups = new Rollups();
  readonly points: PointStore;
  readonly #clock: Pick<Clock, 'now'>;

  constructor({ clock, retentionMs, maxPoints }: MetricsOptions) {
    this.#clock = clock;
    this.points = new PointStore({ retentionMs, most: maxPoints });
  }

  /** Takes down what happened since the last time. @returns the points */
  look(): readonly MetricPoint[] {
    const nowMs = this.#clock.now();
    const points = [...this.meter.takePoints(nowMs), ...this.sdk.takePoints(nowMs)];
    this.points.add(points, nowMs);
    this.rollups.add(points);
    this.rollups.evict(nowMs);
    return points;
  }

  /** As they stand now, with the names that existing programs know. */
  collect(): readonly MetricData[] {
    const own = this.meter.collect();
    return [...own, ...aliased(own), ...this.sdk.collect()];
  }

  /** What a metric, by whichever of its names, did in the last `windowMs`, apart from what alerts called. */
  over(name: string, windowMs: number): PointSummary | undefined {
    const nowMs = this.#clock.now();
    const source = sourceOf(name);
    return summarise(this.points.between(nowMs - windowMs, nowMs, source.metric), { ...source, takes: (attributes) => source.takes(attributes) && !isOfAlert(attributes) });
  }

  /** True for what counts, by whichever of its names: when nothing happened, it grew by nothing. */
  isCounter(name: string): boolean {
    return metricAliases[name] !== undefined || this.collect().some((metric) => metric.name === name && metric.kind === 'counter');
  }

  /** Every name that has been measured, aliases included. */
  names(): readonly string[] {
    return [...new Set(this.collect().map(({ name }) => name)), ...Object.keys(metricAliases)];
  }
}

/** Counters under the names of old: by function and trigger. */
function aliased(own: readonly MetricData[]): readonly MetricData[] {
  const byName = new Map(own.map((metric) => [metric.name, metric]));
  return ['iii.invocations.total', 'iii.invocation.errors.total'].flatMap((name) => {
    const { metric, takes } = sourceOf(name);
    const series = byName.get(metric)?.series.filter(({ attributes }) => takes(attributes)) ?? [];
    if (series.length === 0) return [];
    return [{ name, kind: 'counter' as const, unit: '', description: name.includes('errors') ? 'Calls that failed' : 'Calls', series: series.map(({ attributes, distribution }) => ({ attributes, value: distribution?.count ?? 0 })) }];
  });
}
