import type { Clock, Logger } from '@motia/engine-core/contract';
import { consoleErrors } from '../errors.js';
import { LiveFeed, type FrameListener, type LiveFrame } from './live-feed.js';
import type { TopicFinder } from './topic.js';

/** Topics that nobody watches are forgotten beyond this number, oldest first. */
const keptFeeds = 256;

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

  constructor(parts: HubParts) {
    this.#parts = parts;
  }

  /** @throws `MOTIA_CONSOLE_TOPIC_UNKNOWN` */
  subscribe(topic: string, listener: FrameListener, since?: { readonly epoch: string; readonly seq: number }): Promise<() => void> {
    return this.#feed(topic).subscribe(listener, since);
  }

  /**
   * The same frames without a socket: those since `since`, or the next that come within `waitMs`. Without `since` the snapshot.
   * @throws `MOTIA_CONSOLE_TOPIC_UNKNOWN`
   */
  async poll(topic: string, since: { readonly epoch: string; readonly seq: number } | undefined, waitMs: number, signal: AbortSignal): Promise<readonly LiveFrame[]> {
    const frames: LiveFrame[] = [];
    let wake: () => void = () => undefined;
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const unsubscribe = await this.subscribe(topic, (frame) => {
      frames.push(frame);
      wake();
    }, since);
    const timer = this.#parts.clock.setTimeout(wake, waitMs);
    signal.addEventListener('abort', wake, { once: true });
    if (frames.length === 0 && !signal.aborted) await woken;
    signal.removeEventListener('abort', wake);
    this.#parts.clock.clear(timer);
    unsubscribe();
    return frames;
  }

  #feed(name: string): LiveFeed {
    const known = this.#feeds.get(name);
    if (known !== undefined) return known;
    const topic = this.#parts.find(name);
    if (topic === undefined) throw consoleErrors.TOPIC_UNKNOWN({ topic: name.slice(0, 128) });
    const { epoch, clock, logger, intervalMs } = this.#parts;
    const feed = new LiveFeed({ topic, epoch, clock, logger, intervalMs });
    this.#feeds.set(name, feed);
    if (this.#feeds.size > keptFeeds) for (const [other, { isWatched }] of this.#feeds) if (!isWatched && other !== name && this.#feeds.size > keptFeeds) this.#feeds.delete(other);
    return feed;
  }
}
