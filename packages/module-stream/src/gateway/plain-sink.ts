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
  isPressed = false;

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
    if (this.#websocket.readyState !== 1) return;
    const socket = this.#socket;
    if (buffers.length > 1) this.#turn.hold(socket);
    else this.#turn.join(socket);
    // Below its mark a socket says that it takes more, whatever it has kept.
    for (const buffer of buffers) this.isPressed = !socket.write(buffer);
  }
}
