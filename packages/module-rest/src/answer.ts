import type { ServerResponse } from 'node:http';
import type { Logger } from '@motia/engine-core/contract';
import type { HeaderList } from './cors.js';
import { restErrors } from './errors.js';
import { readHandlerResponse, type HandlerResponse } from './handler-response.js';
import type { ResponseChecks } from './schema-check.js';

export interface AnswerOptions {
  readonly functionId: string;
  readonly requestId: string;
  readonly limitBytes: number;
  readonly checkResponse: ResponseChecks | undefined;
  readonly mode: 'development' | 'production';
  readonly logger: Logger;
  readonly corsHeaders: readonly string[];
}

/**
 * Writes a handler's result and returns its status.
 * @throws `MOTIA_REST_INVALID_HANDLER_RESPONSE`, and `MOTIA_REST_RESPONSE_SCHEMA_MISMATCH` in development
 */
export function sendAnswer(response: ServerResponse, result: unknown, options: AnswerOptions): number {
  const answer = readHandlerResponse(options.functionId, result, options.limitBytes);
  if (options.checkResponse !== undefined) checkAgainstSchema(answer, options);
  const { status, body } = answer;
  const headers: HeaderList = ['x-request-id', options.requestId];
  if (!answer.hasContentType && answer.contentType !== undefined) headers.push('content-type', answer.contentType);
  if (body !== undefined) headers.push('content-length', typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength);
  for (const part of answer.headers) headers.push(part);
  if (options.corsHeaders.length > 0) addCors(headers, options.corsHeaders);
  response.writeHead(status, headers);
  response.end(body);
  return status;
}

/** What the handler says of cross-origin access wins; `vary` adds up. */
function addCors(headers: HeaderList, cors: readonly string[]): void {
  for (let index = 0; index < cors.length; index += 2) {
    const name = cors[index] ?? '';
    const isSet = name !== 'vary' && headers.some((part, position) => position % 2 === 0 && part === name);
    if (!isSet) headers.push(name, cors[index + 1] ?? '');
  }
}

function checkAgainstSchema(answer: HandlerResponse, options: AnswerOptions): void {
  const check = options.checkResponse?.(answer.status);
  if (check === undefined) return;
  const problems = check(valueOf(answer));
  if (problems === undefined) return;
  const mismatch = restErrors.RESPONSE_SCHEMA_MISMATCH({ functionId: options.functionId, problems });
  if (options.mode === 'development') throw mismatch;
  options.logger.warn(mismatch.message, { code: mismatch.code, requestId: options.requestId, functionId: options.functionId });
}

/** The body as the client will read it: dates are text by then, and what JSON drops is gone. */
function valueOf(answer: HandlerResponse): unknown {
  const { body, contentType } = answer;
  if (body === undefined || (body === '' && contentType === undefined)) return undefined;
  const isJson = contentType?.startsWith('application/json') === true;
  if (!isJson) return typeof body === 'string' ? body : undefined;
  const text = typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
