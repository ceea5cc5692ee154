import type { Trigger } from '@motia/engine-core/contract';
import type { DeliveryOptions } from '../delivery/delivery-options.js';
import { queueLabel, type QueueIdentity } from '../job.js';
import type { LaneState } from '../job-store.js';
import { Pace } from './pace.js';
import type { Run } from './run.js';

/** Jobs of one queue for one function, as this engine last saw them. */
export interface LocalLane {
  readonly lane: number;
  readonly functionId: string;
  /** Something may be waiting. */
  hasReady: boolean;
  /** On the monotonic scale: when the next delayed job is due. */
  dueAtMs: number | undefined;
}

/** A queue that this engine delivers from: its free places, and what it was given. */
export class LocalQueue {
  readonly id: number;
  readonly identity: QueueIdentity;
  readonly label: string;
  options: DeliveryOptions;
  /** Subscribers that share the queue; as a rule one. Empty for named queues, whose lanes name the function. */
  triggers: readonly Trigger[];
  readonly lanes = new Map<number, LocalLane>();
  /** Deliveries that run. */
  running = 0;
  /** Places asked of the store and not answered yet. */
  asked = 0;
  /** Given to this engine and not started: claimed ahead of a free place, or something must run alone first. In order. */
  readonly waiting: Run[] = [];
  readonly pace = new Pace();
  /** The first that waits must run alone, and others still run. */
  isHeldUp = false;
  /** Messages with a priority come in: nothing is claimed before its turn. */
  hasPriorities = false;
  /** Set while a delivery runs that must run alone. */
  isReserved = false;
  #turn = 0;

  constructor(id: number, identity: QueueIdentity, options: DeliveryOptions, triggers: readonly Trigger[]) {
    this.id = id;
    this.identity = identity;
    this.label = queueLabel(identity);
    this.options = options;
    this.triggers = triggers;
  }

  /** Deliveries that could start now, beyond those that were given and asked for. */
  get places(): number {
    if (this.isReserved || this.isHeldUp) return 0;
    return Math.max(0, this.options.concurrency - this.running - this.waiting.length - this.asked);
  }

  /** Deliveries that may be asked for now: to start at once, and ahead. Those ahead are fetched when half of them are gone. */
  get free(): number {
    if (this.isReserved || this.isHeldUp) return 0;
    const { ahead } = this;
    const missing = this.options.concurrency + ahead - this.running - this.waiting.length - this.asked;
    return this.places > 0 || missing * 2 >= ahead ? Math.max(0, missing) : 0;
  }

  /** What may wait here. A message that may be lost but once is not risked before it runs. */
  get ahead(): number {
    return this.hasPriorities || this.options.maxLosses < 2 ? 0 : this.pace.ahead(this.options.concurrency);
  }

  get isIdle(): boolean {
    return this.running === 0 && this.waiting.length === 0;
  }

  lane({ lane, functionId }: Pick<LaneState, 'lane' | 'functionId'>): LocalLane {
    let known = this.lanes.get(lane);
    if (known === undefined) {
      known = { lane, functionId, hasReady: false, dueAtMs: undefined };
      this.lanes.set(lane, known);
    }
    return known;
  }

  /** A different number each time, so that lanes and subscribers take turns. */
  nextTurn(): number {
    this.#turn = (this.#turn + 1) % 0x40000000;
    return this.#turn;
  }
}
