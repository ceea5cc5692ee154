import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { encodeFrames, type EncodedFrames, type FrameBatch } from '../delivery/frame-batch.js';
import type { Closing } from '../delivery/frame-text.js';
import type { Sink } from '../delivery/sink.js';
import type { WriteTurn } from '../delivery/write-turn.js';

const nothing = Buffer.alloc(0);

/**
 * The way out to a plain WebSocket. Complete frames are written to the socket beside what `ws` writes to it: without
 * compression `ws` writes each of its frames whole and at once, too, so they never mix.
 */
export class PlainSink implements Sink {
  readonly #socket: Duplex;
  readonly #websocket: WebSocket;
  readonly #turn: WriteTurn;

  constructor(websocket: WebSocket, socket: Duplex, turn: WriteTurn) {
    this.#websocket = websocket;
    this.#socket = socket;
    this.#turn = turn;
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  send(batch: FrameBatch, subscriptionId: string): void {
    this.#write(batch.frames(subscriptionId));
  }

  sendFrames(frames: readonly string[]): void {
    this.#write(encodeFrames(frames));
  }

  onceDrained(listener: () => void): void {
    if (this.#socket.writableLength === 0) setImmediate(listener);
    else if (this.#socket.writableNeedDrain) this.#socket.once('drain', listener);
    else this.#socket.write(nothing, () => listener());
  }

  close({ code, reason }: Closing): void {
    this.#websocket.close(code, reason);
  }

  terminate(): void {
    this.#websocket.terminate();
  }

  #write({ buffers }: EncodedFrames): void {
    // OPEN of the WebSocket interface: after a close frame nothing more may be sent.
    if (this.#websocket.readyState !== 1 || this.#socket.destroyed) return;
    const [first] = buffers;
    if (buffers.length > 1) this.#turn.hold(this.#socket);
    else this.#turn.join(this.#socket);
    if (buffers.length === 1 && first !== undefined) return void this.#socket.write(first);
    for (const buffer of buffers) this.#socket.write(buffer);
  }
}
