import type { ChannelRef, MotiaError } from '@motia/protocol';
import type { Writable } from 'node:stream';
import type { StepContext } from '../context/step-context.js';
import { sdkErrors } from '../errors.js';
import type { MotiaHttpResponse } from './http-message.js';
import { needNotBeAwaited } from './need-not-be-awaited.js';
import { ResponseWriter } from './response-writer.js';

/** What a handler says through `response`: status and headers, and the body when it writes one itself. */
export class HttpResponse implements MotiaHttpResponse {
  readonly #context: StepContext;
  readonly #ref: ChannelRef | undefined;
  #writer: ResponseWriter | undefined;
  #onBegun: (() => void) | undefined;
  statusCode: number | undefined = undefined;
  headerValues: Record<string, string | readonly string[]> | undefined = undefined;
  isClosed = false;

  constructor(context: StepContext, ref: ChannelRef | undefined) {
    this.#context = context;
    this.#ref = ref;
  }

  status = (statusCode: number): void => {
    this.statusCode = statusCode;
  };
  headers = (headers: Readonly<Record<string, string | readonly string[]>>): void => {
    this.headerValues = { ...this.headerValues, ...headers };
  };
  write = (chunk: string | Uint8Array): Promise<void> => needNotBeAwaited(this.writer.write(chunk));
  close = (): void => {
    this.isClosed = true;
    // Of a response that was never written, the handler's result makes an ordinary one.
    if (this.#writer?.hasBegun === true) this.#writer.end().catch(() => undefined);
  };
  get stream(): Writable {
    return this.writer.stream;
  }

  /** The writer, when the handler has used it. */
  get usedWriter(): ResponseWriter | undefined {
    return this.#writer;
  }

  /** @throws MotiaError `MOTIA_SDK_STREAMING_UNAVAILABLE` when the call came without a channel */
  get writer(): ResponseWriter {
    return (this.#writer ??= this.#newWriter());
  }

  /** Called when the response becomes a stream: whoever waits for a result need not wait any longer. */
  onBegun(listener: () => void): void {
    this.#onBegun = listener;
  }

  #newWriter(): ResponseWriter {
    const context = this.#context;
    const { functionId } = context;
    const ref = this.#ref;
    if (ref === undefined) throw sdkErrors.STREAMING_UNAVAILABLE({ functionId, member: 'response.stream' });
    return new ResponseWriter({
      functionId,
      open: () => context.connection.openWriter(ref),
      head: () => ({ status: this.statusCode, headers: this.headerValues }),
      begun: (finished) => {
        context.outlast(finished);
        this.#onBegun?.();
      },
      lost: (error: MotiaError) => context.abort(error),
    });
  }
}
