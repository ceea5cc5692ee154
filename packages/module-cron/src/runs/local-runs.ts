import type { Clock, Hold } from '@motia/engine-core/contract';
import type { RunKey } from '../cron-store.js';
import { runId } from './slot-run.js';

/** Why a run is told to stop. */
export type StopReason = 'replaced' | 'the engine is stopping';

/** One start of a run. */
export interface LocalRun {
  readonly key: RunKey;
  readonly fencingToken: number;
  readonly controller: AbortController;
}

/** Runs that this engine has under way; the process stays for them. */
export class LocalRuns {
  readonly #runs = new Map<string, LocalRun>();
  readonly #hold: Hold;
  #whenIdle: (() => void)[] = [];

  constructor(clock: Pick<Clock, 'hold'>) {
    this.#hold = clock.hold();
  }

  get size(): number {
    return this.#runs.size;
  }

  list(): readonly LocalRun[] {
    return [...this.#runs.values()];
  }

  /** A later start of the same run (another attempt, a takeover) takes the place of the earlier one. */
  open(key: RunKey, fencingToken: number): AbortController {
    const controller = new AbortController();
    this.#runs.set(runId(key), { key, fencingToken, controller });
    this.#hold.set(true);
    return controller;
  }

  close(key: RunKey, fencingToken: number): void {
    const id = runId(key);
    if (this.#runs.get(id)?.fencingToken !== fencingToken) return;
    this.#runs.delete(id);
    if (this.#runs.size > 0) return;
    this.#hold.set(false);
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  /** Runs of others are not here, and not touched. */
  abort(keys: readonly RunKey[], reason: StopReason): void {
    for (const key of keys) this.#runs.get(runId(key))?.controller.abort(reason);
  }

  /** These starts: one that took the place of such a start meanwhile goes on. */
  abortStarts(starts: readonly LocalRun[], reason: StopReason): void {
    for (const { controller } of starts) controller.abort(reason);
  }

  abortAll(reason: StopReason): void {
    for (const { controller } of this.#runs.values()) controller.abort(reason);
  }

  /** What has not ended by now keeps the process no longer. */
  letGo(): void {
    this.#hold.set(false);
  }

  /** Resolves when nothing is under way, or the signal aborts. */
  async idle(deadline: AbortSignal): Promise<void> {
    if (this.#runs.size === 0 || deadline.aborted) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle.push(resolve);
      deadline.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}
