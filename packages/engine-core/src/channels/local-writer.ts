import { ChannelWriter as WireWriter, fromWireError, type MotiaError } from '@motia/protocol';
import type { ChannelWriter } from '../contract/channels.js';
import type { Channel } from './channel.js';

/** Takes the writing end for code inside the engine. @throws `MOTIA_ENGINE_CHANNEL_CLAIMED` */
export function openLocalWriter(channel: Channel): ChannelWriter {
  const writer = new WireWriter({
    channelId: channel.id,
    creditBytes: channel.windowBytes,
    port: {
      write: (data, more) => channel.write(data, more),
      close: (error) => channel.finish(error === undefined ? undefined : fromWireError(error)),
    },
  });
  channel.attachWriter({
    credit: (bytes) => writer.addCredit(bytes),
    ended: (error) => writer.closedByPeer(error?.toWire()),
  });
  return {
    write: (chunk) => writer.write(chunk),
    close: (error?: MotiaError) => writer.close(error?.toWire()),
    abort(error) {
      writer.abort(error.toWire());
      // What was handed over before may still wait for its reader.
      channel.abandon(error);
    },
    closed: new Promise((resolve) => writer.onClosed(resolve)),
  };
}
