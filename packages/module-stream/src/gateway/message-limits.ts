/** How much a client may send. */
export interface MessageLimitOptions {
  readonly messagesPerSecond: number;
  /** Messages that may come at once after a quiet time: a client that comes back joins everything again. */
  readonly burst: number;
}

/** Bad messages within `badWindowMs` that end a connection. */
const badLimit = 10;
const badWindowMs = 10_000;

/** Counts the messages of one client. All times are on the monotonic scale. */
export class MessageLimits {
  readonly #options: MessageLimitOptions;
  #tokens: number;
  #refilledAtMs: number;
  /** Times of the last bad messages, oldest first. Nearly always there are none. */
  #bad: number[] | undefined;

  constructor(options: MessageLimitOptions, nowMs: number) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#refilledAtMs = nowMs;
  }

  /** False: too many, ignore it. */
  take(nowMs: number): boolean {
    const { messagesPerSecond, burst } = this.#options;
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#refilledAtMs) * messagesPerSecond) / 1_000);
    this.#refilledAtMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** True when it was one too many. */
  noteBad(nowMs: number): boolean {
    this.#bad ??= [];
    this.#bad.push(nowMs);
    while (this.#bad.length > 0 && nowMs - (this.#bad[0] as number) > badWindowMs) this.#bad.shift();
    return this.#bad.length >= badLimit;
  }
}
