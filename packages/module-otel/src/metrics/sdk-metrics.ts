import { attributesKey } from '@motia/engine-core';
import type { SpanAttributes } from '@motia/engine-core/contract';
import type { Distribution } from './histogram-series.js';
import type { MetricData, MetricKind, MetricPoint } from './metric-data.js';

/** A number that a worker exported itself. */
export interface SdkMeasurement {
  readonly metric: string;
  readonly kind: MetricKind;
  readonly unit: string;
  readonly description: string;
  readonly attributes: SpanAttributes;
  /** Cumulative for counters. */
  readonly value?: number;
  readonly distribution?: Distribution;
  readonly isDelta?: boolean;
}

interface KnownSeries extends SdkMeasurement {
  seenMs: number;
  total: number;
}

const mostSeries = 10_000;
/** A gauge that is not told again for so long shows nothing any more. */
const lookbackMs = 120_000;

/** What workers measure themselves: the last of every series. */
export class SdkMetrics {
  rejected = 0;
  readonly #series = new Map<string, KnownSeries>();
  #points: MetricPoint[] = [];

  /** False when there are too many series already. */
  take(measurement: SdkMeasurement, nowMs: number): boolean {
    const key = `${measurement.metric}\n${attributesKey(measurement.attributes)}`;
    const known = this.#series.get(key);
    if (known === undefined && this.#series.size >= mostSeries) {
      this.rejected += 1;
      return false;
    }
    const value = measurement.value ?? 0;
    const before = known?.total ?? 0;
    const total = measurement.kind !== 'counter' ? value : measurement.isDelta === true ? before + value : value;
    // A counter that goes back was begun anew by a new process.
    const grown = measurement.kind !== 'counter' || measurement.isDelta === true ? value : total >= before && known !== undefined ? total - before : total;
    this.#series.set(key, { ...measurement, seenMs: nowMs, total });
    if (this.#points.length < mostSeries) this.#points.push({ timeMs: nowMs, metric: measurement.metric, kind: measurement.kind, attributes: measurement.attributes, value: grown, ...(measurement.distribution === undefined ? {} : { distribution: measurement.distribution }) });
    return true;
  }

  /** What came since the last time, and forgets what is too old. */
  takePoints(nowMs: number): readonly MetricPoint[] {
    const points = this.#points;
    this.#points = [];
    for (const [key, { seenMs, kind }] of this.#series) if (nowMs - seenMs > (kind === 'gauge' ? lookbackMs : lookbackMs * 30)) this.#series.delete(key);
    return points;
  }

  collect(): readonly MetricData[] {
    const byName = new Map<string, { readonly first: KnownSeries; readonly all: KnownSeries[] }>();
    for (const series of this.#series.values()) {
      const entry = byName.get(series.metric);
      if (entry === undefined) byName.set(series.metric, { first: series, all: [series] });
      else entry.all.push(series);
    }
    return [...byName].map(([name, { first, all }]) => ({
      name,
      kind: first.kind,
      unit: first.unit,
      description: first.description,
      series: all.map(({ attributes, total, distribution }) => ({ attributes, ...(distribution === undefined ? { value: total } : { distribution }) })),
    }));
  }
}
