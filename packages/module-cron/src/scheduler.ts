import type { Clock, CronJobInfo, CronService, Logger, TraceContext } from '@motia/engine-core/contract';
import { mostBackfilled, slotsOfRange, type BackfillRange } from './backfill-range.js';
import type { CronJob } from './cron-job.js';
import type { CronStore, JobState } from './cron-store.js';
import type { Dispatcher } from './dispatcher.js';
import { cronErrors } from './errors.js';
import type { JobBook } from './job-book.js';
import type { Recovery } from './recovery.js';
import type { RunStarter } from './runs/run-starter.js';
import type { ScheduledJobs } from './scheduled-jobs.js';
import { jobInfo } from './views.js';

export interface SchedulerParts {
  readonly store: CronStore;
  readonly book: JobBook;
  readonly scheduled: ScheduledJobs;
  readonly dispatcher: Dispatcher;
  readonly recovery: Recovery;
  readonly starter: RunStarter;
  /** The store does not know the job any more: it is known again afterwards, or removed here. */
  readonly onGone: (job: CronJob) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Two runs that are asked for within one millisecond are two: so many more are looked at for a free one. */
const mostTries = 1_000;

/** Jobs as they stand, and what can be done about them: for functions, tools and other modules. */
export class Scheduler implements CronService {
  readonly #parts: SchedulerParts;
  #isStopping = false;

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
  }

  /** Refuses new work from now on. */
  stop(): void {
    this.#isStopping = true;
  }

  /** Lets a job tick, once what is open of it is taken care of. */
  async activate(job: CronJob): Promise<void> {
    const { book, recovery, dispatcher } = this.#parts;
    book.checkRoom(book.get(job.jobId) === undefined ? 1 : 0);
    book.add(job);
    await recovery.recover(job);
    dispatcher.arm(job);
  }

