import type { IncomingMessage } from 'node:http';
import type { RestOptions } from './options.js';

/** Response headers as Node's `writeHead` takes them: name, value, name, value. */
export type HeaderList = (string | number)[];

const none: readonly string[] = [];
const anyOrigin: readonly string[] = ['access-control-allow-origin', '*'];
const headerNames = /^[\w!#$%&'*+.^`|~-]+(?:\s*,\s*[\w!#$%&'*+.^`|~-]+)*$/;
const longestHeaderList = 1024;

/**
 * Cross-origin rules of one configuration. An origin is named in an answer only when the configuration names it; any
 * origin is answered with `*`. Credentials are never allowed.
 */
export class Cors {
  readonly #origins: ReadonlySet<string> | 'any';
  readonly #methods: readonly string[] | 'of the path';

  constructor(config: NonNullable<RestOptions['cors']>) {
    const origins = config.allowed_origins ?? [];
    const methods = config.allowed_methods ?? [];
    this.#origins = origins.length === 0 || origins.includes('*') ? 'any' : new Set(origins.map(normalOrigin));
    this.#methods = methods.length === 0 || methods.includes('*') ? 'of the path' : methods.map((method) => method.toUpperCase());
  }

  static isPreflight(request: IncomingMessage): boolean {
    return request.method === 'OPTIONS' && request.headers.origin !== undefined && request.headers['access-control-request-method'] !== undefined;
  }

  /** For every answer, errors included. */
  headersFor(origin: string | undefined): readonly string[] {
    // Without an origin too: a cache may give the answer to a page of another one.
    if (this.#origins === 'any') return anyOrigin;
    // Caches must keep the answers for different origins apart even when this one is refused.
    if (origin === undefined || !this.#origins.has(normalOrigin(origin))) return ['vary', 'Origin'];
    return ['access-control-allow-origin', origin, 'vary', 'Origin'];
  }

  /** What a preflight is told beside {@link headersFor}: nothing for a foreign origin. */
  preflightHeaders(request: IncomingMessage, methodsOfPath: readonly string[]): readonly string[] {
    const origin = request.headers.origin;
    if (this.#origins !== 'any' && (origin === undefined || !this.#origins.has(normalOrigin(origin)))) return none;
    const methods = this.#methods === 'of the path' ? methodsOfPath : this.#methods;
    const headers = ['access-control-allow-methods', methods.join(', '), 'access-control-max-age', '600'];
    const wanted = request.headers['access-control-request-headers'];
    if (wanted !== undefined && wanted.length <= longestHeaderList && headerNames.test(wanted)) {
      headers.push('access-control-allow-headers', wanted, 'vary', 'Access-Control-Request-Headers');
    }
    return headers;
  }
}

function normalOrigin(origin: string): string {
  return origin.toLowerCase().replace(/\/$/, '');
}
