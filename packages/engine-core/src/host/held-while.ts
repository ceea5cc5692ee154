import type { Clock } from '../contract/clock.js';

/** Keeps the process alive until the work has ended: whoever waits for it learns how, even if nothing but a deadline is left to go on. */
export async function heldWhile<T>(clock: Pick<Clock, 'hold'>, work: Promise<T>): Promise<T> {
  const hold = clock.hold();
  hold.set(true);
  try {
    return await work;
  } finally {
    hold.set(false);
  }
}
