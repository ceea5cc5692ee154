import { isMotiaError } from '@motia/protocol';
import type { StepContext } from '../context/step-context.js';
import { sdkErrors } from '../errors.js';
import { toTravellingError } from '../runtime/handler-error.js';
import type { HttpInput } from './http-input.js';
import { isStream, sendAll, type ResponseWriter } from './response-writer.js';

/** Why a handler's own end settles its response. */
interface StreamedCall {
  readonly context: StepContext;
  readonly input: HttpInput;
  /** Makes an ordinary answer of what the handler returned. */
  readonly answer: (returned: unknown) => unknown;
}

/** True when what a handler returned has a body that is made while it is sent. */
export function hasStreamBody(returned: unknown): returned is { readonly body: AsyncIterable<unknown> } {
  return typeof returned === 'object' && returned !== null && 'body' in returned && isStream(returned.body);
}

/**
 * Settles with the handler's answer, or as soon as its response has become a stream: the engine then has what it
 * waited for, and the stream lasts as long as it likes.
 */
export function streamable(call: StreamedCall, returned: PromiseLike<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    call.input.onBegun(() => resolve(undefined));
    returned.then((value) => completed(call, value)).then(resolve, (error: unknown) => (failed(call, error) ? resolve(undefined) : reject(error as Error)));
  });
}

/** What comes of what a handler returned. */
export function completed(call: StreamedCall, returned: unknown): unknown {
  const writer = call.input.spoken?.usedWriter;
  if (writer !== undefined && (writer.hasBegun || returned === undefined || returned === null)) return written(call, writer, returned);
  return hasStreamBody(returned) ? sent(call, returned) : call.answer(returned);
}

/** The handler has written its response itself. */
function written({ context }: StreamedCall, writer: ResponseWriter, returned: unknown): unknown {
  if (returned !== undefined && returned !== null) context.logger.warn(`${context.functionId} has written its response; what it returned was not sent`);
  return writer.ended.then(() => undefined);
}

/** The handler has returned a stream. */
function sent({ context, input }: StreamedCall, returned: { readonly body: AsyncIterable<unknown> }): Promise<unknown> {
  const { status, headers } = returned as { status?: number; headers?: Readonly<Record<string, string | string[]>> };
  const { reply } = input;
  if (status !== undefined) reply.status(status);
  if (headers !== undefined) reply.headers(headers);
  return new Promise((resolve, reject) => {
    reply.onBegun(() => resolve(undefined));
    const sending = sendAll(reply.writer, returned.body, context.functionId);
    context.outlast(sending);
    sending.then(
      () => resolve(undefined),
      (error: unknown) => (failed({ context, input }, error) ? resolve(undefined) : reject(error as Error)),
    );
  });
}

/** After the head has gone out an error can only break the response off. @returns false while it can still be answered */
function failed({ context, input }: Pick<StreamedCall, 'context' | 'input'>, error: unknown): boolean {
  const writer = input.spoken?.usedWriter;
  if (writer?.hasBegun !== true) return false;
  // One that is being opened has said nothing yet: the error is its answer.
  const isOut = writer.isOpen;
  writer.abort(toTravellingError(context.functionId, isMotiaError(error) || error instanceof Error ? error : sdkErrors.HANDLER_FAILED({ functionId: context.functionId, message: String(error) }), { triesAgain: false }));
  return isOut;
}
