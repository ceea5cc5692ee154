import type { Logger, Trigger, TriggerChange } from '@motia/engine-core/contract';
import type { DeliveryOptions } from './delivery/delivery-options.js';
import type { Dispatcher } from './dispatch/dispatcher.js';
import type { JobStore, QueueDeclaration, QueueState } from './job-store.js';
import type { QueuePlan } from './queue-plan.js';
import type { QueueTriggerConfig } from './trigger-config.js';

type QueueTrigger = Trigger<QueueTriggerConfig>;

export interface SubscriptionParts {
  readonly store: JobStore;
  readonly dispatcher: Dispatcher;
  readonly plan: QueuePlan;
  readonly logger: Logger;
  readonly isCompeting: boolean;
  /** A subscription outlives the engine's own end. */
  readonly isStopping: () => boolean;
  readonly graceMs: number;
}

interface Subscription {
  readonly declaration: QueueDeclaration;
  readonly options: DeliveryOptions;
  readonly triggers: readonly QueueTrigger[];
}

/**
 * Keeps the store's subscriptions and the dispatcher's queues in step with the triggers that are bound. One function that
 * subscribes to a topic is one subscription, however many processes and triggers stand behind it. A trigger that goes away
 * does not end its subscription: the process may be restarting, and what is enqueued meanwhile must wait for it.
 */
export class Subscriptions {
  readonly #parts: SubscriptionParts;
  readonly #triggers = new Map<string, QueueTrigger>();
  readonly #served = new Map<string, number>();

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
  }

  async apply({ added, removed }: TriggerChange<QueueTriggerConfig>): Promise<void> {
    const { store, isStopping } = this.#parts;
    for (const { id } of removed) this.#triggers.delete(id);
    for (const trigger of added) this.#triggers.set(trigger.id, trigger);
    if (isStopping()) return;
    const touched = new Set([...added, ...removed].map((trigger) => this.#key(trigger)));
    const wanted = this.#wanted();
    const declared = [...wanted].filter(([key]) => touched.has(key));
    const left = [...this.#served].filter(([key]) => touched.has(key) && !wanted.has(key));
    if (declared.length > 0) await this.#declare(declared);
    await this.#serveFormer(new Set([...added, ...removed].map(({ config }) => config.topic)));
    if (declared.length > 0) await this.#parts.dispatcher.look();
    for (const [key, queue] of left) this.#unserve(key, queue);
    if (left.length > 0) await store.leave(left.map(([, queue]) => queue));
  }

  async #declare(declared: readonly (readonly [string, Subscription])[]): Promise<void> {
    const { store, dispatcher } = this.#parts;
    const states = await store.declare(declared.map(([, { declaration }]) => declaration));
    states.forEach((state, place) => {
      const [key, { options, triggers }] = declared[place] as (typeof declared)[number];
      this.#served.set(key, state.queue);
      dispatcher.queues.serve(state, options, triggers);
    });
  }

  /**
   * What topics hold from a time when `topic_delivery` said the other thing, or when nobody subscribed, and what is redriven of it, is for
   * their subscribers of now: a row of one function for that one, a row of any of them for any.
   */
  async #serveFormer(topics: ReadonlySet<string>): Promise<void> {
    const { store, dispatcher, plan, isCompeting } = this.#parts;
    const others = (await store.queues()).filter(({ kind, name, functionId }) => kind === 'topic' && topics.has(name) && (functionId === '') !== isCompeting);
    const kept = new Set(await this.#supersede(others.filter(({ role }) => role !== 'holding')));
    const left: number[] = [];
    for (const state of others) {
      const { queue, name, functionId, role } = state;
      if (role !== 'holding' && !kept.has(queue)) continue;
      const triggers = [...this.#triggers.values()].filter((trigger) => trigger.config.topic === name && (functionId === '' || trigger.functionId === functionId)).sort(newestFirst);
      const [newest] = triggers;
      if (newest === undefined) left.push(queue);
      else dispatcher.queues.serve(role === 'holding' ? state : { ...state, role: 'former' }, plan.ofTrigger(newest), newestOfEach(triggers));
    }
    for (const queue of left) dispatcher.queues.unserve(queue);
    if (left.length > 0) await store.leave(left);
  }

  async #supersede(others: readonly QueueState[]): Promise<readonly number[]> {
    const { store, logger } = this.#parts;
    if (others.length === 0) return [];
    const kept = await store.supersede(others.map(({ queue }) => queue));
    for (const { queue, name, functionId, depth, role } of others) {
      if (role === 'subscription' && kept.includes(queue) && depth > 0) logger.info('Messages from before `topic_delivery` was changed are still delivered', { topic: name, functionId, messages: depth });
    }
    return kept;
  }

  #unserve(key: string, queue: number): void {
    const { dispatcher, logger, graceMs } = this.#parts;
    this.#served.delete(key);
    const local = dispatcher.queues.unserve(queue);
    if (local === undefined) return;
    logger.info('A subscriber has left; its messages wait for it', { topic: local.identity.name, functionId: local.identity.functionId, forMs: graceMs });
  }

  #key({ functionId, config }: QueueTrigger): string {
    return JSON.stringify([config.topic, this.#parts.isCompeting ? '' : functionId]);
  }

  /** Subscriptions of the triggers as bound now. Where several triggers of one function differ, the newest generation's options count. */
  #wanted(): ReadonlyMap<string, Subscription> {
    const { plan, isCompeting } = this.#parts;
    const byKey = new Map<string, QueueTrigger[]>();
    for (const trigger of this.#triggers.values()) {
      const key = this.#key(trigger);
      byKey.set(key, [...(byKey.get(key) ?? []), trigger]);
    }
    return new Map([...byKey].map(([key, triggers]) => {
      const sorted = triggers.sort(newestFirst);
      const newest = sorted[0] as QueueTrigger;
      const options = plan.ofTrigger(newest);
      const declaration: QueueDeclaration = { kind: 'topic', name: newest.config.topic, functionId: isCompeting ? '' : newest.functionId, role: 'subscription', rules: plan.rules(options) };
      return [key, { declaration, options, triggers: isCompeting ? newestOfEach(sorted) : [newest] }];
    }));
  }
}

const newestFirst = (a: QueueTrigger, b: QueueTrigger): number => b.generation - a.generation;

function newestOfEach(sorted: readonly QueueTrigger[]): readonly QueueTrigger[] {
  return [...new Map([...sorted].reverse().map((trigger) => [trigger.functionId, trigger])).values()];
}
