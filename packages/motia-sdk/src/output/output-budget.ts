/** How much captured output may become log entries. What is over it is dropped and counted. */
export interface OutputLimits {
  /** Lines per second over the whole process. Default 5,000. */
  readonly linesPerSecond: number;
  /** Characters per second over the whole process. Default 1 Mi. */
  readonly charactersPerSecond: number;
}

/** Counts output in windows of one second. */
export class OutputBudget {
  #windowStart = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #characters = 0;
  /** Lines dropped and not yet reported by `takeDropped`. */
  #unreported = 0;
  /** Lines dropped since the start. */
  totalDropped = 0;

  constructor(
    private readonly limits: OutputLimits,
    private readonly monotonicMs: () => number,
  ) {}

  /** Whether a line of this length may pass; a refused one is counted. */
  admit(length: number): boolean {
    const now = this.monotonicMs();
    if (now - this.#windowStart >= 1000) {
      this.#windowStart = now;
      this.#lines = 0;
      this.#characters = 0;
    }
    if (this.#lines >= this.limits.linesPerSecond || this.#characters + length > this.limits.charactersPerSecond) {
      this.#unreported += 1;
      this.totalDropped += 1;
      return false;
    }
    this.#lines += 1;
    this.#characters += length;
    return true;
  }

  /** Lines dropped since the last call. */
  takeDropped(): number {
    const dropped = this.#unreported;
    this.#unreported = 0;
    return dropped;
  }
}
