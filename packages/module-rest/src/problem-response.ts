import { STATUS_CODES, type ServerResponse } from 'node:http';
import { isMotiaError, MotiaError } from '@motia/engine-core/contract';
import { restErrors } from './errors.js';
import type { HeaderList } from './cors.js';
import { writeHead } from './write-head.js';

/** Ids that let a reader of an error body find the log lines. */
export interface ProblemIds {
  readonly requestId: string;
  readonly traceId: string | undefined;
  /** Header that carries the request's id, in lower case. */
  readonly requestIdHeader: string;
}

const safeCode = /^[\w.:-]{1,128}$/;
const handlerFailures = /^MOTIA_[A-Z]+_HANDLER_FAILED$/;
/** Conditions of the engine say what happened inside: a status below 500 would blame the client. */
const inner = /^MOTIA_(?:ENGINE|PROTOCOL)_/;

/** Conditions of this module from 500 on that tell a client what to do, and nothing of what is inside. */
const forClients: ReadonlySet<string> = new Set(['MOTIA_REST_OVERLOADED', 'MOTIA_REST_DRAINING', 'MOTIA_REST_STARTING']);
const invalidAnswer = 'The handler returned what cannot be sent.';
/** What production says of a condition, where its status alone says too little. */
const publicMessages: Readonly<Record<string, string>> = {
  MOTIA_REST_INVALID_HANDLER_RESPONSE: invalidAnswer,
  MOTIA_SDK_NOT_SERIALIZABLE: invalidAnswer,
  MOTIA_PROTOCOL_FRAME_TOO_LARGE: 'The handler worked on more than one message can carry.',
  MOTIA_SDK_MODULE_NOT_LOADED: 'A part of the server that this request needs is not available.',
  MOTIA_ENGINE_WORKER_LOST: 'The process that handled the request went away before it answered.',
};
const publicMessagesByStatus: Readonly<Record<number, string>> = {
  501: 'The server cannot do what this request needs.',
  502: 'The request could not be handled.',
  503: 'The server cannot handle this request now.',
  504: 'The server did not answer in time.',
};

/**
 * What a client is told of an error. Below 500 its message, exposed and coded errors of handlers included. From 500 on it
 * speaks of the inside: development shows it, production says what kind it is, and the log has the rest.
 */
export function toClientError(error: unknown, mode: 'development' | 'production'): MotiaError {
  const shown = told(error, mode);
  return mode === 'production' && shown.code.startsWith('MOTIA_') && !forClients.has(shown.code) ? withoutInternals(shown) : shown;
}

function told(error: unknown, mode: 'development' | 'production'): MotiaError {
  if (!isMotiaError(error)) return exposed(error, mode) ?? handlerFailed(error, mode);
  const status = statusOf(error.status);
  if (handlerFailures.test(error.code)) {
    // Below 500 it is one that the process of the handler found exposed.
    return exposed(error.cause, mode) ?? (status >= 500 && mode === 'production' ? generic(error.code, status) : withStatus(error, status));
  }
  if (inner.test(error.code) && error.status < 500) return withStatus(error, error.code === 'MOTIA_ENGINE_CANCELLED' ? 503 : 500);
  const isOurs = error.code.startsWith('MOTIA_');
  if (!isOurs && status >= 500 && mode === 'production') return generic(safeCode.test(error.code) ? error.code : 'MOTIA_REST_HANDLER_FAILED', status);
  return withStatus(error, status);
}

/**
 * What Express middleware throws to refuse a request: a status for the client (`expose`, as in http-errors) and no code.
 * Its message is kept back, for body parsers repeat their input there.
 */
export function refusalOf(error: unknown): MotiaError | undefined {
  if (!(error instanceof Error) || isMotiaError(error)) return undefined;
  const { status, expose } = error as { status?: unknown; expose?: unknown };
  if (expose !== true || typeof status !== 'number' || !(status >= 400 && status < 500) || givenCode(error) !== undefined) return undefined;
  return withStatus(restErrors.MIDDLEWARE_REFUSED({ status, reason: STATUS_CODES[status] ?? 'Bad Request' }, error), status);
}

/** Names of functions are the business of whoever runs the server. */
function withoutInternals(error: MotiaError): MotiaError {
  const { code, status, retryable, message, hint } = error;
  if (status >= 500) {
    const { hint: seeLog, details, message: failed } = restErrors.HANDLER_FAILED({ legacyCode: 'INTERNAL_ERROR' });
    return new MotiaError({ code, status, retryable, message: publicMessages[code] ?? (handlerFailures.test(code) ? failed : (publicMessagesByStatus[status] ?? failed)), hint: seeLog, details });
  }
  const { details } = error;
  if (typeof details !== 'object' || details === null || !('functionId' in details)) return error;
  const { functionId: _, ...rest } = details;
  return new MotiaError({ code, status, retryable, message, hint, details: rest });
}

