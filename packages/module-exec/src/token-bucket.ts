/** Lets `perSecond` tokens through on average and `burst` at once. Time is the caller's, in milliseconds. */
export class TokenBucket {
  #tokens: number;
  #filledAtMs: number;

  constructor(private readonly perSecond: number, private readonly burst: number, nowMs: number) {
    this.#tokens = burst;
    this.#filledAtMs = nowMs;
  }

  /** Whether there was at least one token; takes `amount`, going into debt where it has to. */
  take(amount: number, nowMs: number): boolean {
    this.#tokens = Math.min(this.burst, this.#tokens + ((nowMs - this.#filledAtMs) / 1000) * this.perSecond);
    this.#filledAtMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= amount;
    return true;
  }
}
