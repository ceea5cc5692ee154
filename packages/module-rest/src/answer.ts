import type { ServerResponse } from 'node:http';
import { inTrace } from '@motia/engine-core';
import type { Logger, TraceContext } from '@motia/engine-core/contract';
import type { HeaderList } from './cors.js';
import { endResponse } from './end-response.js';
import { restErrors } from './errors.js';
import { readHandlerResponse, withCharset, type HandlerResponse } from './handler-response.js';
import type { StreamHead } from './response-frames.js';
import type { Route } from './route.js';
import { writeHead } from './write-head.js';

/** What all answers of a module share. */
export interface AnswerParts {
  /** Name of the header that carries the id of a request, in lower case. */
  readonly requestIdHeader: string;
  readonly responseLimitBytes: number;
  readonly mode: 'development' | 'production';
  readonly logger: Logger;
}

/** The request that is answered, and the trace of what was done for it. */
export interface AnsweredRequest {
  readonly requestId: string;
  readonly trace: TraceContext | undefined;
}

/** Who answers: a route, or middleware in its place. */
export type AnswerRoute = Pick<Route, 'functionId' | 'checkResponse' | 'defaultStatus' | 'defaultContentType'>;

/**
 * Reads a handler's result.
 * @throws `MOTIA_REST_INVALID_HANDLER_RESPONSE`, and `MOTIA_REST_RESPONSE_SCHEMA_MISMATCH` in development
 */
export function readAnswer(result: unknown, route: AnswerRoute, request: AnsweredRequest, parts: AnswerParts): HandlerResponse {
  const answer = readHandlerResponse(route.functionId, result, parts.responseLimitBytes, route);
  if (route.checkResponse !== undefined) checkAgainstSchema(answer, route, request, parts);
  return answer;
}

/** What a response says beside its answer. */
export interface AnswerFrame extends Pick<AnswerParts, 'requestIdHeader'> {
  readonly requestId: string;
  readonly corsHeaders: readonly string[];
  /** Sends the body another way. */
  readonly end: ((body: string | Uint8Array | undefined) => void) | undefined;
}

/** Writes an answer to the client. */
export function writeAnswer(response: ServerResponse, answer: HandlerResponse, { requestIdHeader, requestId, corsHeaders, end }: AnswerFrame): void {
  const { status, body, contentType } = answer;
  const headers: HeaderList = [requestIdHeader, requestId];
  if (contentType !== undefined) headers.push('content-type', contentType);
  const length = body === undefined ? undefined : typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
  if (length !== undefined) headers.push('content-length', length);
  addOwn(headers, answer.headers, requestIdHeader);
  if (corsHeaders.length > 0) addCors(headers, corsHeaders);
  writeHead(response, status, headers);
  if (end === undefined) endResponse(response, body, length === body?.length);
  else end(body);
}

/** The head of a response whose body is sent as it is made. */
export function streamHeaders(head: StreamHead, { requestIdHeader, requestId, corsHeaders }: Omit<AnswerFrame, 'end'>, defaultContentType = 'application/octet-stream'): HeaderList {
  const headers: HeaderList = [requestIdHeader, requestId];
  if (!head.headers.includes('content-type') && head.status !== 204 && head.status !== 304) headers.push('content-type', withCharset(defaultContentType));
  addOwn(headers, head.headers, requestIdHeader);
  if (corsHeaders.length > 0) addCors(headers, corsHeaders);
  return headers;
}

/** The handler's headers, but not one in place of the id of the request. */
function addOwn(headers: HeaderList, own: Readonly<HeaderList>, requestIdHeader: string): void {
  for (let index = 0; index < own.length; index += 2) {
    if (own[index] !== requestIdHeader) headers.push(own[index] as string, own[index + 1] as string);
  }
}

/** What the handler says of cross-origin access wins; `vary` adds up. */
function addCors(headers: HeaderList, cors: readonly string[]): void {
  for (let index = 0; index < cors.length; index += 2) {
    const name = cors[index] ?? '';
    const isSet = name !== 'vary' && headers.some((part, position) => position % 2 === 0 && part === name);
    if (!isSet) headers.push(name, cors[index + 1] ?? '');
  }
}

function checkAgainstSchema(answer: HandlerResponse, route: AnswerRoute, { requestId, trace }: AnsweredRequest, parts: AnswerParts): void {
  const problems = route.checkResponse?.(answer.status)?.(valueOf(answer));
  if (problems === undefined) return;
  const { functionId } = route;
  const mismatch = restErrors.RESPONSE_SCHEMA_MISMATCH({ functionId, problems });
  if (parts.mode === 'development') throw mismatch;
  inTrace(parts.logger, trace).warn(mismatch.message, { code: mismatch.code, requestId, functionId });
}

/** The body as the client will read it: dates are text by then, and what JSON drops is gone. */
function valueOf(answer: HandlerResponse): unknown {
  const { body, form } = answer;
  if (body === undefined || form === 'none' || form === 'bytes') return undefined;
  const text = typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  if (form === 'text') return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
