import type { MotiaError } from '@motia/protocol';
import type { ChannelChunk, ChannelWriter } from '../contract/channels.js';
import { invocationErrors } from '../errors/invocation-errors.js';
import { creditCost, type Channel, type WriterPort } from './channel.js';

const largestFrame = 64 * 1024;

interface PendingWrite {
  readonly data: ChannelChunk;
  readonly resolve: () => void;
  readonly reject: (error: MotiaError) => void;
}

/** The writing end inside the engine: never more than the credit, the rest waits in order. */
export class LocalWriter implements ChannelWriter, WriterPort {
  readonly closed: Promise<MotiaError | undefined>;
  readonly #channel: Channel;
  readonly #waiting: PendingWrite[] = [];
  #credit: number;
  #closing: { readonly error: MotiaError | undefined } | undefined;
  #isEnded = false;
  #endError: MotiaError | undefined;
  #resolveClosed!: (error: MotiaError | undefined) => void;

  constructor(channel: Channel) {
    this.#channel = channel;
    this.#credit = channel.windowBytes;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    channel.attachWriter(this);
  }

  async write(chunk: ChannelChunk): Promise<void> {
    if (this.#isEnded || this.#closing !== undefined) throw this.#endError ?? this.#closedError('it was closed by its writer');
    if (typeof chunk === 'string') {
      await this.#enqueue(chunk);
      return;
    }
    // The memory belongs to the caller again once the promise has resolved, so frames are views and need no copy until then.
    const step = Math.min(largestFrame, this.#channel.windowBytes);
    for (let from = 0; from < chunk.byteLength; from += step) await this.#enqueue(chunk.subarray(from, from + step));
  }

  close(error?: MotiaError): void {
    if (this.#isEnded || this.#closing !== undefined) return;
    this.#closing = { error };
    this.#pump();
  }

  credit(bytes: number): void {
    this.#credit += bytes;
    this.#pump();
  }

  ended(error: MotiaError | undefined): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#endError = error;
    for (const { reject } of this.#waiting.splice(0)) reject(error ?? this.#closedError('it has ended'));
    this.#resolveClosed(error);
  }

  #enqueue(data: ChannelChunk): Promise<void> {
    const cost = creditCost(data);
    if (cost > this.#channel.windowBytes) return Promise.reject(invocationErrors.CHANNEL_OVERFLOW({ channelId: this.#channel.id, limit: this.#channel.windowBytes }));
    if (this.#waiting.length === 0 && cost <= this.#credit) {
      this.#send(data, cost);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => this.#waiting.push({ data, resolve, reject }));
  }

  #pump(): void {
    while (this.#waiting.length > 0 && !this.#isEnded) {
      const next = this.#waiting[0]!;
      const cost = creditCost(next.data);
      if (cost > this.#credit) return;
      this.#waiting.shift();
      this.#send(next.data, cost);
      next.resolve();
    }
    if (this.#closing !== undefined && !this.#isEnded) this.#channel.finish(this.#closing.error);
  }

  #send(data: ChannelChunk, cost: number): void {
    this.#credit -= cost;
    this.#channel.write(data, false);
  }

  #closedError(reason: string): MotiaError {
    return invocationErrors.CHANNEL_CLOSED({ channelId: this.#channel.id, reason });
  }
}
