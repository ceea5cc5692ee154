import { delay } from '@motia/engine-core';
import type { HealthReporter, Logger, MotiaError, ProcessService, WorkerRegistry, Clock } from '@motia/engine-core/contract';
import type { Command } from './command.js';
import { execErrors } from './errors.js';
import { changeOver } from './generation.js';
import { summariseHealth } from './health-summary.js';
import { Replica } from './replica.js';
import type { RestartPolicy } from './restart-policy.js';
import { SingleFlight } from './single-flight.js';
import type { LaunchOptions, WorkerProcess } from './worker-process.js';

export interface SupervisorOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: HealthReporter;
  readonly workers: WorkerRegistry;
  /** `exec:<instance>`. */
  readonly ownerPrefix: string;
  readonly replicas: number;
  readonly command: Command;
  readonly policy: RestartPolicy;
  readonly stopGraceMs: number;
  /** Development with `watch`: what fails is awaited to be fixed rather than tried again or given up. */
  readonly awaitsFix: boolean;
  readonly random: () => number;
  readonly build: (options: { readonly isReload: boolean; readonly stop: AbortSignal }) => Promise<void>;
  readonly launch: (owner: string, options: LaunchOptions) => Promise<WorkerProcess>;
}

/** What asks for new processes: a changed file or a person (all places, after a build), or a memory limit (one place). */
export interface ReloadRequest {
  readonly reason: string;
  readonly only?: Replica;
}

const drainPollMs = 20;

/** Runs the list of commands: builds, fills the places, changes them over on request, stops everything. */
export class ExecSupervisor {
  readonly replicas: readonly Replica[];
  readonly #flight = new SingleFlight<ReloadRequest>((requests) => this.#reload(requests));
  /** Every process that exists, wanted or on its way out. */
  readonly #processes = new Set<WorkerProcess>();
  readonly #stopped = new AbortController();
  readonly #hurry = new AbortController();
  #isFrozen = false;
  #stopping: Promise<void> | undefined;
  #hasStarted = false;
  #hasSpoken = false;
  #graceMs: number;
  #reloadError: MotiaError | undefined;
  /** Resolves when a process on its way up is plainly no worker: nothing is gained by holding the start of the engine for it. */
  readonly seemsPlain: Promise<void>;
  #tellPlain!: () => void;

