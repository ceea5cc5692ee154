import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MotiaError } from '@motia/engine-core/contract';
import { consoleErrors } from '../errors.js';

/** Longest body of a change. */
export const bodyLimitBytes = 1_048_576;

/** On every answer: nothing of the console may be framed, sniffed, cached or read by another origin. */
const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

export function sendJson(response: ServerResponse, status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): void {
  const body = JSON.stringify(value ?? null);
  response.writeHead(status, { ...securityHeaders, 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body), ...headers });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

export function sendText(response: ServerResponse, status: number, text: string, contentType: string): void {
  response.writeHead(status, { ...securityHeaders, 'content-type': contentType, 'content-length': Buffer.byteLength(text) });
  response.end(response.req.method === 'HEAD' ? undefined : text);
}

/** The envelope of every error of the engine. */
export function errorBody(error: MotiaError, ids: { readonly requestId: string; readonly traceId?: string }): unknown {
  const { code, message, hint, retryable, details } = error;
  return { error: { code, message, hint, retryable, details, ...ids } };
}

/** Parses the JSON body of a change. @throws `MOTIA_CONSOLE_MEDIA_TYPE`, `MOTIA_CONSOLE_BODY_TOO_LARGE`, `MOTIA_CONSOLE_BODY_INVALID` */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const type = request.headers['content-type'];
  const length = request.headers['content-length'];
  if (length === '0' || (length === undefined && request.headers['transfer-encoding'] === undefined && type === undefined)) return undefined;
  if (type === undefined || !/^application\/json\s*(?:;|$)/i.test(type)) throw consoleErrors.MEDIA_TYPE({});
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimitBytes) throw consoleErrors.BODY_TOO_LARGE({ limitBytes: bodyLimitBytes });
    chunks.push(chunk);
  }
  if (size === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch (cause) {
    throw consoleErrors.BODY_INVALID({ reason: cause instanceof Error ? cause.message : 'it is no JSON' }, cause);
  }
}
