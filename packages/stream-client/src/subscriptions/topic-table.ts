import type { Platform } from '../platform/platform.js';
import { StreamError } from '../stream-error.js';
import { nextGroup, noItems, type GroupItems } from '../state/group-state.js';
import { nextItem } from '../state/item-state.js';
import { Connection, type Address, type Credentials } from '../wire/connection.js';
import type { ServerFrame } from '../wire/frames.js';
import { reconnectDelayMs } from '../wire/reconnect-policy.js';
import { TopicTimers } from './topic-timers.js';
import { Topic, type Target, type TopicListener } from './topic.js';

/** How long a subscription that nobody wants is kept: a component that is mounted again at once finds it still there. */
const lingerMs = 250;
/** A subscription that failed for a reason that passes is tried again as if so many connections had failed: after two seconds at first. */
const failedBefore = 3;
const passing: ReadonlySet<string> = new Set(['RATE_LIMITED', 'SNAPSHOT_FAILED', 'JOIN_FAILED', 'JOIN_TIMEOUT', 'NOT_STARTED'].map((condition) => `MOTIA_STREAM_${condition}`));
const rateLimited = 'MOTIA_STREAM_RATE_LIMITED';

/** Everything that this program follows, over one connection that is open while there is anything to follow. */
export class TopicTable {
  readonly #platform: Platform;
  readonly #connection: Connection;
  readonly #byKey = new Map<string, Topic>();
  readonly #byId = new Map<string, Topic>();
  /** Until nobody wants them any more. */
  readonly #lingering: TopicTimers;
  /** Until they are tried again, on the connection that refused them. */
  readonly #retrying: TopicTimers;
  #ids = 0;
  #isClosed = false;

  constructor(options: { readonly address: Address; readonly protocols: Credentials; readonly platform: Platform }) {
    this.#platform = options.platform;
    this.#lingering = new TopicTimers(options.platform);
    this.#retrying = new TopicTimers(options.platform);
    this.#connection = new Connection({
      ...options,
      onOpen: () => {
        for (const topic of this.#byId.values()) if (topic.status !== 'refused') this.#connection.send('join', topic.join);
      },
      onFrame: (frame) => this.#receive(frame),
      onDown: (error) => {
        this.#retrying.clearAll();
        for (const topic of [...this.#byId.values()]) {
          if (error === undefined) topic.lost();
          else topic.refuse(error);
        }
      },
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** @throws Error when the client is closed */
  follow(target: Target, listener: TopicListener): Topic {
    if (this.#isClosed) throw new StreamError('MOTIA_STREAM_CLIENT_IS_CLOSED', 'The stream client is closed.');
    const key = keyOf(target);
    const known = this.#byKey.get(key);
    const topic = known ?? this.#add(key, target);
    this.#lingering.clear(topic);
    if (known?.status === 'refused') {
      topic.retry();
      this.#connection.send('join', topic.join);
    }
    // Last: whoever follows anew learns the state by looking.
    topic.listeners.add(listener);
    this.#connection.open();
    return topic;
  }

  unfollow(topic: Topic, listener: TopicListener): void {
    if (!topic.listeners.delete(listener) || topic.listeners.size > 0) return;
    this.#lingering.set(topic, lingerMs, () => this.#remove(topic));
  }

  close(): void {
    this.#isClosed = true;
    this.#lingering.clearAll();
    this.#retrying.clearAll();
    for (const topic of [...this.#byId.values()]) topic.close();
    this.#byKey.clear();
    this.#byId.clear();
    this.#connection.close();
  }

  #add(key: string, target: Target): Topic {
    this.#ids += 1;
    const subscriptionId = String(this.#ids);
    const topic =
      target.id === undefined
        ? new Topic(target, subscriptionId, noItems, (state, frame) => nextGroup(state as GroupItems, frame))
        : new Topic(target, subscriptionId, null, nextItem);
    this.#byKey.set(key, topic);
    this.#byId.set(subscriptionId, topic);
    this.#connection.send('join', topic.join);
    return topic;
  }

  #remove(topic: Topic): void {
    this.#lingering.clear(topic);
    this.#retrying.clear(topic);
    this.#byKey.delete(keyOf(topic.target));
    this.#byId.delete(topic.subscriptionId);
    this.#connection.send('leave', { subscriptionId: topic.subscriptionId });
    topic.close();
    if (this.#byId.size === 0) this.#connection.close();
  }

  #receive(frame: ServerFrame): void {
    switch (frame.type) {
      case 'stream': {
        const topic = this.#byId.get(frame.subscriptionId);
        if (topic === undefined) return;
        if (frame.event.type === 'unauthorized') {
          const { code = 'MOTIA_STREAM_UNAUTHORIZED', message = 'The server does not allow this subscription.' } = frame.event;
          this.#refused(topic, code, message);
        } else if (topic.receive(frame) === 'rejoin') {
          this.#connection.send('leave', { subscriptionId: topic.subscriptionId });
          this.#renumber(topic);
        }
        return;
      }
      case 'resumed':
        this.#byId.get(frame.subscriptionId)?.resumed();
        return;
      case 'resync':
        this.#byId.get(frame.subscriptionId)?.forget();
        return;
      case 'error':
        if (frame.code === rateLimited) this.#connection.slowDown();
        if (frame.ref === null) return;
        if (this.#byId.has(frame.ref)) this.#refused(this.#byId.get(frame.ref) as Topic, frame.code, frame.message);
        else if (frame.code === rateLimited) this.#connection.send('leave', { subscriptionId: frame.ref });
        return;
      case 'closing':
      case 'pong':
    }
  }

  #refused(topic: Topic, code: string, message: string): void {
    if (!passing.has(code)) return topic.refuse(new StreamError(code, message));
    const delayMs = reconnectDelayMs(failedBefore + topic.failures, this.#platform.random);
    topic.failures += 1;
    this.#retrying.set(topic, delayMs, () => this.#connection.send('join', topic.join));
  }

  /** What is still on its way for the old id must not be taken for the new subscription's. */
  #renumber(topic: Topic): void {
    this.#byId.delete(topic.subscriptionId);
    this.#ids += 1;
    topic.subscriptionId = String(this.#ids);
    this.#byId.set(topic.subscriptionId, topic);
    this.#connection.send('join', topic.join);
  }
}

function keyOf({ streamName, groupId, id }: Target): string {
  return JSON.stringify([streamName, groupId, id ?? null]);
}
