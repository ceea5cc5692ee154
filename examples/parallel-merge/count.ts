/** A text that is counted in parts: one item of state, which many handlers change at the same time. */
export interface Count {
  readonly parts: number;
  /** Words by part. */
  readonly results: Readonly<Record<string, number>>;
  readonly words: number;
}

export function isComplete(count: Count | null | undefined): boolean {
  return count !== null && count !== undefined && Object.keys(count.results).length === count.parts;
}
