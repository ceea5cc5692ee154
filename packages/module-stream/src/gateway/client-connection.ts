import type { Clock, Logger, MotiaError } from '@motia/engine-core/contract';
import { CatchUp, type CatchUpOutcome, type CatchUpSource } from '../delivery/catch-up.js';
import { closingFrame, errorFrame, pongFrame, resyncFrame, unauthorizedFrame, type Closing, type Place } from '../delivery/frame-text.js';
import type { Hub } from '../delivery/hub.js';
import { Outlet, type DeliveryCounters, type SlowReaderLimits } from '../delivery/outlet.js';
import type { Sink } from '../delivery/sink.js';
import { snapshotFailure } from '../delivery/snapshot-failure.js';
import { Subscription } from '../delivery/subscription.js';
import type { Target } from '../delivery/target.js';
import { streamErrors } from '../errors.js';
import type { Member, Presence } from '../presence/presence.js';
import { parseMessage, parseMessageText, type JoinMessage, type ParsedMessage } from './client-message.js';
import type { MessageLimitOptions, MessageLimits } from './message-limits.js';
import type { StreamList } from './stream-list.js';

/** What all connections share. */
export interface ConnectionParts {
  readonly hub: Hub;
  readonly source: CatchUpSource;
  readonly presence: Presence;
  readonly streams: StreamList;
  readonly messageLimits: MessageLimitOptions;
  readonly maxSubscriptions: number;
  readonly slowReaders: SlowReaderLimits;
  readonly counters: DeliveryCounters;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Who connected. */
export interface ConnectedClient {
  /** Of the connection, in every engine. */
  readonly connectionId: string;
  /** What the authentication function said of the client. */
  readonly context: unknown;
}

/** What belongs to the connection under it, which may outlive it. */
export interface ConnectionLine {
  readonly sink: Sink;
  readonly limits: MessageLimits;
}

/** Answer to a join, where the transport has a way to give one. */
export type JoinAnswer = { readonly ok: true; readonly epoch: string; readonly seq: number; readonly resumed: boolean } | { readonly ok: false; readonly code: string; readonly message: string };
/** The transport's own idea of who follows what. */
export interface Rooms {
  join(room: string): void;
  leave(room: string): void;
}
type Acknowledge = (answer: JoinAnswer) => void;

const tooManyBad: Closing = { code: 1008, reason: 'too many messages that could not be accepted' };
const tooFast: Closing = { code: 1008, reason: 'too many messages per second', reconnectAfterMs: 5_000 };

/** One client, whatever the transport: its messages, its subscriptions, and the way out to it. */
export class ClientConnection {
  readonly #client: ConnectedClient;
  readonly #parts: ConnectionParts;
  readonly #sink: Sink;
  readonly #limits: MessageLimits;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #outlet: Outlet;
  readonly #catchUp: CatchUp;
  readonly #rooms: Rooms | undefined;
  #joins = 0;
  #isEnded = false;

  constructor(client: ConnectedClient, { sink, limits: messageLimits }: ConnectionLine, parts: ConnectionParts & { readonly rooms?: Rooms }) {
    const { clock, counters, slowReaders: limits } = parts;
    this.#client = client;
    this.#parts = parts;
    this.#sink = sink;
    this.#rooms = parts.rooms;
    this.#limits = messageLimits;
    this.#outlet = new Outlet({ sink, limits, counters, clock, subscriptions: this.#subscriptions, onTooSlow: (closing) => this.close(closing) });
    this.#catchUp = new CatchUp(parts.source, this.#outlet, parts.logger);
  }

  get subscriptionCount(): number {
    return this.#subscriptions.size;
  }

