import { fromWireError } from '../errors.js';
import type { MotiaError } from '../errors.js';
import type { WireError } from '../generated/messages.js';
import { ProtocolErrors } from '../protocol-errors.js';
import { creditCost } from './channel-data.js';
import type { ChannelData } from './channel-data.js';

/** Larger writes are cut into frames of this size. */
export const MAX_CHANNEL_FRAME_BYTES = 64 * 1024;

/** Where a writer's frames go. */
export interface ChannelWriterPort {
  /** `more`: the text goes on in the next frame. */
  write(data: ChannelData, more: boolean): void;
  close(error?: WireError): void;
}

export interface ChannelWriterOptions {
  readonly channelId: string;
  /** Bytes that may be sent before the reader grants more. Default 0. */
  readonly creditBytes?: number;
  readonly port: ChannelWriterPort;
}

interface PendingWrite {
  readonly data: ChannelData;
  /** Bytes still to send; a text that must be cut is turned into bytes first. */
  rest: Buffer | undefined;
  readonly resolve: () => void;
  readonly reject: (error: MotiaError) => void;
}

/**
 * The writing end of a channel. Never sends more than the credit that the reader has granted.
 *
 * States: open → closing (`close` was called, writes still wait for credit) → closed. The peer's close, or
 * `abort`, leads to closed from anywhere and fails what still waits.
 */
export class ChannelWriter {
  readonly channelId: string;
  readonly #port: ChannelWriterPort;
  #credit: number;
  #queue: PendingWrite[] = [];
  #state: 'open' | 'closing' | 'closed' = 'open';
  #closeError: WireError | undefined;
  #failure: MotiaError | undefined;
  readonly #closedListeners: ((error: MotiaError | undefined) => void)[] = [];

  constructor({ channelId, creditBytes = 0, port }: ChannelWriterOptions) {
    this.channelId = channelId;
    this.#credit = creditBytes;
    this.#port = port;
  }

  /** Bytes that may be sent now. */
  get creditBytes(): number {
    return this.#credit;
  }

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  /**
   * Resolves when the data was handed to the connection, which is when the reader had room for it. Await it: data
   * waits here otherwise. A text arrives as one message, bytes arrive in any split.
   * @throws `MOTIA_PROTOCOL_CHANNEL_CLOSED`, or the error with which the reader closed
   */
  write(data: ChannelData): Promise<void> {
    if (this.#state !== 'open') return Promise.reject(this.#failure ?? this.#closedError('it was closed by its writer'));
    if (typeof data !== 'string' && data.byteLength === 0) return Promise.resolve();
    if (this.#queue.length === 0) {
      const cost = creditCost(data);
      if (cost <= this.#credit && cost <= MAX_CHANNEL_FRAME_BYTES) {
        this.#credit -= cost;
        this.#port.write(data, false);
        return Promise.resolve();
      }
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ data, rest: undefined, resolve, reject });
      this.#pump();
    });
  }

  /** Ends the channel after what was written. With an error the reader's next read throws it. Idempotent. */
  close(error?: WireError): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#closeError = error;
    this.#pump();
  }

  /** Drops what waits and closes at once. */
  abort(error: WireError): void {
    if (this.#state === 'closed') return;
    this.#settle(fromWireError(error));
    this.#port.close(error);
  }

  /** After the channel has ended, for whatever reason. */
  onClosed(listener: (error: MotiaError | undefined) => void): void {
    if (this.#state === 'closed') listener(this.#failure);
    else this.#closedListeners.push(listener);
  }

  /** `channels/credit` came. */
  addCredit(bytes: number): void {
    if (!(bytes > 0)) return;
    this.#credit += bytes;
    this.#pump();
  }

  /** `channels/close` came from the reader, or the connection is gone. */
  closedByPeer(error?: WireError): void {
    if (this.#state === 'closed') return;
    this.#settle(error === undefined ? this.#closedError('its reader left') : fromWireError(error));
  }

  #pump(): void {
    while (this.#queue.length > 0) {
      const pending = this.#queue[0] as PendingWrite;
      if (!this.#send(pending)) return;
      // A port that failed the channel has emptied the queue.
      if (this.#queue[0] !== pending) return;
      this.#queue.shift();
      pending.resolve();
    }
    if (this.#state === 'closing') {
      const error = this.#closeError;
      this.#settle(undefined);
      this.#port.close(error);
    }
  }

  /** Sends as much as the credit allows; true when nothing of the write is left. */
  #send(pending: PendingWrite): boolean {
    const { data } = pending;
    const isText = typeof data === 'string';
    const rest = (pending.rest ??= isText ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    if (rest.length === 0) {
      if (this.#credit < 1) return false;
      this.#credit -= 1;
      this.#port.write('', false);
      return true;
    }
    let from = 0;
    while (from < rest.length && this.#state !== 'closed') {
      const most = Math.min(this.#credit, MAX_CHANNEL_FRAME_BYTES, rest.length - from);
      const end = isText ? wholeCharacters(rest, from, from + most) : from + most;
      if (end === from) break;
      this.#credit -= end - from;
      this.#port.write(isText ? rest.toString('utf8', from, end) : rest.subarray(from, end), isText && end < rest.length);
      from = end;
    }
    pending.rest = rest.subarray(from);
    return pending.rest.length === 0;
  }

  #settle(failure: MotiaError | undefined): void {
    this.#state = 'closed';
    this.#failure = failure;
    const queue = this.#queue;
    this.#queue = [];
    for (const pending of queue) pending.reject(failure ?? this.#closedError('it was closed'));
    for (const listener of this.#closedListeners) listener(failure);
  }

  #closedError(reason: string): MotiaError {
    return ProtocolErrors.CHANNEL_CLOSED({ channelId: this.channelId, reason });
  }
}

/** The last position up to `end` that does not cut a UTF-8 character. */
function wholeCharacters(bytes: Buffer, from: number, end: number): number {
  let at = end;
  while (at > from && at < bytes.length && ((bytes[at] as number) & 0xc0) === 0x80) at--;
  return at;
}
