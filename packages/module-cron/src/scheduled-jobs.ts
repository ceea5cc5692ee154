import { isMotiaError, messageOf, type Clock, type FunctionRegistry, type Logger, type StoreTransaction } from '@motia/engine-core/contract';
import { CronJob } from './cron-job.js';
import type { CronStore, JobState, StoredJob } from './cron-store.js';
import type { JobBook } from './job-book.js';
import { timetableOf } from './job-spec.js';
import { specFromStore } from './schedule-keys.js';

export interface ScheduledJobsParts {
  readonly store: CronStore;
  readonly book: JobBook;
  readonly functions: FunctionRegistry;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  readonly activate: (job: CronJob) => Promise<void>;
}

/**
 * Jobs that calls made (`cron::schedule`). They live in the store, tick in every engine that knows their function, and
 * wait while it is unknown: after a start the process that has it may need a moment.
 */
export class ScheduledJobs {
  readonly #parts: ScheduledJobsParts;
  /** All of them, as the store had them last. */
  #states = new Map<string, JobState>();
  /** Jobs that could not be brought to tick. */
  readonly #failed = new Set<string>();
  #version: number | undefined;
  #loading: Promise<void> = Promise.resolve();

  constructor(parts: ScheduledJobsParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#states.size;
  }

  state(jobId: string): JobState | undefined {
    return this.#states.get(jobId);
  }

  list(): readonly JobState[] {
    return [...this.#states.values()];
  }

  /** Brings what is known here up to the store. Never rejects. */
  reload(): Promise<void> {
    this.#loading = this.#loading.then(() => this.#reload()).catch((error: unknown) => {
      this.#parts.logger.warn('Scheduled jobs could not be read', { reason: messageOf(error) });
    });
    return this.#loading;
  }

  /** Functions have come or gone. Never rejects. */
  async sync(): Promise<void> {
    for (const state of this.#states.values()) await this.#trySettle(state);
  }

  /** Tries again what could not be brought to tick. Never rejects. */
  async retry(): Promise<void> {
    for (const jobId of [...this.#failed]) {
      const state = this.#states.get(jobId);
      if (state === undefined) this.#failed.delete(jobId);
      else await this.#trySettle(state);
    }
  }

  /** Resolves when it is kept and ticks here. With `tx` it is handed over before this returns. */
  async put(job: StoredJob & { readonly anchorMs: number }, tx?: StoreTransaction): Promise<{ readonly isNew: boolean }> {
    const { isNew } = await this.#parts.store.putScheduled(job, tx === undefined ? {} : { tx });
    await this.reload();
    return { isNew };
  }

  async remove(jobId: string, tx?: StoreTransaction): Promise<boolean> {
    const wasThere = await this.#parts.store.removeScheduled(jobId, tx === undefined ? {} : { tx });
    await this.reload();
    return wasThere;
  }

  async #reload(): Promise<void> {
    const { version, jobs } = await this.#parts.store.scheduled(this.#version);
    this.#version = version;
    if (jobs === undefined) return;
    const before = this.#states;
    this.#states = new Map(jobs.map((state) => [state.jobId, state]));
    for (const jobId of before.keys()) if (!this.#states.has(jobId)) this.#parts.book.remove(jobId);
    for (const state of jobs) {
      const known = before.get(state.jobId);
      const ticking = this.#parts.book.get(state.jobId);
      const isSame = known !== undefined && known.spec === state.spec && known.functionId === state.functionId && known.isPaused === state.isPaused && (ticking === undefined || ticking.anchorMs <= state.anchorMs);
      if (!isSame) this.#parts.book.remove(state.jobId);
      await this.#trySettle(state);
    }
  }

  /** The store may be full, or busy: one job that cannot tick for now is no reason for others not to. */
  async #trySettle(state: JobState): Promise<void> {
    const { jobId, functionId } = state;
    try {
      await this.#settle(state);
      this.#failed.delete(jobId);
    } catch (error) {
      this.#parts.book.remove(jobId);
      this.#parts.logger[this.#failed.has(jobId) ? 'debug' : 'warn']('A scheduled job cannot tick for now; it is tried again', { jobId, functionId, reason: messageOf(error) });
      this.#failed.add(jobId);
    }
  }

  async #settle(state: JobState): Promise<void> {
    const { book, functions, activate } = this.#parts;
    const isKnown = functions.has(state.functionId);
    const ticking = book.get(state.jobId);
    if (!isKnown && ticking !== undefined) book.remove(state.jobId);
    if (!isKnown || ticking !== undefined) return;
    const job = this.#job(state);
    if (job === undefined) return;
    // Its anchor may have moved since the list was read.
    const [fresh] = await this.#parts.store.states([state.jobId]);
    if (fresh === undefined) return;
    job.adopt(fresh);
    await activate(job);
  }

  #job(state: JobState): CronJob | undefined {
    try {
      const spec = specFromStore(state.spec);
      const { isOneOff, next } = timetableOf(spec, state.anchorMs);
      return new CronJob({ jobId: state.jobId, functionId: state.functionId, origin: 'scheduled', spec, timetable: { isOneOff, next } }, state);
    } catch (error) {
      // Its years are over, or a later version wrote it: it stays where it is, and says so.
      const isOver = isMotiaError(error, 'MOTIA_CRON_NEVER_FIRES');
      this.#parts.logger[isOver ? 'debug' : 'warn']('A scheduled job does not run', { jobId: state.jobId, reason: messageOf(error) });
      return undefined;
    }
  }
}
