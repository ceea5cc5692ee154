import type { ChannelRef, MotiaError } from '@motia/protocol';
import type { Registration } from './functions.js';

/** What travels through a channel: text is a control message, bytes are the stream. Boundaries are kept. */
export type ChannelChunk = string | Uint8Array;

/** The reading end inside the engine process. Leaving a `for await` loop cancels it. */
export interface ChannelReader extends AsyncIterable<ChannelChunk> {
  /** The next chunk; undefined after the last one. @throws the error that the writer closed with, or that ended the channel */
  read(): Promise<ChannelChunk | undefined>;
  /** Gives the channel up: the writer learns it. Idempotent. */
  cancel(error?: MotiaError): void;
}

/** The writing end inside the engine process. */
export interface ChannelWriter {
  /**
   * Resolves once the reader had room for it. Bytes are not copied and may arrive in any split: leave them as they are.
   * @throws the error with which the reader gave up, `MOTIA_ENGINE_CHANNEL_CLOSED`, `MOTIA_PROTOCOL_CHANNEL_CLOSED` after `close`
   */
  write(chunk: ChannelChunk): Promise<void>;
  /** What was written is still delivered; then the reader sees the end, or `error`. Idempotent. */
  close(error?: MotiaError): void;
  /** Nobody wants the rest: what was written and not taken is dropped, the reader sees `error`, and the channel is over at once, also where no reader has come: one that comes later is told the same. Idempotent. */
  abort(error: MotiaError): void;
  /** Settles when the channel has ended, with the reason if the reader gave it up. */
  readonly closed: Promise<MotiaError | undefined>;
}

/** Says whose channel an offered id is: undefined when it stands for nothing, else what takes the reading end. */
export type ChannelClaim = (channelId: string, accessKey: string) => ((reader: ChannelReader) => void) | undefined;

export interface ChannelPair {
  readonly writer: ChannelRef;
  readonly reader: ChannelRef;
}

/**
 * Bounded byte streams between two workers, or a worker and a module: one writer, one reader, each end opened once,
 * with credit so that a slow reader slows its writer. An end that nobody opens for five minutes frees the channel.
 */
export interface ChannelHub {
  /** `bufferBytes` held in the engine at most, default 262,144. @throws `MOTIA_ENGINE_CHANNELS_EXHAUSTED` at 10,000 open channels */
  create(options?: { readonly bufferBytes?: number }): ChannelPair;
  /** @throws `MOTIA_ENGINE_CHANNEL_NOT_FOUND`, `MOTIA_ENGINE_CHANNEL_CLAIMED` */
  openReader(ref: ChannelRef): ChannelReader;
  /** @throws `MOTIA_ENGINE_CHANNEL_NOT_FOUND`, `MOTIA_ENGINE_CHANNEL_CLAIMED` */
  openWriter(ref: ChannelRef): ChannelWriter;
  /**
   * Hands out writing ends that cost nothing until somebody opens one: a reference whose id begins with `prefix` is
   * looked up with `claim` then, the channel is made, and its reading end goes to what `claim` gave.
   */
  offerWriters(prefix: string, claim: ChannelClaim): Registration;
}
