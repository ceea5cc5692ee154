import type { IncomingMessage } from 'node:http';
import type { HostGuard } from '@motia/engine-core';
import type { MotiaError } from '@motia/engine-core/contract';
import { consoleErrors } from '../errors.js';
import type { AccessToken } from '../guards/access-token.js';
import { tokenOf } from '../guards/credentials.js';
import { isOwnOrigin } from '../guards/origin-guard.js';

export interface GateParts {
  readonly token: AccessToken;
  readonly hosts: HostGuard;
  readonly isReadOnly: boolean;
  /** Name of the session cookie. */
  readonly cookie: () => string;
}

/** Decides who gets in. Looked at before anything else of a request is. */
export class Gate {
  readonly #parts: GateParts;

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  /** For everything, signing in included: the right name, and no foreign page. */
  refusePlace(request: IncomingMessage): MotiaError | undefined {
    const { host, origin } = request.headers;
    if (!this.#parts.hosts.allows(host)) return consoleErrors.HOST_NOT_ALLOWED({ host: (host ?? '').slice(0, 128) });
    if (!isOwnOrigin(origin, host)) return consoleErrors.ORIGIN_NOT_ALLOWED({});
    return undefined;
  }

  refuseStranger(request: IncomingMessage): MotiaError | undefined {
    return this.refuseToken(tokenOf(request.headers, this.#parts.cookie()));
  }

  refuseToken(token: string | undefined): MotiaError | undefined {
    const verdict = this.#parts.token.check(token);
    if (verdict.ok) return undefined;
    return verdict.retryAfterMs === undefined ? consoleErrors.UNAUTHORIZED({}) : consoleErrors.TOO_MANY_FAILURES({ retryAfterMs: verdict.retryAfterMs });
  }

  /** For changes: a header that no form can send, and a console that may change things. */
  refuseChange(request: IncomingMessage): MotiaError | undefined {
    if (request.headers['x-console'] !== '1') return consoleErrors.HEADER_REQUIRED({});
    return this.#parts.isReadOnly ? consoleErrors.READ_ONLY({}) : undefined;
  }
}
