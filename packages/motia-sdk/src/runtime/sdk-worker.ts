import {
  createChannelClient, createEndpoint, PROTOCOL_VERSION, ProtocolErrors, type ChannelClient, type ChannelReader, type ChannelRef, type ChannelWriter, type Endpoint, type IncomingInvoke, type InitializeResult, type InvokeParams, type LogEntry, type MotiaError, type PingResult,
  type Transport,
} from '@motia/protocol';
import { type InvocationScope, logLater, shared, type TracedCallOptions } from '../context/invocation-scope.js';
import { type ContextHost, StepContext } from '../context/step-context.js';
import type { Stream } from '../context/stream.js';
import { streamsByName } from '../context/streams-by-name.js';
import { sdkErrors } from '../errors.js';
import type { EnqueueData } from '../steps/flow-context.js';
import type { TriggerType } from '../steps/step-config.js';
import type { SpanAttributes, SpanData } from '../telemetry/span-data.js';
import { VERSION } from '../version.js';
import type { AppFunction, WireSettings } from './app-function.js';
import type { CompiledApp } from './compile-app.js';
import { toTravellingError } from './handler-error.js';
import { InFlight } from './in-flight.js';
import { callFunction } from './outgoing-call.js';
import { isPromiseLike } from './promise-like.js';
import { UndeclaredTopics } from './undeclared-topics.js';
import { WorkerTelemetry } from './worker-telemetry.js';

/** Why a connection ended. `shutdown`: the engine said so. `lost`: the pipe closed. `faulty`: it broke. */
export interface WorkerEnd {
  readonly reason: 'shutdown' | 'lost' | 'faulty' | 'closed';
  readonly detail: string;
}

export interface SdkWorkerOptions {
  readonly app: CompiledApp;
  readonly settings: WireSettings;
  /** Shown in lists of workers. Default `motia`. */
  readonly name?: string | undefined;
  /** A token for sockets beyond loopback. */
  readonly token?: string | undefined;
  /** The former connection of this process, whose place it takes. */
  readonly previousWorkerId?: string | undefined;
  /** Describes this process in telemetry. Left out: it makes no spans. */
  readonly resource?: SpanAttributes | undefined;
  /** Called when a call has been answered: what it printed without a line end is handed on. */
  readonly onInvocationEnd?: ((scope: InvocationScope) => void) | undefined;
  /** A line that stood between frames on the engine's side of the pipe. */
  readonly onText?: ((line: string) => void) | undefined;
}

/** One connection of this process to an engine: serves the app's functions and makes calls for them. */
export class SdkWorker implements ContextHost {
  /** Settles once, when the connection is over. */
  readonly ended: Promise<WorkerEnd>;
  readonly #endpoint: Endpoint;
  readonly #channels: ChannelClient;
  readonly #drainListeners = new Set<() => void>();
  readonly #options: SdkWorkerOptions;
  readonly #functions: Map<string, AppFunction>;
  readonly #telemetry: WorkerTelemetry;
  readonly #inFlight = new InFlight();
  readonly #undeclaredTopics = new UndeclaredTopics();
  readonly #startedAtMs = performance.now();
  #end: ((end: WorkerEnd) => void) | undefined;
  #isDraining = false;
  #hasEnded = false;
  #agreed: InitializeResult | undefined;

  constructor(transport: Transport, options: SdkWorkerOptions) {
    this.#options = options;
    this.#functions = new Map(options.app.functions.map((fn) => [fn.spec.id, fn]));
    this.ended = new Promise((resolve) => (this.#end = resolve));
    this.#endpoint = createEndpoint(transport, {
      role: 'worker',
      events: {
        onClose: (error) => this.#finish(error === undefined ? { reason: 'lost', detail: 'the engine closed the connection' } : { reason: 'faulty', detail: error.message }),
        onFault: (fault) => this.#noteFault(fault),
        ...(options.onText === undefined ? {} : { onText: options.onText }),
      },
    });
    this.#telemetry = new WorkerTelemetry(this.#endpoint, options.resource ?? {});
    this.#endpoint.onInvoke((call) => this.#onInvoke(call));
    this.#endpoint.onRequest('ping', () => this.#pong());
    this.#endpoint.onRequest('drain', ({ deadlineMs }) => this.#drain(deadlineMs));
    this.#endpoint.onNotification('shutdown', ({ reason }) => this.#shutdown(reason));
    this.#channels = createChannelClient(this.#endpoint);
    this.#endpoint.listen();
  }

