import type { ServerResponse } from 'node:http';
import type { HeaderList } from './cors.js';

/** Names whose earlier values stay: they add up. */
const additive = new Set(['set-cookie', 'vary']);

/**
 * `writeHead` that keeps repeated headers. A host application may have set headers of its own on the response; Node 20
 * then keeps only the last of each name that a list brings.
 */
export function writeHead(response: ServerResponse, status: number, headers: HeaderList): void {
  if (response.getHeaderNames().length > 0) {
    for (let index = 0; index < headers.length; index += 2) if (!additive.has(String(headers[index]))) response.removeHeader(String(headers[index]));
    for (let index = 0; index < headers.length; index += 2) response.appendHeader(String(headers[index]), String(headers[index + 1]));
    response.writeHead(status);
  } else {
    response.writeHead(status, headers);
  }
}
