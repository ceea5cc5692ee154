/** Who waits for messages to end. */
export class Endings {
  /** Nobody will be told any more. */
  isStopped = false;
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Calls `listener` once, when the message may have ended, or when nobody will tell any more. Answers how to stop waiting. */
  wait(messageId: string, listener: () => void): () => void {
    let listeners = this.#waiting.get(messageId);
    if (listeners === undefined) {
      listeners = new Set();
      this.#waiting.set(messageId, listeners);
    }
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#waiting.get(messageId) === listeners) this.#waiting.delete(messageId);
    };
  }

  tell(messageId: string): void {
    const listeners = this.#waiting.get(messageId);
    if (listeners === undefined) return;
    this.#waiting.delete(messageId);
    for (const listener of listeners) listener();
  }

  /** Another engine may have ended any of them. */
  tellAll(): void {
    for (const messageId of [...this.#waiting.keys()]) this.tell(messageId);
  }

  stop(): void {
    this.isStopped = true;
    this.tellAll();
  }
}
