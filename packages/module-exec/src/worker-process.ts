import { randomUUID } from 'node:crypto';
import { delay } from '@motia/engine-core';
import type { Clock, Logger, LogSink, Timer, WorkerHandle, WorkerRegistry } from '@motia/engine-core/contract';
import { nodeStreamTransport, type MotiaError } from '@motia/engine-core/contract';
import { takesChannel } from './channel-offer.js';
import type { Command } from './command.js';
import { execErrors } from './errors.js';
import type { ExitStatus } from './exit-status.js';
import { finishOutput, type FinishOptions } from './finish-output.js';
import { lossByDisconnect, lossByExit, lossByRefusal, type Loss } from './loss.js';
import { OutputLines } from './output-lines.js';
import { spawnGroup, type ProcessGroup } from './process-group.js';
import { isProgramOutput, ProtocolProbe } from './protocol-probe.js';
import { clearRemains, stopLadder, type LadderOutcome } from './stop-ladder.js';
import { settlesWithin } from './wait.js';

/** What every process of one module instance has in common. */
export interface ProcessSetting {
  readonly clock: Clock;
  readonly workers: WorkerRegistry;
  readonly logs: LogSink;
  readonly logger: Logger;
  readonly command: Command;
  readonly cwd: string;
  readonly umask: string;
  readonly protocol: 'auto' | 'required' | 'none';
  readonly handshakeTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly termTimeoutMs: number;
  readonly outputLinesPerSecond: number;
  /** Environment of one start. */
  environment(start: { readonly owner: string; readonly spawnId: string; readonly isReload: boolean }): Record<string, string>;
  /** Told of every group that exists, so that a later engine can sweep it. */
  readonly groups: { add(group: ProcessGroup, spawnId: string): void; remove(group: ProcessGroup): void };
}

export interface LaunchOptions {
  /** An older generation is serving. */
  readonly isReload: boolean;
  /** The command has spoken the protocol before, so silence is a failure and not its nature. */
  readonly mustSpeak: boolean;
}

/** How a process ended up: a worker of the engine, or just supervised. */
export type ProcessRole = 'worker' | 'plain';

const exitAfterCloseMs = 1_000;
const lateBytesMs = 20;
/** Output that is no protocol, and this long nothing else: the start of the engine waits no longer for a frame. */
const plainOutputMs = 1_000;
/** A process that speaks nothing counts as up when it has not failed at once. */
const survivesStartMs = 100;

/**
 * One run of the long-lived command, from spawn to the last trace of it.
 *
 *   launched ─ ready ─┬─ lost: it ended, hung or closed its connection by itself; its remains are cleared
 *            └ lost   └─ stop(): the ladder
 *
 * `ready` and `lost` settle at most once; after `stop` neither changes.
 */
export class WorkerProcess {
  readonly startedAt: number;
  /** Registered (`worker`), or accepted as it is (`plain`). Rejects with what `lost` resolves with. */
  readonly ready: Promise<ProcessRole>;
  /** Resolves when the process is gone by itself and nothing of it is left. Stays open when it was stopped. */
  readonly lost: Promise<Loss>;
  /** Resolves when its output is plainly no protocol so far; it becomes a worker all the same if frames come in time. */
  readonly seemsPlain: Promise<void>;
  #handle: WorkerHandle | undefined;
  #role: ProcessRole | undefined;
  #readyAtMs: number | undefined;
  #settleReady: { resolve(role: ProcessRole): void; reject(loss: MotiaError): void };
  #settleLost: (loss: Loss) => void;
  /** Aborts when it was lost or is being stopped, whichever comes first. */
  readonly #ending = new AbortController();
  /** Until a process that says nothing is taken for what it is. */
  #patience: Timer | undefined;
  #stopping: Promise<LadderOutcome> | undefined;
  readonly #startedAtMs: number;
  readonly #output: OutputLines;
  readonly #probe = new ProtocolProbe();
  #tellPlain!: () => void;
  #plainTimer: Timer | undefined;

