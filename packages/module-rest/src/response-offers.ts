import { randomBytes } from 'node:crypto';
import { InFlightMap, type ChannelHub, type ChannelReader, type ChannelRef, type Registration } from '@motia/engine-core/contract';

/** Somebody whose response may be written as a stream. */
export interface Streamable {
  /** The handler has begun to write. */
  streamOpened(reader: ChannelReader): void;
}

const prefix = 'http-';
/** Of an id: 132 random bits, short because it travels with every request. */
const idLength = 22;
/** Random bytes are made for many requests at once. */
const poolBytes = 12 * 1024;

/**
 * Writing ends of the responses under way. Every request carries one in its payload, and hardly any is used: it costs a
 * random id and a place in a map until a handler opens it.
 */
export class ResponseOffers {
  readonly #accessKey = randomBytes(16).toString('base64url');
  readonly #waiting = new InFlightMap<string, Streamable>();
  #pool = '';
  #used = 0;
  #registration: Registration | undefined;

  /** From now on channels can be opened. */
  open(channels: ChannelHub): void {
    this.#registration = channels.offerWriters(prefix, (channelId, accessKey) => {
      const waiting = accessKey === this.#accessKey ? this.#waiting.take(channelId) : undefined;
      if (waiting === undefined) return undefined;
      return (reader) => waiting.streamOpened(reader);
    });
  }

  close(): void {
    this.#registration?.dispose();
    this.#waiting.clear();
  }

  offer(to: Streamable): ChannelRef {
    const ref: ChannelRef = { channel_id: this.#nextId(), access_key: this.#accessKey, direction: 'write' };
    this.#waiting.set(ref.channel_id, to);
    return ref;
  }

  withdraw(ref: ChannelRef): void {
    this.#waiting.take(ref.channel_id);
  }

  #nextId(): string {
    if (this.#used + idLength > this.#pool.length) {
      this.#pool = randomBytes(poolBytes).toString('base64url');
      this.#used = 0;
    }
    const id = prefix + this.#pool.slice(this.#used, this.#used + idLength);
    this.#used += idLength;
    return id;
  }
}
