import { nextTurn } from '@motia/engine-core';
import type { Clock, Logger } from '@motia/engine-core/contract';
import type { CronJob } from './cron-job.js';
import type { ClaimOutcome, CronStore, RunRecord } from './cron-store.js';
import { graceMs, type DuePlan } from './due-plan.js';
import type { CronMetrics } from './metrics.js';
import type { RunStarter, SlotClaim } from './runs/run-starter.js';
import type { Ticker } from './ticker.js';

/** Others may be faster time and again; then the next tick goes on. */
const mostRounds = 10;
/** Until a slot is tried again that the store could not take, or a backlog that waits for another engine's run. */
const retryMs = 1_000;
/** Until a paused job without a slot to come is asked whether another engine has resumed it. */
const pausedLookMs = 60_000;
/** Slots that another engine had the time before are left to it for so long: it is there, and two need not race each time. */
export const courtesyMs = 100;
/** Jobs planned in one turn of the event loop. */
const jobsPerTurn = 50;

export interface DispatcherParts {
  readonly store: CronStore;
  readonly starter: RunStarter;
  readonly ticker: Ticker<CronJob>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: CronMetrics;
  /** A job could not be brought up to now, and is tried again in a second; undefined: it could. */
  readonly onOutcome: (job: CronJob, error: unknown) => void;
  /** The store does not know the job any more: it is known again afterwards, or removed here. */
  readonly onGone: (job: CronJob) => Promise<void>;
}

