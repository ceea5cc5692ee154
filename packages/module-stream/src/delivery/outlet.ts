import type { Clock } from '@motia/engine-core/contract';
import type { FrameBatch } from './frame-batch.js';
import type { Closing } from './frame-text.js';
import type { Sink } from './sink.js';
import type { Subscription } from './subscription.js';

/** How slow readers are dealt with. */
export interface SlowReaderLimits {
  /** More than this buffered: only the latest change of each item is kept, until the client has taken everything. */
  readonly coalesceBytes: number;
  /** More than this buffered and kept: the client is closed. */
  readonly closeBytes: number;
  /** Milliseconds in which a slow client has taken nothing to the end: it is closed. */
  readonly closeAfterMs: number;
}

/** Counted over all clients. */
export interface DeliveryCounters {
  /** Frames handed to sinks, a shared batch counting once for each client. */
  delivered: number;
  /** Messages that slow clients did not get. */
  dropped: number;
  /** Times a client became slow. */
  slowed: number;
  /** Clients closed because they were too slow. */
  closedSlow: number;
}

export const newCounters = (): DeliveryCounters => ({ delivered: 0, dropped: 0, slowed: 0, closedSlow: 0 });

/** Whoever takes a large snapshot is given time for it: at this rate it counts as moving. */
const slowestBytesPerMs = 32;
const tooSlow: Closing = { code: 1013, reason: 'too slow: more waited than a client may leave unread', reconnectAfterMs: 1_000 };

/**
 * Everything on its way to one client. While the client keeps up, batches pass through; when it does not, its
 * subscriptions keep the latest of each item, and nothing is added to what the operating system already holds for it.
 */
export class Outlet {
  readonly limits: SlowReaderLimits;
  readonly counters: DeliveryCounters;
  readonly #sink: Sink;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #subscriptions: ReadonlyMap<string, Subscription>;
  readonly #onTooSlow: (closing: Closing) => void;
  #isSlow = false;
  #isEnded = false;
  #deadlineMs = 0;
  /** Of what is buffered, at most. */
  #snapshotBytes = 0;
  #awaitingRoom: (() => void)[] = [];

  constructor(parts: {
    readonly sink: Sink;
    readonly limits: SlowReaderLimits;
    readonly counters: DeliveryCounters;
    readonly clock: Pick<Clock, 'monotonicMs'>;
    readonly subscriptions: ReadonlyMap<string, Subscription>;
    readonly onTooSlow: (closing: Closing) => void;
  }) {
    this.#sink = parts.sink;
    this.limits = parts.limits;
    this.counters = parts.counters;
    this.#clock = parts.clock;
    this.#subscriptions = parts.subscriptions;
    this.#onTooSlow = parts.onTooSlow;
  }

  get hasRoom(): boolean {
    return !this.#isSlow && (!this.#sink.isPressed || this.#sink.bufferedBytes <= this.limits.coalesceBytes);
  }

  send(batch: FrameBatch, subscriptionId: string): void {
    this.counters.delivered += 1;
    this.#sink.send(batch, subscriptionId);
  }

  sendFrames(frames: readonly string[]): void {
    if (this.#isEnded || frames.length === 0) return;
    this.counters.delivered += 1;
    this.#sink.sendFrames(frames);
  }

  /** Answers to what the client sent. Whoever asks and does not read is a slow reader, too. */
  reply(frames: readonly string[]): void {
    this.sendFrames(frames);
    if (!this.hasRoom) this.becomeSlow();
  }

  /** A frame of any size. Whoever takes it slowly is given time for it. */
  sendSnapshot(batch: FrameBatch, subscriptionId: string): void {
    const before = this.#sink.bufferedBytes;
    this.send(batch, subscriptionId);
    this.#snapshotBytes = (before === 0 ? 0 : this.#snapshotBytes) + this.#sink.bufferedBytes - before;
  }

  /** Resolves when a large frame may be written, or when the client has gone. */
  whenRoom(): Promise<void> {
    if (this.hasRoom || this.#isEnded) return Promise.resolve();
    return new Promise((resolve) => {
      this.#awaitingRoom.push(resolve);
      // Nobody else may be waiting for it: a snapshot fills the buffer too.
      this.becomeSlow();
    });
  }

  /** Its subscriptions keep what comes until the client has taken what is buffered. */
  becomeSlow(): void {
    if (this.#isSlow || this.#isEnded) return;
    this.#isSlow = true;
    this.counters.slowed += 1;
    this.#renewDeadline();
    for (const subscription of this.#subscriptions.values()) subscription.goSlow();
    this.#sink.onceDrained(() => this.#drained());
  }

  /** To be told after subscriptions kept something. */
  pendingChanged(): void {
    let bytes = Math.min(this.#sink.bufferedBytes, this.limits.coalesceBytes);
    for (const subscription of this.#subscriptions.values()) bytes += subscription.pendingBytes;
    if (bytes > this.limits.closeBytes) this.#giveUp();
  }

  /** To be called every second or so. */
  checkDeadline(nowMs: number): void {
    if (this.#isSlow && nowMs >= this.#deadlineMs) this.#giveUp();
  }

  /** Nothing is sent any more; whoever waits for room is let go. */
  end(): void {
    this.#isEnded = true;
    this.#release();
  }

  #drained(): void {
    if (this.#isEnded) return;
    this.#snapshotBytes = 0;
    let room = this.limits.coalesceBytes;
    let hasMore = false;
    for (const subscription of this.#subscriptions.values()) {
      const frames = room > 0 ? subscription.takePending(room) : [];
      this.sendFrames(frames);
      room -= frames.reduce((sum, { length }) => sum + length, 0);
      hasMore ||= subscription.hasPending;
    }
    // The operating system takes more than a buffer at once: a client that has caught up is not made to wait.
    if (hasMore || this.#sink.bufferedBytes > this.limits.coalesceBytes) {
      this.#renewDeadline();
      this.#sink.onceDrained(() => this.#drained());
      return;
    }
    this.#isSlow = false;
    for (const subscription of this.#subscriptions.values()) subscription.resumeLive();
    this.#release();
  }

  #renewDeadline(): void {
    this.#deadlineMs = this.#clock.monotonicMs() + this.limits.closeAfterMs + this.#snapshotBytes / slowestBytesPerMs;
  }

  #giveUp(): void {
    if (this.#isEnded) return;
    this.counters.closedSlow += 1;
    this.#onTooSlow(tooSlow);
  }

  #release(): void {
    const waiting = this.#awaitingRoom;
    this.#awaitingRoom = [];
    for (const resolve of waiting) resolve();
  }
}
