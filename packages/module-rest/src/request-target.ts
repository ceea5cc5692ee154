import type { IncomingMessage } from 'node:http';

/** The path and query of the request line. A proxy may send the absolute form `GET http://host/path`. */
export function targetOf(request: IncomingMessage): string {
  const url = request.url ?? '/';
  if (url.startsWith('/') || url === '*') return url;
  const absolute = /^[A-Za-z][A-Za-z\d+.-]*:\/\/[^/?#]*(\/[^#]*|\?[^#]*)?/.exec(url);
  if (absolute === null) return `/${url}`;
  const rest = absolute[1] ?? '/';
  return rest.startsWith('?') ? `/${rest}` : rest;
}
