import { isMotiaError, isWireValue, type InvokeParams, type MotiaError } from '@motia/protocol';
import type { Clock } from '../contract/clock.js';
import type { FunctionHandler, Invocation, InvokeOptions } from '../contract/functions.js';
import type { Logger } from '../contract/logger.js';
import type { EnqueueRouter } from '../contract/services/enqueue.js';
import type { Telemetry } from '../contract/telemetry.js';
import { invocationErrors } from '../errors/invocation-errors.js';
import { inTrace } from '../logger/in-trace.js';
import { randomHex } from '../telemetry/trace-context.js';
import { Call, type CallerAccount, type CallerClaims, type CallKeeper } from './call.js';
import { CallList } from './call-list.js';
import type { CallRunner } from './call-runner.js';
import { endSpan, openSpan } from './call-span.js';
import { Crowd, type CrowdLimits } from './crowd.js';
import { enqueueHandler } from './enqueue-call.js';
import { ExpiryTimers } from './expiry-timers.js';
import { FunctionEntry } from './function-entry.js';
import { InvocationMetrics } from './invocation-metrics.js';
import type { FunctionTable } from './function-table.js';
import { asOwnFault, toCallError, toHandlerError } from './handler-errors.js';
import { Parking } from './parking.js';
import { RefusedInvocation, StartedInvocation } from './plain-invocations.js';

export interface InvokerParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly table: FunctionTable;
  readonly limits: CrowdLimits & { readonly maxCallDepth: number };
}

/** Set by the worker side for calls that come in over a connection. */
export interface CallOrigin {
  readonly caller: CallerAccount;
  readonly claims: CallerClaims;
}

const wireResult = { wireResult: true } as const;

/** Runs calls: finds who serves the function, sends or runs it, and sees to it that every call ends exactly once. */
export class Invoker implements CallKeeper {
  /** Answers that came after the call had ended some other way. */
  lateResults = 0;
  enqueueRouter: EnqueueRouter | undefined;
  readonly #parts: InvokerParts;
  readonly #timers: ExpiryTimers;
  readonly #parking: Parking;
  readonly #metrics: InvocationMetrics;
  readonly #crowd: Crowd;
  readonly idPrefix = `${randomHex(16)}-`;
  readonly #local = new CallList();
  /** Errors below 500 that a call ended with, so that a handler which lets one of its own calls' through is found out. */
  readonly #answered = new WeakSet<MotiaError>();
  #ids = 0;
  #isStopped = false;
  #isResuming = false;

  constructor(parts: InvokerParts) {
    this.#parts = parts;
    this.#timers = new ExpiryTimers(parts.clock);
    this.#metrics = new InvocationMetrics(parts.telemetry.meter);
    this.#parking = new Parking(this.#timers, parts.limits.maxParkedCalls, (call, error, nowMs) => this.#fail(call, error, nowMs));
    this.#crowd = new Crowd(this.#timers, parts.limits);
    parts.table.onServed = (entry) => this.#resumeParked(entry);
  }

