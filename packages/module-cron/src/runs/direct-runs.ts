import { inTrace } from '@motia/engine-core';
import type { Clock, FunctionRegistry, Logger, OpenSpan, Telemetry, TraceContext } from '@motia/engine-core/contract';
import type { CronJob } from '../cron-job.js';
import type { ClaimOutcome, CronStore, RunRecord, RunStart } from '../cron-store.js';
import { cronErrors } from '../errors.js';
import type { CronMetrics } from '../metrics.js';
import { callFunction, failureOf, wasKeptFromRunning } from './call-function.js';
import type { LocalRuns } from './local-runs.js';
import { persist } from './persist.js';
import type { RunEvents, RunStarter, SlotClaim } from './run-starter.js';
import { runSettings, type RunResult, type SlotRun } from './slot-run.js';
import { openSlotSpan, traceIdOf } from './slot-span.js';

export interface DirectRunsParts {
  readonly store: CronStore;
  readonly functions: FunctionRegistry;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: CronMetrics;
  readonly local: LocalRuns;
  readonly events: RunEvents;
  /** Fires when the engine stops. */
  readonly stopped: AbortSignal;
}

/** Nobody waits for the answer of a run, and nobody would call again. */
const parkMs = 30_000;

/**
 * Runs without a queue: the engine that gets the slot calls the function. A run that fails has failed. A run that is lost,
 * because its worker or its engine went away, is started once more, unless `catchUp` is `skip`.
 */
export class DirectRuns implements RunStarter {
  readonly label = 'called directly: a run that fails is not retried';
  readonly #parts: DirectRunsParts;

  constructor(parts: DirectRunsParts) {
    this.#parts = parts;
  }

  async start(job: CronJob, claim: SlotClaim, parent?: TraceContext): Promise<ClaimOutcome> {
    const { store, telemetry, local } = this.#parts;
    const span = openSlotSpan(telemetry, { ...claim, functionId: job.functionId }, parent);
    try {
      const outcome = await store.claim({ ...claim, wish: 'run', traceId: traceIdOf(span) });
      if (outcome.status === 'claimed') {
        local.abort(outcome.replaced, 'replaced');
        this.#launch({ job, run: slotRun(job, { ...claim, fencingToken: outcome.fencingToken ?? 0 }), span, attempt: 1 });
      } else {
        span.setAttribute('iii.cron.outcome', outcome.status);
        span.end();
      }
      return outcome;
    } catch (error) {
      span.end({ error });
      throw error;
    }
  }

  async promote(job: CronJob, run: RunRecord): Promise<boolean> {
    return (await this.#again(job, run, { attempt: 1, obtain: (start) => this.#parts.store.promote(run, start) })) !== undefined;
  }

  async recover(job: CronJob, run: RunRecord): Promise<void> {
    const { store, clock, logger } = this.#parts;
    const wasLost = run.state === 'running';
    const isTooOld = job.spec.catchUpWindowMs !== undefined && clock.now() - run.scheduledAtMs > job.spec.catchUpWindowMs;
    if (wasLost && (run.losses > 0 || job.spec.catchUp === 'skip' || isTooOld)) {
      const started = await store.takeOver(run, run.fencingToken ?? 0, { wish: 'run' });
      if (started?.fencingToken === undefined) return;
      const error = failureOf(cronErrors.RUN_LOST({ jobId: run.jobId, reason: run.losses > 0 ? 'its engine went away for the second time' : 'its engine went away while it ran' }));
      await this.#conclude(job, slotRun(job, { ...run, fencingToken: started.fencingToken }), { state: 'failed', reason: 'lost', error });
      return;
    }
    const trace = await this.#again(job, run, { attempt: run.attempts + 1, obtain: (start) => store.takeOver(run, run.fencingToken ?? 0, start) });
    if (trace !== undefined) inTrace(logger, trace).info('A cron run whose engine went away is started once more', { jobId: run.jobId, functionId: job.functionId, scheduledAtMs: run.scheduledAtMs });
  }

  /** Starts a run that was claimed before, in a trace of its own. Undefined when somebody else did, or it has ended. */
  async #again(job: CronJob, record: Again, { attempt, obtain }: { readonly attempt: number; readonly obtain: (start: RunStart) => ReturnType<CronStore['promote']> }): Promise<TraceContext | undefined> {
    const span = openSlotSpan(this.#parts.telemetry, { ...record, functionId: job.functionId });
    try {
      const started = await obtain({ wish: 'run', traceId: traceIdOf(span) });
      if (started?.fencingToken === undefined) {
        span.setAttribute('iii.cron.outcome', 'taken');
        span.end();
        return undefined;
      }
      this.#launch({ job, run: slotRun(job, { ...record, fencingToken: started.fencingToken }), span, attempt });
      return span.context;
    } catch (error) {
      span.end({ error });
      throw error;
    }
  }

  #launch(launched: { readonly job: CronJob; readonly run: SlotRun; readonly span: OpenSpan; readonly attempt: number }): void {
    void this.#run(launched);
  }

