import { createEndpoint, type Endpoint, type EndpointLimits, type InitializeParams, type MotiaError, type PingResult, type Transport } from '@motia/protocol';
import type { Clock, Timer } from '../contract/clock.js';
import type { Logger } from '../contract/logger.js';
import type { AttachOptions, RunningCall, WorkerClosure, WorkerHandle, WorkerInfo, WorkerState } from '../contract/workers.js';
import type { TriggerTypeDefinition } from '../contract/triggers.js';
import { invocationErrors } from '../errors/invocation-errors.js';
import type { Call, CallerAccount } from '../functions/call.js';
import type { FunctionHolder } from '../functions/call-runner.js';
import type { TypeOffer } from '../triggers/trigger-lane.js';
import { Heartbeat } from './heartbeat.js';
import { RunningCalls } from './running-calls.js';
import { settlement } from './settlement.js';
import { WorkerRegistrations, type RegistrationLimits } from './worker-registrations.js';

/** Milliseconds from attach to `ready` unless told otherwise. */
export const defaultHandshakeTimeoutMs = 10_000;
/** Milliseconds between pings unless told otherwise. */
export const defaultHeartbeatIntervalMs = 5_000;
/** How long a peer that does not read may hold up the closing of its connection. */
const closingGraceMs = 1_000;
/** Told to a worker that drains; the real limit is the stop ladder of whoever started it. */
const drainDeadlineMs = 30_000;
/** Longest time that a worker may ask for to finish its calls when it leaves. */
export const longestLeaveMs = 3_600_000;

/** What a connection needs of the registry that it belongs to. */
export interface ConnectionHost {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registrationLimits: RegistrationLimits;
  readonly endpointLimits: Partial<EndpointLimits>;
  endCall(call: Call, error: MotiaError): void;
  /** A worker that had no room takes calls again. */
  onRoom(): void;
  /** No new calls from now on: functions and triggers leave, unless they are already gone. */
  takeOut(connection: WorkerConnection): Promise<void>;
  onClosed(connection: WorkerConnection, closure: WorkerClosure, from: WorkerState): void;
}

/**
 * One attached worker, from `connecting` to `closed`:
 *
 * `connecting` until `initialize`; `registering` until it says `ready`; `standby` until it is activated (at once with
 * `activation: 'auto'`); `ready` while it takes calls; `draining` while it only finishes what it has; `closed` for good.
 */
export class WorkerConnection implements WorkerHandle, FunctionHolder, CallerAccount {
  readonly id: string;
  readonly generation: number;
  readonly options: AttachOptions;
  readonly endpoint: Endpoint;
  readonly calls = new RunningCalls();
  readonly registrations: WorkerRegistrations;
  readonly connectedAt: number;
  /** Set when it goes live; later ones win where registrations differ. */
  sequence = 0;
  openCalls = 0;
  identity: InitializeParams | undefined;
  lastPing: PingResult | undefined;
  /** Told once the worker is live, or that it never will be: `ready` is answered with it. */
  readonly live = settlement<void>();
  readonly #host: ConnectionHost;
  readonly #transport: Transport;
  readonly #heartbeat: Heartbeat;
  readonly #registered = settlement<void>();
  readonly #closed = settlement<WorkerClosure>();
  readonly #disconnected = settlement<void>();
  #state: WorkerState = 'connecting';
  #handshakeTimer: Timer | undefined;
  #idleListeners: (() => void)[] = [];

