import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '@motia/engine-core/contract';

/** Failures within the window after which even the right token has to wait. */
const maxFailures = 20;
const windowMs = 60_000;

/** A new random token: 192 bits, safe in a URL. */
export function newToken(): string {
  return randomBytes(24).toString('base64url');
}

export type TokenVerdict = { readonly ok: true } | { readonly ok: false; readonly retryAfterMs?: number };

/** Compares tokens without telling by its time how much of one was right, and slows guessing down. */
export class AccessToken {
  readonly #digest: Buffer;
  readonly #clock: Clock;
  #failures = 0;
  #windowEndsAtMs = 0;

  constructor(token: string, clock: Clock) {
    this.#digest = digestOf(token);
    this.#clock = clock;
  }

  /** Undefined is a request without any token: refused, and not counted as a guess. */
  check(given: string | undefined): TokenVerdict {
    if (given === undefined) return { ok: false };
    const nowMs = this.#clock.monotonicMs();
    if (nowMs >= this.#windowEndsAtMs) this.#failures = 0;
    if (this.#failures >= maxFailures) return { ok: false, retryAfterMs: Math.ceil(this.#windowEndsAtMs - nowMs) };
    if (timingSafeEqual(digestOf(given), this.#digest)) return { ok: true };
    if (this.#failures === 0) this.#windowEndsAtMs = nowMs + windowMs;
    this.#failures += 1;
    return { ok: false };
  }
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
