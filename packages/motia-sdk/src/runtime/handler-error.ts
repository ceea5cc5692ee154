import { isMotiaError, MotiaError } from '@motia/protocol';
import { sdkErrors } from '../errors.js';

interface ThrownDetails {
  readonly status?: unknown;
  readonly statusCode?: unknown;
  /** As in http-errors: the thrower says that status and message are for the client. */
  readonly expose?: unknown;
  readonly retryable?: unknown;
}

/**
 * What a handler threw, as it travels: with its stack, which the engine decides to show. A coded error keeps its code;
 * an error that says `expose: true` keeps its status.
 */
export function toTravellingError(functionId: string, thrown: unknown): MotiaError {
  const error = isMotiaError(thrown) ? thrown : handlerFailure(functionId, thrown);
  const { stack } = error;
  const toWire = error.toWire.bind(error);
  if (stack !== undefined && !Object.hasOwn(error, 'toWire')) Object.defineProperty(error, 'toWire', { value: () => ({ ...toWire(), stack }), configurable: true });
  return error;
}

function handlerFailure(functionId: string, thrown: unknown): MotiaError {
  const isError = thrown instanceof Error || (typeof thrown === 'object' && thrown !== null && typeof (thrown as Error).message === 'string');
  const message = isError ? (thrown as Error).message : typeof thrown === 'string' ? thrown : `something that is not an Error was thrown: ${preview(thrown)}`;
  const base = sdkErrors.HANDLER_FAILED({ functionId, message });
  const { status, statusCode, expose, retryable } = (isError ? thrown : {}) as ThrownDetails;
  const chosen = status ?? statusCode;
  const shown = expose === true && Number.isInteger(chosen) && (chosen as number) >= 400 && (chosen as number) <= 599 ? (chosen as number) : base.status;
  return new MotiaError({
    code: base.code,
    message,
    hint: base.hint,
    status: shown,
    retryable: retryable === true,
    details: { functionId, ...(isError && (thrown as Error).name !== 'Error' ? { name: (thrown as Error).name } : {}) },
    cause: thrown,
    stack: isError ? withCauses(thrown as Error) : undefined,
  });
}

function withCauses(error: Error): string | undefined {
  let text = error.stack;
  let cause = error.cause;
  for (let depth = 0; text !== undefined && cause instanceof Error && depth < 5; depth += 1) {
    text += `\n[cause]: ${cause.stack ?? cause.message}`;
    cause = cause.cause;
  }
  return text;
}

function preview(thrown: unknown): string {
  try {
    return (JSON.stringify(thrown) ?? String(thrown)).slice(0, 200);
  } catch {
    return typeof thrown;
  }
}
