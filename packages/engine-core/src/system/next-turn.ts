/** Resolves when the event loop has come round once: whoever does something long gives others their turn. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
