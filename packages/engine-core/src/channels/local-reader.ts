import type { MotiaError } from '@motia/protocol';
import type { ChannelChunk, ChannelReader } from '../contract/channels.js';
import { invocationErrors } from '../errors/invocation-errors.js';
import { creditCost, type Channel, type ReaderPort } from './channel.js';

interface PendingRead {
  readonly resolve: (chunk: ChannelChunk | undefined) => void;
  readonly reject: (error: MotiaError) => void;
}

/** The reading end inside the engine. A text that came in pieces is put together, up to the window. */
export class LocalReader implements ChannelReader, ReaderPort {
  readonly #channel: Channel;
  readonly #chunks: ChannelChunk[] = [];
  readonly #reads: PendingRead[] = [];
  #textPieces: string[] = [];
  #textBytes = 0;
  #end: { readonly error: MotiaError | undefined } | undefined;

  constructor(channel: Channel) {
    this.#channel = channel;
    channel.attachReader(this);
    channel.flow();
  }

  read(): Promise<ChannelChunk | undefined> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) {
      this.#channel.credit(creditCost(chunk));
      return Promise.resolve(chunk);
    }
    if (this.#end === undefined) return new Promise((resolve, reject) => this.#reads.push({ resolve, reject }));
    return this.#end.error === undefined ? Promise.resolve(undefined) : Promise.reject(this.#end.error);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ChannelChunk, void, undefined> {
    try {
      for (let chunk = await this.read(); chunk !== undefined; chunk = await this.read()) yield chunk;
    } finally {
      this.cancel();
    }
  }

  cancel(error?: MotiaError): void {
    this.#chunks.length = 0;
    if (this.#end !== undefined) return;
    this.#finish(error ?? invocationErrors.CHANNEL_CLOSED({ channelId: this.#channel.id, reason: 'it was cancelled by its reader' }));
    this.#channel.cancel(error);
  }

  chunk(data: ChannelChunk, more: boolean): void {
    if (this.#end !== undefined) return;
    if (typeof data !== 'string' || (!more && this.#textPieces.length === 0)) {
      this.#deliver(data);
      return;
    }
    this.#textPieces.push(data);
    this.#textBytes += Buffer.byteLength(data);
    if (!more) {
      const text = this.#textPieces.join('');
      this.#textPieces = [];
      this.#textBytes = 0;
      this.#deliver(text);
    } else if (this.#textBytes >= this.#channel.windowBytes) {
      // All credit stands in a text without end: it could never be finished.
      this.#channel.fail(invocationErrors.CHANNEL_OVERFLOW({ channelId: this.#channel.id, limit: this.#channel.windowBytes }));
    }
  }

  ended(error: MotiaError | undefined): void {
    if (this.#end === undefined) this.#finish(error);
  }

  #deliver(chunk: ChannelChunk): void {
    const read = this.#reads.shift();
    if (read === undefined) {
      this.#chunks.push(chunk);
      return;
    }
    read.resolve(chunk);
    this.#channel.credit(creditCost(chunk));
  }

  #finish(error: MotiaError | undefined): void {
    this.#end = { error };
    for (const read of this.#reads.splice(0)) {
      if (error === undefined) read.resolve(undefined);
      else read.reject(error);
    }
  }
}
