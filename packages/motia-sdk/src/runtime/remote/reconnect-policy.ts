const firstDelayMs = 1_000;
const longestDelayMs = 30_000;
/** Part of a delay that chance decides. */
const jitter = 0.3;

/** A connection that lived this long was a good one: the next attempt starts from the first delay again. */
export const stableAfterMs = 10_000;

/**
 * Milliseconds before the next attempt: 1 s, doubled with every failure up to 30 s, and shortened by up to 30 % at random,
 * so that the workers of a restarted engine do not all come back in the same moment. There is no last attempt.
 * @param failures attempts that failed in a row, 0 after a good connection
 * @param random from 0 to 1
 */
export function reconnectDelayMs(failures: number, random: number): number {
  const base = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures, 30));
  return Math.round(base * (1 - jitter * random));
}
