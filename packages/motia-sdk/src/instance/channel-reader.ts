import { Readable } from 'node:stream';
import type { ChannelReader as Channel, ChannelRef } from '@motia/protocol';
import { sdkErrors } from '../errors.js';
import { currentConnection, type EngineConnection } from '../context/invocation-scope.js';

/**
 * The reading end of a channel between two functions: bytes as a Node stream, text as messages. Opened when somebody
 * first reads; a reader that stops reading stops its writer.
 */
export class ChannelReader {
  readonly stream: Readable;
  readonly #ref: ChannelRef;
  readonly #connection: EngineConnection | undefined;
  readonly #listeners: ((message: string) => void)[] = [];
  #channel: Promise<Channel> | undefined;
  #isPulling = false;

  constructor(ref: ChannelRef);
  /** @deprecated The address means nothing here: channels share the connection to the engine. */
  constructor(address: string, ref: ChannelRef);
  constructor(addressOrRef: string | ChannelRef, ref?: ChannelRef) {
    this.#ref = ref ?? (addressOrRef as ChannelRef);
    this.#connection = currentConnection();
    this.stream = new Readable({
      read: () => void this.#pull(),
      destroy: (error, callback) => {
        // Nobody wants the rest: the writer is told.
        this.#channel?.then((channel) => channel.return()).catch(() => undefined);
        callback(error);
      },
    });
    // A writer that broke off must not end the process: who reads learns it from the stream.
    this.stream.on('error', () => undefined);
  }

  /** Called with each text message, in order with the bytes around it. */
  onMessage(callback: (message: string) => void): void {
    this.#listeners.push(callback);
    void this.#pull();
  }

  /** All bytes, in memory. */
  async readAll(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.stream) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  /** Gives the channel up. */
  close(): void {
    this.stream.destroy();
  }

  [Symbol.asyncIterator](): AsyncIterator<Buffer> {
    return this.stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  async #pull(): Promise<void> {
    if (this.#isPulling) return;
    this.#isPulling = true;
    try {
      const channel = await (this.#channel ??= this.#open());
      for (let isWanted = true; isWanted && !this.stream.destroyed; ) {
        const next = await channel.next();
        if (next.done === true) isWanted = this.stream.push(null) && false;
        else if (typeof next.value === 'string') for (const listener of this.#listeners) listener(next.value);
        else isWanted = this.stream.push(next.value);
      }
    } catch (error) {
      this.stream.destroy(error as Error);
    } finally {
      this.#isPulling = false;
    }
  }

  #open(): Promise<Channel> {
    const connection = this.#connection ?? currentConnection();
    if (connection === undefined) return Promise.reject(sdkErrors.NOT_CONNECTED({ functionId: 'channels/open' }));
    return connection.openReader(this.#ref);
  }
}
