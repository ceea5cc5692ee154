import type { IncomingHttpHeaders } from 'node:http';

/** Name of the cookie that the page's session lives in. Ports share cookies of one host, so each console has its own. */
export function cookieName(port: number): string {
  return `iii_console_${port}`;
}

/** The token that a request carries: `Authorization: Bearer`, else the cookie. */
export function tokenOf(headers: IncomingHttpHeaders, cookie: string): string | undefined {
  const bearer = /^Bearer ([A-Za-z0-9._~+/=-]+)$/.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer;
  for (const part of (headers.cookie ?? '').split(';')) {
    const split = part.indexOf('=');
    if (split > 0 && part.slice(0, split).trim() === cookie) return decoded(part.slice(split + 1).trim());
  }
  return undefined;
}

/** Scripts cannot read it, other sites cannot make a browser send it. */
export function sessionCookie(cookie: string, token: string): string {
  return `${cookie}=${encodeURIComponent(token)}; HttpOnly; SameSite=Strict; Path=/`;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