  get endpoint(): Endpoint {
    return this.#endpoint;
  }
  /** The engine's name for this connection, once it is known. */
  get workerId(): string | undefined {
    return this.#agreed?.workerId;
  }
  /** Milliseconds between the engine's signs of life; 0 while unknown, or when it sends none. */
  get heartbeatIntervalMs(): number {
    return this.#agreed?.limits.heartbeatIntervalMs ?? 0;
  }
  get inFlight(): number {
    return this.#inFlight.count;
  }

  get takesTelemetry(): boolean {
    return this.#agreed?.capabilities.telemetry === true;
  }
  recordSpan(span: SpanData): void {
    if (this.takesTelemetry) this.#telemetry.recordSpan(span);
  }

  /** Says hello and takes over the limits of the engine. @throws MotiaError of the engine, or `MOTIA_PROTOCOL_CONNECTION_CLOSED` */
  async initialize(identity: { readonly pid?: number; readonly os: string; readonly runtime: string }): Promise<InitializeResult> {
    const { name = 'motia', token, previousWorkerId } = this.#options;
    const result = await this.#endpoint.request('initialize', {
      protocolVersion: PROTOCOL_VERSION,
      sdk: { name: 'motia', version: VERSION, language: 'typescript', runtime: identity.runtime },
      ...(identity.pid === undefined ? {} : { pid: identity.pid }),
      os: identity.os,
      name,
      ...(token === undefined ? {} : { token }),
      ...(previousWorkerId === undefined ? {} : { previousWorkerId }),
      capabilities: { rawBodies: true, channels: true, ...(this.#options.resource === undefined ? {} : { telemetry: true }) },
    });
    this.#agreed = result;
    const rawBodies = result.capabilities.rawBodies === true;
    this.#endpoint.setNegotiated({ rawBodies, rawThresholdBytes: result.limits.rawThresholdBytes });
    if (rawBodies) this.#options.settings.rawThresholdBytes = result.limits.rawThresholdBytes;
    return result;
  }

  /** After the end of this connection the entry goes to the process's next one. */
  log(entry: LogEntry): void {
    if (this.#hasEnded) return logLater(entry);
    this.#telemetry.log(entry);
  }

  openReader(ref: ChannelRef): Promise<ChannelReader> {
    return this.#channels.openReader(ref);
  }
  openWriter(ref: ChannelRef): Promise<ChannelWriter> {
    return this.#channels.openWriter(ref);
  }
  onDraining(listener: () => void): () => void {
    if (this.#isDraining) listener();
    else this.#drainListeners.add(listener);
    return () => this.#drainListeners.delete(listener);
  }

  /** A function that is registered while the connection is live. */
  serveFunction(fn: AppFunction): void {
    this.#functions.set(fn.spec.id, fn);
  }

  streamsFor(scope: InvocationScope): Readonly<Record<string, Stream>> {
    return streamsByName(this.#options.app.streams, scope);
  }

  noteEnqueue(context: StepContext, message: EnqueueData | readonly EnqueueData[]): void {
    if (this.#options.settings.mode === 'development') this.#undeclaredTopics.note(this.#functions.get(context.functionId), context, message);
  }

  /** Never throws: what cannot be sent is a rejection. */
  invoke(scope: InvocationScope | undefined, functionId: string, payload: unknown, options: TracedCallOptions = {}): Promise<unknown> {
    return callFunction(this.#endpoint, scope, functionId, payload, options);
  }

  /** Ends the connection once no call is running. */
  async closeWhenIdle(): Promise<void> {
    this.#endStreams();
    await this.#inFlight.idle();
    await this.close();
  }

  /**
   * Asks the engine for no more calls and waits for those that are running: resolves with the number of those that are
   * not finished after `deadlineMs`. Never rejects: a connection that ends meanwhile leaves nothing to wait for.
   */
  async leave(deadlineMs: number): Promise<number> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, deadlineMs)));
    // An engine that does not know the request still gets its answers.
    const left = this.#endpoint.request('drain', { deadlineMs }).then(() => undefined, () => this.#inFlight.idle());
    await Promise.race([left, late, this.ended]);
    clearTimeout(timer);
    return this.#hasEnded ? 0 : this.#inFlight.count;
  }

  /** Ends the connection from this side, after what was written. */
  async close(): Promise<void> {
    this.#telemetry.flush();
    await this.#endpoint.flush();
    this.#finish({ reason: 'closed', detail: 'this process closed the connection' });
    this.#endpoint.close();
  }

  #onInvoke(call: IncomingInvoke): unknown {
    const { functionId } = call.params;
    const fn = this.#functions.get(functionId);
    if (fn === undefined) throw sdkErrors.FUNCTION_UNKNOWN({ functionId });
    if (this.#isDraining) throw sdkErrors.WORKER_DRAINING({ functionId });
    const context = new StepContext(this, call, functionId, fn.trigger);
    this.#inFlight.enter();
    let result: unknown;
    try {
      const around = shared.openTelemetry?.around;
      result = around === undefined
        ? shared.storage.run(context, fn.run, context, call.payload)
        : shared.storage.run(context, () => around(context, () => fn.run(context, call.payload)));
    } catch (error) {
      throw this.#failed(context, call, error);
    }
    if (!isPromiseLike(result)) {
      this.#ended(context);
      return result;
    }
    return result.then(
      (value) => {
        this.#ended(context);
        return value;
      },
      (error: unknown) => {
        throw this.#failed(context, call, error);
      },
    );
  }

  #failed(context: StepContext, { params }: IncomingInvoke, error: unknown): MotiaError {
    this.#ended(context);
    return toTravellingError(context.functionId, error, { triesAgain: triesAgain(context.trigger.type, params) });
  }

