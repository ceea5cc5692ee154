import { isMotiaError, MotiaError, type WireError } from '@motia/engine-core/contract';

/** An error as it travels: a structured clone would take the code from it. */
export interface SentError extends WireError {
  readonly cause?: { readonly name: string; readonly message: string; readonly stack?: string };
}

export function sendError(error: unknown): SentError {
  if (!isMotiaError(error)) return { code: 'MOTIA_STORE_IO_FAILED', message: String(error) };
  const { stack } = error;
  const cause = error.cause as Partial<Error> | null | undefined;
  return {
    ...error.toWire(),
    ...(stack === undefined ? {} : { stack }),
    ...(typeof cause?.message === 'string' ? { cause: { name: cause.name ?? 'Error', message: cause.message, ...(cause.stack === undefined ? {} : { stack: cause.stack }) } } : {}),
  };
}

export function receiveError({ cause, ...wire }: SentError): MotiaError {
  return new MotiaError({ ...wire, ...(cause === undefined ? {} : { cause: Object.assign(new Error(cause.message), cause) }) });
}
