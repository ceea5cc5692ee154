/** Who waits for messages to end. */
export class Endings {
  /** Nobody will be told any more. */
  isStopped = false;
  readonly #waiting = new Map<string, Set<() => void>>();
  /** One listener for each signal: thousands may wait with the same one, and a signal looks at all of its listeners for each new one. */
  readonly #bySignal = new WeakMap<AbortSignal, Set<() => void>>();

  /** Calls `listener` once, when the message may have ended, when `signal` aborts, or when nobody will tell any more. Answers how to stop waiting. */
  wait(messageId: string, listener: () => void, signal?: AbortSignal): () => void {
    const leave = this.#wait(messageId, listener);
    if (signal === undefined) return leave;
    const listeners = this.#listenersOf(signal);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      leave();
    };
  }

  #listenersOf(signal: AbortSignal): Set<() => void> {
    let listeners = this.#bySignal.get(signal);
    if (listeners === undefined) {
      const added = new Set<() => void>();
      listeners = added;
      this.#bySignal.set(signal, added);
      signal.addEventListener('abort', () => {
        for (const listener of [...added]) listener();
      }, { once: true });
    }
    return listeners;
  }

  #wait(messageId: string, listener: () => void): () => void {
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