  /** Never throws: a call that cannot start is an invocation whose result is rejected. */
  open(functionId: string, payload: unknown, options?: InvokeOptions, origin?: CallOrigin): Invocation {
    if (this.#isStopped) return this.#refuse(invocationErrors.STOPPED({ what: `The call of "${functionId}"` }), options);
    const action = options?.action;
    if (action !== undefined && action.type === 'enqueue') return this.#openEnqueue(functionId, action.queue, payload, options, origin);
    const entry = this.#parts.table.find(functionId);
    if (entry === undefined) return this.#refuse(this.#parts.table.notFound(functionId), options);
    const call = this.#newCall(entry, payload, options, origin);
    this.#begin(call);
    return call.isVoid && (call.isStarted || call.status !== 'rejected') ? new StartedInvocation(call) : call;
  }

  cancel(call: Call, reason: string): void {
    if (call.status === 'pending') this.endEarly(call, invocationErrors.CANCELLED({ functionId: call.functionId, reason }));
  }

  expire(call: Call, nowMs: number): void {
    if (call.waitingIn !== undefined && call.deadlineAtMs > nowMs) this.#fail(call, call.waitingIn.failureOf(call, nowMs), nowMs);
    else this.endEarly(call, invocationErrors.DEADLINE_EXCEEDED({ functionId: call.functionId, timeoutMs: call.timeoutMs }));
  }

  /** Ends a call that has no answer yet, tells whoever runs it to stop, and ends what was called on its behalf. */
  endEarly(call: Call, error: MotiaError): void {
    if (call.status !== 'pending') return;
    const { outgoing, children } = call;
    this.#fail(call, error, this.#parts.clock.monotonicMs());
    call.abort();
    outgoing?.cancel(whyCancelled(error));
    outgoing?.abandon(error);
    if (!this.#crowd.isEmpty) this.resumeWaiting();
    if (children !== undefined) for (const child of [...children]) this.endEarly(child, forChild(child, error));
  }

  /** Ends every open call and refuses new ones. */
  stop(): void {
    this.#isStopped = true;
    for (const entry of this.#parts.table.entries()) for (const call of [...(entry.parked ?? []), ...(entry.crowded ?? [])]) this.cancel(call, 'the engine is stopping');
    for (const call of [...this.#local]) this.cancel(call, 'the engine is stopping');
    this.#timers.stop();
  }

  #newCall(entry: FunctionEntry, payload: unknown, options: InvokeOptions | undefined, origin: CallOrigin | undefined): Call {
    this.#ids += 1;
    const call = new Call(this, this.#ids, entry, payload, options, this.#parts.clock.monotonicMs());
    if (origin !== undefined) call.comeFrom(origin.caller, origin.claims);
    return call;
  }

  #begin(call: Call): void {
    const { entry, options } = call;
    entry.calls += 1;
    entry.inFlight += 1;
    if (this.#parts.telemetry.recording) call.span = openSpan(this.#parts.telemetry, call);
    if (call.depth > this.#parts.limits.maxCallDepth) {
      this.#fail(call, invocationErrors.CALL_DEPTH({ functionId: call.functionId, limit: this.#parts.limits.maxCallDepth }), call.startedAtMs);
      return;
    }
    if (call.timeoutMs <= 0) {
      this.#fail(call, invocationErrors.DEADLINE_EXCEEDED({ functionId: call.functionId, timeoutMs: Math.max(0, call.timeoutMs) }), call.startedAtMs);
      return;
    }
    if (options !== undefined && this.#attach(call, options)) return;
    if (entry.handler !== undefined) this.#runHandler(call, entry.handler);
    else this.#sendOrPark(call, call.startedAtMs);
  }

  /** Ties the call to its parent and to the caller's signal. True when the signal had fired already. */
  #attach(call: Call, options: InvokeOptions): boolean {
    const { parent, signal } = options;
    if (parent instanceof Call && !call.isVoid && parent.status === 'pending') (parent.children ??= new Set()).add(call);
    if (signal === undefined) return false;
    if (signal.aborted) {
      this.cancel(call, reasonOf(signal));
      return true;
    }
    const onAbort = (): void => this.cancel(call, reasonOf(signal));
    signal.addEventListener('abort', onAbort, { once: true });
    call.detachSignal = () => signal.removeEventListener('abort', onAbort);
    return false;
  }

  #runHandler(call: Call, handler: FunctionHandler): void {
    call.isStarted = true;
    let value: unknown;
    try {
      const payload = isWireValue(call.payload) ? this.#materialise(call, call.payload) : call.payload;
      value = handler(payload, call);
    } catch (thrown) {
      this.#fail(call, this.#thrownBy(call, thrown), this.#parts.clock.monotonicMs());
      return;
    }
    if (!isThenable(value)) {
      this.#finish(call, value);
      return;
    }
    if (call.status === 'pending') {
      this.#local.add(call);
      this.#timers.add(call, call.timeoutMs, call.startedAtMs);
    }
    value.then(
      (result) => this.#finish(call, result),
      (thrown: unknown) => this.#fail(call, this.#thrownBy(call, thrown), this.#parts.clock.monotonicMs()),
    );
  }

  /**
   * A handler of a trigger that makes a wrong call is at fault itself: only what its own caller sent is that caller's, so
   * the status of a call of its own does not become that of its answer.
   */
  #thrownBy(call: Call, thrown: unknown): MotiaError {
    const error = toHandlerError(call.functionId, thrown);
    return call.options?.trigger !== undefined && this.#answered.has(error) ? asOwnFault(error) : error;
  }

  #materialise(call: Call, payload: { toValue(): unknown }): unknown {
    try {
      return payload.toValue();
    } catch (error) {
      throw invocationErrors.INVALID_PAYLOAD({ functionId: call.functionId, problem: error instanceof Error ? error.message : 'malformed JSON' }, error);
    }
  }

  #sendOrPark(call: Call, nowMs: number): void {
    const runner = call.entry.pick();
    if (runner === undefined) this.#parking.park(call, nowMs);
    // Whoever comes later waits behind those who are waiting.
    else if ((runner.hasRoom && call.entry.crowded === undefined) || !this.#crowd.admit(call, nowMs)) this.#send(call, runner, nowMs);
  }

  /** Sends what waited for its workers to keep up, as far as they do now. */
  resumeWaiting(): void {
    if (this.#isResuming) return;
    this.#isResuming = true;
    const now = this.#parts.clock.monotonicMs();
    for (const entry of this.#crowd.entries()) {
      for (let call = this.#crowd.first(entry); call !== undefined; call = this.#crowd.first(entry)) {
        const runner = entry.pick();
        if (runner?.hasRoom === false) break;
        this.#timers.remove(call);
        this.#crowd.leave(call);
        if (runner === undefined) this.#parking.park(call, now);
        else this.#send(call, runner, now);
      }
    }
    this.#isResuming = false;
  }

  #send(call: Call, runner: CallRunner, nowMs: number): void {
    // The plain number where it is known: adding and subtracting the clock would make 5000 a little more.
    const remainingMs = nowMs === call.startedAtMs ? call.timeoutMs : call.deadlineAtMs - nowMs;
    const { payload } = call;
    call.isStarted = true;
    call.runner = runner;
    call.sentAtMs = nowMs;
    runner.callStarted(call);
    this.#timers.add(call, remainingMs, nowMs);
    try {
      const outgoing = runner.endpoint.invoke(paramsOf(call, remainingMs), payload, call.options?.wireResult === true ? wireResult : undefined);
      // The connection may have closed, or a handler cancelled, while the frame was written.
      if (call.status === 'pending') call.outgoing = outgoing;
      else outgoing.abandon(call.value as MotiaError);
      outgoing.result.then(
        (value) => this.#finish(call, value),
        (error: unknown) => this.#fail(call, toCallError(call.functionId, runner.label, error), this.#parts.clock.monotonicMs()),
      );
    } catch (thrown) {
      this.#fail(call, toCallError(call.functionId, runner.label, thrown), this.#parts.clock.monotonicMs());
    }
  }

  #resumeParked(entry: FunctionEntry): void {
    const now = this.#parts.clock.monotonicMs();
    for (const call of this.#parking.take(entry)) {
      if (call.status !== 'pending') continue;
      if (!entry.isKnown) this.#fail(call, this.#parking.failureOf(call, now), now);
      else this.#sendOrPark(call, now);
    }
  }

  #finish(call: Call, result: unknown): void {
    if (call.status !== 'pending') {
      this.lateResults += 1;
      return;
    }
    let value = result;
    if (isWireValue(value) && call.options?.wireResult !== true) {
      try {
        value = value.toValue();
      } catch (error) {
        this.#fail(call, toHandlerError(call.functionId, error), this.#parts.clock.monotonicMs());
        return;
      }
    }
    const nowMs = this.#parts.clock.monotonicMs();
    if (call.span !== undefined) endSpan(call, nowMs, undefined);
    this.#release(call, nowMs, false);
    call.settle('fulfilled', value);
  }

