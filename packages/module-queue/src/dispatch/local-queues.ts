import type { FunctionRegistry, Registration, Trigger } from '@motia/engine-core/contract';
import type { DeliveryOptions } from '../delivery/delivery-options.js';
import type { LaneState, QueueState } from '../job-store.js';
import { LocalQueue, type LocalLane } from './local-queue.js';
import { calledBy } from './run.js';

/**
 * The queues that this engine delivers from, and which of their functions somebody is ready to run. A queue that is not served
 * any more stays known: deliveries of it may be on their way.
 */
export class LocalQueues {
  readonly #functions: FunctionRegistry;
  readonly #onServed: (queue: LocalQueue) => void;
  readonly #byId = new Map<number, LocalQueue>();
  /** Those that new messages of a topic go to. */
  readonly #byTopic = new Map<string, LocalQueue[]>();
  readonly #named = new Map<string, LocalQueue>();
  readonly #byLane = new Map<number, LocalQueue>();
  /** By function, until functions change. */
  readonly #readiness = new Map<string, boolean>();
  readonly #registration: Registration;

  constructor(functions: FunctionRegistry, onServed: (queue: LocalQueue) => void) {
    this.#functions = functions;
    this.#onServed = onServed;
    this.#registration = functions.onChanged(() => this.#functionsChanged());
  }

  stop(): void {
    this.#registration.dispose();
  }

  /** Makes a queue one of those served, or changes how. */
  serve({ queue: id, kind, name, functionId, role }: QueueState, options: DeliveryOptions, triggers: readonly Trigger[]): LocalQueue {
    let queue = this.#byId.get(id);
    // The store gives numbers of queues that it has forgotten to new ones.
    if (queue !== undefined && (queue.identity.kind !== kind || queue.identity.name !== name || queue.identity.functionId !== functionId)) {
      this.#forget(queue);
      queue = undefined;
    }
    if (queue === undefined) {
      queue = new LocalQueue(id, { kind, name, functionId }, options, triggers);
      this.#byId.set(id, queue);
      if (kind === 'queue') this.#named.set(name, queue);
      else if (role === 'subscription') this.#byTopic.set(name, [...this.ofTopic(name), queue]);
    }
    queue.options = options;
    queue.triggers = triggers;
    this.#onServed(queue);
    return queue;
  }

  #forget(queue: LocalQueue): void {
    const { name } = queue.identity;
    this.#byTopic.set(name, this.ofTopic(name).filter((other) => other !== queue));
    if (this.#named.get(name) === queue) this.#named.delete(name);
  }

  /** Nobody here subscribes to it any more. Undefined for one that was never served. */
  unserve(id: number): LocalQueue | undefined {
    const queue = this.#byId.get(id);
    if (queue === undefined) return undefined;
    queue.triggers = [];
    this.#onServed(queue);
    return queue;
  }

  find(id: number): LocalQueue | undefined {
    return this.#byId.get(id);
  }

  all(): readonly LocalQueue[] {
    return [...this.#byId.values()];
  }

  /** The queues that a new message of the topic goes to. */
  ofTopic(topic: string): readonly LocalQueue[] {
    return this.#byTopic.get(topic) ?? [];
  }

  named(name: string): LocalQueue | undefined {
    return this.#named.get(name);
  }

  ofLane(lane: number): LocalQueue | undefined {
    return this.#byLane.get(lane);
  }

  /** The lane as this engine knows it; undefined for one of a queue that it has never served. */
  lane(state: LaneState): LocalLane | undefined {
    const queue = this.#byId.get(state.queue);
    if (queue === undefined) return undefined;
    this.#byLane.set(state.lane, queue);
    return queue.lane(state);
  }

  /** Whether a job of the queue could be handed to somebody now. */
  canRun(queue: LocalQueue, functionId: string): boolean {
    return queue.identity.kind === 'queue' ? this.isReady(functionId) : queue.triggers.some((trigger) => this.#isTriggerReady(trigger));
  }

  /** Which function keeps a job of the queue from being handed to somebody; undefined when it could be. */
  missing(queue: LocalQueue, functionId: string): string | undefined {
    if (this.canRun(queue, functionId)) return undefined;
    const needed = queue.identity.kind === 'queue' ? [functionId] : queue.triggers.flatMap(calledBy);
    return needed.find((id) => !this.isReady(id)) ?? functionId;
  }

  /** Whether there is anything that somebody in this engine is ready to take, now or once it is due. */
  hasWork(): boolean {
    for (const queue of this.#byId.values()) {
      for (const lane of queue.lanes.values()) if ((lane.hasReady || lane.dueAtMs !== undefined) && this.isServed(queue, lane)) return true;
    }
    return false;
  }

  /** Whether any topic has a subscriber here that is ready. */
  hasSubscriber(): boolean {
    for (const queue of this.#byId.values()) if (queue.triggers.some(({ functionId }) => this.isReady(functionId))) return true;
    return false;
  }

  servedLanes(queue: LocalQueue): readonly LocalLane[] {
    return [...queue.lanes.values()].filter((lane) => this.isServed(queue, lane));
  }

  /** Whether somebody in this engine is ready to take jobs of the lane. */
  isServed(queue: LocalQueue, lane: LocalLane): boolean {
    return this.canRun(queue, lane.functionId);
  }

  /** Who gets the next job of a topic's queue: as a rule there is one; competing subscribers take turns. */
  subscriber(queue: LocalQueue): Trigger | undefined {
    const { triggers } = queue;
    if (triggers.length === 1) return triggers[0];
    const ready = triggers.filter((trigger) => this.#isTriggerReady(trigger));
    return ready[queue.nextTurn() % Math.max(1, ready.length)] ?? triggers[0];
  }

  /** A call said otherwise than what is remembered: it is looked at anew. */
  recheck(): void {
    this.#readiness.clear();
  }

  isReady(functionId: string): boolean {
    let isReady = this.#readiness.get(functionId);
    if (isReady === undefined) {
      const info = this.#functions.get(functionId);
      isReady = info !== undefined && (info.internal || info.workerIds.length > 0);
      this.#readiness.set(functionId, isReady);
    }
    return isReady;
  }

  #isTriggerReady(trigger: Trigger): boolean {
    return calledBy(trigger).every((functionId) => this.isReady(functionId));
  }

  #functionsChanged(): void {
    this.#readiness.clear();
    for (const queue of this.#byId.values()) if (queue.lanes.size + queue.triggers.length > 0) this.#onServed(queue);
  }
}
