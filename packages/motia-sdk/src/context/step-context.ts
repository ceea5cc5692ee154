import { randomUUID } from 'node:crypto';
import type { IncomingInvoke, MotiaError, TraceContext } from '@motia/protocol';
import { sdkErrors } from '../errors.js';
import type { EnqueueData, EnqueueReceipt, InvokeCallOptions, StreamsByName, TriggerInfo } from '../steps/flow-context.js';
import type { TriggerType } from '../steps/step-config.js';
import type { ScopeOutput } from '../output/index.js';
import type { HttpInput } from '../http/http-input.js';
import { callEngine } from './call-module.js';
import { enqueueFor } from './enqueue.js';
import { extendLease, publishMessage } from './enqueue-calls.js';
import { makeCall } from './module-call.js';
import type { Committed } from './pending-change.js';
import { runTransaction, type Transaction } from './transaction.js';
import type { EngineConnection, InvocationScope } from './invocation-scope.js';
import { Logger } from './logger.js';
import { StateManager } from './state-store.js';
import type { Stream } from './stream.js';

/** What a context needs of the app it runs in. */
export interface ContextHost extends EngineConnection {
  /** The members of `ctx.streams`, bound to a call. */
  streamsFor(scope: InvocationScope): Readonly<Record<string, Stream>>;
  /** A Step is about to enqueue: in development it is told when its config does not say so. */
  noteEnqueue(scope: StepContext, message: EnqueueData | readonly EnqueueData[]): void;
}

type Guards = Readonly<Record<TriggerType, () => boolean>>;
const guardsByType = new Map<TriggerType, Guards>();

function guardsOf(type: TriggerType): Guards {
  let guards = guardsByType.get(type);
  if (guards === undefined) {
    const is = (candidate: TriggerType) => (): boolean => candidate === type;
    guards = Object.freeze({ http: is('http'), queue: is('queue'), cron: is('cron'), state: is('state'), stream: is('stream'), subscribe: is('subscribe'), log: is('log'), http_middleware: is('http_middleware') });
    guardsByType.set(type, guards);
  }
  return guards;
}

/**
 * The context of one call, and its scope in async storage: one object per call, whose members come into being when
 * they are first read.
 */
export class StepContext implements InvocationScope {
  readonly functionId: string;
  readonly trigger: TriggerInfo;
  /** Belongs to the output capture. */
  output: ScopeOutput | undefined = undefined;
  readonly #host: ContextHost;
  readonly #call: IncomingInvoke;
  #input: unknown = undefined;
  #logger: Logger | undefined = undefined;
  #state: StateManager | undefined = undefined;
  #streams: Readonly<Record<string, Stream>> | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  #endListeners: (() => void)[] | undefined = undefined;
  #isOver = false;
  #abortReason: MotiaError | undefined = undefined;
  /** Settles when work that outlasts the answer has ended: a response that is still being written. */
  lasting: Promise<void> | undefined = undefined;

  constructor(host: ContextHost, call: IncomingInvoke, functionId: string, trigger: TriggerInfo) {
    this.#host = host;
    this.#call = call;
    this.functionId = functionId;
    this.trigger = trigger;
  }

  /** The input that `getData` and `match` read. */
  setInput(input: unknown): void {
    this.#input = input;
  }

  get connection(): EngineConnection {
    return this.#host;
  }
  get invocationId(): string {
    return this.#call.params.invocationId;
  }
  /** As it came: what calls made from here carry on. */
  get trace(): TraceContext | undefined {
    return this.#call.params.trace;
  }
  get traceId(): string {
    return this.#call.params.trace?.traceparent.slice(3, 35) ?? '';
  }
  get isRecorded(): boolean {
    return this.#call.params.timed === true && this.#host.takesTelemetry;
  }
  get spanId(): string {
    return this.#call.params.trace?.traceparent.slice(36, 52) ?? '';
  }
  get attempt(): number {
    return this.#call.params.attempt ?? 1;
  }
  get idempotencyKey(): string {
    return this.#call.params.idempotencyKey ?? this.invocationId;
  }
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = (this.#controller = new AbortController());
      if (this.#abortReason !== undefined) controller.abort(this.#abortReason);
      this.#call.onCancel((reason) => controller.abort(sdkErrors.CALL_CANCELLED({ functionId: this.functionId, reason })));
    }
    return this.#controller.signal;
  }
  /** Whoever received the response has gone. */
  abort(reason: MotiaError): void {
    this.#abortReason ??= reason;
    this.#controller?.abort(reason);
  }
  afterCall(listener: () => void): void {
    if (this.#isOver) listener();
    else (this.#endListeners ??= []).push(listener);
  }
  /** Tells those that wait for the end. Called once. */
  over(): void {
    this.#isOver = true;
    if (this.#endListeners !== undefined) for (const listener of this.#endListeners) listener();
  }
  /** The call is over only when this has settled, too. */
  outlast(work: Promise<unknown>): void {
    const before = this.lasting;
    this.lasting = Promise.allSettled(before === undefined ? [work] : [before, work]).then(() => undefined);
  }
  get logger(): Logger {
    return (this.#logger ??= new Logger(this));
  }
  get state(): StateManager {
    return (this.#state ??= new StateManager(this));
  }
  get streams(): StreamsByName {
    return (this.#streams ??= this.#host.streamsFor(this));
  }
  get enqueue(): (message: EnqueueData | readonly EnqueueData[]) => Promise<EnqueueReceipt | EnqueueReceipt[]> {
    return (message) => {
      this.#host.noteEnqueue(this, message);
      return enqueueFor(this, message);
    };
  }
  /** What versions before 1.0 called `enqueue`. */
  get emit(): (message: EnqueueData | readonly EnqueueData[]) => Promise<EnqueueReceipt | EnqueueReceipt[]> {
    return this.enqueue;
  }
  get publish(): (topic: string, data: unknown) => Promise<void> {
    return (topic, data) => makeCall(this, publishMessage(topic, data));
  }
  get extend(): (ms: number) => Promise<void> {
    return (ms) => makeCall(this, extendLease(this, ms));
  }
  get transaction(): <R>(collect: (tx: Transaction) => R | Promise<R>) => Promise<Committed<Awaited<R>>> {
    return (collect) => runTransaction(this, this.#host.streamsFor(this), collect);
  }
  get invoke(): (functionId: string, payload?: unknown, options?: InvokeCallOptions) => Promise<unknown> {
    return (functionId, payload, options) => callEngine(this, functionId, payload, options);
  }
  get is(): Guards {
    return guardsOf(this.trigger.type);
  }
  get getData(): () => unknown {
    return () => {
      if (this.trigger.type === 'cron') return undefined;
      return this.trigger.type === 'http' ? (this.#input as HttpInput).body : this.#input;
    };
  }
  get match(): (handlers: Readonly<Record<string, ((input: unknown) => unknown) | undefined>>) => Promise<unknown> {
    return async (handlers) => {
      const handler = handlers[this.trigger.type] ?? handlers['default'];
      if (handler === undefined) {
        throw sdkErrors.TRIGGER_UNMATCHED({ functionId: this.functionId, type: this.trigger.type, offered: Object.keys(handlers) });
      }
      return handler(this.#input);
    };
  }
}

/** An invocation id that no other worker uses. */
const prefix = randomUUID().slice(0, 13);
let counter = 0;
export function nextInvocationId(): string {
  counter += 1;
  return `${prefix}-${counter.toString(36)}`;
}
