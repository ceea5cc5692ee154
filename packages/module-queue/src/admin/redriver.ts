import type { Clock, Hold, Logger, Timer } from '@motia/engine-core/contract';
import type { JobStore, MoveTask } from '../job-store.js';

/** Dead letters moved in one commit. */
const partSize = 100;
/** Parts of a rated move per second. */
const partsPerSecond = 10;

/**
 * Redrives of many dead letters, part by part, so that nobody waits long behind one. Each part and its count are one commit:
 * an engine that starts goes on with what it finds begun.
 */
export class Redriver {
  readonly #parts: { readonly store: JobStore; readonly clock: Clock; readonly logger: Logger; readonly onMoved: (task: MoveTask) => Promise<void> };
  readonly #running = new Map<number, Promise<MoveTask | undefined>>();
  readonly #pauses = new Map<Timer, () => void>();
  readonly #hold: Hold;
  #isStopped = false;

  constructor(parts: { readonly store: JobStore; readonly clock: Clock; readonly logger: Logger; readonly onMoved: (task: MoveTask) => Promise<void> }) {
    this.#parts = parts;
    this.#hold = parts.clock.hold();
  }

  /** Goes on with moves that an engine did not finish. */
  async resume(): Promise<void> {
    for (const task of await this.#parts.store.moves()) if (task.state === 'running') void this.#run(task);
  }

  /**
   * Begins a move. Without a rate it answers when it is done, with one at once.
   * @throws `MOTIA_QUEUE_REDRIVE_RUNNING`
   */
  async start(task: Omit<MoveTask, 'moved' | 'startedAtMs' | 'state'>): Promise<MoveTask> {
    await this.#parts.store.startMove(task);
    const done = this.#run(task);
    const begun: MoveTask = { ...task, moved: 0, startedAtMs: this.#parts.clock.now(), state: 'running' };
    return task.ratePerSecond === undefined ? ((await done) ?? begun) : begun;
  }

  async cancel(queue: number): Promise<MoveTask | undefined> {
    return this.#parts.store.cancelMove(queue);
  }

  /** Stops between two parts. What is left is finished after the next start. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const [timer, wake] of this.#pauses) {
      this.#parts.clock.clear(timer);
      wake();
    }
    await Promise.all(this.#running.values());
  }

  #run(task: Pick<MoveTask, 'queue' | 'ratePerSecond'>): Promise<MoveTask | undefined> {
    const { queue } = task;
    const running = this.#moveParts(task)
      .catch((error: unknown) => {
        this.#parts.logger.warn('A redrive stopped; it goes on after the next start', { reason: error instanceof Error ? error.message : String(error) });
        return undefined;
      })
      .finally(() => {
        this.#running.delete(queue);
        this.#hold.set(this.#running.size > 0);
      });
    this.#running.set(queue, running);
    this.#hold.set(true);
    return running;
  }

  async #moveParts({ queue, ratePerSecond }: Pick<MoveTask, 'queue' | 'ratePerSecond'>): Promise<MoveTask | undefined> {
    const { store, onMoved } = this.#parts;
    const size = ratePerSecond === undefined ? partSize : Math.min(partSize, Math.max(1, Math.ceil(ratePerSecond / partsPerSecond)));
    let task: MoveTask | undefined;
    while (!this.#isStopped) {
      task = await store.stepMove(queue, size);
      if (task === undefined) return undefined;
      await onMoved(task);
      if (task.state !== 'running') return task;
      if (ratePerSecond !== undefined) await this.#pause((size / ratePerSecond) * 1_000);
    }
    return task;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#pauses.delete(timer);
        resolve();
      };
      const timer = this.#parts.clock.setTimeout(wake, ms);
      this.#pauses.set(timer, wake);
      if (this.#isStopped) wake();
    });
  }
}
