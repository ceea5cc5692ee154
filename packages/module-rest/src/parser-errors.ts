import type { Duplex } from 'node:stream';
import type { MotiaError } from '@motia/engine-core/contract';
import { restErrors } from './errors.js';
import { problemBody } from './problem-response.js';
import { requestIdOf } from './request-id.js';

interface ParserError extends Error {
  readonly code?: string;
  readonly rawPacket?: Buffer;
}

const reasons: Readonly<Record<string, string>> = {
  HPE_INVALID_METHOD: 'unknown method',
  HPE_INVALID_URL: 'malformed request target',
  HPE_INVALID_VERSION: 'unsupported version',
  HPE_INVALID_CONTENT_LENGTH: 'bad Content-Length',
  HPE_UNEXPECTED_CONTENT_LENGTH: 'Content-Length beside Transfer-Encoding, or repeated',
  HPE_INVALID_TRANSFER_ENCODING: 'bad Transfer-Encoding',
  HPE_INVALID_CHUNK_SIZE: 'bad chunk size',
  HPE_INVALID_HEADER_TOKEN: 'bad header',
  HPE_LF_EXPECTED: 'bad line ending',
  HPE_CR_EXPECTED: 'bad line ending',
};

/** What a request that the HTTP parser refused is told; undefined when nobody is there to tell. */
export function toParserProblem(error: ParserError, limits: { readonly maxHeaderBytes: number; readonly urlLimitBytes: number }): MotiaError | undefined {
  switch (error.code) {
    case 'ECONNRESET': case 'EPIPE': return undefined;
    case 'ERR_HTTP_REQUEST_TIMEOUT': return restErrors.REQUEST_TIMEOUT({});
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW': return restErrors.BODY_TOO_LARGE({ limitBytes: limits.maxHeaderBytes, receivedBytes: limits.maxHeaderBytes + 1 });
    case 'HPE_HEADER_OVERFLOW': return isLongTarget(error.rawPacket) ? restErrors.URI_TOO_LONG({ limitBytes: limits.urlLimitBytes }) : restErrors.HEADERS_TOO_LARGE({ limitBytes: limits.maxHeaderBytes });
    default: return restErrors.MALFORMED_REQUEST({ reason: reasons[error.code ?? ''] ?? 'it cannot be parsed' });
  }
}

/** The packet on which the parser gave up begins with a request line that does not end. */
function isLongTarget(packet: Buffer | undefined): boolean {
  if (packet === undefined) return false;
  const lineEnd = packet.indexOf(10);
  return /^[A-Z]+ [^ ]*$/.test(packet.toString('latin1', 0, lineEnd === -1 || lineEnd > 64 ? 64 : lineEnd)) && (lineEnd === -1 || lineEnd > 8192);
}

/** Answers on a connection that has no response object, and closes it. */
export function answerAndClose(socket: Duplex, error: MotiaError, ids: { readonly traceId: string; readonly requestIdHeader: string }, extraHeaders = ''): void {
  const requestId = requestIdOf(undefined);
  const body = problemBody(error, { requestId, traceId: ids.traceId });
  // Node takes its own listener off a socket that it hands over; a client that has gone must not end the engine.
  socket.on('error', () => undefined);
  const head = `HTTP/1.1 ${error.status} ${phrases[error.status] ?? 'Error'}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
  socket.end(`${head}${ids.requestIdHeader}: ${requestId}\r\n${extraHeaders}Connection: close\r\n\r\n${body}`, () => socket.destroy());
}

const phrases: Readonly<Record<number, string>> = {
  400: 'Bad Request', 405: 'Method Not Allowed', 408: 'Request Timeout', 413: 'Payload Too Large', 414: 'URI Too Long', 431: 'Request Header Fields Too Large',
};
