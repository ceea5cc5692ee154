/** At most `perSecond` a second on average, and as many at once. Time is what the caller says it is. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #most: number;
  #tokens: number;
  #filledAtMs: number;

  /** `most` at one time; default: what a second gives, at least 1. */
  constructor(perSecond: number, nowMs: number, most = Math.max(1, perSecond)) {
    this.#perSecond = perSecond;
    this.#most = most;
    this.#tokens = most;
    this.#filledAtMs = nowMs;
  }

  /** False when there is none left. A clock that goes back gives nothing and takes nothing. */
  take(nowMs: number): boolean {
    if (nowMs > this.#filledAtMs) {
      this.#tokens = Math.min(this.#most, this.#tokens + ((nowMs - this.#filledAtMs) / 1000) * this.#perSecond);
      this.#filledAtMs = nowMs;
    }
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
