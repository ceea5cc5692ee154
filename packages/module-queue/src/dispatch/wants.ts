import type { JobAdd, Take } from '../job-store.js';
import type { LocalQueues } from './local-queues.js';
import type { LocalLane, LocalQueue } from './local-queue.js';
import type { PendingSettlement } from './turn.js';

/** Which queues want work, and what is asked of the store for them: as much as there are free places. */
export class Wants {
  readonly #queues: LocalQueues;
  /** Queues that have free places and may have work. */
  readonly #wanting = new Set<LocalQueue>();

  constructor(queues: LocalQueues) {
    this.#queues = queues;
  }

  add(queue: LocalQueue): void {
    this.#wanting.add(queue);
  }

  /** Nothing can be asked for now. */
  clear(): void {
    this.#wanting.clear();
  }

  /**
   * What to ask for: the free places of queues that may have work, of those that new messages go to, and of fifo groups that go
   * on with this exchange. Counted as asked for from now on.
   */
  takes(adds: readonly JobAdd[], settlements: readonly PendingSettlement[]): readonly Take[] {
    const takes: Take[] = [];
    for (const queue of this.#wanting) this.#askLanes(queue, this.ready(queue), takes);
    for (const { settlement } of settlements) if (settlement.group !== undefined) this.#askServed(settlement.queue, takes);
    if (adds.length > 0) this.#askTargets(adds, takes);
    this.#wanting.clear();
    return takes;
  }

  /** The store has answered, or failed. */
  returned(takes: readonly Take[]): void {
    for (const { lane, slots, ahead = 0 } of takes) {
      const queue = this.#queues.ofLane(lane);
      if (queue !== undefined) queue.asked -= slots + ahead;
    }
  }

  /** Lanes of the queue in which something may be waiting that somebody here is ready to take. */
  ready(queue: LocalQueue): readonly LocalLane[] {
    return this.#queues.servedLanes(queue).filter(({ hasReady }) => hasReady);
  }

  #askTargets(adds: readonly JobAdd[], takes: Take[]): void {
    for (const { target } of adds) {
      if ('topic' in target) {
        for (const queue of this.#queues.ofTopic(target.topic)) this.#askServed(queue.id, takes);
        continue;
      }
      const queue = this.#queues.named(target.queue);
      const lane = queue === undefined ? undefined : [...queue.lanes.values()].find(({ functionId }) => functionId === target.functionId);
      if (queue !== undefined && lane !== undefined && this.#queues.isServed(queue, lane)) this.#askLanes(queue, [lane], takes);
    }
  }

  #askServed(id: number, takes: Take[]): void {
    const queue = this.#queues.find(id);
    if (queue !== undefined && queue.free > 0) this.#askLanes(queue, this.#queues.servedLanes(queue), takes);
  }

  /** Shares the free places of a queue out among lanes, beginning with another one each time. */
  #askLanes(queue: LocalQueue, lanes: readonly LocalLane[], takes: Take[]): void {
    const first = lanes.length > 1 ? queue.nextTurn() : 0;
    for (let place = 0; place < lanes.length && queue.free > 0; place += 1) {
      const { lane } = lanes[(first + place) % lanes.length] as LocalLane;
      const wanted = Math.ceil(queue.free / (lanes.length - place));
      const slots = Math.min(wanted, queue.places);
      queue.asked += wanted;
      takes.push({ lane, slots, ...(wanted > slots ? { ahead: wanted - slots } : {}), leaseMs: queue.options.visibilityMs });
    }
  }
}
