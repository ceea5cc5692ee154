import type { Clock } from '../contract/clock.js';

/** Resolves after so many milliseconds, or at once when the signal aborts. Never rejects, and leaves no listener at the signal. */
export function delay(clock: Pick<Clock, 'setTimeout' | 'clear'>, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      clock.clear(timer);
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = clock.setTimeout(finish, delayMs);
    signal?.addEventListener('abort', finish);
  });
}
