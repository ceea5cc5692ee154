/**
 * The same promise. A client may leave at any time; a handler that does not await what it writes must not end its process, and the
 * calls of all others, by that. Whoever awaits it is told.
 */
export function needNotBeAwaited<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}
