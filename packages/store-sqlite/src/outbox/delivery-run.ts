import { inTrace } from '@motia/engine-core';
import { isMotiaError, messageOf, WireValue, type Clock, type Counter, type InvokeOptions, type Logger, type OpenSpan, type Telemetry, type Trigger, type TriggerRegistry } from '@motia/engine-core/contract';
import type { ClaimedCall, DueCalls } from './due-calls.js';
import { judgeDelivery, maxFailureRetries, maxLosses, retryDelayMs } from './delivery-policy.js';

export interface DeliveryRunParts {
  readonly kind: string;
  readonly calls: DueCalls;
  readonly triggers: Pick<TriggerRegistry, 'checkCondition' | 'open'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Pick<Telemetry, 'recording' | 'startSpan'>;
  /** By outcome: delivered, skipped, retried, unavailable, dropped. */
  readonly outcomes: Counter;
  readonly timeoutMs: number;
  readonly random: () => number;
}

/** `next`: done, and the lane's next call is ours. `done`: the lane is nobody's or empty. `unavailable`: given back, as nobody is there to run it. */
export type DeliveryEnd = { readonly kind: 'next'; readonly call: ClaimedCall } | { readonly kind: 'done' | 'unavailable' };

/** One call under way: its condition, its function, and what becomes of its row. */
export class DeliveryRun {
  readonly call: ClaimedCall;
  readonly ended: Promise<DeliveryEnd>;
  readonly #parts: DeliveryRunParts;
  readonly #trigger: Trigger;
  readonly #stop = new AbortController();

  constructor(parts: DeliveryRunParts, trigger: Trigger, call: ClaimedCall) {
    this.#parts = parts;
    this.#trigger = trigger;
    this.call = call;
    this.ended = this.#deliver();
  }

  /** The function is told to stop; the call stays due. */
  cancel(reason: string): void {
    this.#stop.abort(new Error(reason));
  }

  async #deliver(): Promise<DeliveryEnd> {
    const span = this.#openSpan();
    let outcome: string;
    try {
      outcome = await this.#run(span);
      span?.end();
    } catch (error) {
      span?.end({ error });
      return this.#failed(error);
    }
    this.#count(outcome);
    return this.#settled();
  }

  /** From the change to the end of the call, in the trace of the change: what is not covered by the call itself is the wait. */
  #openSpan(): OpenSpan | undefined {
    const { telemetry, kind, clock } = this.#parts;
    if (!telemetry.recording) return undefined;
    const { triggerId, functionId, lane, trace, failures, losses, createdAtMs } = this.call;
    const isFirst = failures + losses === 0;
    return telemetry.startSpan(`${kind} trigger`, {
      kind: 'consumer',
      ...(trace === undefined ? {} : { parent: trace }),
      ...(isFirst ? { startedAtMs: createdAtMs } : {}),
      attributes: {
        'iii.trigger.type': kind, 'iii.trigger.id': triggerId, 'iii.function.id': functionId, 'iii.trigger.key': lane, 'iii.trigger.attempt': failures + losses + 1,
        'iii.trigger.wait_ms': Math.max(0, clock.now() - createdAtMs),
      },
    });
  }

  async #run(span: OpenSpan | undefined): Promise<'delivered' | 'skipped'> {
    const { call } = this;
    const trace = span?.context ?? call.trace;
    const { triggers, timeoutMs, kind } = this.#parts;
    // Nobody here looks into it: processes get the text as it was written.
    const payload = new WireValue(call.payload);
    const options: InvokeOptions = {
      timeoutMs, triggerDepth: call.depth, attempt: call.failures + 1, idempotencyKey: `${kind}-${call.triggerId}-${call.callId}`, signal: this.#stop.signal,
      ...(trace === undefined ? {} : { trace }),
    };
    if ((await triggers.checkCondition(this.#trigger, payload, options)) === 'blocked') return 'skipped';
    await triggers.open(this.#trigger, payload, options).result;
    return 'delivered';
  }

  async #failed(error: unknown): Promise<DeliveryEnd> {
    const { call } = this;
    const { functionId, conditionFunctionId } = this.#trigger;
    if (this.#stop.signal.aborted) {
      await this.#parts.calls.release([call.laneId]);
      return { kind: 'done' };
    }
    const verdict = judgeDelivery(error, [functionId, conditionFunctionId]);
    switch (verdict.kind) {
      case 'unavailable':
        this.#count('unavailable');
        await this.#parts.calls.release([call.laneId]);
        return { kind: 'unavailable' };
      case 'lost':
        if (call.losses + 1 >= maxLosses) return this.#drop(error, `${maxLosses} processes were lost while they ran it`);
        return this.#again(error, { delayMs: retryDelayMs(call.losses + 1, this.#parts.random()), failures: call.failures, losses: call.losses + 1 });
      case 'hopeless':
        return this.#drop(error, 'the function said that another attempt cannot succeed');
      case 'failed':
        if (call.failures >= maxFailureRetries) return this.#drop(error, `${maxFailureRetries + 1} attempts failed`);
        return this.#again(error, { delayMs: verdict.retryAfterMs ?? retryDelayMs(call.failures + 1, this.#parts.random()), failures: call.failures + 1, losses: call.losses });
    }
  }

  async #again(error: unknown, later: { readonly delayMs: number; readonly failures: number; readonly losses: number }): Promise<DeliveryEnd> {
    this.#count('retried');
    inTrace(this.#parts.logger, this.call.trace).warn('A trigger call failed and will be tried again', { ...this.#names(), attempt: later.failures + later.losses, inMs: Math.round(later.delayMs), ...reasonOf(error) });
    await this.#parts.calls.postpone(this.call, later);
    return { kind: 'done' };
  }

  async #drop(error: unknown, why: string): Promise<DeliveryEnd> {
    this.#count('dropped');
    inTrace(this.#parts.logger, this.call.trace).error(`A trigger call is given up: ${why}`, { ...this.#names(), ...reasonOf(error) });
    return this.#settled();
  }

  async #settled(): Promise<DeliveryEnd> {
    const next = await this.#parts.calls.settle(this.call);
    return next === undefined ? { kind: 'done' } : { kind: 'next', call: next };
  }

  #count(outcome: string): void {
    this.#parts.outcomes.add(1, { type: this.#parts.kind, outcome });
  }

  #names(): Readonly<Record<string, unknown>> {
    const { triggerId, functionId, lane } = this.call;
    return { type: this.#parts.kind, triggerId, functionId, key: lane };
  }
}

function reasonOf(error: unknown): Readonly<Record<string, unknown>> {
  return isMotiaError(error) ? { code: error.code, reason: error.message } : { reason: messageOf(error) };
}
