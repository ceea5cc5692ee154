import type { MotiaError, OutgoingInvoke, TraceContext } from '@motia/protocol';
import type { Invocation, InvocationContext, InvokeOptions } from '../contract/functions.js';
import type { OpenSpan } from '../contract/telemetry.js';
import { childTraceContext, isTraceparent, nextSpan, traceIdOf } from '../telemetry/trace-context.js';
import type { CallRunner } from './call-runner.js';
import type { Expiring, ExpiryList } from './expiry-timers.js';
import type { FunctionEntry } from './function-entry.js';

/** `pending` until the answer; then exactly one of the other two, for good. */
export type CallStatus = 'pending' | 'fulfilled' | 'rejected';

/** What a call asks of the invoker that runs it. */
export interface CallKeeper {
  /** Unique to this engine; followed by the serial number in base 36. */
  readonly idPrefix: string;
  cancel(call: Call, reason: string): void;
  expire(call: Call, nowMs: number): void;
}

/** Holds calls that cannot be sent yet. */
export interface WaitingRoom {
  /** Takes a call out, whatever becomes of it. */
  leave(call: Call): void;
  /** Why a call that waited in vain fails. */
  failureOf(call: Call, nowMs: number): MotiaError;
}

/** The calls that one worker makes, for the limit on them. */
export interface CallerAccount {
  readonly workerId: string;
  openCalls: number;
}

/** What a worker says of a call that it makes; believed only where it cannot harm. */
export interface CallerClaims {
  readonly depth?: number;
  readonly trace?: TraceContext;
}

/**
 * One call, from `open` to its answer: the caller's handle, the handler's context and a node in the deadline list in
 * one object, because a request makes exactly one. Trace, signal and promise are made when somebody looks at them.
 */
export class Call implements Invocation, InvocationContext, Expiring {
  status: CallStatus = 'pending';
  value: unknown = undefined;
  /** True once a handler or a worker has it; failures before that are told even to callers that want no answer. */
  isStarted = false;
  /** Where it waits before a worker gets it. */
  waitingIn: WaitingRoom | undefined = undefined;
  payload: unknown;
  span: OpenSpan | undefined = undefined;
  runner: CallRunner | undefined = undefined;
  outgoing: OutgoingInvoke | undefined = undefined;
  /** When it was handed to its runner, on the monotonic scale. */
  sentAtMs = 0;
  /** Links of the list of those that run at the same place. */
  listNewer: Call | undefined = undefined;
  listOlder: Call | undefined = undefined;
  children: Set<Call> | undefined = undefined;
  detachSignal: (() => void) | undefined = undefined;

  expiresAtMs = 0;
  expiryList: ExpiryList | undefined = undefined;
  expiryPrevious: Expiring | undefined = undefined;
  expiryNext: Expiring | undefined = undefined;

  /** Counts the calls of this engine; the id is made from it when somebody asks. */
  readonly serial: number;
  readonly functionId: string;
  readonly entry: FunctionEntry;
  readonly startedAtMs: number;
  readonly timeoutMs: number;
  readonly deadlineAtMs: number;
  depth: number;
  readonly triggerDepth: number;
  readonly attempt: number;
  readonly options: InvokeOptions | undefined;
  /** Whoever asked for no answer is not bound by it either: neither its deadline nor its cancellation reach this call. */
  readonly isVoid: boolean;
  declare readonly idempotencyKey?: string;
  declare callerWorkerId?: string;

  caller: CallerAccount | undefined = undefined;
  #keeper: CallKeeper;
  #claimedTrace: TraceContext | undefined = undefined;
  #id: string | undefined = undefined;
  #trace: TraceContext | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  #promise: Promise<unknown> | undefined = undefined;
  #resolve: ((value: unknown) => void) | undefined = undefined;
  #reject: ((error: unknown) => void) | undefined = undefined;

