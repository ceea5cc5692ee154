import { messageOf, type Clock, type FunctionRegistry, type HealthReporter, type Logger, type QueueService, type Registration, type StorePool, type Telemetry, type Timer, type TriggerRegistry } from '@motia/engine-core/contract';
import { renewEveryMs } from './adapters/engine-watch.js';
import type { CronJob } from './cron-job.js';
import { registerCronFunctions } from './cron-functions.js';
import type { CronStore } from './cron-store.js';
import { Dispatcher } from './dispatcher.js';
import { JobBook } from './job-book.js';
import { cronMetrics } from './metrics.js';
import { Recovery } from './recovery.js';
import { DirectRuns } from './runs/direct-runs.js';
import { LocalRuns } from './runs/local-runs.js';
import { QueuedRuns, runFunctionId } from './runs/queued-runs.js';
import type { RunStarter } from './runs/run-starter.js';
import { ScheduledJobs } from './scheduled-jobs.js';
import { Scheduler } from './scheduler.js';
import { Ticker } from './ticker.js';
import { cronTriggerConfig } from './trigger-config.js';
import { TriggerJobs } from './trigger-jobs.js';

export interface CronEngineParts {
  readonly store: CronStore;
  readonly canTransact: boolean;
  readonly hasEngines: boolean;
  readonly queue: QueueService | undefined;
  /** Of transactions that jobs can be made and cancelled in. */
  readonly stores: StorePool | undefined;
  readonly functions: FunctionRegistry;
  readonly triggers: TriggerRegistry;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: HealthReporter;
}

const sweepEveryMs = 60_000;
const pruneEveryMs = 3_600_000;
/** Changes of other engines come in bursts; one look at the end of a burst is enough. */
const foreignDelayMs = 50;

/** Everything that runs between `start` and `stop` of the module. */
export class CronEngine {
  readonly scheduler: Scheduler;
  readonly #parts: CronEngineParts;
  readonly #book = new JobBook((job) => this.#onRemoved(job));
  readonly #local: LocalRuns;
  readonly #stopped = new AbortController();
  readonly #ticker: Ticker<CronJob>;
  readonly #dispatcher: Dispatcher;
  readonly #recovery: Recovery;
  readonly #scheduled: ScheduledJobs;
  readonly #queued: QueuedRuns | undefined;
  readonly #registrations: Registration[] = [];
  readonly #timers: Timer[] = [];
  #foreignTimer: Timer | undefined;
  /** Jobs that cannot be brought up to now. */
  readonly #failing = new Set<string>();

