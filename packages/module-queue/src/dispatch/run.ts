import type { FunctionRegistry, Invocation, InvokeOptions, MotiaError, TraceContext, Trigger, TriggerRegistry } from '@motia/engine-core/contract';
import { isWireValue, WireValue } from '@motia/engine-core/contract';
import { queueErrors } from '../errors.js';
import type { Delivery } from '../job.js';
import type { DeliveryTrace } from '../telemetry/delivery-trace.js';
import type { LocalQueue } from './local-queue.js';
import { toCoded } from './verdict.js';

/** How a delivery ended. `skipped`: its condition said no. */
export type RunEnd =
  | { readonly kind: 'answered'; readonly result: unknown }
  | { readonly kind: 'skipped' }
  | { readonly kind: 'failed'; readonly error: MotiaError };

/** Why a delivery was stopped from outside. `released`: it is given back. `lost`: it is somebody else's, or has ended. */
export type StopReason = 'released' | 'lost';

export interface RunSetting {
  readonly functions: FunctionRegistry;
  readonly triggers: TriggerRegistry;
}

/** Deliveries of one job to a handler: condition, then the call. */
export class Run {
  readonly delivery: Delivery;
  readonly queue: LocalQueue;
  readonly text: string;
  /** Set once it was stopped from outside; its own end means nothing then. */
  stopped: StopReason | undefined;
  trace: DeliveryTrace | undefined;
  startedAtMs = 0;
  /** On the monotonic scale: when this engine got it. */
  heldSinceMs = 0;
  /** What it called, or was to call: the function, and the condition before it. */
  functionIds: readonly string[] = [];
  /** On the same scale: until then nobody else can have it. Measured from when it was asked for, so never too late. */
  leasedUntilMs: number;
  #invocation: Invocation | undefined;
  #stopCondition: AbortController | undefined;

  constructor(delivery: Delivery, queue: LocalQueue, text: string, leasedUntilMs: number) {
    this.delivery = delivery;
    this.queue = queue;
    this.text = text;
    this.leasedUntilMs = leasedUntilMs;
  }

  /** What its trace is so far: of the delivery once it has begun, of whoever enqueued it before. */
  get context(): TraceContext | undefined {
    return this.trace?.context ?? this.delivery.trace;
  }

  /** Of the running call. */
  get invocationId(): string | undefined {
    return this.#invocation?.id;
  }

  /** Tells the handler to stop. */
  stop(reason: StopReason, why: string): void {
    this.stopped ??= reason;
    this.#stopCondition?.abort(why);
    this.#invocation?.cancel(why);
  }

  /** Runs to the end. Never rejects. */
  async call(setting: RunSetting, trigger: Trigger | undefined): Promise<RunEnd> {
    this.functionIds = trigger === undefined ? [this.delivery.functionId] : calledBy(trigger);
    try {
      const payload = new WireValue(this.text);
      if (trigger?.conditionFunctionId !== undefined && !(await this.#passes(setting, trigger, payload))) return { kind: 'skipped' };
      return { kind: 'answered', result: await this.#invoke(setting, trigger, payload) };
    } catch (thrown) {
      return { kind: 'failed', error: toCoded(thrown, (reason) => queueErrors.CONDITION_FAILED({ functionId: this.delivery.functionId, reason })) };
    }
  }

  async #passes({ triggers }: RunSetting, trigger: Trigger, payload: WireValue): Promise<boolean> {
    const stop = (this.#stopCondition = new AbortController());
    try {
      return (await triggers.checkCondition(trigger, payload, { ...this.#options(), signal: stop.signal })) === 'passed';
    } finally {
      this.#stopCondition = undefined;
    }
  }

  #invoke({ functions, triggers }: RunSetting, trigger: Trigger | undefined, payload: WireValue): Promise<unknown> {
    const options = { ...this.#options(), wireResult: true };
    this.#invocation = trigger === undefined ? functions.open(this.delivery.functionId, payload, options) : triggers.open(trigger, payload, options);
    // Stopped while its condition was being asked.
    if (this.stopped !== undefined) this.#invocation.cancel('the delivery was stopped');
    return this.#invocation.result;
  }

  #options(): InvokeOptions {
    const { delivery, queue, trace } = this;
    return {
      timeoutMs: delivery.timeoutMs ?? queue.options.timeoutMs,
      ...(trace === undefined ? {} : { trace: trace.context }),
      // A handler that runs again must be able to see it, whatever ended the runs before.
      attempt: delivery.attempts + delivery.losses + 1,
      idempotencyKey: delivery.messageId,
      // A queue between two triggers does not make a loop of them endless.
      triggerDepth: delivery.triggerDepth,
      // Waiting for a process to come back is the queue's own business.
      parkMs: 0,
    };
  }
}

/** Everybody whom a delivery through the trigger needs. */
export function calledBy({ functionId, conditionFunctionId }: Trigger): readonly string[] {
  return conditionFunctionId === undefined ? [functionId] : [conditionFunctionId, functionId];
}

/** The JSON text of what a handler answered; `null` when it answered nothing. */
export function resultText(result: unknown): string {
  if (isWireValue(result) && result.raw === undefined) return result.json;
  return JSON.stringify(isWireValue(result) ? result.toValue() : result) ?? 'null';
}
