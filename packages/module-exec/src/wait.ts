import type { Clock } from '@motia/engine-core/contract';

/** Whether the promise settled, either way, before the time was over or the signal aborted. */
export function settlesWithin(clock: Clock, promise: Promise<unknown>, timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (settled: boolean): void => {
      clock.clear(timer);
      signal?.removeEventListener('abort', giveUp);
      resolve(settled);
    };
    const giveUp = (): void => finish(false);
    const timer = clock.setTimeout(giveUp, timeoutMs);
    if (signal?.aborted === true) clock.setTimeout(giveUp, 0);
    else signal?.addEventListener('abort', giveUp);
    promise.then(() => finish(true), () => finish(true));
  });
}
