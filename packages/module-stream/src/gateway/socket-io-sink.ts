import type { Clock } from '@motia/engine-core/contract';
import { encodePacket, type EncodedPacket, type FrameBatch } from '../delivery/frame-batch.js';
import type { Sink } from '../delivery/sink.js';

/** What is used of an engine.io socket. */
export interface EngineSocket {
  readonly readyState: string;
  send(data: string, options: object, callback?: () => void): unknown;
  close(discard?: boolean): unknown;
  once(event: 'close', listener: () => void): unknown;
  readonly transport: unknown;
}

/** How long a client has to take what is buffered before its connection is cut. */
const closingMs = 5_000;

/**
 * The way out to a socket.io client. Packets are handed to its engine.io socket ready made, as socket.io's own adapter
 * does when it broadcasts; the library keeps the order, also while a client changes from polling to WebSocket.
 */
export class SocketIoSink implements Sink {
  readonly #socket: EngineSocket;
  readonly #clock: Clock;
  /** Sizes of the packets that are on their way, oldest first. */
  readonly #sizes: number[] = [];
  #bufferedBytes = 0;
  #onDrained: (() => void) | undefined;
  #isClosing = false;

  constructor(socket: EngineSocket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  send(batch: FrameBatch, subscriptionId: string): void {
    this.#write(batch.packet(subscriptionId));
  }

  sendFrames(frames: readonly string[]): void {
    this.#write(encodePacket(frames));
  }

  onceDrained(listener: () => void): void {
    this.#onDrained = listener;
    if (this.#bufferedBytes === 0) setImmediate(this.#tellDrained);
  }

  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    const cut = this.#clock.setTimeout(() => this.terminate(), closingMs);
    this.#socket.once('close', () => this.#clock.clear(cut));
    // A client that polls is not waited for until it asks again: it has had its answer.
    if (isPolling(this.#socket)) this.onceDrained(() => this.#socket.close(true));
    else this.#socket.close();
  }

  terminate(): void {
    this.#isClosing = true;
    // A WebSocket is cut at once; its library would wait for the client to agree.
    const { socket } = this.#socket.transport as { readonly socket?: { terminate?(): void } };
    socket?.terminate?.();
    this.#socket.close(true);
  }

  #write({ text, options, bytes }: EncodedPacket): void {
    if (this.#isClosing || this.#socket.readyState !== 'open') return;
    this.#sizes.push(bytes);
    this.#bufferedBytes += bytes;
    this.#socket.send(text, options, this.#sent);
  }

  readonly #sent = (): void => {
    this.#bufferedBytes -= this.#sizes.shift() ?? 0;
    if (this.#bufferedBytes === 0 && this.#onDrained !== undefined) this.#tellDrained();
  };

  readonly #tellDrained = (): void => {
    const listener = this.#onDrained;
    this.#onDrained = undefined;
    listener?.();
  };
}

function isPolling({ transport }: EngineSocket): boolean {
  return (transport as { readonly name?: string }).name === 'polling';
}
