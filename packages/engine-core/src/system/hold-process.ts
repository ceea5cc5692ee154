import { longestDelayMs } from './system-clock.js';

/** Keeps the process alive, though timers of the lent clock do not, until what it answers is called. */
export function holdProcess(): () => void {
  const timer = setInterval(() => undefined, longestDelayMs);
  return () => clearInterval(timer);
}
