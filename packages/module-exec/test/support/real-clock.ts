import type { Clock, Timer } from '@motia/engine-core/contract';

/** The real time, for tests with real processes. */
export const realClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs) as unknown as Timer,
  setInterval: (callback, periodMs) => setInterval(callback, periodMs).unref() as unknown as Timer,
  clear: (timer) => clearTimeout(timer as unknown as NodeJS.Timeout | undefined),
  hold: () => ({ set: () => undefined }),
};
