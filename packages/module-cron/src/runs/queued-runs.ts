import { isMotiaError, type InvocationContext, type QueueRunStatus, type QueueService, type StoreService, type TraceContext } from '@motia/engine-core/contract';
import type { CronJob } from '../cron-job.js';
import type { ClaimOutcome, RunEnd, RunKey, RunRecord } from '../cron-store.js';
import { asErrorOf, callFunction, wasKeptFromRunning } from './call-function.js';
import type { DirectRunsParts } from './direct-runs.js';
import { persist } from './persist.js';
import type { RunStarter, SlotClaim } from './run-starter.js';
import { readMessage, type RunMessage } from './run-message.js';
import { runId, runSettings, type RunResult } from './slot-run.js';
import { openSlotSpan, traceIdOf } from './slot-span.js';

/** What messages call: it begins the run, calls the job's function and records the end. */
export const runFunctionId = 'engine::cron::run';
/** A process that restarts is back by then; for one that is not, the message waits, and leaves its place in the queue to others. */
const parkMs = 2_000;
/** A message outlives its run by the time for the condition and for a process that restarts. */
const spareMs = 60_000;

export interface QueuedRunsParts extends DirectRunsParts {
  readonly queue: QueueService;
  /** Where slots and messages are kept. */
  readonly database: StoreService;
}

/**
 * Runs as messages: the slot and the message are committed together, or neither is. From then on the run is an ordinary
 * message, with leases, retries and dead letters, and its id is the same for every attempt.
 */
export class QueuedRuns implements RunStarter {
  readonly label = 'messages on the queue: retried and dead-lettered like any other';
  readonly #parts: QueuedRunsParts;
  readonly #watched = new Set<string>();

  constructor(parts: QueuedRunsParts) {
    this.#parts = parts;
  }

