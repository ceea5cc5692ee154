import type { DeliveryOptions } from './delivery-options.js';

/** The part of the options that the policy looks at. */
export type BackoffOptions = Pick<DeliveryOptions, 'backoffType' | 'backoffBaseMs' | 'backoffMaxMs' | 'backoffJitter'>;

/** Longest delay that a handler may ask for: 7 days. */
export const longestRetryAfterMs = 604_800_000;

/**
 * Milliseconds before the delivery that follows a failed attempt.
 * @param failedAttempts how many have failed, this one included: 1 or more
 * @param random from 0 to just under 1
 */
export function backoffDelayMs(options: BackoffOptions, failedAttempts: number, random: () => number): number {
  const { backoffBaseMs: base, backoffMaxMs: cap } = options;
  const growth = options.backoffType === 'fixed' ? 1 : options.backoffType === 'linear' ? failedAttempts : 2 ** Math.min(failedAttempts - 1, 52);
  const delay = Math.min(base * growth, cap);
  return Math.round(options.backoffJitter === 'full' ? delay * random() : delay);
}
