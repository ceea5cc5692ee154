import { isMotiaError, type Clock, type MotiaError, type Timer } from '@motia/engine-core/contract';
import { consoleErrors } from '../errors.js';
import type { LiveFrame } from './live-feed.js';
import type { Interest, LiveHub } from './live-hub.js';

/** Bytes that may wait in a connection's socket; what comes beyond is dropped and said so. */
export const sendBudgetBytes = 524_288;
const maxSubscriptions = 64;
const maxBadFrames = 10;

/** The part of a socket that a connection uses. */
export interface LiveSocket {
  readonly bufferedBytes: number;
  send(text: string): void;
  close(code: number, reason: string): void;
}

interface Subscription {
  readonly interest: Interest;
  /** Number of the last frame that was sent. */
  seq: number;
  end: () => void;
  dropped: number;
}

/** One client of the live socket: its subscriptions, and what it gets when it reads too slowly. */
export class LiveConnection {
  readonly #socket: LiveSocket;
  readonly #hub: LiveHub;
  readonly #clock: Clock;
  readonly #subscriptions = new Map<string, Subscription>();
  #badFrames = 0;
  #recovery: Timer | undefined;
  #isClosed = false;

  constructor(socket: LiveSocket, hub: LiveHub, clock: Clock) {
    this.#socket = socket;
    this.#hub = hub;
    this.#clock = clock;
  }

  async receive(text: string): Promise<void> {
    let id: string | undefined;
    try {
      const frame = parseFrame(text);
      id = frame.id;
      if (frame.op === 'unsub') this.#end(frame.id);
      else await this.#subscribe(frame.id, frame.interest);
    } catch (error) {
      const known = isMotiaError(error) ? error : consoleErrors.FRAME_INVALID({ reason: 'it could not be handled' }, error);
      this.#refuse(id, known);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#clock.clear(this.#recovery);
    for (const id of [...this.#subscriptions.keys()]) this.#end(id);
  }

  async #subscribe(id: string, interest: Interest): Promise<void> {
    if (!this.#subscriptions.has(id) && this.#subscriptions.size >= maxSubscriptions) throw consoleErrors.FRAME_INVALID({ reason: `a connection has at most ${maxSubscriptions} subscriptions` });
    this.#end(id);
    let hasEnded = false;
    const subscription: Subscription = { interest, seq: 0, end: () => (hasEnded = true), dropped: 0 };
    this.#subscriptions.set(id, subscription);
    try {
      const end = await this.#hub.subscribe(interest, (frame) => this.#deliver(id, subscription, frame));
      if (hasEnded || this.#isClosed) end();
      else subscription.end = end;
    } catch (error) {
      // By now somebody may have asked for something else under this id.
      if (this.#subscriptions.get(id) === subscription) this.#subscriptions.delete(id);
      throw error;
    }
  }

  #deliver(id: string, subscription: Subscription, frame: LiveFrame): void {
    if (this.#subscriptions.get(id) !== subscription) return;
    if (subscription.dropped > 0 || this.#socket.bufferedBytes > sendBudgetBytes) {
      subscription.dropped += 1;
      this.#recoverLater();
      return;
    }
    subscription.seq = frame.seq;
    this.#socket.send(JSON.stringify({ id, ...frame }));
  }

  /** Once the socket has room again, everyone who missed something learns how much, and starts over from a snapshot. */
  #recoverLater(): void {
    this.#recovery ??= this.#clock.setTimeout(() => {
      this.#recovery = undefined;
      if (this.#isClosed) return;
      if (this.#socket.bufferedBytes > sendBudgetBytes / 2) return this.#recoverLater();
      for (const [id, { interest, seq, dropped }] of [...this.#subscriptions]) {
        if (dropped === 0) continue;
        this.#socket.send(JSON.stringify({ id, epoch: this.#hub.epoch, seq, kind: 'lag', data: { dropped } }));
        this.#subscribe(id, { ...interest, since: undefined }).catch((error: unknown) => this.#refuse(id, isMotiaError(error) ? error : consoleErrors.TOPIC_UNKNOWN({ topic: interest.topic })));
      }
    }, 250);
  }

  #end(id: string): void {
    this.#subscriptions.get(id)?.end();
    this.#subscriptions.delete(id);
  }

  #refuse(id: string | undefined, { code, message, hint }: MotiaError): void {
    if (this.#isClosed) return;
    this.#socket.send(JSON.stringify({ ...(id === undefined ? {} : { id }), epoch: this.#hub.epoch, seq: 0, kind: 'error', data: { code, message, hint } }));
    this.#badFrames += 1;
    if (this.#badFrames >= maxBadFrames) this.#socket.close(1008, 'too many frames that cannot be used');
  }
}

type ClientFrame =
  | { readonly op: 'sub'; readonly id: string; readonly interest: Interest }
  | { readonly op: 'unsub'; readonly id: string };

/** @throws `MOTIA_CONSOLE_FRAME_INVALID` */
export function parseFrame(text: string): ClientFrame {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw consoleErrors.FRAME_INVALID({ reason: 'it is no JSON' }, cause);
  }
  if (typeof value !== 'object' || value === null) throw consoleErrors.FRAME_INVALID({ reason: 'it is no object' });
  const { op, id, topic, filter, since } = value as Readonly<Record<string, unknown>>;
  if (typeof id !== 'string' || id === '' || id.length > 64) throw consoleErrors.FRAME_INVALID({ reason: '`id` is a string of 1 to 64 characters' });
  if (op === 'unsub') return { op, id };
  if (op !== 'sub') throw consoleErrors.FRAME_INVALID({ reason: '`op` is sub or unsub' });
  if (typeof topic !== 'string' || topic === '' || topic.length > 512) throw consoleErrors.FRAME_INVALID({ reason: '`topic` is a string of 1 to 512 characters' });
  if (filter !== undefined && filter !== null && (typeof filter !== 'string' || filter.length > 256)) throw consoleErrors.FRAME_INVALID({ reason: '`filter` is a string of at most 256 characters' });
  const interest: Interest = typeof filter === 'string' && filter !== '' ? { topic, filter } : { topic };
  if (since === undefined || since === null) return { op, id, interest };
  const { epoch, seq } = since as Readonly<Record<string, unknown>>;
  if (typeof epoch !== 'string' || !Number.isSafeInteger(seq)) throw consoleErrors.FRAME_INVALID({ reason: '`since` is { epoch, seq } of a frame' });
  return { op, id, interest: { ...interest, since: { epoch, seq: seq as number } } };
}
