import type { IncomingMessage } from 'node:http';
import { hostNameOf, isLoopbackAddress, isLoopbackName } from '@motia/engine-core';
import type { MotiaError } from '@motia/engine-core/contract';
import { streamErrors } from '../errors.js';

export interface OriginPolicyOptions {
  /** Origins such as `https://app.example.com`, or `*`. Undefined: pages of the same host, and of this machine to this machine. */
  readonly allowed: readonly string[] | undefined;
  /** Whether somebody authenticates clients. */
  readonly isAuthenticated: () => boolean;
}

/**
 * Which pages may connect. Browsers let every page open WebSockets to every host and send its cookies along; the
 * Origin header is all that tells them apart, and a page cannot fake it. `null` (a file, a sandbox) is foreign.
 */
export class OriginPolicy {
  readonly #options: OriginPolicyOptions;
  readonly #allowed: ReadonlySet<string> | undefined;

  constructor(options: OriginPolicyOptions) {
    this.#options = options;
    this.#allowed = options.allowed && new Set(options.allowed.map((origin) => origin.toLowerCase().replace(/\/$/, '')));
  }

  /** Why the request is refused; undefined when it is not. */
  problemWith({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>): MotiaError | undefined {
    const { origin } = headers;
    // Programs send none, and could send any: what they need is to be authenticated, or to run on this machine.
    if (origin === undefined) return this.#options.isAuthenticated() || isLoopbackAddress(socket.remoteAddress ?? '') ? undefined : streamErrors.ORIGIN_NOT_ALLOWED({});
    return this.#allows(origin.toLowerCase(), headers.host) ? undefined : streamErrors.ORIGIN_NOT_ALLOWED({ origin: origin.slice(0, 200) });
  }

  #allows(origin: string, hostHeader: string | undefined): boolean {
    if (this.#allowed !== undefined) return this.#allowed.has('*') || this.#allowed.has(origin);
    const page = hostOfOrigin(origin);
    const host = hostNameOf(hostHeader);
    if (page === undefined || host === undefined) return false;
    return page === host || (isLoopbackName(page) && isLoopbackName(host));
  }
}

/** Undefined for `null`, for schemes other than http and https, and for whatever is no origin. */
function hostOfOrigin(origin: string): string | undefined {
  const match = /^https?:\/\/([^/?#@]+)$/.exec(origin);
  return hostNameOf(match?.[1]);
}
