import type { SpanAttributes } from '@motia/engine-core/contract';
import type { Distribution } from './histogram-series.js';

export type MetricKind = 'counter' | 'gauge' | 'histogram';

/** One series of a metric at a moment. */
export interface SeriesData {
  readonly attributes: SpanAttributes;
  /** Counters: since the start. Gauges: now. */
  readonly value?: number;
  readonly distribution?: Distribution;
}
export interface MetricData {
  readonly name: string;
  readonly kind: MetricKind;
  readonly unit: string;
  readonly description: string;
  readonly series: readonly SeriesData[];
}

/** What happened to a series between two looks. */
export interface MetricPoint {
  readonly timeMs: number;
  readonly metric: string;
  readonly kind: MetricKind;
  readonly attributes: SpanAttributes;
  /** Counters: what was added. Gauges: what it was. */
  readonly value?: number;
  readonly distribution?: Distribution;
}