  constructor(keeper: CallKeeper, serial: number, entry: FunctionEntry, payload: unknown, options: InvokeOptions | undefined, startedAtMs: number) {
    this.#keeper = keeper;
    this.serial = serial;
    this.entry = entry;
    this.functionId = entry.id;
    this.payload = payload;
    this.options = options;
    this.startedAtMs = startedAtMs;
    this.isVoid = options?.action?.type === 'void';
    const parent = options?.parent;
    const wanted = options?.timeoutMs;
    let timeoutMs = wanted !== undefined && wanted >= 0 ? wanted : defaultTimeoutMs;
    if (parent !== undefined && !this.isVoid) timeoutMs = Math.min(timeoutMs, parent.deadlineAtMs - startedAtMs);
    this.timeoutMs = timeoutMs;
    this.deadlineAtMs = startedAtMs + timeoutMs;
    this.depth = (parent?.depth ?? 0) + 1;
    this.triggerDepth = options?.triggerDepth ?? parent?.triggerDepth ?? 0;
    this.attempt = options?.attempt ?? 1;
    const key = options?.idempotencyKey;
    if (key !== undefined) this.idempotencyKey = key;
  }

  /** For calls that a worker makes: what it claims can only make the call deeper. */
  comeFrom(caller: CallerAccount, claims: CallerClaims): void {
    caller.openCalls += 1;
    this.caller = caller;
    this.callerWorkerId = caller.workerId;
    if (claims.depth !== undefined && claims.depth > this.depth) this.depth = claims.depth;
    this.#claimedTrace = claims.trace;
  }

  get id(): string {
    return (this.#id ??= this.#keeper.idPrefix + this.serial.toString(36));
  }

  get invocationId(): string {
    return this.id;
  }

  get callerFunctionId(): string | undefined {
    return this.options?.parent?.functionId;
  }

  get trace(): TraceContext {
    return (this.#trace ??= this.span?.context ?? this.#newTrace());
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.status === 'rejected') this.#controller.abort(this.value);
    }
    return this.#controller.signal;
  }

  get result(): Promise<unknown> {
    this.#promise ??= this.#newPromise();
    return this.#promise;
  }

  cancel(reason: string): void {
    this.#keeper.cancel(this, reason);
  }

  onExpired(nowMs: number): void {
    this.#keeper.expire(this, nowMs);
  }

  /** The answer. The keeper has done its accounts; this tells whoever waits. */
  settle(status: 'fulfilled' | 'rejected', value: unknown): void {
    this.status = status;
    this.value = value;
    this.payload = undefined;
    if (status === 'rejected') this.#reject?.(value);
    else this.#resolve?.(value);
  }

  /** Only a cancelled or expired handler is told: one that has answered has nothing left to stop. */
  abort(): void {
    this.#controller?.abort(this.value);
  }

  /** The span that this one is a child of. A worker's own span counts if it stands in the trace of the call that it runs. */
  get parentTrace(): TraceContext | undefined {
    const parent = this.options?.parent?.trace;
    const claimed = this.#claimedTrace;
    if (claimed !== undefined && isTraceparent(claimed.traceparent) && (parent === undefined || traceIdOf(parent) === traceIdOf(claimed))) return withBaggageOf(parent, claimed);
    return parent ?? this.options?.trace;
  }

  setCallerBaggage(baggage: string | undefined): boolean {
    const caller = this.options?.parent;
    if (!(caller instanceof Call) || caller.status !== 'pending') return false;
    const { traceparent, tracestate } = caller.trace;
    caller.#trace = { traceparent, ...(tracestate === undefined ? {} : { tracestate }), ...(baggage === undefined ? {} : { baggage }) };
    return true;
  }

  #newTrace(): TraceContext {
    const parent = this.options?.parent;
    return parent instanceof Call && this.#claimedTrace === undefined ? nextSpan(parent.trace) : childTraceContext(this.parentTrace);
  }

  #newPromise(): Promise<unknown> {
    if (this.status === 'fulfilled') return Promise.resolve(this.value);
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- always a MotiaError, stored as unknown beside results
    if (this.status === 'rejected') return Promise.reject(this.value);
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }
}

/** The engine's baggage counts: what a worker sends along is at best a copy of it. */
function withBaggageOf(parent: TraceContext | undefined, claimed: TraceContext): TraceContext {
  if (parent === undefined || parent.baggage === claimed.baggage) return claimed;
  const { traceparent, tracestate } = claimed;
  const baggage = parent.baggage ?? claimed.baggage;
  return { traceparent, ...(tracestate === undefined ? {} : { tracestate }), ...(baggage === undefined ? {} : { baggage }) };
}

/** Milliseconds a call may take when the caller says nothing. */
export const defaultTimeoutMs = 30_000;
