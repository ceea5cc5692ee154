import type { Platform } from '../platform/platform.js';
import type { Topic } from './topic.js';

/** At most one timer for each topic. */
export class TopicTimers {
  readonly #platform: Pick<Platform, 'setTimeout' | 'clearTimeout'>;
  readonly #timers = new Map<Topic, unknown>();

  constructor(platform: Pick<Platform, 'setTimeout' | 'clearTimeout'>) {
    this.#platform = platform;
  }

  /** Instead of the one it has. */
  set(topic: Topic, delayMs: number, run: () => void): void {
    this.clear(topic);
    this.#timers.set(topic, this.#platform.setTimeout(() => {
      this.#timers.delete(topic);
      run();
    }, delayMs));
  }

  clear(topic: Topic): void {
    this.#platform.clearTimeout(this.#timers.get(topic));
    this.#timers.delete(topic);
  }

  clearAll(): void {
    for (const topic of [...this.#timers.keys()]) this.clear(topic);
  }
}
