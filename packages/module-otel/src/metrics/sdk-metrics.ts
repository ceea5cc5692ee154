import { attributesKey } from '@motia/engine-core';
import type { SpanAttributes } from '@motia/engine-core/contract';
import { mergeDistributions, subtractDistribution, type Distribution } from './histogram-series.js';
import type { MetricData, MetricKind, MetricPoint } from './metric-data.js';

/** A number that a worker exported itself. */
export interface SdkMeasurement {
  readonly metric: string;
  readonly kind: MetricKind;
  readonly unit: string;
  readonly description: string;
  readonly attributes: SpanAttributes;
  readonly value?: number;
  readonly distribution?: Distribution;
  /** It is what came since it was told the last time; else all since its process began to count. Gauges are what they are. */
  readonly isDelta?: boolean;
}

/** As it stands now. */
interface KnownSeries extends SdkMeasurement {
  readonly seenMs: number;
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
    const before = known?.kind === measurement.kind ? known : undefined;
    const { metric, kind, attributes } = measurement;
    const { total, grown } = kind === 'histogram' ? histogramSteps(measurement, before) : numberSteps(measurement, before);
    this.#series.set(key, { ...measurement, ...total, seenMs: nowMs });
    if (grown.distribution?.count !== 0 && this.#points.length < mostSeries) this.#points.push({ timeMs: nowMs, metric, kind, attributes, ...grown });
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
    // One name may be a counter in one process and a gauge in another: as a whole it is what it was first.
    return [...byName].map(([name, { first, all }]) => ({
      name,
      kind: first.kind,
      unit: first.unit,
      description: first.description,
      series: all.filter(({ kind }) => kind === first.kind).map(({ attributes, value, distribution }) => ({ attributes, ...(distribution === undefined ? { value: value ?? 0 } : { distribution }) })),
    }));
  }
}

type Numbers = Pick<MetricPoint, 'value' | 'distribution'>;
/** What a series comes to, and what a point says of the time since it was told before. */
interface Steps {
  readonly total: Numbers;
  readonly grown: Numbers;
}

function numberSteps({ kind, value = 0, isDelta = false }: SdkMeasurement, before: KnownSeries | undefined): Steps {
  const known = before?.value ?? 0;
  const total = { value: isDelta ? known + value : value };
  if (kind !== 'counter') return { total, grown: total };
  // A counter that goes back was begun anew by a new process.
  return { total, grown: { value: isDelta || value < known ? value : value - known } };
}

function histogramSteps({ distribution, isDelta = false }: SdkMeasurement, before: KnownSeries | undefined): Steps {
  if (distribution === undefined) return { total: {}, grown: {} };
  const known = before?.distribution;
  if (isDelta) return { total: { distribution: distribution.count === 0 && known !== undefined ? known : mergeDistributions(known, distribution) }, grown: { distribution } };
  const isAnew = known === undefined || distribution.count < known.count;
  return { total: { distribution }, grown: { distribution: isAnew ? distribution : subtractDistribution(distribution, known) } };
}
