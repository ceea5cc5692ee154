import { inTrace } from '@motia/engine-core';
import { isMotiaError, messageOf, WireValue, type Logger, type Meter, type Trigger, type TriggerRegistry } from '@motia/engine-core/contract';
import type { BusMessage } from './message-bus.js';

/** Runs of one subscriber that may be under way; what comes on top is dropped, counted, and said once in a while. */
export const mostInFlight = 1_000;
const warnEvery = 1_000;

export interface DeliveryParts {
  readonly triggers: TriggerRegistry;
  readonly logger: Logger;
  readonly meter: Meter;
}

interface Account {
  inFlight: number;
  dropped: number;
}

/** Calls subscribers. Each message once, whatever becomes of it: failures are logged and counted, nothing is kept. */
export class Deliveries {
  readonly #parts: DeliveryParts;
  readonly #accounts = new Map<string, Account>();
  readonly #results;
  #inFlight = 0;
  #whenIdle: (() => void)[] = [];

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    this.#results = parts.meter.counter('iii.pubsub.deliveries', { description: 'Messages to subscribers by what became of them', unit: '{message}' });
  }

  /** Starts the subscriber's run and returns. Never throws. */
  deliver(trigger: Trigger, message: BusMessage): void {
    const account = this.#account(trigger.id);
    if (account.inFlight >= mostInFlight) {
      this.#drop(trigger, message, account);
      return;
    }
    account.inFlight += 1;
    this.#inFlight += 1;
    void this.#run(trigger, message).then((result) => {
      account.inFlight -= 1;
      this.#inFlight -= 1;
      this.#results.add(1, { result, 'messaging.destination.name': message.topic });
      if (account.inFlight === 0) this.#accounts.delete(trigger.id);
      if (this.#inFlight === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
    });
  }

  /** Resolves when nothing is under way, or the signal aborts. */
  async idle(deadline: AbortSignal): Promise<void> {
    if (this.#inFlight === 0 || deadline.aborted) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle.push(resolve);
      deadline.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  async #run(trigger: Trigger, { topic, json, trace, triggerDepth = 0 }: BusMessage): Promise<'delivered' | 'blocked' | 'failed'> {
    const { triggers, logger } = this.#parts;
    try {
      // Text that was made here: each run parses its own copy, and what is only forwarded is never parsed.
      if (trigger.conditionFunctionId !== undefined && (await triggers.checkCondition(trigger, new WireValue(json), { trace, triggerDepth })) === 'blocked') return 'blocked';
      await triggers.open(trigger, new WireValue(json), { trace, triggerDepth }).result;
      return 'delivered';
    } catch (error) {
      inTrace(logger, trace).warn('A subscriber failed; the message is not delivered again', {
        topic, functionId: trigger.functionId,
        ...(isMotiaError(error) ? { code: error.code } : {}), reason: messageOf(error),
      });
      return 'failed';
    }
  }

  #drop(trigger: Trigger, { topic, trace }: BusMessage, account: Account): void {
    this.#results.add(1, { result: 'dropped', 'messaging.destination.name': topic });
    account.dropped += 1;
    if (account.dropped % warnEvery !== 1) return;
    inTrace(this.#parts.logger, trace).warn('A subscriber is too slow: messages to it are dropped', { topic, functionId: trigger.functionId, inFlight: account.inFlight, dropped: account.dropped });
  }

  #account(triggerId: string): Account {
    let account = this.#accounts.get(triggerId);
    if (account === undefined) this.#accounts.set(triggerId, (account = { inFlight: 0, dropped: 0 }));
    return account;
  }
}
