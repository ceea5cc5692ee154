import { timingSafeEqual } from 'node:crypto';
import type { ChannelRef, MotiaError } from '@motia/protocol';
import type { ChannelClaim, ChannelHub, ChannelPair, ChannelReader, ChannelWriter } from '../contract/channels.js';
import type { Clock, Timer } from '../contract/clock.js';
import type { Registration } from '../contract/functions.js';
import { invocationErrors } from '../errors/invocation-errors.js';
import { randomHex } from '../telemetry/trace-context.js';
import { Channel } from './channel.js';
import { openLocalReader } from './local-reader.js';
import { openLocalWriter } from './local-writer.js';

/** How long an end may stay unopened. */
const unclaimedMs = 5 * 60_000;
const sweepEveryMs = 60_000;
const smallestWindow = 1024;
const largestWindow = 16 * 1024 * 1024;
/** Channels that were given up before their reader came, and are still known by the reason; the oldest is forgotten first. */
const mostRemembered = 1_000;

export interface ChannelHubParts {
  readonly clock: Clock;
  readonly defaultWindowBytes: number;
  readonly maxChannels: number;
}

/** Every open channel of the engine. */
export class Channels implements ChannelHub {
  readonly #parts: ChannelHubParts;
  readonly #channels = new Map<string, Channel>();
  readonly #unread = new Map<string, Channel>();
  readonly #offers = new Map<string, ChannelClaim>();
  #sweeper: Timer | undefined;

  constructor(parts: ChannelHubParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#channels.size;
  }

  create(options?: { readonly bufferBytes?: number }): ChannelPair {
    return this.createFor(undefined, options?.bufferBytes);
  }

  /** `creatorId`: the worker that asked; what it never opened goes with it. */
  createFor(creatorId: string | undefined, bufferBytes = this.#parts.defaultWindowBytes): ChannelPair {
    const channel = this.#make({ id: `ch-${randomHex(32)}`, writerKey: randomHex(32), creatorId }, bufferBytes);
    return {
      writer: { channel_id: channel.id, access_key: channel.writerKey, direction: 'write' },
      reader: { channel_id: channel.id, access_key: channel.readerKey, direction: 'read' },
    };
  }

  offerWriters(prefix: string, claim: ChannelClaim): Registration {
    this.#offers.set(prefix, claim);
    return { dispose: () => void (this.#offers.get(prefix) === claim && this.#offers.delete(prefix)) };
  }

  openReader(ref: ChannelRef): ChannelReader {
    return openLocalReader(this.find({ channelId: ref.channel_id, accessKey: ref.access_key, direction: 'read' }));
  }

  openWriter(ref: ChannelRef): ChannelWriter {
    return openLocalWriter(this.find({ channelId: ref.channel_id, accessKey: ref.access_key, direction: 'write' }));
  }

  /** @throws `MOTIA_ENGINE_CHANNEL_NOT_FOUND`, also for a wrong key: a guesser learns nothing; what ended a channel that its reader comes too late for */
  find(wanted: { readonly channelId: unknown; readonly accessKey: unknown; readonly direction: unknown }): Channel {
    const { channelId, accessKey, direction } = wanted;
    const channel = typeof channelId === 'string' ? (this.#channels.get(channelId) ?? this.#claimed(channelId, accessKey, direction)) : undefined;
    const key = direction === 'read' ? channel?.readerKey : direction === 'write' ? channel?.writerKey : undefined;
    if (channel === undefined || key === undefined || typeof accessKey !== 'string' || !isSameKey(key, accessKey)) {
      throw this.#lastWordOf(wanted) ?? invocationErrors.CHANNEL_NOT_FOUND({ channelId: String(channelId).slice(0, 80) });
    }
    return channel;
  }

  #lastWordOf({ channelId, accessKey, direction }: Parameters<Channels['find']>[0]): MotiaError | undefined {
    const over = typeof channelId === 'string' && direction === 'read' ? this.#unread.get(channelId) : undefined;
    return over !== undefined && typeof accessKey === 'string' && isSameKey(over.readerKey, accessKey) ? over.lastWord : undefined;
  }

  #onOver(channel: Channel): void {
    this.#channels.delete(channel.id);
    if (channel.lastWord === undefined) return;
    this.#unread.set(channel.id, channel);
    if (this.#unread.size <= mostRemembered) return;
    const [oldest] = this.#unread.keys();
    if (oldest !== undefined) this.#unread.delete(oldest);
  }

  /** A worker has gone: the channels that it made and nobody else completed go with it. Ends that it held are its own affair. */
  onWorkerLeft(workerId: string): void {
    for (const channel of this.#channels.values()) {
      const isIncomplete = channel.writer === undefined || channel.reader === undefined;
      if (channel.creatorId === workerId && isIncomplete && !channel.isFinished) this.#expire(channel, 'the process that created it has gone');
    }
  }

  stop(): void {
    this.#parts.clock.clear(this.#sweeper);
    this.#sweeper = undefined;
    for (const channel of this.#channels.values()) this.#expire(channel, 'the engine is stopping');
  }

  #make({ id, writerKey, creatorId }: Pick<Channel, 'id' | 'writerKey' | 'creatorId'>, bufferBytes: number): Channel {
    const { clock, maxChannels } = this.#parts;
    if (this.#channels.size >= maxChannels) throw invocationErrors.CHANNELS_EXHAUSTED({ limit: maxChannels });
    const windowBytes = Math.min(Math.max(Math.trunc(bufferBytes) || smallestWindow, smallestWindow), largestWindow);
    const channel = new Channel({ id, windowBytes, writerKey, readerKey: randomHex(32), creatorId, createdAtMs: clock.monotonicMs() }, (over) => this.#onOver(over));
    this.#channels.set(id, channel);
    this.#sweeper ??= clock.setInterval(() => this.#sweep(), sweepEveryMs);
    return channel;
  }

  /** An offered channel comes into being when its writing end is asked for. */
  #claimed(id: string, accessKey: unknown, direction: unknown): Channel | undefined {
    if (direction !== 'write' || typeof accessKey !== 'string') return undefined;
    for (const [prefix, claim] of this.#offers) {
      const take = id.startsWith(prefix) ? claim(id, accessKey) : undefined;
      if (take === undefined) continue;
      const channel = this.#make({ id, writerKey: accessKey, creatorId: undefined }, this.#parts.defaultWindowBytes);
      take(openLocalReader(channel));
      return channel;
    }
    return undefined;
  }

  #sweep(): void {
    const now = this.#parts.clock.monotonicMs();
    for (const channel of this.#channels.values()) {
      const isUnclaimed = channel.writer === undefined || channel.reader === undefined;
      if (isUnclaimed && now - channel.createdAtMs >= unclaimedMs) this.#expire(channel, 'one of its ends was not opened in time');
    }
    if (this.#channels.size > 0) return;
    this.#parts.clock.clear(this.#sweeper);
    this.#sweeper = undefined;
  }

  #expire(channel: Channel, reason: string): void {
    channel.fail(invocationErrors.CHANNEL_CLOSED({ channelId: channel.id, reason }));
  }
}

function isSameKey(expected: string, given: string): boolean {
  const a = Buffer.from(expected);
  const b = Buffer.from(given);
  return a.length === b.length && timingSafeEqual(a, b);
}