  async list(): Promise<readonly CronJobInfo[]> {
    const nowMs = this.#parts.clock.now();
    return (await this.states()).map((state) => jobInfo(state, this.#parts.book.get(state.jobId), nowMs));
  }

  /** Of the jobs that tick here, and of those that wait for their function. */
  async states(): Promise<readonly JobState[]> {
    const { store, book, scheduled } = this.#parts;
    const ids = new Set([...book.list().map(({ jobId }) => jobId), ...scheduled.list().map(({ jobId }) => jobId)]);
    return store.states([...ids]);
  }

  async runNow(jobId: string): Promise<void> {
    await this.startNow(jobId);
  }

  /** Answers the time under which the run is known; it lies in the trace of `parent`. @throws `MOTIA_CRON_JOB_NOT_FOUND`, `MOTIA_CRON_RUN_IN_PROGRESS`, `MOTIA_CRON_STOPPING` */
  async startNow(jobId: string, parent?: TraceContext): Promise<number> {
    this.#checkRunning('A run');
    const { book, starter, clock, onGone } = this.#parts;
    const job = book.get(jobId);
    if (job === undefined) throw cronErrors.JOB_NOT_FOUND({ jobId });
    const nowMs = clock.now();
    for (let scheduledAtMs = nowMs; scheduledAtMs < nowMs + mostTries; scheduledAtMs += 1) {
      // The time of a slot to come is that slot's name: a run of that name would take its place.
      if (scheduledAtMs > job.anchorMs && job.timetable.next(scheduledAtMs - 1) === scheduledAtMs) continue;
      const outcome = await starter.start(job, { jobId, scheduledAtMs, kind: 'manual', expectedAnchorMs: job.anchorMs, overlap: job.spec.overlap, isBackfilled: false, missed: 0 }, parent);
      if (outcome.status === 'claimed' || outcome.status === 'waiting') return scheduledAtMs;
      if (outcome.status === 'skipped') throw cronErrors.RUN_IN_PROGRESS({ jobId, overlap: job.spec.overlap });
      if (outcome.status === 'gone') {
        await onGone(job);
        if (job.isGone) throw cronErrors.JOB_NOT_FOUND({ jobId });
      }
    }
    throw cronErrors.RUN_IN_PROGRESS({ jobId, overlap: job.spec.overlap });
  }

  /**
   * Lets slots of a range run that have not: one after the other, oldest first. With `isDryRun` it only tells which.
   * @throws `MOTIA_CRON_JOB_NOT_FOUND`, `MOTIA_CRON_BACKFILL_TOO_LARGE`, `MOTIA_CRON_BACKFILL_LIMIT`, `MOTIA_CRON_HISTORY_TOO_SHORT`, `MOTIA_CRON_STOPPING`
   */
  async backfill(jobId: string, range: BackfillRange, { isDryRun }: { readonly isDryRun: boolean }): Promise<{ readonly functionId: string; readonly slots: readonly number[] }> {
    this.#checkRunning('A backfill');
    const { book, store, clock, onGone, recovery } = this.#parts;
    const job = book.get(jobId);
    if (job === undefined) throw cronErrors.JOB_NOT_FOUND({ jobId });
    const slots = slotsOfRange(job, range, clock.now());
    const ask = () => store.backfill({ jobId, slots, limit: mostBackfilled, isDryRun });
    let outcome = await ask();
    if (outcome.status === 'gone') {
      await onGone(job);
      if (!job.isGone) outcome = await ask();
    }
    if (outcome.status === 'gone') throw cronErrors.JOB_NOT_FOUND({ jobId });
    if (!isDryRun && outcome.slots.length > 0) await recovery.recover(job);
    return { functionId: job.functionId, slots: outcome.slots };
  }

  /** Takes a one-off trigger in code out before it is due. @throws `MOTIA_CRON_JOB_NOT_CANCELLABLE` for one that recurs */
  async cancelOneOff({ jobId, functionId, anchorMs }: JobState): Promise<{ readonly job_id: string; readonly cancelled: boolean }> {
    this.#checkRunning('A change of a job');
    const { book, store, dispatcher } = this.#parts;
    const job = book.get(jobId);
    if (job?.timetable.isOneOff !== true) throw cronErrors.JOB_NOT_CANCELLABLE({ jobId, functionId });
    const atMs = job.timetable.next(anchorMs);
    if (atMs === undefined) return { job_id: jobId, cancelled: false };
    const claim = { jobId, scheduledAtMs: atMs, kind: 'slot', expectedAnchorMs: anchorMs, overlap: job.spec.overlap, isBackfilled: false, missed: 0 } as const;
    const outcome = await store.claim({ ...claim, wish: 'skip', reason: 'cancelled' });
    if (outcome.status !== 'skipped') return { job_id: jobId, cancelled: false };
    job.anchorMs = atMs;
    dispatcher.arm(job);
    return { job_id: jobId, cancelled: true };
  }

  pause(jobId: string): Promise<void> {
    return this.#setPaused(jobId, true);
  }

  resume(jobId: string): Promise<void> {
    return this.#setPaused(jobId, false);
  }

  async #setPaused(jobId: string, isPaused: boolean): Promise<void> {
    this.#checkRunning('A change of a job');
    const { store, book, dispatcher, scheduled } = this.#parts;
    if (!(await store.setPaused(jobId, isPaused))) throw cronErrors.JOB_NOT_FOUND({ jobId });
    if (scheduled.state(jobId) !== undefined) await scheduled.reload();
    const [state] = await store.states([jobId]);
    const job = book.get(jobId);
    if (state === undefined || job === undefined) return;
    job.adopt(state);
    dispatcher.arm(job);
    // What was backfilled meanwhile has waited for this.
    if (!isPaused) await this.#parts.recovery.recover(job);
  }

  #checkRunning(what: string): void {
    if (this.#isStopping) throw cronErrors.STOPPING({ what });
  }
}
