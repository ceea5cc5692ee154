import { attributesKey } from '@motia/engine-core';
import { mergeDistributions } from './histogram-series.js';
import type { MetricPoint } from './metric-data.js';

/** What is measured of one series within this time is one point: whoever looks all the time takes no room from what was before. */
export const pointMs = 5_000;

type Point = { -readonly [K in keyof MetricPoint]: MetricPoint[K] };

/** Points of the last hour or so, bounded by age and count, oldest out first. */
export class PointStore {
  dropped = 0;
  readonly #retentionMs: number;
  readonly #most: number;
  /** Points as they came: in order of time, unless the clock was set. Those before `#first` are gone. */
  #points: Point[] = [];
  #first = 0;
  /** Those of the last `pointMs`, by series. */
  readonly #fresh = new Map<string, Point>();
  #freshSinceMs = 0;

  constructor(limits: { readonly retentionMs: number; readonly most: number }) {
    this.#retentionMs = limits.retentionMs;
    this.#most = limits.most;
  }

  get size(): number {
    return this.#points.length - this.#first;
  }

  add(points: readonly MetricPoint[], nowMs: number): void {
    if (nowMs < this.#freshSinceMs || nowMs - this.#freshSinceMs >= pointMs) {
      this.#fresh.clear();
      this.#freshSinceMs = nowMs;
    }
    for (const point of points) this.#addOne(point);
    const excess = this.size - this.#most;
    if (excess > 0) {
      this.#first += excess;
      this.dropped += excess;
      // The last one that went may be one of them.
      if ((this.#points[this.#first - 1] as Point).timeMs >= this.#freshSinceMs) this.#fresh.clear();
    }
    while (this.#first < this.#points.length && (this.#points[this.#first] as MetricPoint).timeMs < nowMs - this.#retentionMs) this.#first += 1;
    if (this.#first * 2 > this.#points.length) {
      this.#points = this.#points.slice(this.#first);
      this.#first = 0;
    }
  }

  /** Points of a time, of one metric or all. */
  between(fromMs: number, toMs: number, metric?: string): readonly MetricPoint[] {
    const found: MetricPoint[] = [];
    for (let index = this.#first; index < this.#points.length; index += 1) {
      const point = this.#points[index] as MetricPoint;
      if (point.timeMs >= fromMs && point.timeMs <= toMs && (metric === undefined || point.metric === metric)) found.push(point);
    }
    return found;
  }

  #addOne(point: MetricPoint): void {
    const key = `${point.metric}\n${point.kind}\n${attributesKey(point.attributes)}`;
    const known = this.#fresh.get(key);
    if (known === undefined) {
      // All of one time say together what there was: gauges of several series add up.
      const own = { ...point, timeMs: this.#freshSinceMs };
      this.#fresh.set(key, own);
      this.#points.push(own);
    } else if (point.distribution !== undefined) known.distribution = mergeDistributions(known.distribution, point.distribution);
    else known.value = point.kind === 'counter' ? (known.value ?? 0) + (point.value ?? 0) : (point.value ?? 0);
  }
}
