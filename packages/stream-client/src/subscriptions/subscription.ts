import type { StreamError } from '../stream-error.js';
import type { SubscriptionStatus, Target, Topic, TopicListener } from './topic.js';
import type { TopicTable } from './topic-table.js';

export type ChangeListener<T> = (state: T) => void;
export type EventListener<D = unknown> = (data: D) => void;

/** What a program has of something that it follows, until it calls `close`. */
export class StreamSubscription<T> {
  readonly #table: TopicTable;
  readonly #topic: Topic;
  readonly #show: (state: unknown) => T;
  readonly #changes = new Set<ChangeListener<T>>();
  readonly #events = new Map<string, Set<EventListener>>();
  readonly #closes = new Set<() => void>();
  readonly #listener: TopicListener;
  #isClosed = false;
  #shownOf: unknown;
  #shown: T | undefined;
  #hasShown = false;

  constructor(table: TopicTable, target: Target, show: (state: unknown) => T) {
    this.#table = table;
    this.#show = show;
    this.#listener = {
      changed: () => {
        if (this.#topic.status === 'closed') return this.#end();
        const state = this.getState();
        for (const listener of [...this.#changes]) listener(state);
      },
      event: (type, data) => {
        for (const listener of [...(this.#events.get(type) ?? [])]) listener(data);
      },
    };
    this.#topic = table.follow(target, this.#listener);
  }

  /** What is known now; the same object until it changes. */
  getState(): T {
    const { state } = this.#topic;
    if (!this.#hasShown || this.#shownOf !== state) {
      this.#shown = this.#show(state);
      this.#shownOf = state;
      this.#hasShown = true;
    }
    return this.#shown as T;
  }

  get status(): SubscriptionStatus {
    return this.#isClosed ? 'closed' : this.#topic.status;
  }

  /** Why it is `refused`. */
  get error(): StreamError | undefined {
    return this.#topic.error;
  }

  /** Called after each change of the data or of the status. */
  addChangeListener(listener: ChangeListener<T>): void {
    this.#changes.add(listener);
  }
  removeChangeListener(listener: ChangeListener<T>): void {
    this.#changes.delete(listener);
  }

  /** Called with the data of each message of this type that somebody sends to what is followed. */
  onEvent<D = unknown>(type: string, listener: EventListener<D>): void {
    const listeners = this.#events.get(type) ?? new Set();
    listeners.add(listener as EventListener);
    this.#events.set(type, listeners);
  }
  offEvent<D = unknown>(type: string, listener: EventListener<D>): void {
    this.#events.get(type)?.delete(listener as EventListener);
  }

  /** Called once, when it is closed by either `close`. */
  onClose(listener: () => void): void {
    if (this.#isClosed) listener();
    else this.#closes.add(listener);
  }

  /** Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#table.unfollow(this.#topic, this.#listener);
    this.#end();
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const listener of this.#closes) listener();
    this.#closes.clear();
    this.#changes.clear();
    this.#events.clear();
  }
}