  /** Never rejects. */
  async #run({ job, run, span, attempt }: { readonly job: CronJob; readonly run: SlotRun; readonly span: OpenSpan; readonly attempt: number }): Promise<void> {
    const { local, store } = this.#parts;
    span.setAttribute('iii.cron.fencing_token', run.fencingToken);
    const controller = local.open(run, run.fencingToken);
    const result = await callFunction(this.#parts, run, { trace: span.context, signal: controller.signal, attempt, parkMs });
    span.end(result.thrown === undefined ? {} : { error: result.thrown });
    if (controller.signal.aborted && result.state === 'failed') {
      // Replaced: whoever did it has ended the run. Stopped: somebody may go on with it.
      if (controller.signal.reason !== 'replaced') await persist(this.#parts, run.jobId, () => store.release(run, run.fencingToken));
    } else if (!(await this.#restartLost(job, run, { result, attempt }))) await this.#conclude(job, run, result, span.context);
    local.close(run, run.fencingToken);
  }

  /** A worker that dies takes the run with it, not the engine: one more start, if the policy wants that lost work is caught up. */
  async #restartLost(job: CronJob, run: SlotRun, { result, attempt }: { readonly result: RunResult; readonly attempt: number }): Promise<boolean> {
    const { store, logger } = this.#parts;
    if (!wasKeptFromRunning(result.thrown, run) || result.thrown.code !== 'MOTIA_ENGINE_WORKER_LOST' || attempt > 1 || job.spec.catchUp === 'skip') return false;
    const trace = await this.#again(job, run, { attempt: attempt + 1, obtain: (start) => persist(this.#parts, run.jobId, () => store.takeOver(run, run.fencingToken, start)) });
    if (trace !== undefined) inTrace(logger, trace).warn('A cron run whose process went away is started once more', { jobId: run.jobId, functionId: run.functionId, scheduledAtMs: run.scheduledAtMs });
    return true;
  }

  async #conclude(job: CronJob, run: SlotRun, { state, reason, error }: RunResult, trace?: TraceContext): Promise<void> {
    const { store, metrics, events } = this.#parts;
    const logger = inTrace(this.#parts.logger, trace);
    const outcome = await persist(this.#parts, run.jobId, () =>
      store.end(run, run.fencingToken, { state, ...(reason === undefined ? {} : { reason }), ...(error === undefined ? {} : { error }) }));
    if (outcome === undefined) return;
    const fields = { jobId: run.jobId, functionId: job.functionId, scheduledAtMs: run.scheduledAtMs };
    if (!outcome.isCurrent) {
      logger.warn('The result of a cron run came too late: the run belongs to another start', { ...fields, state });
      return;
    }
    if (state !== 'queued') metrics.ended(job.functionId, state, reason);
    if (state === 'failed') logger.error('A cron run failed', { ...fields, code: error?.code, reason: error?.message });
    events.onEnded(run.jobId, outcome.next);
  }
}

/** What stays of a run from start to start. */
type Again = Pick<SlotRun, 'jobId' | 'scheduledAtMs' | 'kind' | 'isBackfilled'>;

function slotRun(job: CronJob, { scheduledAtMs, kind, isBackfilled, fencingToken }: Omit<Again, 'jobId'> & Pick<SlotRun, 'fencingToken'>): SlotRun {
  return { jobId: job.jobId, functionId: job.functionId, scheduledAtMs, kind, isBackfilled, fencingToken, ...runSettings(job.spec) };
}
