import { messageOf, type Logger } from '@motia/engine-core/contract';
import type { CronJob } from './cron-job.js';
import { nextWaiting, type CronStore, type RunRecord } from './cron-store.js';
import type { JobBook } from './job-book.js';
import type { LocalRun, LocalRuns } from './runs/local-runs.js';
import type { RunStarter } from './runs/run-starter.js';

export interface RecoveryParts {
  readonly store: CronStore;
  readonly starter: RunStarter;
  readonly book: JobBook;
  readonly local: LocalRuns;
  readonly logger: Logger;
}

/** Finds runs that nobody takes care of: of engines that are gone, given back by one that stopped, or left waiting. */
export class Recovery {
  readonly #parts: RecoveryParts;
  #running: Promise<void> | undefined;

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
  }

  /** Before a job begins to tick: what is open of it blocks its slots. */
  async recover(job: CronJob): Promise<void> {
    await this.#attend(job, await this.#parts.store.openRuns([job.jobId]));
  }

  /** Looks at all jobs. One look at a time. Never rejects. */
  sweep(): Promise<void> {
    this.#running ??= this.#sweep()
      .catch((error: unknown) => this.#parts.logger.warn('Open cron runs could not be looked at', { reason: messageOf(error) }))
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }

  /** Tells runs of this engine to stop that another engine has replaced or taken over. */
  async dropReplaced(): Promise<void> {
    const { store, local } = this.#parts;
    if (local.size === 0) return;
    const mine = local.list();
    const open = await store.openRuns([...new Set(mine.map(({ key }) => key.jobId))]);
    const isStillMine = ({ key, fencingToken }: LocalRun): boolean => open.some((run) => run.jobId === key.jobId && run.scheduledAtMs === key.scheduledAtMs && run.fencingToken === fencingToken);
    local.abortStarts(mine.filter((run) => !isStillMine(run)), 'replaced');
  }

  async #sweep(): Promise<void> {
    const byJob = new Map<string, RunRecord[]>();
    for (const run of await this.#parts.store.openRuns()) byJob.set(run.jobId, [...(byJob.get(run.jobId) ?? []), run]);
    for (const [jobId, runs] of byJob) {
      const job = this.#parts.book.get(jobId);
      if (job !== undefined) await this.#attend(job, runs);
    }
  }

  async #attend(job: CronJob, runs: readonly RunRecord[]): Promise<void> {
    const { store, starter } = this.#parts;
    for (const run of runs) {
      const isLost = run.state === 'released' || (run.state !== 'waiting' && (run.engineId === undefined || store.isGone(run.engineId)));
      if (isLost) await starter.recover(job, run);
    }
    const next = runs.every(({ state }) => state === 'waiting') ? nextWaiting(runs) : undefined;
    if (next !== undefined) await starter.promote(job, next);
  }
}