/** Turns due jobs into claimed slots. One step at a time per job; jobs do not wait for each other. */
export class Dispatcher {
  readonly #parts: DispatcherParts;
  #isStopped = false;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Arms a job for its next slot. One that is overdue is due now. */
  arm(job: CronJob): void {
    if (job.isGone || job.isBusy || this.#isStopped) return;
    const { ticker, clock } = this.#parts;
    if (job.isBlocked) return ticker.arm(job, clock.now() + retryMs);
    // A paused job keeps its place in time; whether it still is paused is asked when it is due, and now and then of one that is due only once.
    const nowMs = clock.now();
    const nextMs = job.isPaused && job.nextMs !== undefined ? (job.timetable.next(nowMs) ?? nowMs + pausedLookMs) : job.nextMs;
    ticker.arm(job, nextMs === undefined ? undefined : nextMs + (job.isCourteous ? courtesyMs : 0));
  }

  async dispatchAll(jobs: readonly CronJob[]): Promise<void> {
    for (const [index, job] of jobs.entries()) {
      // Many at once must not hold up everything else in the engine.
      if (index > 0 && index % jobsPerTurn === 0) await nextTurn();
      void this.dispatch(job);
    }
  }

  /** Brings a job up to now: claims what is due, records what was missed. Never rejects. */
  async dispatch(job: CronJob): Promise<void> {
    if (job.isGone || this.#isStopped) return;
    if (job.isBusy) {
      job.isDueAgain = true;
      return;
    }
    job.isBusy = true;
    let failed = false;
    try {
      do {
        job.isDueAgain = false;
        job.isBlocked = false;
        await this.#bringUp(job);
      } while (job.isDueAgain);
      this.#parts.onOutcome(job, undefined);
    } catch (error) {
      failed = true;
      if (!this.#isStopped) this.#parts.onOutcome(job, error);
    }
    job.isBusy = false;
    if (failed) this.#parts.ticker.arm(job, this.#parts.clock.now() + retryMs);
    else this.arm(job);
  }

  async #bringUp(job: CronJob): Promise<void> {
    const { store, clock } = this.#parts;
    if (job.isPaused || job.isCourteous) {
      const [state] = await store.states([job.jobId]);
      if (state === undefined) await this.#parts.onGone(job);
      else job.adopt(state);
    }
    for (let round = 0; round < mostRounds && !job.isPaused && !job.isGone && !this.#isStopped; round += 1) {
      const plan = job.plan(clock.now());
      const isDone = plan.runs.length === 0 ? await this.#recordMissed(job, plan) : await this.#claimRuns(job, plan);
      if (isDone) return;
    }
  }

  async #recordMissed(job: CronJob, { missed, missedUntilMs }: DuePlan): Promise<boolean> {
    if (missedUntilMs === undefined) return true;
    const { store, metrics, logger } = this.#parts;
    const claim: SlotClaim = { jobId: job.jobId, scheduledAtMs: missedUntilMs, expectedAnchorMs: job.anchorMs, kind: 'slot', overlap: job.spec.overlap, isBackfilled: false, missed, reason: 'missed', isLast: job.isLast(missedUntilMs) };
    const outcome = await store.claim({ ...claim, wish: 'skip' });
    if (outcome.status === 'skipped') {
      metrics.missed(job.functionId, missed);
      logger.warn('Cron slots were missed and are not run', { jobId: job.jobId, functionId: job.functionId, missed, lastMs: missedUntilMs, catchUp: job.spec.catchUp });
    }
    return this.#heed(job, claim, outcome);
  }

  async #claimRuns(job: CronJob, { runs, missed }: DuePlan): Promise<boolean> {
    const { starter, clock } = this.#parts;
    for (const [index, { atMs, isBackfilled }] of runs.entries()) {
      const isBacklog = runs.length > 1 && job.spec.overlap !== 'allow';
      const mustWait = isBacklog ? 'for any' : job.spec.catchUp === 'all' && job.spec.overlap !== 'allow' ? 'for backfills' : undefined;
      const claim: SlotClaim = {
        jobId: job.jobId, scheduledAtMs: atMs, expectedAnchorMs: job.anchorMs, kind: 'slot', overlap: job.spec.overlap, isBackfilled, missed: index === 0 ? missed : 0, isLast: job.isLast(atMs),
        ...(mustWait === undefined ? {} : { mustWait }),
      };
      const lateMs = clock.now() - atMs;
      const outcome = await starter.start(job, claim);
      this.#account(job, claim, { outcome, lateMs });
      if (!(await this.#heed(job, claim, outcome))) return false;
      if (job.isBlocked) return true;
    }
    return true;
  }

  /** Takes in what the store said. False: plan again. */
  async #heed(job: CronJob, { scheduledAtMs }: SlotClaim, outcome: ClaimOutcome): Promise<boolean> {
    switch (outcome.status) {
      case 'claimed':
      case 'skipped':
      case 'waiting':
        job.anchorMs = scheduledAtMs;
        job.isCourteous = false;
        return true;
      case 'taken':
        job.anchorMs = outcome.anchorMs;
        job.isCourteous = true;
        return false;
      case 'free':
        return false;
      case 'blocked':
        job.isBlocked = true;
        return true;
      case 'paused':
        job.isPaused = true;
        return true;
      case 'gone':
        await this.#parts.onGone(job);
        return job.isGone;
    }
  }

  #account(job: CronJob, { missed, scheduledAtMs }: SlotClaim, { outcome, lateMs }: { readonly outcome: ClaimOutcome; readonly lateMs: number }): void {
    const { metrics, logger } = this.#parts;
    const { functionId, jobId } = job;
    if (outcome.status !== 'claimed' && outcome.status !== 'skipped' && outcome.status !== 'waiting') return;
    if (missed > 0) {
      metrics.missed(functionId, missed);
      logger.warn('Cron slots were missed; the newest ones are run now', { jobId, functionId, missed, catchUp: job.spec.catchUp });
    }
    if (outcome.status === 'skipped') {
      metrics.ended(functionId, 'skipped', outcome.reason);
      logger.info('A cron slot is skipped', { jobId, functionId, scheduledAtMs, reason: outcome.reason });
    } else if (lateMs <= graceMs) metrics.started(functionId, lateMs);
  }

  /** A run is over: the one that waited for it comes, then what the backlog holds. */
  async runEnded(job: CronJob, next: RunRecord | undefined): Promise<void> {
    if (job.isGone || this.#isStopped) return;
    try {
      if (next !== undefined) await this.#parts.starter.promote(job, next);
    } catch (error) {
      this.#parts.onOutcome(job, error);
    }
    if (job.isBlocked || job.isBusy) await this.dispatch(job);
  }
}
