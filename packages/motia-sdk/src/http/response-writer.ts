import { Writable } from 'node:stream';
import { isMotiaError, type MotiaError, type ChannelWriter } from '@motia/protocol';
import { sdkErrors } from '../errors.js';

/** What a response writer needs of its call. */
export interface ResponseWriterParts {
  readonly functionId: string;
  /** Opens the channel of the response. @throws MotiaError `MOTIA_SDK_STREAMING_UNAVAILABLE` */
  open(): Promise<ChannelWriter>;
  /** Status and headers, when the first bytes are on their way. */
  head(): { readonly status: number | undefined; readonly headers: Readonly<Record<string, string | readonly string[]>> | undefined };
  /** From here on the response is a stream, and nobody waits for a result. `finished` settles when it has ended. */
  begun(finished: Promise<void>): void;
  /** Whoever received it has gone. */
  lost(error: MotiaError): void;
}

/** Writes a response as it is made. `write` resolves when there is room for more. */
export class ResponseWriter {
  readonly #parts: ResponseWriterParts;
  #finish: () => void = () => undefined;
  #opening: Promise<ChannelWriter> | undefined;
  #writer: ChannelWriter | undefined;
  #stream: Writable | undefined;
  #isEnded = false;
  /** Settles when nothing more will be written. */
  readonly ended: Promise<void> = new Promise((resolve) => (this.#finish = resolve));
  readonly #closedListeners: (() => void)[] = [];

  constructor(parts: ResponseWriterParts) {
    this.#parts = parts;
  }

  /** True once the response is to be a stream. */
  get hasBegun(): boolean {
    return this.#opening !== undefined;
  }

  /** True once it is one: an error can only break it off then. */
  get isOpen(): boolean {
    return this.#writer !== undefined;
  }

  /** @throws MotiaError the reason when nobody takes it any more, `MOTIA_SDK_STREAMING_UNAVAILABLE` */
  async write(chunk: string | Uint8Array): Promise<void> {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk;
    await (this.#writer ?? (await this.#begin())).write(bytes);
  }

  /** Everything is written. Idempotent. */
  async end(): Promise<void> {
    if (this.#isEnded) return;
    this.#isEnded = true;
    try {
      (this.#writer ?? (await this.#begin())).close();
    } finally {
      this.#finish();
    }
  }

  /** It cannot be completed: the client sees that it broke off. */
  abort(error: MotiaError): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#writer?.abort(error.toWire());
    this.#finish();
  }

  /** Once, when nothing can be written any more. */
  onClosed(listener: () => void): void {
    this.#closedListeners.push(listener);
  }

  /** As a Node stream. */
  get stream(): Writable {
    if (this.#stream !== undefined) return this.#stream;
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => void this.write(chunk).then(() => done(), done),
      final: (done) => void this.end().then(() => done(), done),
      destroy: (error, done) => {
        this.abort(error === null ? sdkErrors.RESPONSE_ABANDONED({ functionId: this.#parts.functionId }) : toMotiaError(this.#parts.functionId, error));
        done(error);
      },
    });
    // A client may leave at any time; that must not end the process of a handler that does not listen for it.
    stream.on('error', () => undefined);
    return (this.#stream = stream);
  }

  #begin(): Promise<ChannelWriter> {
    return (this.#opening ??= this.#open());
  }

  async #open(): Promise<ChannelWriter> {
    const writer = await this.#parts.open();
    writer.onClosed((error) => this.#closed(error));
    const { status, headers } = this.#parts.head();
    if (status !== undefined) await writer.write(JSON.stringify({ type: 'set_status', status_code: status }));
    if (headers !== undefined) await writer.write(JSON.stringify({ type: 'set_headers', headers }));
    this.#writer = writer;
    this.#parts.begun(this.ended);
    return writer;
  }

  #closed(error: MotiaError | undefined): void {
    this.#isEnded = true;
    for (const listener of this.#closedListeners) listener();
    if (error !== undefined) {
      this.#parts.lost(error);
      this.#stream?.destroy(error);
    }
    this.#finish();
  }
}

/** Sends what an iterable gives. Stops when nobody takes it any more, also while the iterable is silent. */
export async function sendAll(writer: ResponseWriter, source: AsyncIterable<unknown>, functionId: string): Promise<void> {
  const iterator = source[Symbol.asyncIterator]();
  let isClosed = false;
  let wake: (() => void) | undefined;
  writer.onClosed(() => {
    isClosed = true;
    wake?.();
  });
  const next = (): Promise<IteratorResult<unknown> | undefined> =>
    new Promise((resolve, reject) => {
      wake = () => resolve(undefined);
      iterator.next().then(resolve, reject);
    });
  try {
    for (let step = await next(); step !== undefined && step.done !== true && !isClosed; step = await next()) {
      const { value } = step;
      if (typeof value !== 'string' && !(value instanceof Uint8Array)) throw sdkErrors.NOT_SERIALIZABLE({ functionId, reason: 'its stream gave something that is neither text nor bytes' });
      await writer.write(value);
    }
    if (!isClosed) await writer.end();
  } catch (error) {
    // That nobody listens any more is no failure of the handler.
    if (!isClosed) throw error;
  } finally {
    iterator.return?.().catch(() => undefined);
    if (isClosed && 'destroy' in source && typeof source.destroy === 'function') (source as { destroy(): void }).destroy();
  }
}

/** True for a body that is made while it is sent: a web stream, a Node stream, any async iterable. */
export function isStream(body: unknown): body is AsyncIterable<unknown> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}

function toMotiaError(functionId: string, error: Error): MotiaError {
  return isMotiaError(error) ? error : sdkErrors.HANDLER_FAILED({ functionId, message: error.message }, error);
}
