import type { StreamEvent } from '../stream-event.js';
import { FrameBatch } from './frame-batch.js';
import { changeBody, messageBody, type Place } from './frame-text.js';

/** Events of one place in their order, encoded at most once for each subscription id. */
export interface EventBatch {
  readonly events: readonly StreamEvent[];
  readonly frames: FrameBatch;
  /** Smallest and largest `seq` of the changes among them; both undefined when there is none. */
  readonly firstSeq: number | undefined;
  readonly lastSeq: number | undefined;
}

/** What a target needs of those who follow it. */
export interface Follower {
  /** Takes a batch now, or moves itself to the waiting ones. */
  deliver(batch: EventBatch): void;
  /** Keeps what it needs of a batch for later. */
  hold(batch: EventBatch): void;
  /** Events were lost before they came here: what it has of the place is no longer whole. */
  missed(): void;
}

/** A group, or one item of it, and everyone who follows it. Exists while somebody does. */
export class Target {
  readonly place: Place;
  /** Subscriptions, those included that are not served yet. Kept by the hub. */
  users = 0;
  /** Get each batch at once. */
  readonly live = new Set<Follower>();
  /** Are reading their snapshot, or are too slow. */
  readonly waiting = new Set<Follower>();
  /** The last change that went through here. */
  #lastSeq = 0;
  /** Timestamp of the last event that went through here: of an item, the next one must be later. */
  lastTimestamp = 0;
  /** A snapshot that is being or was just read, for those who join at about the same time. The next event, or a second, ends it. */
  sharedSnapshot: Promise<unknown> | undefined;

  constructor(place: Place) {
    this.place = place;
  }

  /** Some events went by unseen, nobody knows of which places. */
  missed(): void {
    this.sharedSnapshot = undefined;
    for (const follower of [...this.live, ...this.waiting]) follower.missed();
  }

  publish(events: readonly StreamEvent[]): void {
    this.sharedSnapshot = undefined;
    const batch = this.#encode(events);
    for (const follower of this.live) follower.deliver(batch);
    // Those that just found out that they are too slow are among these by now.
    for (const follower of this.waiting) follower.hold(batch);
  }

  #encode(events: readonly StreamEvent[]): EventBatch {
    let firstSeq: number | undefined;
    let lastSeq: number | undefined;
    const bodies = events.map((event) => {
      this.lastTimestamp = Math.max(this.lastTimestamp, event.timestamp);
      if (event.kind === 'message') return messageBody(event);
      const body = changeBody(event, this.#previous(event));
      firstSeq ??= event.seq;
      lastSeq = event.seq;
      this.#lastSeq = event.seq;
      return body;
    });
    return { events, frames: new FrameBatch(bodies), firstSeq, lastSeq };
  }

  /** Of an item: the change of it that went through before. Who came later knows at least as much from its snapshot. */
  #previous(event: { readonly prevSeq: number }): number {
    return this.place.item === undefined ? event.prevSeq : Math.min(this.#lastSeq, event.prevSeq);
  }
}
