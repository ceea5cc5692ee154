import { attributesKey } from '@motia/engine-core';
import type { SpanAttributes } from '@motia/engine-core/contract';
import { mergeDistributions, quantile, type Distribution } from './histogram-series.js';
import type { MetricKind, MetricPoint } from './metric-data.js';

/** How long the windows of a level are, and how long they are kept. */
export const rollupLevels = [
  { windowMs: 60_000, keptMs: 3_600_000 },
  { windowMs: 300_000, keptMs: 6 * 3_600_000 },
  { windowMs: 3_600_000, keptMs: 7 * 24 * 3_600_000 },
] as const;

/** Windows of all series of a level that are kept; beyond, the oldest ones go. */
export const mostWindows = 50_000;

/** What happened to one series in one window. */
export interface RollupWindow {
  readonly level: number;
  readonly metric: string;
  readonly kind: MetricKind;
  readonly attributes: SpanAttributes;
  readonly startMs: number;
  /** Looks at it, or values of a histogram. */
  count: number;
  sum: number;
  min: number;
  max: number;
  last: number;
  distribution: Distribution | undefined;
}

/** Metrics over longer and longer times: minutes for an hour, five minutes for six, hours for a week. */
export class Rollups {
  dropped = 0;
  /** That were added since the start. */
  points = 0;
  /** By level; the key is series and start. */
  readonly #levels: readonly Map<string, RollupWindow>[] = rollupLevels.map(() => new Map());

  get size(): number {
    return this.#levels.reduce((sum, windows) => sum + windows.size, 0);
  }

  add(points: readonly MetricPoint[]): void {
    this.points += points.length;
    for (const point of points) for (let level = 0; level < rollupLevels.length; level += 1) this.#addTo(level, point);
  }

  /** Windows that a former run of the engine left. */
  restore(windows: readonly RollupWindow[]): void {
    for (const window of windows) this.#levels[window.level]?.set(keyOf(window, window.startMs), window);
  }

  evict(nowMs: number): void {
    for (let level = 0; level < rollupLevels.length; level += 1) {
      const windows = this.#levels[level] as Map<string, RollupWindow>;
      const { keptMs, windowMs } = rollupLevels[level] as (typeof rollupLevels)[number];
      // All of them: where the clock was set, they do not lie in order.
      for (const [key, { startMs }] of windows) if (startMs + windowMs + keptMs <= nowMs) windows.delete(key);
    }
  }

  list(query: { readonly level: number; readonly metric?: string | undefined; readonly fromMs?: number | undefined; readonly toMs?: number | undefined }): readonly RollupWindow[] {
    const { level, metric, fromMs, toMs } = query;
    const windowMs = rollupLevels[level]?.windowMs ?? 0;
    return [...(this.#levels[level]?.values() ?? [])].filter(
      (window) => (metric === undefined || window.metric === metric) && (fromMs === undefined || window.startMs + windowMs > fromMs) && (toMs === undefined || window.startMs <= toMs),
    );
  }

  #addTo(level: number, { timeMs, metric, kind, attributes, value = 0, distribution }: MetricPoint): void {
    const windows = this.#levels[level] as Map<string, RollupWindow>;
    const { windowMs } = rollupLevels[level] as (typeof rollupLevels)[number];
    const startMs = Math.floor(timeMs / windowMs) * windowMs;
    const key = keyOf({ metric, attributes }, startMs);
    let window = windows.get(key);
    if (window === undefined) {
      const [oldest] = windows.size >= mostWindows ? windows.keys() : [];
      if (oldest !== undefined) {
        windows.delete(oldest);
        this.dropped += 1;
      }
      window = { level, metric, kind, attributes, startMs, count: 0, sum: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, last: 0, distribution: undefined };
      windows.set(key, window);
    }
    const seen = distribution ?? { count: 1, sum: value, min: value, max: value };
    window.count += seen.count;
    window.sum += seen.sum;
    window.min = Math.min(window.min, seen.min);
    window.max = Math.max(window.max, seen.max);
    window.last = distribution === undefined ? value : seen.sum / seen.count;
    if (distribution !== undefined) window.distribution = mergeDistributions(window.distribution, distribution);
  }
}

function keyOf({ metric, attributes }: { readonly metric: string; readonly attributes: SpanAttributes }, startMs: number): string {
  return `${String(startMs)} ${metric} ${attributesKey(attributes)}`;
}

/** A window as functions answer with it. */
export function viewRollup(window: RollupWindow): Readonly<Record<string, unknown>> {
  const { level, metric, kind, attributes, startMs, count, sum, min, max, last, distribution } = window;
  return {
    level, metric_name: metric, kind, attributes,
    bucket_start: startMs, bucket_end: startMs + (rollupLevels[level]?.windowMs ?? 0),
    count, sum, min, max, last, avg: count === 0 ? 0 : sum / count,
    ...(distribution === undefined ? {} : { p50: quantile(distribution, 0.5), p95: quantile(distribution, 0.95), p99: quantile(distribution, 0.99) }),
  };
}
