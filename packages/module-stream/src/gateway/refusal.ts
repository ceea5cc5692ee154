import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { MotiaError } from '@motia/engine-core/contract';

/** What a client is told of an error before it is connected. Names of functions stay inside. */
function bodyOf(error: MotiaError): string {
  const { code, hint, retryable } = error;
  const isInner = code === 'MOTIA_STREAM_AUTH_UNAVAILABLE';
  const message = isInner ? 'Clients cannot be authenticated now.' : error.message;
  return JSON.stringify({ error: { code, message, ...(isInner ? {} : { hint }), retryable, requestId: randomUUID() } });
}

function headersOf(error: MotiaError, body: string): readonly (readonly [string, string])[] {
  return [
    ['content-type', 'application/json; charset=utf-8'],
    ['content-length', String(Buffer.byteLength(body))],
    ['cache-control', 'no-store'],
    ...(error.status === 503 ? [['retry-after', '1'] as const] : []),
    ...(error.status === 426 ? [['upgrade', 'websocket'] as const] : []),
    ['connection', error.status === 426 ? 'close, upgrade' : 'close'],
  ];
}

/** Answers an upgrade request with an HTTP error, and closes. */
export function refuseUpgrade(socket: Duplex, error: MotiaError): void {
  if (socket.destroyed) return;
  const body = bodyOf(error);
  const head = headersOf(error, body).map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? 'Error'}\r\n${head}\r\n${body}`, () => socket.destroy());
}

/** Answers an ordinary request with an HTTP error. */
export function refuseRequest(response: ServerResponse, error: MotiaError, includesBody = true): void {
  if (response.headersSent || response.destroyed) return;
  const body = bodyOf(error);
  for (const [name, value] of headersOf(error, body)) response.setHeader(name, value);
  response.statusCode = error.status;
  response.end(includesBody ? body : undefined);
}
