import type { CronJob } from './cron-job.js';
import { cronErrors } from './errors.js';

/** Jobs of one engine; beyond it a function that looks up what is due does it better. */
export const mostJobs = 10_000;

/** The jobs that tick in this engine. */
export class JobBook {
  readonly #jobs = new Map<string, CronJob>();
  readonly #onRemoved: (job: CronJob) => void;

  constructor(onRemoved: (job: CronJob) => void = () => undefined) {
    this.#onRemoved = onRemoved;
  }

  get size(): number {
    return this.#jobs.size;
  }

  get(jobId: string): CronJob | undefined {
    return this.#jobs.get(jobId);
  }

  list(): readonly CronJob[] {
    return [...this.#jobs.values()];
  }

  /** @throws `MOTIA_CRON_LIMIT` */
  checkRoom(more: number): void {
    if (this.#jobs.size + more > mostJobs) throw cronErrors.LIMIT({ limit: mostJobs });
  }

  /** A job of the same id is replaced. */
  add(job: CronJob): void {
    this.remove(job.jobId);
    this.#jobs.set(job.jobId, job);
  }

  /** What it still has under way goes on; its end changes nothing here. */
  remove(jobId: string): CronJob | undefined {
    const job = this.#jobs.get(jobId);
    if (job === undefined) return undefined;
    job.isGone = true;
    this.#jobs.delete(jobId);
    this.#onRemoved(job);
    return job;
  }
}
