/** Waits to be woken, at most so long. */
export function silence(heartbeatMs: number, setWake: (wake: () => void) => void, isOver: () => boolean): Promise<'woken' | 'elapsed'> {
  return new Promise((resolve) => {
    const timer = heartbeatMs > 0 ? setTimeout(() => resolve('elapsed'), heartbeatMs) : undefined;
    setWake(() => {
      clearTimeout(timer);
      resolve('woken');
    });
    if (isOver()) {
      clearTimeout(timer);
      resolve('woken');
    }
  });
}
