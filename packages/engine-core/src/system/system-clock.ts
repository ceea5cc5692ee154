import type { Clock, Timer } from '../contract/clock.js';

/** Node fires a longer timer after 1 ms; callers that need more re-arm. */
export const longestDelayMs = 2_147_483_647;

/** The real time. Timers never keep the process alive by themselves. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, Math.min(delayMs, longestDelayMs)).unref() as unknown as Timer,
  setInterval: (callback, periodMs) => setInterval(callback, Math.min(periodMs, longestDelayMs)).unref() as unknown as Timer,
  clear(timer) {
    // One call ends both kinds: Node keeps timeouts and intervals in one list.
    clearTimeout(timer as unknown as NodeJS.Timeout | undefined);
  },
};