  constructor(private readonly options: SupervisorOptions) {
    const { clock, logger, workers, policy, random, awaitsFix, ownerPrefix } = options;
    this.#graceMs = options.stopGraceMs;
    this.seemsPlain = new Promise((resolve) => (this.#tellPlain = resolve));
    this.replicas = Array.from({ length: options.replicas }, (_, index) =>
      new Replica({
        owner: `${ownerPrefix}#${index}`,
        clock, logger, workers, policy, random, awaitsFix,
        launch: (owner) => this.#launch(owner, false),
        onChanged: () => this.#showHealth(),
      }),
    );
  }

  /**
   * Builds and starts. Resolves when every place is filled or has given up; rejects when none could be filled, except
   * where a fix is awaited.
   */
  async start(): Promise<void> {
    this.options.health.set('starting');
    const first = this.#flight.request({ reason: 'start' });
    try {
      await first;
    } catch (error) {
      if (!this.options.awaitsFix || this.#stopped.signal.aborted) throw error;
      this.options.logger.error('nothing is running; waiting for a change of a watched file');
    }
  }

  /** Queues a change-over. @throws MotiaError why it failed, or `MOTIA_EXEC_STOPPING` */
  reload(request: ReloadRequest): Promise<void> {
    if (this.#isFrozen) return Promise.reject(execErrors.STOPPING(undefined));
    return this.#flight.request(request);
  }

  list(): ReturnType<ProcessService['list']> {
    return this.replicas.map(({ owner, state, process, restarts, lastError }) => ({
      owner,
      command: this.options.command.text,
      state,
      restarts,
      ...(process === undefined ? {} : { pid: process.pid, startedAt: process.startedAt }),
      ...(lastError === undefined ? {} : { lastError: lastError.message }),
    }));
  }

  /** No more change-overs; resolves when no call is in flight, after the grace, or when the signal aborts. */
  async drain(deadline: AbortSignal): Promise<void> {
    this.#isFrozen = true;
    const giveUpAtMs = this.options.clock.monotonicMs() + this.#graceMs;
    const onAbort = (): void => {
      this.#graceMs = 0;
      // A deadline that passed is no reason to be rude; anything else is somebody who does not want to wait.
      if ((deadline.reason as { readonly name?: unknown } | undefined)?.name !== 'TimeoutError') this.#hurry.abort();
    };
    if (deadline.aborted) onAbort();
    else deadline.addEventListener('abort', onAbort);
    const isBusy = (): boolean => [...this.#processes].some((process) => (process.handle?.inFlight ?? 0) > 0);
    while (isBusy() && !deadline.aborted && this.options.clock.monotonicMs() < giveUpAtMs) await delay(this.options.clock, drainPollMs, deadline);
    this.#graceMs = Math.max(0, Math.min(this.#graceMs, giveUpAtMs - this.options.clock.monotonicMs()));
  }

  /** Ends every process. Resolves when none is left. Idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    this.#isFrozen = true;
    this.#stopped.abort();
    for (const replica of this.replicas) replica.release();
    await Promise.all([...this.#processes].map((process) => this.#retire(process)));
    await this.#flight.idle();
    // What was being started while we stopped has stopped itself by now, or is about to.
    await Promise.all([...this.#processes].map((process) => this.#retire(process)));
    for (const replica of this.replicas) {
      replica.markStopped();
      await this.options.workers.release(replica.owner);
    }
  }

  async #reload(requests: readonly ReloadRequest[]): Promise<void> {
    const { clock, logger } = this.options;
    const startedMs = clock.monotonicMs();
    const isFirst = !this.#hasStarted;
    const reason = requests.map((request) => request.reason).join('; ');
    try {
      if (isFirst) await this.#startAll();
      else await this.#changeOver(requests);
      this.#reloadError = undefined;
    } catch (error) {
      this.#reloadFailed(error as MotiaError, reason, isFirst);
      throw error;
    } finally {
      this.#hasStarted = true;
      this.#showHealth();
    }
    logger.info(`${isFirst ? 'started' : 'reloaded'} "${this.options.command.text}" in ${Math.round(clock.monotonicMs() - startedMs)} ms`, { reason });
  }

  async #startAll(): Promise<void> {
    await this.options.build({ isReload: false, stop: this.#stopped.signal });
    const results = await Promise.allSettled(this.replicas.map((replica) => replica.start()));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined && results.every((result) => result.status === 'rejected')) throw failed.reason;
  }

  async #changeOver(requests: readonly ReloadRequest[]): Promise<void> {
    const isPartial = requests.every((request) => request.only !== undefined);
    const places = isPartial ? this.replicas.filter((replica) => requests.some((request) => request.only === replica)) : this.replicas;
    const isReload = this.replicas.some((replica) => replica.state === 'ready');
    if (!isPartial) await this.options.build({ isReload, stop: this.#stopped.signal });
    if (this.#stopped.signal.aborted) throw execErrors.STOPPING(undefined);
    await changeOver(
      { workers: this.options.workers, launch: (owner) => this.#launch(owner, isReload), retire: (process) => this.#retire(process) },
      places,
    );
  }

  #reloadFailed(error: MotiaError, reason: string, isFirst: boolean): void {
    if (this.#stopped.signal.aborted) return;
    const isServing = this.replicas.some((replica) => replica.state === 'ready');
    this.#reloadError = isFirst ? undefined : error;
    // What a place gave up on it has reported itself.
    const isReported = this.replicas.some((replica) => replica.lastError === error);
    for (const replica of this.replicas) if (replica.state === 'stopped' || replica.state === 'fatal') replica.fail(error);
    if (isReported) return;
    const what = isServing ? 'the new version did not come up, the previous one goes on serving' : 'it did not start';
    this.options.logger.error(`"${this.options.command.text}": ${what}: ${error.message}`, { reason, code: error.code, hint: error.hint });
  }

  async #launch(owner: string, isReload: boolean): Promise<WorkerProcess> {
    if (this.#stopped.signal.aborted) throw execErrors.STOPPING(undefined);
    const launched = await this.options.launch(owner, { isReload, mustSpeak: this.#hasSpoken });
    this.#processes.add(launched);
    void launched.seemsPlain.then(this.#tellPlain);
    launched.ready.then((role) => (this.#hasSpoken ||= role === 'worker'), () => undefined);
    void launched.lost.then(() => this.#processes.delete(launched));
    if (this.#stopped.signal.aborted) {
      await this.#retire(launched);
      throw execErrors.STOPPING(undefined);
    }
    return launched;
  }

  async #retire(process: WorkerProcess): Promise<void> {
    const outcome = await process.stop({ graceMs: this.#graceMs, hurry: this.#hurry.signal });
    if (!this.#processes.delete(process)) return;
    const scope = { owner: process.owner, pid: process.pid, how: outcome.rung };
    if (outcome.rung === 'killed' && !this.#hurry.signal.aborted) this.options.logger.warn(`"${this.options.command.text}" did not end when asked to and was killed`, scope);
    else this.options.logger.debug(`"${this.options.command.text}" stopped`, scope);
  }

  #showHealth(): void {
    if (!this.#hasStarted || this.#stopped.signal.aborted) return;
    const { status, reason } = summariseHealth(this.replicas, this.#reloadError);
    this.options.health.set(status, reason);
  }
}
