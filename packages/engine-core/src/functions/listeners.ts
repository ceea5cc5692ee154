import type { Registration } from '../contract/functions.js';

/**
 * Listeners of one kind of change. `announce` gathers what happens until the running code has finished and then calls
 * each listener once; `emit` calls at once, one time per event. A listener that throws does not stop the others.
 */
export class Listeners<E> {
  readonly #listeners = new Set<(event: E) => void>();
  #isAnnounced = false;

  add(listener: (event: E) => void): Registration {
    // A fresh function each time, so that the same one may be added twice and each registration ends only itself.
    const own = (event: E): void => listener(event);
    this.#listeners.add(own);
    return { dispose: () => void this.#listeners.delete(own) };
  }

  announce(this: Listeners<void>): void {
    if (this.#isAnnounced || this.#listeners.size === 0) return;
    this.#isAnnounced = true;
    queueMicrotask(() => {
      this.#isAnnounced = false;
      this.emit();
    });
  }

  emit(event: E): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch {
        // A listener answers for itself; the change has happened and the others must hear of it.
      }
    }
  }
}
