import { inTrace } from '@motia/engine-core';
import { InFlightMap, messageOf, type Clock, type FunctionRegistry, type Logger, type MotiaError, type Telemetry, type Timer, type TriggerRegistry } from '@motia/engine-core/contract';
import type { JobFailure } from '../job.js';
import type { Settlement } from '../job-store.js';
import { queueErrors } from '../errors.js';
import { DeliveryTrace } from '../telemetry/delivery-trace.js';
import type { QueueMetrics } from '../telemetry/queue-metrics.js';
import type { LeaseKeeper } from './lease-keeper.js';
import type { LocalQueue } from './local-queue.js';
import type { LocalQueues } from './local-queues.js';
import { resultText, type Run, type RunEnd } from './run.js';
import { isSuspect, judge, lostWorker } from './verdict.js';

export interface RunnerParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly functions: FunctionRegistry;
  readonly triggers: TriggerRegistry;
  readonly metrics: QueueMetrics;
  readonly random: () => number;
  readonly maxResultBytes: number;
  readonly leases: LeaseKeeper;
  readonly queues: () => LocalQueues;
  readonly settle: (run: Run, end: Settlement['end']) => void;
  /** A place of the queue became free. */
  readonly onFree: (queue: LocalQueue) => void;
}

/** What was claimed ahead and has not started after this is given back: its handlers take longer than they did. */
const longestAheadMs = 100;

/** Runs deliveries, and judges how they ended. Those that may be what kills their process run alone. */
export class Runner {
  readonly #parts: RunnerParts;
  /** What this engine was given and has not ended here, by message. */
  readonly #runs = new InFlightMap<string, Run>();
  #running = 0;
  #aheadTimer: Timer | undefined;
  #reservedBy: LocalQueue | undefined;
  /** Deliveries whose process died, until it is known who else went with it. */
  #lost: { readonly run: Run; readonly error: MotiaError; readonly worker: string; readonly tookMs: number }[] = [];
  #idleListeners: (() => void)[] = [];

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  /** The delivery of a message, running or about to, by the message's id. */
  find(messageId: string): Run | undefined {
    return this.#runs.get(messageId);
  }

  findByInvocation(invocationId: string): Run | undefined {
    for (const run of this.#runs.values()) if (run.invocationId === invocationId) return run;
    return undefined;
  }

  /** Takes a delivery over. It starts when there is a place, at once as a rule, unless something has to run alone. */
  enter(run: Run): void {
    const { queue, delivery } = run;
    this.#runs.set(delivery.messageId, run);
    run.heldSinceMs = this.#parts.clock.monotonicMs();
    queue.waiting.push(run);
    this.#startNext(queue);
    if (queue.waiting.length === 0 || queue.isHeldUp || queue.isReserved) return;
    if (queue.hasPriorities) this.releaseAhead(queue);
    else this.#watchAhead();
  }

  /** The store says that the lease is somebody else's, or that the job has ended. */
  lose(run: Run, why = 'its lease was lost'): void {
    run.trace?.event('lease lost', { code: queueErrors.LEASE_LOST({ messageId: run.delivery.messageId }).code });
    run.stop('lost', why);
    this.#leaveWaiting(run);
  }

  /** Gives back what waits for a place; what must run alone keeps its turn. */
  releaseAhead(queue: LocalQueue): void {
    if (!queue.isHeldUp && !queue.isReserved) this.releaseWaiting(queue);
  }

  /** Gives back what was not started. */
  releaseWaiting(queue: LocalQueue): void {
    for (const run of queue.waiting.splice(0)) this.#giveBack(run);
    queue.isHeldUp = false;
  }

  #giveBack(run: Run): void {
    this.#forget(run);
    this.#parts.settle(run, { kind: 'again', delayMs: 0 });
  }

  #forget(run: Run): void {
    const { messageId } = run.delivery;
    if (this.#runs.get(messageId) === run) this.#runs.take(messageId);
  }