  /** Subscriptions that onJoin allowed. */
  *members(): Iterable<Member> {
    for (const subscription of this.#subscriptions.values()) if (subscription.isMember) yield this.#memberOf(subscription);
  }

  /** A message of a plain WebSocket. */
  receiveText(text: string): void {
    if (!this.#isEnded) this.#take(parseMessageText(text), undefined);
  }

  /** A message whose type the transport carries beside its data. */
  receive(type: unknown, data: unknown, acknowledge?: Acknowledge): void {
    if (!this.#isEnded) this.#take(parseMessage(type, data), acknowledge);
  }

  /** Says why and closes. Idempotent. */
  close(closing: Closing): void {
    if (this.#isEnded) return;
    // In front of what a slow client kept: that is dropped. Behind what the operating system holds.
    this.#sink.sendFrames([closingFrame(closing)]);
    this.end();
    this.#sink.close(closing);
  }

  /** The transport has closed, for whatever reason: every subscription ends. Idempotent. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#outlet.end();
    for (const subscription of [...this.#subscriptions.values()]) this.#end(subscription);
  }

  /** To be called every second or so. */
  checkDeadline(nowMs: number): void {
    this.#outlet.checkDeadline(nowMs);
  }

  /** Over the rate it is read all the same, for its sender to know which one to send again: a few of them end the connection. */
  #take(parsed: ParsedMessage, acknowledge: Acknowledge | undefined): void {
    const { clock, messageLimits } = this.#parts;
    if (this.#limits.take(clock.monotonicMs())) return this.#handle(parsed, acknowledge);
    this.#refuse(streamErrors.RATE_LIMITED({ perSecond: messageLimits.messagesPerSecond }), refOf(parsed), acknowledge);
    this.#noteBad(tooFast);
  }

  #handle(parsed: ParsedMessage, acknowledge: Acknowledge | undefined): void {
    if (!parsed.ok) {
      this.#refuse(streamErrors.INVALID_MESSAGE({ problem: parsed.problem }), parsed.ref, acknowledge);
      return this.#noteBad(tooManyBad);
    }
    const { message } = parsed;
    if (message.type === 'ping') return this.#outlet.reply([pongFrame]);
    if (message.type === 'join') return this.#join(message, acknowledge);
    const subscription = this.#subscriptions.get(message.subscriptionId);
    if (subscription !== undefined) this.#end(subscription);
  }

  #join(message: JoinMessage, acknowledge: Acknowledge | undefined): void {
    const { hub, maxSubscriptions, streams } = this.#parts;
    const { subscriptionId: id, place, resume } = message;
    const problem = this.#subscriptions.has(id)
      ? streamErrors.SUBSCRIPTION_EXISTS({})
      : this.#subscriptions.size >= maxSubscriptions
        ? streamErrors.TOO_MANY_SUBSCRIPTIONS({ limit: maxSubscriptions })
        : streams.problemWith(place.stream);
    if (problem !== undefined) return this.#refuse(problem, id, acknowledge);
    let target: Target;
    try {
      target = hub.target(place);
    } catch (error) {
      return this.#refuse(snapshotFailure(this.#parts.logger, place, error), id, acknowledge);
    }
    const subscription = new Subscription(id, target, this.#outlet, (missing) => void this.#startOver(missing));
    subscription.ordinal = this.#joins += 1;
    this.#subscriptions.set(id, subscription);
    void this.#admit(subscription, resume, acknowledge);
  }

  async #admit(subscription: Subscription, resume: JoinMessage['resume'], acknowledge: Acknowledge | undefined): Promise<void> {
    const { presence } = this.#parts;
    const refusal = await presence.join(this.#memberOf(subscription));
    if (refusal !== undefined) {
      const { code, message } = refusal;
      if (!subscription.isEnded) this.#outlet.reply([unauthorizedFrame(subscription.id, { ...subscription.target.place, timestamp: this.#parts.clock.now(), code, message })]);
      this.#end(subscription);
      return acknowledge?.({ ok: false, code, message });
    }
    subscription.isMember = true;
    // It left, or its client went away, while onJoin was asked.
    if (subscription.isEnded) return presence.leave(this.#memberOf(subscription));
    this.#rooms?.join(roomOf(subscription.target.place));
    const outcome = await this.#catchUp.follow(subscription, resume);
    if (outcome.kind === 'failed') this.#end(subscription);
    acknowledge?.(answerOf(outcome));
  }

  /** Changes were taken out of the log before they could be sent: the client gets all of it anew. */
  async #startOver(subscription: Subscription): Promise<void> {
    this.#outlet.sendFrames([resyncFrame(subscription.id, 'log')]);
    const outcome = await this.#catchUp.follow(subscription, undefined);
    if (outcome.kind === 'failed') this.#end(subscription);
  }

  #end(subscription: Subscription): void {
    if (!subscription.isEnded) {
      subscription.end();
      this.#subscriptions.delete(subscription.id);
      this.#parts.hub.release(subscription.target);
      this.#leaveRoom(subscription);
      if (subscription.isMember) this.#parts.presence.leave(this.#memberOf(subscription));
    }
  }

  /** Unless another subscription is in it, too. */
  #leaveRoom({ isMember, target }: Subscription): void {
    if (!isMember || this.#rooms === undefined) return;
    if (![...this.#subscriptions.values()].some((other) => other.isMember && other.target === target)) this.#rooms.leave(roomOf(target.place));
  }

  /** Clients use an id again, also while onJoin is asked about its last use: each use is a session of its own. */
  #memberOf({ id, target, ordinal }: Subscription): Member {
    const { connectionId, context } = this.#client;
    return { sessionId: `${connectionId}/${ordinal}`, subscriptionId: id, place: target.place, context };
  }

  #refuse(error: MotiaError, ref: string | null, acknowledge: Acknowledge | undefined): void {
    this.#outlet.reply([errorFrame(error, ref)]);
    acknowledge?.({ ok: false, code: error.code, message: error.message });
  }

  #noteBad(closing: Closing): void {
    if (this.#limits.noteBad(this.#parts.clock.monotonicMs())) this.close(closing);
  }
}

/** Name of the socket.io room of a place: `stream/todo/inbox`, with each part percent-encoded. */
export function roomOf({ stream, group, item }: Place): string {
  return ['stream', ...[stream, group, ...(item === undefined ? [] : [item])].map(encodeURIComponent)].join('/');
}

/** The subscription that a message is about, if it can be told. */
function refOf(parsed: ParsedMessage): string | null {
  if (!parsed.ok) return parsed.ref;
  return parsed.message.type === 'ping' ? null : parsed.message.subscriptionId;
}

function answerOf(outcome: CatchUpOutcome): JoinAnswer {
  if (outcome.kind === 'following') return { ok: true, epoch: outcome.epoch, seq: outcome.seq, resumed: outcome.resumed };
  if (outcome.kind === 'failed') return { ok: false, code: outcome.code, message: outcome.message };
  const { code, message } = streamErrors.LEFT({});
  return { ok: false, code, message };
}
