import { ChannelReader as WireReader, fromWireError, type MotiaError } from '@motia/protocol';
import type { ChannelChunk, ChannelReader } from '../contract/channels.js';
import type { Channel } from './channel.js';

/** Takes the reading end for code inside the engine. @throws `MOTIA_ENGINE_CHANNEL_CLAIMED` */
export function openLocalReader(channel: Channel): ChannelReader {
  const reader = new WireReader({
    channelId: channel.id,
    windowBytes: channel.windowBytes,
    port: {
      credit: (bytes) => channel.credit(bytes),
      close: (error) => channel.cancel(error === undefined ? undefined : fromWireError(error)),
    },
  });
  channel.attachReader({
    chunk: (data, more) => reader.push(data, more),
    ended: (error) => reader.closedByPeer(error?.toWire()),
  });
  channel.flow();
  return {
    async read(): Promise<ChannelChunk | undefined> {
      const { value } = await reader.next();
      return value;
    },
    cancel: (error?: MotiaError) => reader.cancel(error?.toWire()),
    [Symbol.asyncIterator]: () => reader,
  };
}
