import { messageOf, type Clock, type Hold, type Logger, type Timer } from '@motia/engine-core/contract';
import type { JobStore, MoveTask, NewMove } from '../job-store.js';

/** Dead letters moved in one commit. */
const partSize = 100;
/** Parts of a rated move per second. */
const partsPerSecond = 10;
/** A slow move says so often that it is not given up: three times before others would take it over. */
const renewEveryMs = 10_000;
/** A move that the store refused is tried again after this. */
const retryMs = 5_000;

export interface RedriverParts {
  readonly store: JobStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onMoved: (task: MoveTask) => Promise<void>;
}

/**
 * Redrives of many dead letters, part by part, so that nobody waits long behind one. Each part and its count are one commit: an engine
 * that starts, or that lives on beside one that is gone, goes on with what it finds begun.
 */
export class Redriver {
  readonly #parts: RedriverParts;
  readonly #running = new Map<number, Promise<void>>();
  /** Moves that wait for their next part, by queue. */
  readonly #pauses = new Map<number, { readonly timer: Timer; readonly wake: () => void }>();
  readonly #hold: Hold;
  #isStopped = false;

  constructor(parts: RedriverParts) {
    this.#parts = parts;
    this.#hold = parts.clock.hold();
  }

  /** Goes on with moves that nobody goes on with. */
  async resume(): Promise<void> {
    for (const task of await this.#parts.store.moves()) {
      if (task.state !== 'running' || task.engineId !== undefined || this.#running.has(task.queue) || this.#isStopped) continue;
      this.#parts.logger.info('A redrive that another engine began goes on here', { queue: task.queue, moved: task.moved });
      void this.#run(task);
    }
  }

  /** As `resume`, for callers that do not wait. */
  resumeSoon(): void {
    this.resume().catch((error: unknown) => this.#parts.logger.warn('Redrives could not be looked at', { reason: messageOf(error) }));
  }

  /**
   * Begins a move. Without a rate it answers when it is done, with one at once.
   * @throws `MOTIA_QUEUE_REDRIVE_RUNNING`
   */
  async start(task: NewMove): Promise<MoveTask> {
    await this.#parts.store.startMove(task);
    const done = this.#run(task);
    const begun: MoveTask = { ...task, moved: 0, startedAtMs: this.#parts.clock.now(), state: 'running' };
    return task.ratePerSecond === undefined ? ((await done) ?? begun) : begun;
  }

  async cancel(queue: number): Promise<MoveTask | undefined> {
    const task = await this.#parts.store.cancelMove(queue);
    // One that begins next must find none that only waits to see this.
    this.#wake(queue);
    await this.#running.get(queue);
    return task;
  }

  /** Stops between two parts. What is left is finished by another engine, or after the next start. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const queue of [...this.#pauses.keys()]) this.#wake(queue);
    await Promise.all(this.#running.values());
  }

  /** Answers when it is over, or with undefined when it cannot go on for now. Never rejects. */
  #run(task: Pick<MoveTask, 'queue' | 'ratePerSecond'>): Promise<MoveTask | undefined> {
    const { queue } = task;
    return new Promise((resolve) => {
      const running = this.#moveToEnd(task, resolve).finally(() => {
        this.#running.delete(queue);
        this.#hold.set(this.#running.size > 0);
      });
      this.#running.set(queue, running);
      this.#hold.set(true);
    });
  }

  async #moveToEnd(task: Pick<MoveTask, 'queue' | 'ratePerSecond'>, tell: (task: MoveTask | undefined) => void): Promise<void> {
    while (!this.#isStopped) {
      try {
        return tell(await this.#moveParts(task));
      } catch (error) {
        this.#parts.logger.warn('A redrive cannot go on; it is tried again', { queue: task.queue, reason: messageOf(error), inMs: retryMs });
        tell(undefined);
        await this.#pause(task.queue, retryMs);
      }
    }
    tell(undefined);
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
      if (ratePerSecond !== undefined) await this.#rest(queue, (size / ratePerSecond) * 1_000);
    }
    return task;
  }

  /** Waits between two parts, and says meanwhile that somebody is at it. */
  async #rest(queue: number, ms: number): Promise<void> {
    for (let leftMs = ms; leftMs > 0 && !this.#isStopped; leftMs -= renewEveryMs) {
      await this.#pause(queue, Math.min(leftMs, renewEveryMs));
      if (leftMs > renewEveryMs && !this.#isStopped && (await this.#parts.store.stepMove(queue, 0))?.state !== 'running') return;
    }
  }

  #pause(queue: number, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#pauses.delete(queue);
        resolve();
      };
      this.#pauses.set(queue, { timer: this.#parts.clock.setTimeout(wake, ms), wake });
      if (this.#isStopped) this.#wake(queue);
    });
  }

  #wake(queue: number): void {
    const pause = this.#pauses.get(queue);
    this.#parts.clock.clear(pause?.timer);
    pause?.wake();
  }
}
