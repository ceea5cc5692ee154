import { isMotiaError, type Clock, type Logger, type Timer } from '@motia/engine-core/contract';
import { consoleErrors } from '../errors.js';
import { deltaOf, lookedAt, type Topic } from './topic.js';

/** One step of a topic. `seq` grows by one with each change; `snapshot` is everything, `delta` what changed since, `lag` how many rows of it are left out; `error`: it cannot be read now. */
export interface LiveFrame {
  readonly epoch: string;
  readonly seq: number;
  readonly kind: 'snapshot' | 'delta' | 'reset' | 'lag' | 'error';
  readonly data: unknown;
}
export type FrameListener = (frame: LiveFrame) => void;

/** Frames that are kept, so that a client that was away for a moment gets what it missed. */
const keptFrames = 256;
/** What is watched pays for it: a look that takes long is followed by so many times as long without one, up to some seconds. */
const restShare = 4;
const longestRestMs = 5_000;
/** Characters of the rows in them. */
const keptLength = 1_048_576;

export interface FeedParts {
  readonly topic: Topic;
  readonly epoch: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly intervalMs: number;
  /** Number that was given out last before, by whoever was here before it. */
  readonly afterSeq: number;
}

/**
 * Watches one topic on behalf of everyone who subscribed to it: one look per interval, whatever the number of watchers,
 * and none when nobody watches.
 */
export class LiveFeed {
  readonly #parts: FeedParts;
  readonly #listeners = new Set<FrameListener>();
  readonly #seen = new Map<string, string>();
  readonly #recent: { readonly frame: LiveFrame; readonly length: number }[] = [];
  #recentLength = 0;
  #rows: Readonly<Record<string, unknown>> = {};
  #seq: number;
  /** Subscriptions that wait for their first look. */
  #arriving = 0;
  #timer: Timer | undefined;
  #looking: Promise<void> | undefined;
  #interest = new AbortController();
  /** How long the last look took. */
  #tookMs = 0;
  /** On whose behalf the look under way is. */
  #lookedFor: AbortSignal | undefined;
  /** Why it cannot be read; undefined when it can. */
  #failure: unknown;

  constructor(parts: FeedParts) {
    this.#parts = parts;
    // One on: who knows the number before has not seen this feed.
    this.#seq = parts.afterSeq + 1;
  }

  get isWatched(): boolean {
    return this.#listeners.size + this.#arriving > 0;
  }

  /** Number of the last change. */
  get seq(): number {
    return this.#seq;
  }

  /**
   * Starts with what was missed since `since`, when that is known still, else with a `reset` (after a stale `since`) and a snapshot.
   * @returns ends the subscription; idempotent
   */
  async subscribe(listener: FrameListener, since?: { readonly epoch: string; readonly seq: number }): Promise<() => void> {
    // Nobody may have looked for a while: what stands here can be old.
    this.#arriving += 1;
    if (this.#listeners.size === 0) await this.#look();
    this.#arriving -= 1;
    this.#listeners.add(listener);
    this.#greet(listener, since);
    this.#schedule();
    return () => {
      if (!this.#listeners.delete(listener) || this.#listeners.size > 0) return;
      this.#parts.clock.clear(this.#timer);
      this.#timer = undefined;
      this.#interest.abort();
      this.#interest = new AbortController();
    };
  }

  #greet(listener: FrameListener, since: { readonly epoch: string; readonly seq: number } | undefined): void {
    const { epoch } = this.#parts;
    const first = this.#recent[0]?.frame.seq ?? this.#seq + 1;
    if (since !== undefined && since.epoch === epoch && since.seq >= first - 1 && since.seq <= this.#seq) {
      for (const { frame } of this.#recent) if (frame.seq > since.seq) listener(frame);
    } else {
      if (since !== undefined) listener({ epoch, seq: this.#seq, kind: 'reset', data: null });
      listener({ epoch, seq: this.#seq, kind: 'snapshot', data: { upsert: this.#rows, remove: [] } });
    }
    if (this.#failure !== undefined) listener(this.#errorFrame(this.#failure));
  }

  #errorFrame(failure: unknown): LiveFrame {
    const { code, message, hint } = isMotiaError(failure) ? failure : consoleErrors.TOPIC_UNREADABLE({}, failure);
    return { epoch: this.#parts.epoch, seq: this.#seq, kind: 'error', data: { code, message, hint } };
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#listeners.size === 0) return;
    this.#timer = this.#parts.clock.setTimeout(() => {
      this.#timer = undefined;
      void this.#look().finally(() => this.#schedule());
    }, Math.max(this.#parts.intervalMs, Math.min(this.#tookMs * restShare, longestRestMs)));
  }

  async #look(): Promise<void> {
    // One that is being called off finds nothing.
    while (this.#looking !== undefined && this.#lookedFor?.aborted === true) await this.#looking;
    this.#looking ??= this.#readOnce().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #readOnce(): Promise<void> {
    const { signal } = this.#interest;
    const { clock } = this.#parts;
    const startedMs = clock.monotonicMs();
    this.#lookedFor = signal;
    try {
      const { rows, current = rows, missed } = lookedAt(await this.#parts.topic.read(signal));
      const isBack = this.#failure !== undefined;
      this.#failure = undefined;
      const { delta, length } = deltaOf(this.#seen, rows);
      if (delta !== undefined) this.#rows = Object.fromEntries(current);
      if (missed > 0) this.#tell('lag', { dropped: missed }, 0);
      if (delta !== undefined || isBack) this.#tell('delta', delta ?? { upsert: {}, remove: [] }, length);
    } catch (error) {
      if (signal.aborted) return;
      // A topic whose module is away for a moment comes back by itself; once is enough to say so.
      const isNew = this.#failure === undefined;
      this.#failure = error;
      if (!isNew) return;
      this.#parts.logger.debug('a live topic could not be read', { error });
      for (const listener of [...this.#listeners]) listener(this.#errorFrame(error));
    } finally {
      this.#tookMs = clock.monotonicMs() - startedMs;
    }
  }

  #tell(kind: 'lag' | 'delta', data: unknown, length: number): void {
    this.#seq += 1;
    const frame: LiveFrame = { epoch: this.#parts.epoch, seq: this.#seq, kind, data };
    this.#recent.push({ frame, length });
    this.#recentLength += length;
    // The newest one stays whatever its size: who polls would never get it.
    while (this.#recent.length > keptFrames || (this.#recentLength > keptLength && this.#recent.length > 1)) this.#recentLength -= this.#recent.shift()?.length ?? 0;
    for (const listener of [...this.#listeners]) listener(frame);
  }
}
