import type { MetricPoint } from './metric-data.js';

/** Points of the last hour or so, bounded by age and count, oldest out first. */
export class PointStore {
  dropped = 0;
  readonly #retentionMs: number;
  readonly #most: number;
  /** Points as they came: in order of time, unless the clock was set. Those before `#first` are gone. */
  #points: MetricPoint[] = [];
  #first = 0;

  constructor(limits: { readonly retentionMs: number; readonly most: number }) {
    this.#retentionMs = limits.retentionMs;
    this.#most = limits.most;
  }

  get size(): number {
    return this.#points.length - this.#first;
  }

  add(points: readonly MetricPoint[], nowMs: number): void {
    for (const point of points) this.#points.push(point);
    const excess = this.size - this.#most;
    if (excess > 0) {
      this.#first += excess;
      this.dropped += excess;
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
}
