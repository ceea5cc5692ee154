import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Transform } from 'node:stream';
import { isMotiaError, type Clock, type MotiaError, type Timer } from '@motia/engine-core/contract';
import { inflaterFor, type ContentEncoding } from './content-encoding.js';
import { restErrors } from './errors.js';

export interface PumpOptions {
  readonly encoding: Exclude<ContentEncoding, 'unsupported'>;
  /** Of the bytes after decompression, and of those received. */
  readonly limitBytes: number;
  /** A client that sends nothing for this long, while it could, has stopped. */
  readonly stallTimeoutMs: number;
  readonly clock: Clock;
}

/** Takes a piece; a promise says when there is room for more. Rejecting ends the pump. */
export type PumpSink = (chunk: Buffer) => Promise<void> | undefined;

/** Kept on the socket: the listener asks when a request takes long. */
const pumping = Symbol('pumping');
type PumpedSocket = Socket & { [pumping]?: boolean };

/** Says whether the body on this socket minds its own time. */
export function mindOwnTime(socket: object, isOwn: boolean): void {
  (socket as PumpedSocket)[pumping] = isOwn;
}

/** True while the body on this socket minds its own time. */
export function isPumping(socket: object): boolean {
  return (socket as PumpedSocket)[pumping] === true;
}

/**
 * Moves a request body, decompressed, into a sink, at the pace of the sink: while it has no room the socket is not
 * read. Ends once, with the error that stopped it; what is left of the request is then unread.
 */
export class BodyPump {
  readonly #request: IncomingMessage;
  readonly #options: PumpOptions;
  readonly #sink: PumpSink;
  readonly #done: (error: MotiaError | undefined) => void;
  readonly #inflater: Transform | undefined;
  #received = 0;
  #delivered = 0;
  #receivedBefore = 0;
  #idleChecks = 0;
  #isBusy = false;
  #hasEnded = false;
  #isOver = false;
  #timer: Timer | undefined;

  constructor(request: IncomingMessage, options: PumpOptions, sink: PumpSink, done: (error: MotiaError | undefined) => void) {
    this.#request = request;
    this.#options = options;
    this.#sink = sink;
    this.#done = done;
    this.#inflater = options.encoding === 'identity' ? undefined : inflaterFor(options.encoding);
  }

  start(): void {
    const { clock, stallTimeoutMs, limitBytes } = this.#options;
    const announced = Number(this.#request.headers['content-length'] ?? 0);
    if (announced > limitBytes) return this.#finish(restErrors.BODY_TOO_LARGE({ limitBytes, receivedBytes: announced }));
    mindOwnTime(this.#request.socket, true);
    this.#timer = clock.setInterval(() => this.#checkProgress(), Math.max(1, Math.ceil(stallTimeoutMs / 2)));
    this.#request.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onGone).on('error', this.#onGone);
    this.#inflater?.on('data', this.#onInflated).on('end', this.#onAll).on('error', this.#onMalformed).on('drain', this.#resume);
  }

  /** Stops reading. Idempotent. */
  stop(): void {
    if (!this.#isOver) this.#detach();
  }

  /** False while part of the request is unread. */
  get isComplete(): boolean {
    return this.#request.complete;
  }

  readonly #onData = (chunk: Buffer): void => {
    const { limitBytes } = this.#options;
    this.#received += chunk.length;
    if (this.#received > limitBytes) return this.#finish(restErrors.BODY_TOO_LARGE({ limitBytes, receivedBytes: this.#received }));
    if (this.#inflater === undefined) this.#deliver(chunk, this.#request);
    else if (!this.#inflater.write(chunk)) this.#request.pause();
  };

  readonly #onInflated = (chunk: Buffer): void => {
    if (!this.#isOver) this.#deliver(chunk, this.#inflater as Transform);
  };

  readonly #resume = (): void => {
    if (!this.#isOver) this.#request.resume();
  };

  readonly #onEnd = (): void => {
    if (this.#inflater === undefined) this.#onAll();
    else this.#inflater.end();
  };

  readonly #onAll = (): void => {
    this.#hasEnded = true;
    if (!this.#isBusy) this.#finish(undefined);
  };

  readonly #onMalformed = (error: Error): void => {
    this.#finish(restErrors.INVALID_BODY({ reason: 'it is not encoded as its Content-Encoding says' }, error));
  };

  readonly #onGone = (): void => {
    // A complete request may close before its last bytes were inflated or taken.
    if (!this.#request.complete) this.#finish(restErrors.CLIENT_DISCONNECTED({}));
  };

  #deliver(chunk: Buffer, source: IncomingMessage | Transform): void {
    const { limitBytes } = this.#options;
    this.#delivered += chunk.length;
    if (this.#delivered > limitBytes) return this.#finish(restErrors.BODY_TOO_LARGE({ limitBytes, receivedBytes: this.#delivered }));
    const pending = this.#sink(chunk);
    if (pending === undefined) return;
    this.#isBusy = true;
    source.pause();
    pending.then(
      () => {
        this.#isBusy = false;
        if (this.#isOver) return;
        if (this.#hasEnded) this.#finish(undefined);
        else source.resume();
      },
      (error: unknown) => this.#finish(isMotiaError(error) ? error : restErrors.INVALID_BODY({ reason: 'it could not be handed on' }, error)),
    );
  }

  /** Only a client that could send and has not sent all is judged: while the handler or the decompression is slow, the socket is not read. */
  #checkProgress(): void {
    const isWaiting = !this.#isBusy && !this.#request.complete && !this.#request.isPaused() && (this.#inflater?.writableLength ?? 0) === 0;
    if (!isWaiting || this.#received !== this.#receivedBefore) {
      this.#idleChecks = 0;
      this.#receivedBefore = this.#received;
      return;
    }
    this.#idleChecks += 1;
    if (this.#idleChecks >= 2) this.#finish(restErrors.REQUEST_TIMEOUT({}));
  }

  #finish(error: MotiaError | undefined): void {
    if (this.#isOver) return;
    this.#detach();
    this.#done(error);
  }

  #detach(): void {
    this.#isOver = true;
    this.#options.clock.clear(this.#timer);
    mindOwnTime(this.#request.socket, false);
    const request = this.#request;
    request.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onGone).off('error', this.#onGone);
    // A socket error after this must not become an uncaught one.
    request.on('error', () => undefined);
    if (!request.complete) request.pause();
    this.#inflater?.off('error', this.#onMalformed).on('error', () => undefined).destroy();
  }
}