  #ended(context: StepContext): void {
    const { lasting } = context;
    if (lasting === undefined) this.#leave(context);
    else void lasting.then(() => this.#leave(context));
  }

  #leave(context: StepContext): void {
    context.over();
    this.#options.onInvocationEnd?.(context);
    this.#inFlight.leave();
  }

  /** The lag is how long the event loop took to come round once. */
  async #pong(): Promise<PingResult> {
    const askedAtMs = performance.now();
    await new Promise((resolve) => setImmediate(resolve));
    const nowMs = performance.now();
    const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
    const { user: userMicros, system: systemMicros } = process.cpuUsage();
    return { uptimeMs: nowMs - this.#startedAtMs, inFlight: this.#inFlight.count, eventLoopLagMs: nowMs - askedAtMs, memory: { rss, heapUsed, heapTotal, external }, cpu: { userMicros, systemMicros } };
  }

  /** Answers when the last call is answered, or at the deadline with the number of those that are not. */
  async #drain(deadlineMs: number): Promise<{ inFlight: number }> {
    this.#beginDraining();
    const inFlight = await this.#inFlight.idleWithin(deadlineMs);
    this.#telemetry.flush();
    return { inFlight };
  }

  #beginDraining(): void {
    this.#isDraining = true;
    this.#endStreams();
  }

  /** Lets open streams end by themselves: nothing else would end them. */
  #endStreams(): void {
    for (const listener of this.#drainListeners) listener();
    this.#drainListeners.clear();
  }

  #shutdown(reason: string): void {
    this.#beginDraining();
    this.#telemetry.flush();
    void this.#endpoint.flush().then(() => {
      this.#finish({ reason: 'shutdown', detail: reason });
      this.#endpoint.close();
    });
  }

  #noteFault(fault: MotiaError): void {
    this.log({ level: 'error', message: `The engine sent what cannot be read: ${fault.message}`, data: { code: fault.code }, timestamp: Date.now(), source: 'logger' });
  }

  #finish(end: WorkerEnd): void {
    this.#hasEnded = true;
    this.#channels.closeAll(ProtocolErrors.CONNECTION_CLOSED({ reason: end.detail }).toWire());
    this.#telemetry.close();
    this.#end?.(end);
  }
}

/** Requests are answered once; everything else is delivered again, and so is a call that comes from a queue with its key. */
function triesAgain(type: TriggerType, { idempotencyKey }: Omit<InvokeParams, 'payload'>): boolean {
  return idempotencyKey !== undefined || (type !== 'http' && type !== 'http_middleware');
}
