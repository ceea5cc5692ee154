/** Upper bounds of the buckets, in the unit of the instrument; the last bucket has none. Made for milliseconds from a call in this process to a minute. */
export const bucketBounds: readonly number[] = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000];

/** How values of a series were spread over a time. */
export interface Distribution {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** One more than there are bounds. */
  readonly buckets: readonly number[];
}

/** Values of one set of attributes, in buckets. */
export class HistogramSeries {
  count = 0;
  sum = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  readonly #buckets = new Float64Array(bucketBounds.length + 1);
  #since: { count: number; sum: number; min: number; max: number; buckets: Float64Array } = { count: 0, sum: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, buckets: new Float64Array(bucketBounds.length + 1) };

  record(value: number): void {
    if (!Number.isFinite(value)) return;
    let bucket = 0;
    while (bucket < bucketBounds.length && value > (bucketBounds[bucket] as number)) bucket += 1;
    (this.#buckets[bucket] as number) += 1;
    this.count += 1;
    this.sum += value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    const since = this.#since;
    if (value < since.min) since.min = value;
    if (value > since.max) since.max = value;
  }

  total(): Distribution {
    return { count: this.count, sum: this.sum, min: this.min, max: this.max, buckets: [...this.#buckets] };
  }

  /** What came since the last time; undefined when nothing did. */
  takeNew(): Distribution | undefined {
    const since = this.#since;
    const count = this.count - since.count;
    if (count === 0) return undefined;
    const buckets = [...this.#buckets].map((value, index) => value - (since.buckets[index] as number));
    const taken = { count, sum: this.sum - since.sum, min: since.min, max: since.max, buckets };
    this.#since = { count: this.count, sum: this.sum, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, buckets: Float64Array.from(this.#buckets) };
    return taken;
  }
}

/** Both together. */
export function mergeDistributions(a: Distribution | undefined, b: Distribution): Distribution {
  if (a === undefined) return b;
  return {
    count: a.count + b.count,
    sum: a.sum + b.sum,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    buckets: a.buckets.map((value, index) => value + (b.buckets[index] ?? 0)),
  };
}

/** What came to a distribution since it was `before`. The least and the greatest of that are reckoned by its buckets. */
export function subtractDistribution(total: Distribution, before: Distribution): Distribution {
  const buckets = total.buckets.map((value, index) => Math.max(0, value - (before.buckets[index] ?? 0)));
  const { min, max } = rangeOf(buckets);
  return { count: total.count - before.count, sum: total.sum - before.sum, min: Math.max(total.min, min), max: Math.min(total.max, max), buckets };
}

/** Between which values all lie, as far as buckets tell: of the last one only where it begins. */
export function rangeOf(buckets: readonly number[]): { readonly min: number; readonly max: number } {
  const first = buckets.findIndex((inside) => inside > 0);
  const last = buckets.findLastIndex((inside) => inside > 0);
  return { min: first <= 0 ? 0 : (bucketBounds[first - 1] as number), max: last === -1 ? 0 : (bucketBounds[last] ?? Number.POSITIVE_INFINITY) };
}

/** The value that a share of all values does not exceed, reckoned within its bucket; 0 for no values. */
export function quantile({ count, min, max, buckets }: Distribution, share: number): number {
  if (count === 0) return 0;
  const rank = share * count;
  let below = 0;
  for (let index = 0; index < buckets.length; index += 1) {
    const inside = buckets[index] as number;
    if (inside === 0 || below + inside < rank) {
      below += inside;
      continue;
    }
    const lower = Math.max(index === 0 ? 0 : (bucketBounds[index - 1] as number), min);
    const upper = Math.min(bucketBounds[index] ?? max, max);
    return Math.min(max, Math.max(min, lower + ((rank - below) / inside) * (upper - lower)));
  }
  return max;
}
