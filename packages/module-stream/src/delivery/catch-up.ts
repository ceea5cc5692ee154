import type { Logger } from '@motia/engine-core/contract';
import type { StreamChangeEvent } from '../stream-event.js';
import { FrameBatch } from './frame-batch.js';
import { errorFrame, resumedFrame, resyncFrame, syncBody, type Place, type ResyncReason } from './frame-text.js';
import type { Outlet } from './outlet.js';
import { snapshotFailure } from './snapshot-failure.js';
import type { Subscription } from './subscription.js';
import type { Target } from './target.js';

/** All that a place holds, as of change `seq`. */
export interface PlaceSnapshot {
  readonly epoch: string;
  readonly seq: number;
  /** Of the item's last change, or later than every change of the group. */
  readonly timestamp: number;
  /** JSON text: the item or null, or the array of the group's items. */
  readonly json: string;
  /** Of a group. */
  readonly ids?: readonly string[];
}

/** What came after a position: a page of the log, or why the log cannot tell. */
export type LogPage =
  | { readonly kind: 'page'; readonly changes: readonly StreamChangeEvent[]; /** Every change up to here was looked at. */ readonly upTo: number; readonly isLast: boolean }
  | { readonly kind: 'gone'; readonly reason: ResyncReason };

/** What a place holds, and what came after a position. */
export interface PlaceReader {
  snapshot(place: Place): Promise<PlaceSnapshot>;
  changesAfter(place: Place, position: ResumePosition): Promise<LogPage>;
}

/** Where catching up reads from. */
export interface CatchUpSource extends PlaceReader {
  /** A snapshot of the place takes as long as somebody else likes. */
  isRemote(place: Place): boolean;
}

export interface ResumePosition {
  readonly epoch: string;
  readonly seq: number;
}

/** How it went, for the acknowledgement of a join. */
export type CatchUpOutcome =
  | { readonly kind: 'following'; readonly epoch: string; readonly seq: number; readonly resumed: boolean }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'ended' };

interface Waiting {
  readonly subscription: Subscription;
  readonly resume: ResumePosition | undefined;
  readonly settle: (outcome: CatchUpOutcome) => void;
}

/** A place that changes faster than it can be read is given up after so many attempts. */
const readAttempts = 5;

/**
 * Brings the subscriptions of one client up to date, one after the other and only while the client has room: however
 * many it asks for, at most one snapshot waits for it. Those that somebody else has to answer are read beside that, so that
 * nobody waits for them. Events are held from before the reading on, so nothing is missed and nothing comes twice.
 */
export class CatchUp {
  readonly #source: CatchUpSource;
  readonly #outlet: Outlet;
  readonly #logger: Logger;
  readonly #queue: Waiting[] = [];
  #isRunning = false;

  constructor(source: CatchUpSource, outlet: Outlet, logger: Logger) {
    this.#source = source;
    this.#outlet = outlet;
    this.#logger = logger;
  }

  /** Resolves when the subscription follows its target, or cannot. Never rejects. */
  follow(subscription: Subscription, resume: ResumePosition | undefined): Promise<CatchUpOutcome> {
    return new Promise((settle) => {
      this.#queue.push({ subscription, resume, settle });
      if (!this.#isRunning) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const { subscription, resume, settle } = next;
      const resumed = resume === undefined ? undefined : await this.#orFailure(subscription, this.#replay(subscription, resume));
      if (resumed !== undefined) {
        settle(resumed);
        continue;
      }
      const synced = this.#orFailure(subscription, this.#sync(subscription)).then(settle);
      if (!this.#source.isRemote(subscription.target.place)) await synced;
    }
    this.#isRunning = false;
  }

  async #orFailure<T>(subscription: Subscription, outcome: Promise<T>): Promise<T | CatchUpOutcome> {
    try {
      return await outcome;
    } catch (thrown) {
      const error = snapshotFailure(this.#logger, subscription.target.place, thrown);
      if (!subscription.isEnded) this.#outlet.sendFrames([errorFrame(error, subscription.id)]);
      return { kind: 'failed', code: error.code, message: error.message };
    }
  }

  /** Undefined when the subscription has to start over. */
  async #replay(subscription: Subscription, from: ResumePosition): Promise<CatchUpOutcome | undefined> {
    const { place } = subscription.target;
    let hasResumed = false;
    for (;;) {
      await this.#outlet.whenRoom();
      if (subscription.isEnded) return { kind: 'ended' };
      subscription.beginReading();
      const page = await this.#source.changesAfter(place, hasResumed ? { epoch: from.epoch, seq: subscription.lastSeq } : from);
      if (subscription.isEnded) return { kind: 'ended' };
      if (page.kind === 'gone') {
        this.#outlet.sendFrames([resyncFrame(subscription.id, page.reason)]);
        return undefined;
      }
      if (!hasResumed) {
        subscription.lastSeq = from.seq;
        this.#outlet.sendFrames([resumedFrame(subscription.id, from.epoch, from.seq)]);
        hasResumed = true;
      }
      subscription.sendChanges(page.changes);
      subscription.lastSeq = Math.max(subscription.lastSeq, page.upTo);
      // What was held beyond its bounds is in the log as well.
      if (page.isLast && !subscription.hasLostHeld) {
        subscription.finishReading();
        return { kind: 'following', epoch: from.epoch, seq: subscription.lastSeq, resumed: true };
      }
    }
  }

  async #sync(subscription: Subscription): Promise<CatchUpOutcome> {
    const { target } = subscription;
    for (let attempt = 1; attempt <= readAttempts; ) {
      await this.#outlet.whenRoom();
      if (subscription.isEnded) return { kind: 'ended' };
      subscription.beginReading();
      const snapshot = await this.#snapshotOf(target);
      if (subscription.isEnded) return { kind: 'ended' };
      // Another one, read beside it, was faster: that this one waits as well would cost memory without end.
      if (!this.#outlet.hasRoom) continue;
      attempt += 1;
      if (subscription.hasLostHeld) continue;
      subscription.lastSeq = snapshot.seq;
      // Clients of the reference system drop what is not later than the last frame of an item.
      target.lastTimestamp = Math.max(target.lastTimestamp, snapshot.timestamp);
      this.#outlet.sendSnapshot(snapshot.frames, subscription.id);
      subscription.finishReading();
      return { kind: 'following', epoch: snapshot.epoch, seq: snapshot.seq, resumed: false };
    }
    throw new Error(`it changed faster than it could be read, ${readAttempts} times`);
  }

  /** Clients that join one after the other share a snapshot until the next event. */
  #snapshotOf(target: Target): Promise<SharedSnapshot> {
    const known = target.sharedSnapshot as Promise<SharedSnapshot> | undefined;
    if (known !== undefined) return known;
    const reading = this.#source.snapshot(target.place).then((snapshot) => {
      const { epoch, seq, timestamp } = snapshot;
      return { epoch, seq, timestamp, frames: new FrameBatch([syncBody({ ...target.place, ...snapshot })]) };
    });
    target.sharedSnapshot = reading;
    reading.catch(() => {
      if (target.sharedSnapshot === reading) target.sharedSnapshot = undefined;
    });
    return reading;
  }
}

interface SharedSnapshot {
  readonly epoch: string;
  readonly seq: number;
  readonly timestamp: number;
  readonly frames: FrameBatch;
}