  private constructor(
    private readonly setting: ProcessSetting,
    readonly owner: string,
    private readonly group: ProcessGroup,
    private readonly spawnId: string,
  ) {
    const { clock } = setting;
    this.startedAt = clock.now();
    this.#startedAtMs = clock.monotonicMs();
    let resolveReady!: (role: ProcessRole) => void, rejectReady!: (error: MotiaError) => void, resolveLost!: (loss: Loss) => void;
    this.ready = new Promise((resolve, reject) => ([resolveReady, rejectReady] = [resolve, reject]));
    this.ready.catch(() => undefined);
    this.seemsPlain = new Promise((resolve) => (this.#tellPlain = resolve));
    this.lost = new Promise((resolve) => (resolveLost = resolve));
    this.#settleReady = { resolve: resolveReady, reject: rejectReady };
    this.#settleLost = resolveLost;
    this.#output = new OutputLines({
      clock,
      logs: setting.logs,
      source: group.command.text,
      linesPerSecond: setting.outputLinesPerSecond,
      fields: { owner, pid: group.pid },
    });
    this.#output.read('stderr', group.stderr);
    void group.exited.then((status) => this.#exited(status));
    this.#listen();
  }

  /** @throws MotiaError `MOTIA_EXEC_SPAWN_FAILED` */
  static async launch(setting: ProcessSetting, owner: string, { isReload, mustSpeak }: LaunchOptions): Promise<WorkerProcess> {
    const spawnId = randomUUID();
    const { command, cwd, umask } = setting;
    const group = await spawnGroup({ command, cwd, umask, env: setting.environment({ owner, spawnId, isReload }), input: 'pipe', offersChannel: setting.protocol !== 'none' && takesChannel(command) });
    setting.groups.add(group, spawnId);
    return new WorkerProcess(mustSpeak && setting.protocol === 'auto' ? { ...setting, protocol: 'required' } : setting, owner, group, spawnId);
  }

  get pid(): number {
    return this.group.pid;
  }
  /** Present once it speaks the protocol. */
  get handle(): WorkerHandle | undefined {
    return this.#handle;
  }
  get role(): ProcessRole | undefined {
    return this.#role;
  }
  /** How long it has been ready, 0 before. */
  get healthyMs(): number {
    return this.#readyAtMs === undefined ? 0 : this.setting.clock.monotonicMs() - this.#readyAtMs;
  }
  get hasEnded(): boolean {
    return this.group.status !== undefined;
  }

  /** Pids of the process and its children, for memory accounting. */
  async memberPids(): Promise<readonly number[]> {
    return (await this.group.members()).map((entry) => entry.pid);
  }

  /** Down the ladder. Resolves when nothing is left; a second call joins the first. Never rejects. */
  stop(options: { readonly graceMs: number; readonly hurry?: AbortSignal }): Promise<LadderOutcome> {
    this.#ending.abort();
    this.#stopping ??= this.#descend(options);
    return this.#stopping;
  }

  #listen(): void {
    const { protocol, handshakeTimeoutMs, clock } = this.setting;
    if (protocol === 'required') return this.#attach();
    if (protocol === 'none') {
      this.#output.read('stdout', this.group.stdout);
      return void this.#confirmStart();
    }
    const onChunk = (chunk: Buffer): void => {
      const { text, frames } = this.#probe.push(chunk);
      if (text.length > 0) {
        this.#output.write('stdout', text);
        if (isProgramOutput(text)) this.#plainTimer ??= clock.setTimeout(this.#tellPlain, plainOutputMs);
      }
      if (frames === undefined) return;
      clock.clear(this.#plainTimer);
      clock.clear(this.#patience);
      this.group.stdout.off('data', onChunk);
      // Paused, the stream takes the bytes back; whoever listens next gets them first.
      this.group.stdout.pause();
      this.group.stdout.unshift(frames);
      this.#attach();
      this.group.stdout.resume();
    };
    this.#patience = clock.setTimeout(() => {
      if (this.#ending.signal.aborted || this.hasEnded) return;
      this.group.stdout.off('data', onChunk);
      this.#output.write('stdout', this.#probe.rest());
      this.#output.read('stdout', this.group.stdout);
      this.setting.logger.info(`"${this.group.command.text}" has not spoken the engine protocol in ${handshakeTimeoutMs} ms: it is supervised as an ordinary process`, {
        owner: this.owner,
        pid: this.pid,
        hint: 'Set `protocol: none` to start without this wait, or `protocol: required` to make it an error.',
      });
      this.#becomeReady('plain');
    }, handshakeTimeoutMs);
    this.group.stdout.on('data', onChunk);
  }

  /** Up, for a process that says nothing, is: it has become the command, and has not failed at once. */
  async #confirmStart(): Promise<void> {
    const { clock } = this.setting;
    do await delay(clock, survivesStartMs, this.#ending.signal);
    while (!this.#ending.signal.aborted && !this.hasEnded && (await this.group.isStillWrapped()));
    this.#becomeReady('plain');
  }

  #attach(): void {
    const { workers, clock, handshakeTimeoutMs, heartbeatIntervalMs } = this.setting;
    if (this.group.input === null || this.#ending.signal.aborted) return;
    const spentMs = clock.monotonicMs() - this.#startedAtMs;
    const handle = workers.attach(nodeStreamTransport(this.group.stdout, this.group.input), {
      owner: this.owner,
      label: this.group.command.text,
      pid: this.pid,
      activation: 'manual',
      retain: true,
      handshakeTimeoutMs: Math.max(1, handshakeTimeoutMs - spentMs),
      heartbeatIntervalMs,
      onText: (line) => this.#output.text(line),
    });
    this.#handle = handle;
    this.#output.worker = handle;
    handle.registered.then(() => this.#becomeReady('worker'), () => undefined);
    void handle.closed.then(({ reason, error }) => {
      if (reason === 'hung' || reason === 'faulty') return this.#refused(reason, error);
      return this.#disconnected(error);
    });
  }

  #becomeReady(role: ProcessRole): void {
    if (this.#ending.signal.aborted || this.hasEnded || this.#role !== undefined) return;
    this.#role = role;
    this.#readyAtMs = this.setting.clock.monotonicMs();
    this.#output.live();
    this.#settleReady.resolve(role);
  }

  /** The connection ended first: usually the exit follows at once and says more. */
  async #disconnected(cause: MotiaError | undefined): Promise<void> {
    if (this.#ending.signal.aborted || (await settlesWithin(this.setting.clock, this.group.exited, exitAfterCloseMs)) || this.#ending.signal.aborted) return;
    await this.#endAs(lossByDisconnect({ command: this.group.command.text, stderr: this.#output.lastLines(), cause, wasReady: this.#role !== undefined }));
  }

  async #refused(reason: 'hung' | 'faulty', cause: MotiaError | undefined): Promise<void> {
    if (this.#ending.signal.aborted) return;
    await this.#endAs(lossByRefusal({ command: this.group.command.text, reason, cause, wasReady: this.#role !== undefined }));
  }

  async #exited(status: ExitStatus): Promise<void> {
    // Bytes that are in the pipe still count, answers among them; then pending calls fail without waiting for more.
    if (!this.group.stdout.readableEnded) await delay(this.setting.clock, lateBytesMs);
    if (this.#ending.signal.aborted) return;
    const uptimeMs = this.setting.clock.monotonicMs() - this.#startedAtMs;
    await this.#endAs(() => lossByExit({ command: this.group.command.text, status, uptimeMs, stderr: this.#output.lastLines(), wasReady: this.#role !== undefined, wasWorker: this.#role === 'worker' }));
  }

  /** Clears what is left and tells. `loss` as a function is asked when the last output is in. */
  async #endAs(loss: Loss | (() => Loss)): Promise<void> {
    this.#ending.abort();
    const { clock } = this.setting;
    clock.clear(this.#patience);
    clock.clear(this.#plainTimer);
    this.#handle?.close('lost', typeof loss === 'function' ? undefined : loss.error);
    const outcome = await clearRemains({ clock, group: this.group, spawnId: this.spawnId });
    await this.#closeOutput(outcome, { isReported: this.#role === undefined });
    const told = typeof loss === 'function' ? loss() : loss;
    this.#settleReady.reject(told.error);
    this.#settleLost(told);
  }

  async #descend({ graceMs, hurry }: { readonly graceMs: number; readonly hurry?: AbortSignal }): Promise<LadderOutcome> {
    const { clock, termTimeoutMs } = this.setting;
    clock.clear(this.#patience);
    clock.clear(this.#plainTimer);
    const handle = this.#handle;
    const outcome = await stopLadder({
      clock,
      group: this.group,
      spawnId: this.spawnId,
      closeInput: () => {
        // The connection says goodbye before it ends the pipe.
        if (handle === undefined) this.group.input?.end();
        else handle.close('left');
      },
      endsOnClosedInput: handle !== undefined,
      graceMs,
      termTimeoutMs,
      ...(handle === undefined || handle.state === 'closed' ? {} : { drain: (deadline) => handle.drain(deadline) }),
      ...(hurry === undefined ? {} : { hurry }),
    });
    await this.#closeOutput(outcome, hurry === undefined ? {} : { hurry });
    this.#settleReady.reject(execErrors.STOPPING(undefined));
    return outcome;
  }

  async #closeOutput(outcome: LadderOutcome, options: FinishOptions): Promise<void> {
    const { clock, logger } = this.setting;
    this.#output.write('stdout', this.#probe.rest());
    await finishOutput(clock, this.group, this.#output, options);
    const scope = { owner: this.owner, pid: this.pid };
    for (const { pid, commandLine, isGone } of outcome.escapees) {
      if (isGone) logger.warn(`process ${pid} had left the group of "${this.group.command.text}" and was killed: ${commandLine}`, scope);
      else logger.error(`process ${pid} had left the group of "${this.group.command.text}" and survived SIGKILL: ${commandLine}`, scope);
    }
    for (const { pid } of outcome.survivors) logger.error(`process ${pid} of "${this.group.command.text}" survived SIGKILL`, scope);
    if (outcome.survivors.length === 0) this.setting.groups.remove(this.group);
  }
}
