import { isMotiaError, MotiaError } from '@motia/protocol';
import { invocationErrors } from '../errors/invocation-errors.js';
import { tellError } from '../logger/tell-error.js';

/** What a handler threw, as the coded error that every caller gets. Coded errors pass as they are. */
export function toHandlerError(functionId: string, thrown: unknown): MotiaError {
  if (isMotiaError(thrown)) return thrown;
  const { message, stack } = tellError(thrown);
  const error = invocationErrors.HANDLER_FAILED({ functionId, problem: message }, thrown);
  if (stack !== undefined) error.stack = stack;
  return error;
}

/** The same condition as a failure of whoever let it through. */
export function asOwnFault(error: MotiaError): MotiaError {
  const { code, message, hint, retryable, details } = error;
  return new MotiaError({ code, message, hint, retryable, details, status: 500, cause: error });
}

/** What the connection reported for a call that a worker ran. Errors of the handler itself pass as they are. */
export function toCallError(functionId: string, worker: string, error: unknown): MotiaError {
  if (!isMotiaError(error)) return toHandlerError(functionId, error);
  if (error.code === 'MOTIA_PROTOCOL_CONNECTION_CLOSED') return invocationErrors.WORKER_LOST({ functionId, worker }, error);
  if (error.code === 'MOTIA_PROTOCOL_BACKPRESSURE') return invocationErrors.WORKER_BACKPRESSURE({ functionId, worker }, error);
  return error;
}
