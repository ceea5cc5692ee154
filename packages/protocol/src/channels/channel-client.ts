import type { Endpoint } from '../endpoint.js';
import type { ChannelRef, WireError } from '../generated/messages.js';
import { readChannelData } from './channel-data.js';
import { ChannelReader } from './channel-reader.js';
import { ChannelWriter } from './channel-writer.js';

/** Opens channel ends over one connection. */
export interface ChannelClient {
  /** Claims the reading end. @throws what the peer answers: unknown channel, wrong key, end already claimed */
  openReader(ref: ChannelRef): Promise<ChannelReader>;
  /** Claims the writing end. @throws what the peer answers: unknown channel, wrong key, end already claimed */
  openWriter(ref: ChannelRef): Promise<ChannelWriter>;
  /** The connection is gone: every open end fails with this error. */
  closeAll(error: WireError): void;
}

/** Takes over the `channels/*` notifications of an endpoint. Call it once, before `listen()`. */
export function createChannelClient(endpoint: Endpoint): ChannelClient {
  return new EndpointChannels(endpoint);
}

class EndpointChannels implements ChannelClient {
  readonly #readers = new Map<string, ChannelReader>();
  readonly #writers = new Map<string, ChannelWriter>();

  constructor(private readonly endpoint: Endpoint) {
    endpoint.onNotification('channels/write', (params, raw) => {
      const data = readChannelData(params, raw);
      if (data !== undefined) this.#readers.get(params.channelId)?.push(data, params.more === true);
    });
    endpoint.onNotification('channels/credit', ({ channelId, bytes }) => this.#writers.get(channelId)?.addCredit(bytes));
    endpoint.onNotification('channels/close', ({ channelId, error, direction }) => {
      if (direction !== 'read') this.#takeReader(channelId)?.closedByPeer(error);
      if (direction !== 'write') this.#takeWriter(channelId)?.closedByPeer(error);
    });
  }

  async openReader({ channel_id: channelId, access_key: accessKey }: ChannelRef): Promise<ChannelReader> {
    // Known before the answer: the first frames may overtake it.
    const reader = new ChannelReader({
      channelId,
      port: {
        credit: (bytes) => this.endpoint.notify('channels/credit', { channelId, bytes }),
        close: (error) => {
          this.#readers.delete(channelId);
          this.#sendClose(channelId, 'read', error);
        },
      },
    });
    this.#readers.set(channelId, reader);
    try {
      const { creditBytes } = await this.endpoint.request('channels/open', { channelId, accessKey, direction: 'read' });
      reader.setWindow(creditBytes);
      return reader;
    } catch (error) {
      this.#readers.delete(channelId);
      throw error;
    }
  }

  async openWriter({ channel_id: channelId, access_key: accessKey }: ChannelRef): Promise<ChannelWriter> {
    const writer = new ChannelWriter({
      channelId,
      port: {
        write: (data, more) => {
          if (typeof data === 'string') this.endpoint.notify('channels/write', { channelId, text: data, ...(more ? { more } : {}) });
          else this.endpoint.notify('channels/write', { channelId }, data);
        },
        close: (error) => {
          this.#writers.delete(channelId);
          this.#sendClose(channelId, 'write', error);
        },
      },
    });
    this.#writers.set(channelId, writer);
    try {
      const { creditBytes } = await this.endpoint.request('channels/open', { channelId, accessKey, direction: 'write' });
      writer.addCredit(creditBytes);
      return writer;
    } catch (error) {
      this.#writers.delete(channelId);
      throw error;
    }
  }

  closeAll(error: WireError): void {
    for (const reader of this.#readers.values()) reader.closedByPeer(error);
    for (const writer of this.#writers.values()) writer.closedByPeer(error);
    this.#readers.clear();
    this.#writers.clear();
  }

  #sendClose(channelId: string, direction: 'read' | 'write', error: WireError | undefined): void {
    this.endpoint.notify('channels/close', { channelId, direction, ...(error === undefined ? {} : { error }) });
  }

  #takeReader(channelId: string): ChannelReader | undefined {
    const reader = this.#readers.get(channelId);
    this.#readers.delete(channelId);
    return reader;
  }

  #takeWriter(channelId: string): ChannelWriter | undefined {
    const writer = this.#writers.get(channelId);
    this.#writers.delete(channelId);
    return writer;
  }
}
