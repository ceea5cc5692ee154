import { isMotiaError, MotiaError } from '@motia/protocol';
import { sdkErrors } from '../errors.js';

interface ThrownDetails {
  readonly status?: unknown;
  readonly statusCode?: unknown;
  readonly code?: unknown;
  /** As in http-errors: the thrower says that status and message are for the client. */
  readonly expose?: unknown;
  readonly retryable?: unknown;
  /** Milliseconds after which another attempt makes sense. */
  readonly retryAfterMs?: unknown;
}

/** Who called: one who waits for the answer, or one who has the message and will try again. */
export interface CallerKind {
  /** A queue, a schedule, a change of state: then only an error that says so itself is final. */
  readonly triesAgain: boolean;
}

/** A word, not a text: codes are compared. */
const safeCode = /^[\w.:-]{1,128}$/;

/**
 * What a handler threw, as it travels: with its stack, which the engine decides to show. A `MotiaError` keeps its code
 * and status, and so does any error that says `expose: true`; the code of another one is a detail.
 */
export function toTravellingError(functionId: string, thrown: unknown, { triesAgain }: CallerKind): MotiaError {
  const error = isMotiaError(thrown) ? thrown : handlerFailure(functionId, thrown, triesAgain);
  if (Object.hasOwn(error, 'toWire')) return error;
  const { stack } = error;
  // A handler that makes a wrong call is at fault itself: only what its own caller sent is that caller's.
  const isForeign = ofOwnCalls.has(error);
  const toWire = error.toWire.bind(error);
  const added = {
    ...(stack === undefined ? {} : { stack }),
    ...(isForeign && error.status < 500 ? { status: 500 } : {}),
    // That a call of its own is hopeless says nothing about the message that it was working on.
    ...(isForeign && triesAgain ? { retryable: true } : {}),
  };
  Object.defineProperty(error, 'toWire', { value: () => ({ ...toWire(), ...added }), configurable: true });
  return error;
}

const ofOwnCalls = new WeakSet<MotiaError>();

/** The error of a call that a handler made, known as such from now on. */
export function asOwnCall<E>(error: E): E {
  if (isMotiaError(error)) ofOwnCalls.add(error);
  return error;
}

/** Rejects with the error of a call that a handler made. */
export function rejectAsOwnCall(error: unknown): never {
  throw asOwnCall(error);
}

function handlerFailure(functionId: string, thrown: unknown, triesAgain: boolean): MotiaError {
  const isError = thrown instanceof Error || (typeof thrown === 'object' && thrown !== null && typeof (thrown as Error).message === 'string');
  const message = isError ? (thrown as Error).message : typeof thrown === 'string' ? thrown : `something that is not an Error was thrown: ${preview(thrown)}`;
  const base = sdkErrors.HANDLER_FAILED({ functionId, message });
  const { status, statusCode, code, expose, retryable, retryAfterMs } = (isError ? thrown : {}) as ThrownDetails;
  const chosen = status ?? statusCode;
  const isExposed = expose === true && Number.isInteger(chosen) && (chosen as number) >= 400 && (chosen as number) <= 599;
  const ownCode = typeof code === 'string' && safeCode.test(code) ? code : undefined;
  const keepsCode = isExposed && ownCode !== undefined && !ownCode.startsWith('MOTIA_');
  return new MotiaError({
    code: keepsCode ? ownCode : base.code,
    message,
    // The remedy speaks to who wrote the handler; what is exposed is read by its client.
    hint: isExposed ? undefined : base.hint,
    status: isExposed ? (chosen as number) : base.status,
    retryable: triesAgain ? retryable !== false : retryable === true,
    details: {
      functionId,
      ...(isError && (thrown as Error).name !== 'Error' ? { name: (thrown as Error).name } : {}),
      ...(ownCode === undefined || keepsCode ? {} : { code: ownCode }),
      ...(typeof retryAfterMs === 'number' && retryAfterMs >= 0 && Number.isFinite(retryAfterMs) ? { retryAfterMs } : {}),
    },
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
