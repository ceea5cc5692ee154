import { MotiaError } from '@motia/protocol';
import { sdkErrors } from '../errors.js';

/**
 * Thrown by a handler that knows when another attempt makes sense: `throw new RetryAfter(30_000, 'the shop is closed')`. It
 * replaces the backoff of this attempt and counts as one. Any error with a number `retryAfterMs` does the same.
 */
export class RetryAfter extends MotiaError {
  /** Milliseconds. */
  readonly retryAfterMs: number;

  constructor(delayMs: number, message = `asked to be tried again in ${delayMs} ms`, options: { readonly cause?: unknown } = {}) {
    const retryAfterMs = delayMs >= 0 && Number.isFinite(delayMs) ? delayMs : 0;
    const { status, retryable, remedy } = sdkErrors.$catalog.RETRY_AFTER;
    super({ code: 'MOTIA_SDK_RETRY_AFTER', message, hint: remedy, retryable, status, details: { retryAfterMs }, cause: options.cause });
    this.name = 'RetryAfter';
    this.retryAfterMs = retryAfterMs;
  }
}
