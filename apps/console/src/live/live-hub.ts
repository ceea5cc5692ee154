import type { Clock, Logger } from '@motia/engine-core/contract';
import { consoleErrors } from '../errors.js';
import { LiveFeed, type FrameListener, type LiveFrame } from './live-feed.js';
import type { TopicFinder } from './topic.js';

/** Topics, those that nobody watches included: beyond, these are forgotten, oldest first. A client that was away for a moment finds its own. */
const keptFeeds = 32;

/** What somebody wants to watch. */
export interface Interest {
  readonly topic: string;
  /** Only rows in which this text stands. */
  readonly filter?: string | undefined;
  /** Where a former connection left off. */
  readonly since?: { readonly epoch: string; readonly seq: number } | undefined;
}

export interface HubParts {
  readonly find: TopicFinder;
  /** Unique to this start of the engine: numbers of another epoch mean nothing. */
  readonly epoch: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly intervalMs: number;
}

/** The feeds of all topics. */
export class LiveHub {
  readonly #parts: HubParts;
  readonly #feeds = new Map<string, LiveFeed>();
  /** Largest number of a feed that was forgotten: those that come after go on from it, so that no number means two things. */
  #lastSeq = -1;

  constructor(parts: HubParts) {
    this.#parts = parts;
  }

  /** @throws `MOTIA_CONSOLE_TOPIC_UNKNOWN` */
  subscribe({ topic, filter, since }: Interest, listener: FrameListener): Promise<() => void> {
    return this.#feed(topic, filter).subscribe(listener, since);
  }

  get epoch(): string {
    return this.#parts.epoch;
  }

  /**
   * The same frames without a socket: those since `since`, or the next that come within `waitMs`. Without `since` the snapshot.
   * @throws `MOTIA_CONSOLE_TOPIC_UNKNOWN`
   */
  async poll(interest: Interest, waitMs: number, signal: AbortSignal): Promise<readonly LiveFrame[]> {
    const frames: LiveFrame[] = [];
    let wake: () => void = () => undefined;
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const unsubscribe = await this.subscribe(interest, (frame) => {
      frames.push(frame);
      wake();
    });
    const timer = this.#parts.clock.setTimeout(wake, waitMs);
    signal.addEventListener('abort', wake, { once: true });
    if (frames.length === 0 && !signal.aborted) await woken;
    signal.removeEventListener('abort', wake);
    this.#parts.clock.clear(timer);
    unsubscribe();
    return frames;
  }

  #feed(name: string, filter: string | undefined): LiveFeed {
    const key = JSON.stringify([name, filter]);
    const known = this.#feeds.get(key);
    if (known !== undefined) return known;
    const topic = this.#parts.find(name, filter);
    if (topic === undefined) throw consoleErrors.TOPIC_UNKNOWN({ topic: name.slice(0, 128) });
    const { epoch, clock, logger, intervalMs } = this.#parts;
    const feed = new LiveFeed({ topic, epoch, clock, logger, intervalMs, afterSeq: this.#lastSeq });
    this.#feeds.set(key, feed);
    for (const [other, old] of this.#feeds) {
      if (this.#feeds.size <= keptFeeds) break;
      if (old.isWatched || other === key) continue;
      this.#feeds.delete(other);
      this.#lastSeq = Math.max(this.#lastSeq, old.seq);
    }
    return feed;
  }
}