  constructor(parts: CronEngineParts) {
    this.#parts = parts;
    const { store, functions, telemetry, clock, logger } = parts;
    const metrics = cronMetrics(telemetry.meter);
    this.#local = new LocalRuns(clock);
    this.#ticker = new Ticker<CronJob>(clock, { onDue: (due) => void this.#dispatcher.dispatchAll(due), onJump: (byMs) => void this.#onJump(byMs) });
    const runParts = {
      store, functions, telemetry, clock, logger, metrics, local: this.#local, stopped: this.#stopped.signal,
      events: { onEnded: (jobId: string, next: Parameters<Dispatcher['runEnded']>[1]) => this.#onEnded(jobId, next) },
    };
    const database = store.store;
    this.#queued = parts.queue !== undefined && parts.canTransact && database !== undefined && parts.queue.store === database ? new QueuedRuns({ ...runParts, queue: parts.queue, database }) : undefined;
    const starter: RunStarter = this.#queued ?? new DirectRuns(runParts);
    this.#dispatcher = new Dispatcher({
      store, starter, ticker: this.#ticker, clock, logger, metrics,
      onOutcome: (job, error) => this.#onOutcome(job.jobId, { functionId: job.functionId, error }),
      onGone: (job) => this.#onGone(job),
    });
    this.#recovery = new Recovery({ store, starter, book: this.#book, local: this.#local, logger });
    const activate = (job: CronJob): Promise<void> => this.scheduler.activate(job);
    this.#scheduled = new ScheduledJobs({ store, book: this.#book, functions, clock, logger, activate });
    this.scheduler = new Scheduler({ store, book: this.#book, scheduled: this.#scheduled, dispatcher: this.#dispatcher, recovery: this.#recovery, starter, clock, logger, onGone: (job) => this.#onGone(job) });
    logger.info(`Cron runs are ${starter.label}`, { store: store.label, ...(this.#queued === undefined ? { because: whyDirect(parts) } : {}) });
  }

  async start(): Promise<void> {
    const { store, functions, triggers, clock, hasEngines, canTransact, stores, telemetry } = this.#parts;
    await store.prune([]);
    this.#ticker.start();
    if (this.#queued !== undefined) {
      const queued = this.#queued;
      this.#registrations.push(functions.register({ id: runFunctionId, description: 'Makes a run of a cron job; called by its message' }, (payload, call) => queued.handle(payload, call)));
    }
    this.#registrations.push(...registerCronFunctions({ functions, scheduler: this.scheduler, scheduled: this.#scheduled, store, book: this.#book, clock, logger: this.#parts.logger, canTransact, stores }));
    const config = cronTriggerConfig(clock);
    const jobs = new TriggerJobs({ store, book: this.#book, clock, logger: this.#parts.logger, specOf: config.specOf, activate: (job) => this.scheduler.activate(job) });
    this.#registrations.push(
      await triggers.registerType({ type: 'cron', description: 'A schedule of seven fields, or one point in time', config: config.schema, apply: (change) => jobs.apply(change) }),
      functions.onChanged(() => void this.#scheduled.sync()),
      telemetry.meter.gauge('cron_jobs', () => this.#book.size, { description: 'Jobs that tick in this engine', unit: '{job}' }),
    );
    await this.#scheduled.reload();
    // A store that only this engine may have open has no others to look after.
    if (hasEngines && store.store?.isShared !== false) {
      this.#registrations.push(store.onForeignChange(() => this.#onForeignChange()), store.onEngineGone(() => void this.#recovery.sweep()));
      this.#timers.push(clock.setInterval(() => void this.#renew(), renewEveryMs));
    }
    this.#timers.push(clock.setInterval(() => void this.#sweep(), sweepEveryMs), clock.setInterval(() => void store.prune(this.#book.list().map(({ jobId }) => jobId)).catch(() => undefined), pruneEveryMs));
  }

  /** No slot is taken any more; resolves when what was started here has ended. */
  async drain(deadline: AbortSignal): Promise<void> {
    this.#halt();
    await this.#local.idle(deadline);
  }

  async stop(): Promise<void> {
    this.#halt();
    for (const registration of this.#registrations.splice(0)) registration.dispose();
    this.#stopped.abort();
    this.#local.abortAll('the engine is stopping');
    // They give their runs back to whoever comes next; the store is still open.
    const patience = new AbortController();
    const timer = this.#parts.clock.setTimeout(() => patience.abort(), stopPatienceMs);
    await this.#local.idle(patience.signal);
    this.#parts.clock.clear(timer);
    this.#local.letGo();
  }

  #halt(): void {
    this.scheduler.stop();
    this.#dispatcher.stop();
    this.#ticker.stop();
    const { clock } = this.#parts;
    for (const timer of this.#timers.splice(0)) clock.clear(timer);
    clock.clear(this.#foreignTimer);
  }

  async #onJump(byMs: number): Promise<void> {
    const { logger, store } = this.#parts;
    logger.warn('The clock has jumped', { byMs: Math.round(byMs) });
    if (byMs > 0) return;
    // No slot comes twice: jobs wait for the time after their last slot. One that would wait for days is brought back.
    try {
      for (const state of await store.saveJobs(this.#book.list().map(stored))) {
        const job = this.#book.get(state.jobId);
        job?.adopt(state);
        if (job !== undefined) this.#dispatcher.arm(job);
      }
    } catch (error) {
      this.#warn('Schedules could not be set back with the clock', error);
    }
  }

  /** A job in code whose row is gone, because it was damaged, comes back as this engine knows it. One that a call made is over. */
  async #onGone(job: CronJob): Promise<void> {
    if (job.isGone) return;
    if (job.origin === 'scheduled') {
      this.#book.remove(job.jobId);
      return;
    }
    const [state] = await this.#parts.store.saveJobs([stored(job)]);
    if (state !== undefined) job.adopt(state);
  }

  #onRemoved(job: CronJob): void {
    this.#ticker.arm(job, undefined);
    this.#onOutcome(job.jobId, { error: undefined });
  }

  #onEnded(jobId: string, next: Parameters<Dispatcher['runEnded']>[1]): void {
    const job = this.#book.get(jobId);
    if (job !== undefined) void this.#dispatcher.runEnded(job, next);
  }

  #onForeignChange(): void {
    const { clock } = this.#parts;
    if (this.#foreignTimer !== undefined) return;
    this.#foreignTimer = clock.setTimeout(() => {
      this.#foreignTimer = undefined;
      void this.#scheduled.reload();
      void this.#recovery.dropReplaced().catch((error: unknown) => this.#warn('Cron runs that were replaced could not be looked for', error));
    }, foreignDelayMs);
  }

  async #sweep(): Promise<void> {
    await this.#recovery.sweep();
    await this.#scheduled.retry();
  }

  async #renew(): Promise<void> {
    try {
      await this.#parts.store.renew();
      await this.#recovery.sweep();
    } catch (error) {
      this.#warn('This engine could not tell the others that it lives', error);
    }
  }

  #warn(message: string, error: unknown): void {
    this.#parts.logger.warn(message, { reason: messageOf(error) });
  }

  /** Said once per job, until it goes well again. */
  #onOutcome(what: string, { functionId, error }: { readonly functionId?: string; readonly error: unknown }): void {
    const { health, logger } = this.#parts;
    if (error === undefined) {
      if (this.#failing.delete(what) && this.#failing.size === 0) health.set('healthy');
      return;
    }
    const reason = messageOf(error);
    if (!this.#failing.has(what)) logger.error('Slots of a cron job cannot be claimed; trying again every second', { jobId: what, ...(functionId === undefined ? {} : { functionId }), reason });
    this.#failing.add(what);
    health.set('degraded', `slots of ${String(this.#failing.size)} cron job(s) cannot be claimed: ${reason}`);
  }
}

/** Runs that are told to stop get so long to say how they ended. */
const stopPatienceMs = 2_000;

function stored({ jobId, functionId, origin, spec, anchorMs }: CronJob): Parameters<CronStore['saveJobs']>[0][number] {
  return { jobId, functionId, origin, spec: JSON.stringify(spec), anchorMs };
}

function whyDirect({ queue, canTransact }: CronEngineParts): string {
  if (queue === undefined) return 'no queue module is loaded';
  return canTransact ? 'the queue keeps its messages in another store' : 'the store of cron jobs has no transactions';
}
