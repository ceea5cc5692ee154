import type { ChannelChunk } from '../contract/channels.js';
import { creditCost, type MotiaError } from '@motia/protocol';
import { invocationErrors } from '../errors/invocation-errors.js';

/** How a channel speaks to whoever writes into it. */
export interface WriterPort {
  /** The reader took this much: the same may be written again. */
  credit(bytes: number): void;
  /** The reader has gone. */
  ended(error: MotiaError | undefined): void;
}

/** How a channel speaks to whoever reads from it. */
export interface ReaderPort {
  /** `more`: the text goes on in the next chunk. */
  chunk(data: ChannelChunk, more: boolean): void;
  /** The writer has finished, or has gone. */
  ended(error: MotiaError | undefined): void;
}

interface Held {
  readonly data: ChannelChunk;
  readonly more: boolean;
}

/**
 * One stream between two ends. The reader's credit is the writer's, so between two ends that are both there nothing is
 * kept here; only what comes before the reader is, and never more than the window.
 */
export class Channel {
  readonly id: string;
  readonly windowBytes: number;
  readonly writerKey: string;
  readonly readerKey: string;
  /** Worker that asked for the channel, if one did. */
  readonly creatorId: string | undefined;
  readonly createdAtMs: number;
  writer: WriterPort | undefined;
  reader: ReaderPort | undefined;
  /** Why its writer gave it up before a reader came. */
  lastWord: MotiaError | undefined;
  #allowance: number;
  #held: Held[] = [];
  /** The writer has finished; the reader learns it after what is held. */
  #finished: { readonly error: MotiaError | undefined } | undefined;
  #isFlowing = false;
  #isOver = false;
  readonly #onOver: (channel: Channel) => void;

  constructor(init: Pick<Channel, 'id' | 'windowBytes' | 'writerKey' | 'readerKey' | 'creatorId' | 'createdAtMs'>, onOver: (channel: Channel) => void) {
    this.id = init.id;
    this.windowBytes = init.windowBytes;
    this.writerKey = init.writerKey;
    this.readerKey = init.readerKey;
    this.creatorId = init.creatorId;
    this.createdAtMs = init.createdAtMs;
    this.#allowance = init.windowBytes;
    this.#onOver = onOver;
  }

  /** Everything is written; only the reader is still to come or to finish. */
  get isFinished(): boolean {
    return this.#finished !== undefined;
  }

  /** @throws `MOTIA_ENGINE_CHANNEL_CLAIMED` */
  attachWriter(port: WriterPort): void {
    if (this.writer !== undefined) throw invocationErrors.CHANNEL_CLAIMED({ channelId: this.id, direction: 'writing' });
    this.writer = port;
  }

  /** The end is taken at once; nothing is delivered before {@link flow}. @throws `MOTIA_ENGINE_CHANNEL_CLAIMED` */
  attachReader(port: ReaderPort): void {
    if (this.reader !== undefined) throw invocationErrors.CHANNEL_CLAIMED({ channelId: this.id, direction: 'reading' });
    this.reader = port;
  }

  /** Delivers what was written so far, and from now on at once. */
  flow(): void {
    if (this.#isOver || this.reader === undefined) return;
    this.#isFlowing = true;
    const held = this.#held;
    this.#held = [];
    for (const { data, more } of held) this.reader.chunk(data, more);
    this.#finish();
  }

  write(data: ChannelChunk, more: boolean): void {
    if (this.#isOver || this.#finished !== undefined) return;
    const cost = creditCost(data);
    if (cost > this.#allowance) {
      this.fail(invocationErrors.CHANNEL_OVERFLOW({ channelId: this.id, limit: this.windowBytes }));
      return;
    }
    this.#allowance -= cost;
    if (this.#isFlowing) this.reader?.chunk(data, more);
    else this.#held.push({ data, more });
  }

  /** The reader took some of what it was sent. Credit that it was never sent is not passed on. */
  credit(bytes: number): void {
    const granted = Math.min(bytes, this.windowBytes - this.#allowance);
    if (this.#isOver || !(granted > 0)) return;
    this.#allowance += granted;
    this.writer?.credit(granted);
  }

  /** The writer is done; the reader still gets everything before. */
  finish(error?: MotiaError): void {
    this.#finished ??= { error };
    this.#finish();
  }

  /** The reader wants no more. */
  cancel(error?: MotiaError): void {
    if (this.#isOver) return;
    this.#end();
    this.writer?.ended(error ?? invocationErrors.CHANNEL_CLOSED({ channelId: this.id, reason: 'its reader left' }));
  }

  /** Both ends hear of it at once. */
  fail(error: MotiaError): void {
    if (this.#isOver) return;
    this.#end();
    this.writer?.ended(error);
    this.reader?.ended(error);
  }

  /** As {@link fail}, by its writer: a reader that comes too late is to hear of it. */
  abandon(error: MotiaError): void {
    if (!this.#isOver && this.reader === undefined) this.lastWord = error;
    this.fail(error);
  }

  #finish(): void {
    if (this.#finished === undefined || !this.#isFlowing || this.#isOver) return;
    this.#end();
    this.reader?.ended(this.#finished.error);
    this.writer?.ended(undefined);
  }

  #end(): void {
    this.#isOver = true;
    this.#held = [];
    this.#onOver(this);
  }
}
