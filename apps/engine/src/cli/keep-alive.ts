/** Node fires a longer period after 1 ms. */
const longestPeriodMs = 2_147_483_647;

/**
 * Holds the process until the answered function is called. Timers of the engine do not, and a moment may come in which
 * nothing else does: a process waits to be restarted, or the remains of a killed one are looked for. Node would leave
 * with 13 then, in the middle of a stop.
 */
export function keepAlive(): () => void {
  const timer = setInterval(() => undefined, longestPeriodMs);
  return () => clearInterval(timer);
}
