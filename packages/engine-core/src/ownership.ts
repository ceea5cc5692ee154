import type { Registration } from './contract/functions.js';

/** One owner of registrations, and everything that it has registered, so that all of it can be taken back at once. */
export class Ownership {
  /** A module's name; shown in lists and messages. */
  readonly owner: string;
  readonly #kept = new Set<Registration>();
  #isDisposed = false;

  constructor(owner: string) {
    this.owner = owner;
  }

  /** The registration, remembered until it is disposed. After the owner has gone it is disposed at once. */
  keep(registration: Registration): Registration {
    if (this.#isDisposed) {
      registration.dispose();
      return registration;
    }
    const kept: Registration = {
      dispose: () => {
        this.#kept.delete(kept);
        registration.dispose();
      },
    };
    this.#kept.add(kept);
    return kept;
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const registration of [...this.#kept]) registration.dispose();
  }
}