  #watchAhead(): void {
    this.#aheadTimer ??= this.#parts.clock.setTimeout(() => {
      this.#aheadTimer = undefined;
      const nowMs = this.#parts.clock.monotonicMs();
      for (const queue of this.#parts.queues().all()) {
        const [oldest] = queue.waiting;
        if (oldest === undefined || queue.isHeldUp || queue.isReserved) continue;
        if (oldest.heldSinceMs + longestAheadMs > nowMs) {
          this.#watchAhead();
          continue;
        }
        queue.pace.stall(queue.options.concurrency);
        this.releaseWaiting(queue);
      }
    }, longestAheadMs);
  }

  stop(): void {
    this.#parts.clock.clear(this.#aheadTimer);
  }

  /** Tells every handler to stop, and gives their jobs back, in the order in which they came. */
  releaseAll(): void {
    const runs = [...this.#runs.values()].sort((one, other) => one.delivery.key - other.delivery.key);
    for (const run of runs) run.stop('released', 'the engine is stopping');
  }

  /** Resolves when nothing runs, or when `deadline` aborts. */
  idle(deadline?: AbortSignal): Promise<void> {
    if (this.#running === 0 || deadline?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        deadline?.removeEventListener('abort', done);
        resolve();
      };
      deadline?.addEventListener('abort', done, { once: true });
      this.#idleListeners.push(done);
    });
  }

  #startNext(queue: LocalQueue): void {
    const queues = this.#parts.queues();
    queue.isHeldUp = false;
    for (let run = queue.waiting[0]; run !== undefined && !queue.isReserved && queue.running < queue.options.concurrency; run = queue.waiting[0]) {
      if (!queues.canRun(queue, run.delivery.functionId) || this.#parts.clock.monotonicMs() >= run.leasedUntilMs) {
        // Whoever would run it has gone meanwhile, or this process stood still for so long that somebody else may have it
        // by now, and a later one of its group as well. It waits in the store, where others may take it.
        queue.waiting.shift();
        this.#giveBack(run);
        continue;
      }
      if (isSuspect(run.delivery.losses, queue.options)) {
        queue.isHeldUp = queue.running > 0 || this.#reservedBy !== undefined;
        if (queue.isHeldUp) return;
        queue.isReserved = true;
        this.#reservedBy = queue;
      }
      queue.waiting.shift();
      void this.#run(run);
    }
  }

  async #run(run: Run): Promise<void> {
    const { queue, delivery } = run;
    const { clock, telemetry, metrics } = this.#parts;
    const queues = this.#parts.queues();
    const trigger = queue.identity.kind === 'topic' ? queues.subscriber(queue) : undefined;
    queue.running += 1;
    this.#running += 1;
    run.startedAtMs = clock.now();
    run.trace = new DeliveryTrace(telemetry, queue, delivery);
    metrics.started(queue, run.startedAtMs - delivery.readyAtMs);
    const startedMs = clock.monotonicMs();
    const end = await run.call(this.#parts, trigger);
    this.#forget(run);
    this.#running -= 1;
    queue.running -= 1;
    const tookMs = clock.monotonicMs() - startedMs;
    queue.pace.record(tookMs);
    this.#conclude(run, end, tookMs);
    this.#free(run);
    if (this.#running === 0) this.#tellIdle();
  }

  #conclude(run: Run, end: RunEnd, tookMs: number): void {
    const { metrics } = this.#parts;
    const error = end.kind === 'failed' ? end.error : undefined;
    run.trace?.end(error);
    // What is remembered of who is ready may be older than this failure.
    if (error?.code.startsWith('MOTIA_ENGINE_WORKER_') === true) this.#parts.queues().recheck();
    if (run.stopped === 'lost') {
      this.#parts.leases.release(run);
      metrics.ended(run.queue, 'lost', tookMs);
      return;
    }
    if (error === undefined) {
      metrics.ended(run.queue, end.kind === 'skipped' ? 'skipped' : 'completed', tookMs);
      this.#parts.settle(run, this.#completed(run, end));
      return;
    }
    if (run.stopped === 'released') {
      metrics.ended(run.queue, 'released', tookMs);
      this.#parts.settle(run, { kind: 'again', delayMs: 0 });
      return;
    }
    const worker = lostWorker(error, run.functionIds);
    if (worker === undefined) {
      this.#failed(run, error, { tookMs, companions: 0 });
      return;
    }
    this.#lost.push({ run, error, worker, tookMs });
    // A process takes all its calls with it in one moment, but they are told one by one.
    if (this.#lost.length === 1) setImmediate(() => this.judgeLosses());
  }

  /** What became of deliveries whose process died. */
  judgeLosses(): void {
    const lost = this.#lost;
    this.#lost = [];
    for (const { run, error, worker, tookMs } of lost) {
      this.#failed(run, error, { tookMs, companions: lost.filter((other) => other.worker === worker).length - 1 });
    }
  }

  #completed(run: Run, end: RunEnd): Settlement['end'] {
    if (!run.delivery.keepResult || end.kind !== 'answered') return { kind: 'completed' };
    const { maxResultBytes: limitBytes } = this.#parts;
    try {
      const result = resultText(end.result);
      const receivedBytes = Buffer.byteLength(result);
      return receivedBytes <= limitBytes ? { kind: 'completed', result } : this.#withoutResult(run, queueErrors.RESULT_TOO_LARGE({ limitBytes, receivedBytes }));
    } catch (error) {
      return this.#withoutResult(run, queueErrors.RESULT_NOT_SERIALIZABLE({ reason: messageOf(error).split('\n')[0] ?? '' }));
    }
  }

  /** The work is done and must not be done again: only its result is missing. */
  #withoutResult(run: Run, error: MotiaError): Settlement['end'] {
    inTrace(this.#parts.logger, run.context).warn('A result is not kept', { code: error.code, reason: error.message, messageId: run.delivery.messageId });
    return { kind: 'completed' };
  }

  #failed(run: Run, error: MotiaError, { tookMs, companions }: { readonly tookMs: number; readonly companions: number }): void {
    const { queue, delivery } = run;
    const { metrics, random } = this.#parts;
    const logger = inTrace(this.#parts.logger, run.context);
    const { attempts, losses, messageId, lease } = delivery;
    const verdict = judge(error, { functionIds: run.functionIds, attempts, losses, releases: lease - 1 - attempts - losses, options: queue.options, random, companions });
    const about = { messageId, queue: queue.label, code: error.code, reason: error.message };
    if (verdict.kind === 'released') {
      metrics.ended(queue, 'released', tookMs);
      logger.debug('A delivery was given back', about);
      // A function that is known to be away is not asked again before it is back.
      this.#parts.settle(run, { kind: 'again', delayMs: this.#parts.queues().canRun(queue, delivery.functionId) ? verdict.delayMs : 0 });
      return;
    }
    metrics.ended(queue, verdict.counts === 'loss' ? 'crashed' : 'failed', tookMs);
    const failure = this.#failure(run, error, verdict.counts === 'loss' ? 'lost' : 'failed');
    if (verdict.kind === 'dead') {
      metrics.dead(queue);
      const blocksGroup = queue.options.onExhausted === 'block';
      const after = blocksGroup ? 'its group waits until it is redriven or discarded' : 'it is among the dead letters';
      logger.error(`A message was given up; ${after}`, { ...about, attempts: attempts + (verdict.counts === 'attempt' ? 1 : 0), losses: losses + (verdict.counts === 'loss' ? 1 : 0) });
      this.#parts.settle(run, { kind: 'dead', counts: verdict.counts, failure, blocksGroup });
      return;
    }
    logger.warn('A delivery failed; the message comes again', { ...about, attempt: attempts + losses + 1, inMs: verdict.delayMs });
    this.#parts.settle(run, { kind: 'again', counts: verdict.counts, delayMs: verdict.delayMs, failure });
  }

  #failure(run: Run, error: MotiaError, kind: JobFailure['kind']): JobFailure {
    return {
      kind,
      code: error.code,
      message: error.message,
      ...(error.stack === undefined ? {} : { stack: error.stack }),
      atMs: this.#parts.clock.now(),
      delivery: run.delivery.lease,
      ...(run.trace === undefined ? {} : { traceId: run.trace.traceId, spanId: run.trace.spanId }),
    };
  }

  /** Whatever waited for this delivery to end may go on. */
  #free({ queue }: Run): void {
    if (queue.isReserved && this.#reservedBy === queue) {
      queue.isReserved = false;
      this.#reservedBy = undefined;
      for (const other of this.#parts.queues().all()) if (other !== queue && other.waiting.length > 0) this.#startNext(other);
    }
    this.#startNext(queue);
    this.#parts.onFree(queue);
  }

  #leaveWaiting(run: Run): void {
    const place = run.queue.waiting.indexOf(run);
    if (place < 0) return;
    const { queue } = run;
    queue.waiting.splice(place, 1);
    this.#forget(run);
    this.#parts.leases.release(run);
    this.#startNext(queue);
    this.#parts.onFree(queue);
  }

  #tellIdle(): void {
    const listeners = this.#idleListeners;
    this.#idleListeners = [];
    for (const listener of listeners) listener();
  }
}