/** A plain Error that says `expose: true` and names its `status`, as http-errors do. Others with a status speak of their own requests. */
function exposed(error: unknown, mode: 'development' | 'production'): MotiaError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { status, statusCode, expose, details } = error as { status?: unknown; statusCode?: unknown; expose?: unknown; details?: unknown };
  const number = status ?? statusCode;
  if (expose !== true || typeof number !== 'number' || !Number.isInteger(number) || number < 400 || number > 599) return undefined;
  const given = givenCode(error);
  const code = given !== undefined && safeCode.test(given) && !given.startsWith('MOTIA_') ? given : 'MOTIA_REST_HANDLER_FAILED';
  if (number >= 500 && mode === 'production') return generic(code, number);
  return new MotiaError({ code, message: error.message, status: number, details });
}

/** The code that an author gave to an error. Those of the system and of Node (`Z_BUF_ERROR`, `ECONNRESET`) say nothing to a client. */
function givenCode(error: Error): string | undefined {
  const { code, errno } = error as { code?: unknown; errno?: unknown };
  return typeof code === 'string' && errno === undefined && !code.startsWith('ERR_') ? code : undefined;
}

function handlerFailed(error: unknown, mode: 'development' | 'production'): MotiaError {
  const failed = restErrors.HANDLER_FAILED({ legacyCode: 'INTERNAL_ERROR' }, error);
  return mode === 'production' || !(error instanceof Error) ? failed : new MotiaError({ code: failed.code, message: error.message, hint: failed.hint, details: failed.details });
}

function generic(code: string, status = 500): MotiaError {
  const { message, hint, details } = restErrors.HANDLER_FAILED({ legacyCode: 'INTERNAL_ERROR' });
  return new MotiaError({ code, message, hint, details, status });
}

function withStatus(error: MotiaError, status: number): MotiaError {
  if (error.status === status && !hasStack(error.details)) return error;
  const { code, message, hint, retryable, details } = error;
  return new MotiaError({ code, message, hint, retryable, status, details: withoutStack(details) });
}

function statusOf(status: number): number {
  return Number.isInteger(status) && status >= 400 && status <= 599 ? status : 500;
}

function hasStack(details: unknown): details is { readonly stack: unknown } {
  return typeof details === 'object' && details !== null && 'stack' in details;
}

function withoutStack(details: unknown): unknown {
  if (!hasStack(details)) return details;
  const { stack: _, ...rest } = details;
  return rest;
}

/** The error body every failing request gets: one JSON object, no markup, no stack. */
export function problemBody(error: MotiaError, ids: Omit<ProblemIds, 'requestIdHeader'>): string {
  const { code, message, hint, retryable, details } = error;
  const envelope = { code, message, hint, retryable, details, requestId: ids.requestId, traceId: ids.traceId };
  const skipped = code === 'MOTIA_REST_CONDITION_NOT_MET' ? { skipped: true } : {};
  try {
    return JSON.stringify({ error: envelope, ...skipped });
  } catch {
    // Details of a handler's own error may hold anything.
    return JSON.stringify({ error: { ...envelope, details: undefined }, ...skipped });
  }
}

/** Writes an error answer; `write` sends the body another way. Does nothing when an answer was begun already. */
export function sendProblem(response: ServerResponse, error: MotiaError, ids: ProblemIds, extraHeaders: readonly (string | number)[] = [], write?: (body: string) => void): void {
  if (response.headersSent || response.destroyed) return;
  const body = problemBody(error, ids);
  const headers: HeaderList = ['content-type', 'application/json; charset=utf-8', 'content-length', Buffer.byteLength(body), ids.requestIdHeader, ids.requestId, ...extraHeaders];
  if (error.status === 503) headers.push('retry-after', '1');
  const { accepted } = (error.details ?? {}) as { readonly accepted?: unknown };
  if (error.code === 'MOTIA_REST_UNSUPPORTED_MEDIA_TYPE' && Array.isArray(accepted)) headers.push('accept', accepted.join(', '));
  if (write !== undefined) headers.push('connection', 'close');
  writeHead(response, error.status, headers);
  if (write === undefined) response.end(body);
  else write(body);
}
