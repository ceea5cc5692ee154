import { fromWireError } from '../errors.js';
import type { MotiaError } from '../errors.js';
import type { WireError } from '../generated/messages.js';
import { ProtocolErrors } from '../protocol-errors.js';
import { creditCost } from './channel-data.js';
import type { ChannelData } from './channel-data.js';

/** Where a reader's grants go. */
export interface ChannelReaderPort {
  credit(bytes: number): void;
  close(error?: WireError): void;
}

export interface ChannelReaderOptions {
  readonly channelId: string;
  /** Bytes that the writer was granted at the start; left out, it is unknown until `setWindow`. */
  readonly windowBytes?: number;
  readonly port: ChannelReaderPort;
}

/** A text in pieces is kept until its end; one over this closes the channel with `MOTIA_PROTOCOL_FRAME_TOO_LARGE`. */
export const MAX_CHANNEL_TEXT_BYTES = 16 * 1024 * 1024;

interface Arrived {
  readonly data: ChannelData;
  /** Credit to give back when it is taken. */
  readonly cost: number;
}
interface PendingRead {
  readonly resolve: (result: IteratorResult<ChannelData, undefined>) => void;
  readonly reject: (error: MotiaError) => void;
}

const done: IteratorResult<ChannelData, undefined> = Object.freeze({ done: true, value: undefined });

/**
 * The reading end of a channel: an async iterable of frames. Credit is given back as frames are taken, so a reader
 * that stops reading stops the writer, and at most the window is ever kept here.
 */
export class ChannelReader implements AsyncIterableIterator<ChannelData, undefined> {
  readonly channelId: string;
  readonly #port: ChannelReaderPort;
  #window = Number.MAX_SAFE_INTEGER;
  /** Bytes that the writer may still send. */
  #allowance = Number.MAX_SAFE_INTEGER;
  #ungranted = 0;
  #frames: Arrived[] = [];
  /** Pieces of a text whose end has not come. */
  #textPieces: string[] = [];
  #textCost = 0;
  #reads: PendingRead[] = [];
  #end: { readonly error: MotiaError | undefined } | undefined;

  constructor({ channelId, windowBytes, port }: ChannelReaderOptions) {
    this.channelId = channelId;
    this.#port = port;
    if (windowBytes !== undefined) this.setWindow(windowBytes);
  }

  /** The initial credit of the writer became known; what came before counts. */
  setWindow(windowBytes: number): void {
    const used = this.#window - this.#allowance;
    this.#window = windowBytes;
    this.#allowance = windowBytes - used;
    this.#grant();
  }

  get isClosed(): boolean {
    return this.#end !== undefined;
  }

  /** The next frame, or `done`. @throws the error with which the writer closed, after all frames before it */
  next(): Promise<IteratorResult<ChannelData, undefined>> {
    const frame = this.#frames.shift();
    if (frame !== undefined) {
      this.#taken(frame.cost);
      return Promise.resolve({ done: false, value: frame.data });
    }
    if (this.#end === undefined) return new Promise((resolve, reject) => this.#reads.push({ resolve, reject }));
    return this.#end.error === undefined ? Promise.resolve(done) : Promise.reject(this.#end.error);
  }

  /** Leaving a `for await` loop early cancels the channel. */
  return(): Promise<IteratorResult<ChannelData, undefined>> {
    this.cancel();
    return Promise.resolve(done);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Stops reading: the writer's next write fails. Idempotent. */
  cancel(error?: WireError): void {
    if (this.#end !== undefined) {
      this.#frames = [];
      return;
    }
    this.#frames = [];
    this.#finish(error === undefined ? undefined : fromWireError(error));
    this.#port.close(error);
  }

  /** `channels/write` came. A writer that ignores its credit is cut off. */
  push(data: ChannelData, more = false): void {
    if (this.#end !== undefined) return;
    const cost = creditCost(data);
    if (cost > this.#allowance) {
      return this.#refuse(ProtocolErrors.CHANNEL_CREDIT_EXCEEDED({ channelId: this.channelId, bytes: cost, credit: this.#allowance }));
    }
    this.#allowance -= cost;
    if (typeof data !== 'string' || (!more && this.#textCost === 0)) return this.#arrived({ data, cost });
    this.#textPieces.push(data);
    this.#textCost += cost;
    if (this.#textCost > MAX_CHANNEL_TEXT_BYTES) return this.#refuse(ProtocolErrors.FRAME_TOO_LARGE({ bytes: this.#textCost, limit: MAX_CHANNEL_TEXT_BYTES }));
    // Credit for pieces is lent at once, as a text longer than the window could never end otherwise; the end settles it.
    this.#taken(cost);
    if (more) return;
    const text = { data: this.#textPieces.join(''), cost: this.#textCost };
    this.#textPieces = [];
    this.#textCost = 0;
    this.#ungranted -= text.cost;
    this.#arrived(text);
  }

  /** `channels/close` came from the writer, or the connection is gone. */
  closedByPeer(error?: WireError): void {
    if (this.#end === undefined) this.#finish(error === undefined ? undefined : fromWireError(error));
  }

  #arrived(frame: Arrived): void {
    const read = this.#reads.shift();
    if (read === undefined) {
      this.#frames.push(frame);
    } else {
      this.#taken(frame.cost);
      read.resolve({ done: false, value: frame.data });
    }
  }

  #refuse(error: MotiaError): void {
    this.#finish(error);
    this.#port.close(error.toWire());
  }

  #taken(bytes: number): void {
    this.#ungranted += bytes;
    this.#grant();
  }

  /** In steps of half the window; in a tiny one early enough for the longest character. */
  #grant(): void {
    const step = Math.max(1, Math.min(this.#window >> 1, this.#window - 3));
    if (this.#ungranted < step || this.#end !== undefined || this.#window === Number.MAX_SAFE_INTEGER) return;
    const bytes = this.#ungranted;
    this.#ungranted = 0;
    this.#allowance += bytes;
    this.#port.credit(bytes);
  }

  #finish(error: MotiaError | undefined): void {
    this.#end = { error };
    this.#textPieces = [];
    const reads = this.#reads;
    this.#reads = [];
    for (const read of reads) {
      if (error === undefined) read.resolve(done);
      else read.reject(error);
    }
  }
}
