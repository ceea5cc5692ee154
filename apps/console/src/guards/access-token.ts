import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '@motia/engine-core/contract';

/** Different wrong tokens within the window after which even the right one has to wait. */
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
  /** Wrong ones of this window: one that comes again is no guess. */
  readonly #wrong = new Set<string>();
  #windowEndsAtMs = 0;

  constructor(token: string, clock: Clock) {
    this.#digest = digestOf(token);
    this.#clock = clock;
  }

  /** Undefined is a request without any token: refused, and not counted as a guess. */
  check(given: string | undefined): TokenVerdict {
    if (given === undefined) return { ok: false };
    const nowMs = this.#clock.monotonicMs();
    if (nowMs >= this.#windowEndsAtMs) this.#wrong.clear();
    if (this.#wrong.size >= maxFailures) return { ok: false, retryAfterMs: Math.ceil(this.#windowEndsAtMs - nowMs) };
    const digest = digestOf(given);
    if (timingSafeEqual(digest, this.#digest)) return { ok: true };
    if (this.#wrong.size === 0) this.#windowEndsAtMs = nowMs + windowMs;
    this.#wrong.add(digest.toString('base64'));
    return { ok: false };
  }
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
