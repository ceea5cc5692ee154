import type { Clock, Timer } from '../contract/clock.js';
import { HoldCount } from './hold-count.js';

/** Node fires a longer timer after 1 ms; callers that need more re-arm. */
export const longestDelayMs = 2_147_483_647;

/** What holds the process; made once, since holds come and go with single messages. */
let anchor: NodeJS.Timeout | undefined;
const holds = new HoldCount((isHeld) => {
  anchor ??= setInterval(() => undefined, longestDelayMs);
  if (isHeld) anchor.ref();
  else anchor.unref();
});

/** The real time. Timers never keep the process alive by themselves; holds do. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, Math.min(delayMs, longestDelayMs)).unref() as unknown as Timer,
  setInterval: (callback, periodMs) => setInterval(callback, Math.min(periodMs, longestDelayMs)).unref() as unknown as Timer,
  clear(timer) {
    // One call ends both kinds: Node keeps timeouts and intervals in one list.
    clearTimeout(timer as unknown as NodeJS.Timeout | undefined);
  },
  hold: () => holds.hold(),
};
