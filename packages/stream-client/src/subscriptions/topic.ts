import type { StreamError } from '../stream-error.js';
import { placeOf, positionAfter, type Position } from '../state/continuity.js';
import type { JoinMessage, StreamFrame } from '../wire/frames.js';

/** What is followed: a group, or one item of it. */
export interface Target {
  readonly streamName: string;
  readonly groupId: string;
  readonly id?: string;
}

/**
 * `connecting`: no data yet. `live`: what is known is the latest. `stale`: the connection is lost, what was known last is
 * shown. `refused`: the server does not allow it, see `error`. `closed`: nobody wants it any more.
 */
export type SubscriptionStatus = 'connecting' | 'live' | 'stale' | 'refused' | 'closed';

export interface TopicListener {
  /** Data or status are other ones. */
  changed(): void;
  event(type: string, data: unknown): void;
}

/** Whether a frame fits, and what is to be done when it does not. */
export type FrameVerdict = 'taken' | 'rejoin';

/** One subscription on the wire, for everyone in this program who follows the same thing. */
export class Topic {
  readonly target: Target;
  subscriptionId: string;
  readonly listeners = new Set<TopicListener>();
  status: SubscriptionStatus = 'connecting';
  error: StreamError | undefined;
  state: unknown;
  /** How often it failed, one time after the other, for reasons that pass. */
  failures = 0;
  readonly #reduce: (state: unknown, frame: StreamFrame) => unknown;
  #position: Position | undefined;
  #hasData = false;

  constructor(target: Target, subscriptionId: string, initial: unknown, reduce: (state: unknown, frame: StreamFrame) => unknown) {
    this.target = target;
    this.subscriptionId = subscriptionId;
    this.state = initial;
    this.#reduce = reduce;
  }

  get join(): JoinMessage {
    const position = this.#position;
    return { subscriptionId: this.subscriptionId, ...this.target, ...(position === undefined ? {} : { epoch: position.epoch, lastSeq: position.seq }) };
  }

  receive(frame: StreamFrame): FrameVerdict {
    const { event } = frame;
    if (event.type === 'event') {
      for (const listener of [...this.listeners]) listener.event(event.event.type, event.event.data);
      return 'taken';
    }
    if (event.type === 'unauthorized') return 'taken';
    const place = placeOf(frame, this.#position);
    if (place === 'repeated') return 'taken';
    if (place === 'broken') {
      this.forget();
      return 'rejoin';
    }
    this.failures = 0;
    this.#position = positionAfter(frame) ?? this.#position;
    const before = this.state;
    this.state = this.#reduce(before, frame);
    this.#hasData = true;
    const wasLive = this.status === 'live';
    this.status = 'live';
    if (this.state !== before || !wasLive || event.type === 'sync') this.announce();
    return 'taken';
  }

  /** The server goes on where we were. */
  resumed(): void {
    this.failures = 0;
    this.#become('live');
  }

  /** The connection is gone. */
  lost(): void {
    if (this.status === 'live') this.#become(this.#hasData ? 'stale' : 'connecting');
  }

  /** What was known counts no more for going on; it is shown until the new snapshot comes. */
  forget(): void {
    this.#position = undefined;
  }

  refuse(error: StreamError): void {
    this.error = error;
    this.#become('refused');
  }

  /** A refused one is tried again. */
  retry(): void {
    this.error = undefined;
    this.#become(this.#hasData ? 'stale' : 'connecting');
  }

  close(): void {
    this.#become('closed');
  }

  announce(): void {
    for (const listener of [...this.listeners]) listener.changed();
  }

  #become(status: SubscriptionStatus): void {
    if (this.status === status) return;
    this.status = status;
    this.announce();
  }
}