  async start(job: CronJob, claim: SlotClaim, parent?: TraceContext): Promise<ClaimOutcome> {
    const { store, telemetry, local } = this.#parts;
    const span = openSlotSpan(telemetry, { ...claim, functionId: job.functionId }, parent);
    const messageId = runId(claim);
    try {
      const [outcome] = await this.#parts.database.transaction((tx) =>
        Promise.all([store.claim({ ...claim, wish: 'queue', messageId, traceId: traceIdOf(span) }, { tx }), this.#enqueue(job, claim, { tx, trace: span.context })]));
      span.end();
      if (outcome.status === 'claimed') local.abort(outcome.replaced, 'replaced');
      this.#watch(claim, messageId);
      return outcome;
    } catch (error) {
      if (!isMotiaError(error, 'MOTIA_CRON_SLOT_REFUSED')) {
        span.end({ error });
        throw error;
      }
      span.setAttribute('iii.cron.outcome', 'refused');
      span.end();
      return store.claim({ ...claim, wish: 'settle', traceId: traceIdOf(span) });
    }
  }

  async promote(job: CronJob, run: RunRecord): Promise<boolean> {
    const { store, telemetry } = this.#parts;
    const span = openSlotSpan(telemetry, run);
    const messageId = runId(run);
    try {
      await this.#parts.database.transaction((tx) => Promise.all([store.promote(run, { wish: 'queue', messageId, traceId: traceIdOf(span) }, { tx }), this.#enqueue(job, run, { tx, trace: span.context })]));
      this.#watch(run, messageId);
      return true;
    } catch (error) {
      if (isMotiaError(error, 'MOTIA_CRON_SLOT_REFUSED')) return false;
      throw error;
    } finally {
      span.end();
    }
  }

  /** The queue has the message and brings it back by itself; only its end has to be waited for here. */
  async recover(job: CronJob, run: RunRecord): Promise<void> {
    if (run.messageId !== undefined) {
      this.#watch(run, run.messageId);
      return;
    }
    // It was called directly, by an engine that had no queue.
    const messageId = runId(run);
    const span = openSlotSpan(this.#parts.telemetry, run);
    try {
      const started = await this.#parts.store.takeOver(run, run.fencingToken ?? 0, { wish: 'queue', messageId, traceId: traceIdOf(span) });
      if (started === undefined) return;
      await this.#enqueue(job, run, { trace: span.context });
      this.#watch(run, messageId);
    } finally {
      span.end();
    }
  }

  /** The function `engine::cron::run`. What it throws makes the queue try again. */
  async handle(payload: unknown, call: InvocationContext): Promise<unknown> {
    const { store, local, metrics, events } = this.#parts;
    const message = readMessage(payload);
    const begun = await store.begin(message);
    if (begun.status === 'over') return { skipped: begun.reason };
    const { fencingToken } = begun;
    const controller = local.open(message, fencingToken);
    const run = { ...message, kind: begun.kind, isBackfilled: begun.isBackfilled, fencingToken };
    const result = await callFunction(this.#parts, run, { parent: call, signal: controller.signal, attempt: call.attempt, parkMs });
    const isReplaced = controller.signal.aborted && controller.signal.reason === 'replaced';
    const outcome = isReplaced ? undefined : await persist(this.#parts, message.jobId, () => store.end(message, fencingToken, endOf(result, call)));
    local.close(message, fencingToken);
    if (isReplaced) return { skipped: 'replaced' };
    if (outcome?.isCurrent === true && result.state !== 'failed') {
      metrics.ended(message.functionId, result.state === 'queued' ? 'succeeded' : result.state, result.reason);
      events.onEnded(message.jobId, outcome.next);
    }
    // The queue judges the call of this function: what kept the job's from running kept this one.
    if (result.state === 'failed') throw wasKeptFromRunning(result.thrown, message) ? asErrorOf(runFunctionId, result.thrown) : result.thrown;
    return result.state === 'skipped' ? { skipped: result.reason } : { done: true };
  }

  #enqueue(job: CronJob, key: RunKey, options: Parameters<QueueService['enqueueCall']>[1]): Promise<unknown> {
    const message: RunMessage = { jobId: job.jobId, scheduledAtMs: key.scheduledAtMs, functionId: job.functionId, ...runSettings(job.spec) };
    const { queue } = job.spec;
    return this.#parts.queue.enqueueCall(
      { functionId: runFunctionId, payload: message, messageId: runId(key), timeoutMs: job.spec.timeoutMs + spareMs, ...(queue === undefined ? {} : { queue }) },
      options,
    );
  }

  /** The runner records what succeeds; what the queue gives up is recorded here, by whoever waits for it. */
  #watch(key: RunKey, messageId: string): void {
    if (this.#watched.has(messageId)) return;
    this.#watched.add(messageId);
    const { queue, stopped } = this.#parts;
    void queue.ended(messageId, stopped).then(async (told) => {
      this.#watched.delete(messageId);
      // "Unknown" is also what a queue says that could not look.
      const status = told.state === 'unknown' && !stopped.aborted ? await queue.status(messageId).catch(() => undefined) : told;
      const end = status === undefined || stopped.aborted ? undefined : endOfMessage(status);
      if (end === undefined) return;
      const { store, metrics, events, logger } = this.#parts;
      const outcome = await persist(this.#parts, key.jobId, () => store.endMessage(key, messageId, end));
      if (outcome?.isCurrent !== true) return;
      // Only for what is said of it: a store that closes or is damaged keeps no run that waits from coming.
      const [run] = await store.history({ jobId: key.jobId, limit: 1, beforeMs: key.scheduledAtMs + 1 }).catch(() => []);
      const functionId = run?.functionId ?? key.jobId;
      if (end.state !== 'queued') metrics.ended(functionId, end.state, end.reason);
      const ofRun = run?.traceId === undefined ? logger : logger.child({ traceId: run.traceId });
      if (end.state === 'failed') ofRun.error('A cron run failed', { jobId: key.jobId, functionId, scheduledAtMs: key.scheduledAtMs, code: end.error?.code, reason: end.error?.message });
      events.onEnded(key.jobId, outcome.next);
    });
  }
}

/** A failed attempt leaves the run open: another one may follow. One that was cut off (a stop, a lost lease) says nothing about the function. */
function endOf({ state, reason, error }: RunResult, call: InvocationContext): RunEnd {
  if (state === 'failed') return { state: 'queued', ...(call.signal.aborted || error === undefined ? {} : { error }) };
  return { state, ...(reason === undefined ? {} : { reason }) };
}

function endOfMessage({ state, error }: QueueRunStatus): RunEnd | undefined {
  switch (state) {
    case 'dead':
      return { state: 'failed', reason: 'dead', ...(error === undefined ? {} : { error }) };
    case 'cancelled':
      return { state: 'skipped', reason: 'cancelled' };
    case 'unknown':
      return { state: 'failed', reason: 'lost' };
    case 'completed':
      // The runner has recorded it, unless it could not write when its engine stopped.
      return { state: 'succeeded' };
    case 'waiting':
    case 'delayed':
    case 'running':
      // This engine stops, and somebody else will wait.
      return undefined;
  }
}
