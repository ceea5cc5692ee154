import { delay } from '@motia/engine-core';
import type { Clock, Logger, MotiaError, ProcessState, WorkerRegistry } from '@motia/engine-core/contract';
import { execErrors } from './errors.js';
import type { Loss } from './loss.js';
import { decideRestart, noCrashes, type CrashHistory, type RestartPolicy } from './restart-policy.js';
import type { WorkerProcess } from './worker-process.js';

export interface ReplicaOptions {
  /** `exec:<instance>#<replica>`: the same for every process that fills this place. */
  readonly owner: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly workers: WorkerRegistry;
  readonly policy: RestartPolicy;
  /** In [0, 1), for the jitter. */
  readonly random: () => number;
  readonly launch: (owner: string) => Promise<WorkerProcess>;
  /** A process that ends before it was ever ready is not tried again: somebody is about to save the fix. */
  readonly awaitsFix: boolean;
  /** After every change of `state`. */
  readonly onChanged: () => void;
}

/**
 * One of the `replicas` places, and the process that fills it. States, and what moves it on:
 *
 *   stopped   nothing runs. `start` → starting; `adopt` → ready.
 *   starting  a process runs that is not ready. Ready → it goes live → ready. Lost → backoff or fatal.
 *   ready     its process serves. Lost → backoff or fatal. `release` → draining.
 *   backoff   waits to start again, longer after each crash. Time over → starting.
 *   fatal     gave up: crashed too often, or a new try cannot end differently. Only `adopt` (a reload) leads out.
 *   draining  its process was handed to whoever retires it; no process is started any more. `adopt` → ready.
 *
 * `release` from any state ends the tries under way. A token per stint (`#stint`) makes what was begun before a
 * `release` find itself outdated after each wait.
 */
export class Replica {
  restarts = 0;
  lastError: MotiaError | undefined;
  #state: ProcessState = 'stopped';
  #process: WorkerProcess | undefined;
  #history: CrashHistory = noCrashes;
  /** Whether any process was ready since `start`. */
  #cameUp = false;
  #stint = new AbortController();

  constructor(private readonly options: ReplicaOptions) {}

  get owner(): string {
    return this.options.owner;
  }
  get state(): ProcessState {
    // Its remains are being cleared; what follows is decided then.
    return this.#state === 'ready' && this.#process?.hasEnded === true ? 'backoff' : this.#state;
  }
  /** The process that fills the place now, ready or not. */
  get process(): WorkerProcess | undefined {
    return this.#process;
  }

  /** Starts and keeps it running. Resolves at the first ready, rejects when it gave up before. */
  start(): Promise<void> {
    this.#history = noCrashes;
    this.#cameUp = false;
    return this.#tryUntilReady(this.#renewStint());
  }

  /** Takes over a process that is live: from now on it is watched, and earlier crashes are forgotten. */
  adopt(process: WorkerProcess): void {
    this.#history = noCrashes;
    this.#supervise(process, this.#renewStint());
  }

  /** Lets go of the place's process and of every try under way, and answers the process, ready or not. */
  release(): WorkerProcess | undefined {
    this.#stint.abort();
    const released = this.#process;
    this.#process = undefined;
    this.#become('draining');
    return released;
  }

  /** Gives up without a try: there is nothing that could be started. */
  fail(error: MotiaError): void {
    this.#stint.abort();
    this.lastError = error;
    this.#become('fatal');
  }

  /** Nothing runs in this place any more. */
  markStopped(): void {
    this.#become('stopped');
  }

  #renewStint(): AbortSignal {
    this.#stint.abort();
    this.#stint = new AbortController();
    return this.#stint.signal;
  }

  async #tryUntilReady(stint: AbortSignal): Promise<void> {
    for (;;) {
      this.#become('starting');
      const loss = await this.#try(stint);
      if (stint.aborted) throw execErrors.STOPPING(undefined);
      if (loss === undefined) return;
      const retryInMs = this.#judge(loss, 0);
      if (retryInMs === undefined) throw this.lastError ?? loss.error;
      await delay(this.options.clock, retryInMs, stint);
      if (stint.aborted) throw execErrors.STOPPING(undefined);
      this.restarts++;
    }
  }

  /** One process, as far as ready and live. Answers why it did not get there. */
  async #try(stint: AbortSignal): Promise<Loss | undefined> {
    let launched: WorkerProcess;
    try {
      launched = await this.options.launch(this.owner);
    } catch (error) {
      return { error: error as MotiaError, isDefinitive: true };
    }
    if (stint.aborted) {
      void launched.stop({ graceMs: 0 });
      return undefined;
    }
    this.#process = launched;
    const loss = await Promise.race([launched.lost, launched.ready.then(() => undefined, () => undefined)]);
    if (loss !== undefined || stint.aborted) return loss;
    // A rejected `ready` means that it is lost, or that it was released and stopped.
    if (launched.role === undefined) return await Promise.race([launched.lost, aborted(stint)]);
    try {
      if (launched.handle !== undefined) await this.options.workers.activate({ arriving: [launched.handle], leaving: [] });
    } catch (error) {
      await launched.stop({ graceMs: 0 });
      return { error: error as MotiaError, isDefinitive: false };
    }
    if (!stint.aborted) this.#supervise(launched, stint);
    return undefined;
  }

  #supervise(process: WorkerProcess, stint: AbortSignal): void {
    this.#process = process;
    this.#cameUp = true;
    this.lastError = undefined;
    this.#become('ready');
    void process.lost.then((loss) => {
      if (!stint.aborted) void this.#recover(loss, process, stint);
    });
  }

  async #recover(loss: Loss, lost: WorkerProcess, stint: AbortSignal): Promise<void> {
    const retryInMs = this.#judge(loss, lost.healthyMs);
    if (retryInMs === undefined) return;
    await delay(this.options.clock, retryInMs, stint);
    if (stint.aborted) return;
    this.restarts++;
    // It failed loudly already; here is nobody to tell.
    await this.#tryUntilReady(stint).catch(() => undefined);
  }

  /** Decides after a loss: the wait before the next try, or undefined when there is none. */
  #judge(loss: Loss, healthyMs: number): number | undefined {
    const { clock, logger, policy, random, owner, awaitsFix } = this.options;
    this.#process = undefined;
    const decision = decideRestart(policy, this.#history, { atMs: clock.monotonicMs(), healthyMs }, random());
    this.#history = decision.history;
    if (decision.action === 'restart' && (this.#cameUp || (!loss.isDefinitive && !awaitsFix))) {
      this.lastError = loss.error;
      this.#become('backoff');
      logger.error(loss.error.message, { owner, code: loss.error.code, retryInMs: decision.delayMs });
      return decision.delayMs;
    }
    const crashes = decision.history.recentMs.length;
    const command = (loss.error.details as { command?: string } | undefined)?.command ?? owner;
    const isExhausted = decision.action === 'fatal' && crashes > 1;
    this.lastError = isExhausted ? execErrors.RESTARTS_EXHAUSTED({ command, crashes, windowMs: policy.windowMs, last: loss.error.message }, loss.error) : loss.error;
    logger.error(this.lastError.message, { owner, code: this.lastError.code, hint: this.lastError.hint });
    this.#become('fatal');
    return undefined;
  }

  #become(state: ProcessState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.options.onChanged();
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