  #fail(call: Call, error: MotiaError, nowMs: number): void {
    if (call.status !== 'pending') {
      if (call.value !== error) this.lateResults += 1;
      return;
    }
    call.entry.errors += 1;
    if (error.status < 500) this.#answered.add(error);
    if (call.span !== undefined) endSpan(call, nowMs, error);
    this.#release(call, nowMs, true);
    if (call.isVoid && call.isStarted) {
      inTrace(this.#parts.logger, call.trace).warn('A call without answer failed', { functionId: call.functionId, code: error.code, reason: error.message });
    }
    call.settle('rejected', error);
  }

  /** Everything that held on to the call lets go, and the accounts of its function are closed. */
  #release(call: Call, nowMs: number, isError: boolean): void {
    this.#timers.remove(call);
    const { entry, runner } = call;
    const duration = nowMs - call.startedAtMs;
    entry.inFlight -= 1;
    entry.totalDurationMs += duration;
    if (duration > entry.maxDurationMs) entry.maxDurationMs = duration;
    if (this.#parts.telemetry.recording) this.#metrics.record(entry, call.options, duration, isError);
    if (runner !== undefined) runner.callEnded(call, nowMs);
    else if (call.waitingIn !== undefined) call.waitingIn.leave(call);
    else this.#local.remove(call);
    if (call.caller !== undefined) call.caller.openCalls -= 1;
    call.outgoing = undefined;
    call.detachSignal?.();
    const parent = call.options?.parent;
    if (parent instanceof Call) parent.children?.delete(call);
    if (runner !== undefined && !this.#crowd.isEmpty) this.resumeWaiting();
  }

  #openEnqueue(functionId: string, queue: string, payload: unknown, options: InvokeOptions | undefined, origin: CallOrigin | undefined): Invocation {
    const handler = enqueueHandler(functionId, queue, this.enqueueRouter, this.#parts.table, this);
    if (handler === undefined) return this.#refuse(invocationErrors.ENQUEUE_UNAVAILABLE({ functionId, queue }), options);
    // Not a run of the function: its counters stay as they are, so the entry is one that nobody lists.
    const spanFrames = this.#parts.telemetry.recording ? this.#parts.table.find(functionId)?.deferredSpanFrames : undefined;
    const call = this.#newCall(new FunctionEntry({ id: functionId }, 'engine', handler, spanFrames), payload, options, origin);
    this.#begin(call);
    return call;
  }

  #refuse(error: MotiaError, options: InvokeOptions | undefined): Invocation {
    this.#ids += 1;
    if (error.status < 500) this.#answered.add(error);
    return new RefusedInvocation(this.idPrefix + this.#ids.toString(36), error, options);
  }
}

function paramsOf(call: Call, remainingMs: number): Omit<InvokeParams, 'payload'> {
  const { attempt, idempotencyKey } = call;
  const params: { -readonly [K in keyof InvokeParams]: InvokeParams[K] } = {
    functionId: call.functionId,
    invocationId: call.id,
    timeoutMs: Math.ceil(remainingMs),
    depth: call.depth,
    trace: call.trace,
  };
  if (attempt !== 1) params.attempt = attempt;
  if (idempotencyKey !== undefined) params.idempotencyKey = idempotencyKey;
  if (call.span !== undefined && call.span.isRecording !== false) params.timed = true;
  return params;
}

function forChild(child: Call, error: MotiaError): MotiaError {
  if (isMotiaError(error, 'MOTIA_ENGINE_DEADLINE_EXCEEDED')) return invocationErrors.DEADLINE_EXCEEDED({ functionId: child.functionId, timeoutMs: child.timeoutMs });
  return invocationErrors.CANCELLED({ functionId: child.functionId, reason: 'the call that made it has ended' });
}

/** What the handler reads in the reason of its signal. */
function whyCancelled(error: MotiaError): string {
  const { timeoutMs, reason } = (error.details ?? {}) as { readonly timeoutMs?: unknown; readonly reason?: unknown };
  if (error.code === 'MOTIA_ENGINE_DEADLINE_EXCEEDED') return `the deadline passed${typeof timeoutMs === 'number' ? ` after ${String(Math.round(timeoutMs))} ms` : ''}`;
  return typeof reason === 'string' ? reason : error.message;
}

function reasonOf(signal: AbortSignal): string {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason.message : typeof reason === 'string' ? reason : 'the caller gave up';
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
