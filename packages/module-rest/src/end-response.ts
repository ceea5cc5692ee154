import { OutgoingMessage, type ServerResponse } from 'node:http';

/** Longer bodies would cost more to copy behind the head than a second piece costs to write. */
const longestJoined = 16 * 1024;
/** Node's own. Whoever put something in their place, on one response or on all, wants to see the body. */
const { end, write } = OutgoingMessage.prototype;

/** What Node keeps of a response between `writeHead` and the first write. */
interface Pending {
  _header?: unknown;
  readonly _headerSent?: unknown;
  /** False for HEAD, 204 and 304. */
  readonly _hasBody?: unknown;
}

/**
 * Ends a response whose head was written with its length. A short body of ASCII goes out in one piece with the head: on its own it
 * would make Node 20 and 22 collect two pieces for one system call, which is a tenth of what a small response costs. Where anything is unusual,
 * the body takes the usual way: a host application has put an `end` or `write` of its own before Node's, frames bodies itself, or has
 * Node count them.
 */
export function endResponse(response: ServerResponse, body: string | Uint8Array | undefined, isAscii: boolean): void {
  const pending = response as unknown as Pending;
  const { _header: head } = pending;
  if (isAscii && typeof body === 'string' && body.length <= longestJoined && typeof head === 'string' && isUsual(response, pending)) {
    pending._header = head + body;
    response.end();
    // Loggers read it when the response has ended.
    pending._header = head;
  } else {
    // Node writes text in one encoding with the head before it, and UTF-8 would spoil what headers have beyond ASCII.
    response.end(typeof body === 'string' && typeof head === 'string' && /[\x80-\xff]/.test(head) ? Buffer.from(body) : body);
  }
}

function isUsual(response: ServerResponse, { _headerSent, _hasBody }: Pending): boolean {
  return response.end === end && response.write === write && _headerSent === false && _hasBody === true && !response.chunkedEncoding && !response.strictContentLength && !response.writableEnded;
}