  constructor(host: ConnectionHost, id: string, generation: number, transport: Transport, options: AttachOptions) {
    this.#host = host;
    this.id = id;
    this.generation = generation;
    this.options = options;
    this.#transport = transport;
    this.connectedAt = host.clock.now();
    this.registrations = new WorkerRegistrations(host.registrationLimits);
    this.endpoint = createEndpoint(transport, {
      role: 'engine',
      limits: host.endpointLimits,
      events: {
        onFault: (fault) => host.logger.warn('A worker broke the protocol', { worker: this.label, workerId: id, code: fault.code, reason: fault.message }),
        onText: (line) => options.onText?.(line),
        onRoom: () => host.onRoom(),
        onClose: (error) => this.#onConnectionClosed(error),
      },
    });
    const timeoutMs = options.handshakeTimeoutMs ?? defaultHandshakeTimeoutMs;
    this.#handshakeTimer = host.clock.setTimeout(() => this.#onHandshakeTimeout(timeoutMs), timeoutMs);
    this.#heartbeat = new Heartbeat({
      clock: host.clock,
      endpoint: this.endpoint,
      label: this.label,
      intervalMs: options.heartbeatIntervalMs ?? defaultHeartbeatIntervalMs,
      onAnswer: (answer) => void (this.lastPing = answer),
      onHung: (error) => this.close('hung', error),
    });
  }

  get owner(): string {
    return this.options.owner;
  }

  get label(): string {
    return this.options.label;
  }

  get workerId(): string {
    return this.id;
  }

  get state(): WorkerState {
    return this.#state;
  }

  get inFlight(): number {
    return this.calls.size;
  }

  get hasRoom(): boolean {
    return this.endpoint.hasRoom;
  }

  get registered(): Promise<void> {
    return this.#registered.promise;
  }

  get closed(): Promise<WorkerClosure> {
    return this.#closed.promise;
  }

  callStarted(call: Call): void {
    this.calls.add(call);
  }

  callEnded(call: Call, nowMs: number): void {
    this.calls.remove(call, nowMs);
    if (this.calls.size === 0 && this.#idleListeners.length > 0) this.#tellIdle();
  }

  /** A trigger type of this worker: offered together with its replicas, given to the newest of them. */
  offerOf(definition: TriggerTypeDefinition): TypeOffer {
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the sequence is set after the offer is made
    const worker = this;
    return {
      definition,
      owner: this.label,
      isShared: true,
      get sequence() {
        return worker.sequence;
      },
    };
  }

  runningCalls(): readonly RunningCall[] {
    return this.calls.newest();
  }

  /** `initialize` was accepted. */
  onInitialized(params: InitializeParams): void {
    this.identity = params;
    this.#state = 'registering';
  }

  /** The worker has registered everything. */
  onStandby(): void {
    this.#state = 'standby';
    this.#clearHandshakeTimer();
    this.#heartbeat.start();
    if (this.options.activation === 'manual') this.#registered.resolve();
  }

  /** Its functions take calls; its triggers are being bound. */
  onActivated(sequence: number): void {
    this.sequence = sequence;
    this.#state = 'ready';
    this.#clearHandshakeTimer();
    this.#heartbeat.start();
  }

  /** A tool connection registers nothing: it is ready as soon as it is known. */
  onCallerOnly(): void {
    this.#state = 'ready';
    this.#clearHandshakeTimer();
    this.#heartbeat.start();
    this.onLive();
  }

  /** Everything of it is live. */
  onLive(): void {
    this.live.resolve();
    this.#registered.resolve();
  }

  onDraining(): void {
    if (this.#state !== 'closed') this.#state = 'draining';
  }

  async drain(deadline: AbortSignal): Promise<void> {
    if (this.#state === 'closed') return;
    await this.#host.takeOut(this);
    if (this.endpointIsOpen) void this.endpoint.request('drain', { deadlineMs: drainDeadlineMs }).catch(() => undefined);
    await this.#idle(deadline);
  }

  /** The worker said that it leaves: it gets no new calls. Resolves with the number of calls left once there are none, or its time is up. */
  async leave(deadlineMs: number): Promise<number> {
    await this.#host.takeOut(this);
    const deadline = new AbortController();
    const timer = this.#host.clock.setTimeout(() => deadline.abort(), deadlineMs);
    await this.#idle(deadline.signal);
    this.#host.clock.clear(timer);
    return this.calls.size;
  }

  close(reason: WorkerClosure['reason'], error?: MotiaError): void {
    if (this.#state === 'closed') return;
    const from = this.#state;
    this.#state = 'closed';
    this.#clearHandshakeTimer();
    this.#heartbeat.stop();
    const closure: WorkerClosure = error === undefined ? { reason } : { reason, error };
    this.#host.onClosed(this, closure, from);
    for (const call of this.calls.all()) {
      this.#host.endCall(call, invocationErrors.WORKER_LOST({ functionId: call.functionId, worker: this.label, reason }, error));
    }
    this.#disconnect(reason, from);
    const gone = error ?? invocationErrors.WORKER_CLOSED({ worker: this.label, state: from === 'connecting' ? 'gone before its handshake' : 'closed' });
    this.live.reject(gone);
    this.#registered.reject(gone);
    this.#closed.resolve(closure);
    this.#tellIdle();
  }

  info(): WorkerInfo {
    const { identity } = this;
    const pid = identity?.pid ?? this.options.pid;
    return {
      id: this.id,
      owner: this.owner,
      label: this.label,
      name: identity?.name ?? this.label,
      state: this.#state,
      ...(pid === undefined ? {} : { pid }),
      ...(identity === undefined ? {} : { sdk: { name: identity.sdk.name, version: identity.sdk.version, language: identity.sdk.language } }),
      ...(identity?.os === undefined ? {} : { os: identity.os }),
      connectedAt: this.connectedAt,
      functionIds: [...this.registrations.functions.keys()],
      inFlight: this.inFlight,
      generation: this.generation,
      ...(this.lastPing === undefined ? {} : { vitals: this.lastPing }),
    };
  }

  /** @throws `MOTIA_ENGINE_WORKER_NOT_INITIALIZED`, `MOTIA_ENGINE_WORKER_CLOSED` */
  assertInitialized(method: string): void {
    if (this.#state === 'closed') throw invocationErrors.WORKER_CLOSED({ worker: this.label, state: 'closed' });
    if (this.identity === undefined) throw invocationErrors.WORKER_NOT_INITIALIZED({ worker: this.label, method });
  }

  /** @throws as {@link assertInitialized}, and `MOTIA_ENGINE_WORKER_CALLER_ONLY` */
  assertNotCallerOnly(method: string): void {
    this.assertInitialized(method);
    if (this.options.callerOnly === true) throw invocationErrors.WORKER_CALLER_ONLY({ worker: this.label, method });
  }

  /** @throws as {@link assertNotCallerOnly}, and `MOTIA_ENGINE_WORKER_CLOSED` while draining */
  assertMayRegister(method: string): void {
    this.assertNotCallerOnly(method);
    if (this.#state === 'draining') throw invocationErrors.WORKER_CLOSED({ worker: this.label, state: 'draining' });
  }

  get endpointIsOpen(): boolean {
    return this.identity !== undefined && this.#state !== 'closed';
  }

  /** Resolves when the connection has been ended as far as this side can. */
  get disconnected(): Promise<void> {
    return this.#disconnected.promise;
  }

  #disconnect(reason: WorkerClosure['reason'], from: WorkerState): void {
    if (from !== 'connecting') this.endpoint.notify('shutdown', { reason });
    // A refusal is answered in the turn after this one; what was written is still sent before the pipe ends.
    const timer = this.#host.clock.setTimeout(() => {
      this.#transport.destroy();
      this.#disconnected.resolve();
    }, closingGraceMs);
    const finished = (): void => {
      this.#host.clock.clear(timer);
      this.#disconnected.resolve();
    };
    setImmediate(() => {
      this.endpoint.close();
      this.endpoint.flush().then(finished, finished);
    });
  }

  #onConnectionClosed(error: Error | undefined): void {
    if (this.#state === 'closed') return;
    const isFaulty = (error as MotiaError | undefined)?.code === 'MOTIA_PROTOCOL_PEER_FAULTY';
    const lost = isFaulty ? (error as MotiaError) : invocationErrors.WORKER_DISCONNECTED({ worker: this.label, reason: error?.message ?? 'its connection ended' }, error);
    // Once it drains, going away is what it was asked to do.
    this.close(isFaulty ? 'faulty' : this.#state === 'draining' ? 'left' : 'lost', lost);
  }

  #onHandshakeTimeout(timeoutMs: number): void {
    const state = this.#state === 'connecting' ? 'it never said `initialize`' : 'it never said `ready`';
    this.close('faulty', invocationErrors.HANDSHAKE_TIMEOUT({ worker: this.label, timeoutMs, state }));
  }

  #clearHandshakeTimer(): void {
    this.#host.clock.clear(this.#handshakeTimer);
    this.#handshakeTimer = undefined;
  }

  #idle(deadline: AbortSignal): Promise<void> {
    if (this.calls.size === 0 || deadline.aborted || this.#state === 'closed') return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        deadline.removeEventListener('abort', done);
        resolve();
      };
      deadline.addEventListener('abort', done, { once: true });
      this.#idleListeners.push(done);
    });
  }

  #tellIdle(): void {
    const listeners = this.#idleListeners;
    this.#idleListeners = [];
    for (const listener of listeners) listener();
  }
}
