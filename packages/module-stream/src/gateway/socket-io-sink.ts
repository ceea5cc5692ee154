import type { Clock } from '@motia/engine-core/contract';
import { encodePacket, type EncodedPacket, type FrameBatch } from '../delivery/frame-batch.js';
import type { Sink } from '../delivery/sink.js';

/** What is used of the transport under an engine.io socket. */
interface EngineTransport {
  readonly name: string;
  /** False while the operating system has not taken what was written, or while no poll is open. */
  readonly writable: boolean;
  once(event: 'ready', listener: () => void): unknown;
  /** Of a WebSocket. */
  readonly socket?: { terminate?(): void };
}

/** What is used of an engine.io socket. */
export interface EngineSocket {
  readonly readyState: string;
  /** Packets that wait for the transport. */
  readonly writeBuffer: readonly unknown[];
  readonly transport: unknown;
  send(data: string, options: object): unknown;
  close(discard?: boolean): unknown;
  on(event: 'flush' | 'upgrade', listener: () => void): unknown;
  once(event: 'close', listener: () => void): unknown;
}

/** How long a client has to take what is buffered before its connection is cut. */
const closingMs = 5_000;
/** Up to here nobody needs to know how much is buffered. */
const pressedBytes = 16_384;

/**
 * The way out to a socket.io client. Packets are handed to its engine.io socket ready made, as socket.io's own adapter
 * does when it broadcasts; the library keeps the order, also while a client changes from polling to WebSocket.
 */
export class SocketIoSink implements Sink {
  readonly #socket: EngineSocket;
  readonly #clock: Clock;
  /** Bytes that the library handed to the transport last, and bytes that it has yet to hand over. */
  #handedBytes = 0;
  #queuedBytes = 0;
  #onDrained: (() => void) | undefined;
  #isClosing = false;
  #watchesUpgrade = false;

  constructor(socket: EngineSocket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    // It hands over what it has once the operating system has taken everything before that.
    socket.on('flush', () => {
      this.#handedBytes = this.#queuedBytes;
      this.#queuedBytes = 0;
    });
  }

  get isPressed(): boolean {
    return this.#handedBytes + this.#queuedBytes > pressedBytes;
  }

  get bufferedBytes(): number {
    return this.#isIdle ? 0 : this.#handedBytes + this.#queuedBytes;
  }

  send(batch: FrameBatch, subscriptionId: string): void {
    this.#write(batch.packet(subscriptionId));
  }

  sendFrames(frames: readonly string[]): void {
    this.#write(encodePacket(frames));
  }

  onceDrained(listener: () => void): void {
    const isAwaited = this.#onDrained !== undefined;
    this.#onDrained = listener;
    if (isAwaited) return;
    if (this.#isIdle) setImmediate(this.#look);
    else this.#awaitDrain();
  }

  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    const cut = this.#clock.setTimeout(() => this.terminate(), closingMs);
    this.#socket.once('close', () => this.#clock.clear(cut));
    if (this.#transport.name !== 'polling') this.#socket.close();
    // A client that polls is not waited for until it asks again: it has had its answer.
    else if (this.#socket.writeBuffer.length === 0) setImmediate(() => this.#socket.close(true));
    else this.onceDrained(() => this.#socket.close(true));
  }

  terminate(): void {
    this.#isClosing = true;
    // A WebSocket is cut at once; its library would wait for the client to agree.
    this.#transport.socket?.terminate?.();
    this.#socket.close(true);
  }

  get #transport(): EngineTransport {
    return this.#socket.transport as EngineTransport;
  }

  get #isIdle(): boolean {
    return this.#socket.writeBuffer.length === 0 && this.#transport.writable;
  }

  #write({ text, options, bytes }: EncodedPacket): void {
    if (this.#isClosing || this.#socket.readyState !== 'open') return;
    this.#queuedBytes += bytes;
    this.#socket.send(text, options);
  }

  #awaitDrain(): void {
    this.#transport.once('ready', this.#look);
    if (this.#watchesUpgrade) return;
    this.#watchesUpgrade = true;
    this.#socket.on('upgrade', this.#look);
  }

  /** Several events may lead here; whoever waits is told once. */
  readonly #look = (): void => {
    if (this.#onDrained === undefined) return;
    if (!this.#isIdle) return this.#awaitDrain();
    this.#handedBytes = 0;
    const listener = this.#onDrained;
    this.#onDrained = undefined;
    listener();
  };
}
