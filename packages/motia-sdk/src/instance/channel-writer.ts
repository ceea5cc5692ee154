import { Writable } from 'node:stream';
import type { ChannelRef, ChannelWriter as Channel } from '@motia/protocol';
import { sdkErrors } from '../errors.js';
import { currentConnection, type EngineConnection } from '../context/invocation-scope.js';

/** The writing end of a channel between two functions: bytes through a Node stream, text as messages. Opened by the first write. */
export class ChannelWriter {
  /** Ending it ends the channel, after what was written; destroying it with an error hands that to the reader. */
  readonly stream: Writable;
  readonly #ref: ChannelRef;
  readonly #connection: EngineConnection | undefined;
  #channel: Promise<Channel> | undefined;

  constructor(ref: ChannelRef);
  /** @deprecated The address means nothing here: channels share the connection to the engine. */
  constructor(address: string, ref: ChannelRef);
  constructor(addressOrRef: string | ChannelRef, ref?: ChannelRef) {
    this.#ref = ref ?? (addressOrRef as ChannelRef);
    this.#connection = currentConnection();
    this.stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => void this.#write(chunk).then(() => done(), done),
      final: (done) => void this.#open().then((channel) => channel.close()).then(() => done(), done),
      destroy: (error, done) => {
        if (error !== null) this.#channel?.then((channel) => channel.close({ code: 'MOTIA_SDK_CHANNEL_BROKEN', message: error.message })).catch(() => undefined);
        done(error);
      },
    });
    // A reader that has gone must not end the process: who writes on learns it from the stream.
    this.stream.on('error', () => undefined);
  }

  /** A text message, behind what was written before. */
  sendMessage(message: string): void {
    this.#write(message).catch((error: unknown) => this.stream.destroy(error as Error));
  }

  /** Ends the channel, after what was written. */
  close(): void {
    this.stream.end();
  }

  async #write(data: string | Uint8Array): Promise<void> {
    await (await this.#open()).write(data);
  }

  #open(): Promise<Channel> {
    const connection = this.#connection ?? currentConnection();
    if (connection === undefined) return Promise.reject(sdkErrors.NOT_CONNECTED({ functionId: 'channels/open' }));
    return (this.#channel ??= connection.openWriter(this.#ref));
  }
}
