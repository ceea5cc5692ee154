import { ServerResponse } from 'node:http';

/** Longer bodies would cost more to copy behind the head than a second piece costs to write. */
const longestJoined = 16 * 1024;

/** What Node keeps of a response between `writeHead` and the first write. */
interface Pending {
  _header?: unknown;
  readonly _headerSent?: unknown;
}

/**
 * Ends a response whose head was written with its length. A short body of ASCII goes out in one piece with the head: on its own it
 * would make Node collect two pieces and an empty third for one system call, which is a tenth of what a small response costs. Where
 * anybody has put their own `end` or `write` onto the response, they get the body as always.
 */
export function endResponse(response: ServerResponse, body: string | Uint8Array | undefined, isAscii: boolean): void {
  const pending = response as unknown as Pending;
  if (isAscii && typeof body === 'string' && body.length <= longestJoined && isUntouched(response) && typeof pending._header === 'string' && pending._headerSent === false) {
    pending._header += body;
    response.end();
  } else {
    response.end(body);
  }
}

function isUntouched(response: ServerResponse): boolean {
  const { prototype } = ServerResponse;
  return response.end === prototype.end && response.write === prototype.write && response.req.method !== 'HEAD' && response.statusCode >= 200 && response.statusCode !== 204 && response.statusCode !== 304;
}
