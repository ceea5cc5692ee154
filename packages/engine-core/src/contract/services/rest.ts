import type { IncomingMessage, ServerResponse } from 'node:http';
import { defineRef } from '../ref.js';

/** The HTTP front of the engine. */
export interface RestService {
  /** Where it listens; undefined before start and when it is only mounted. */
  address(): { readonly host: string; readonly port: number } | undefined;
  /** Routes as bound now, for banners, docs and tools. */
  routes(): readonly { readonly method: string; readonly path: string; readonly functionId: string; readonly triggerId: string }[];
  /** Mounts into any Express app or `http.createServer`: unknown paths go to `next`. */
  readonly router: (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void) => void;
  /**
   * Adds Express middleware, routers or apps to the module's own server, as `app.use` does. They see the requests that
   * no step route takes; a catch-all never shadows a step route. Express is loaded by the first call's first request.
   */
  use(pathOrHandler: unknown, ...handlers: readonly unknown[]): void;
  /**
   * Puts Express middleware before everything at and below these paths, step routes included: a rate limiter, a session.
   * Other paths do not pay for it. Paths are route patterns (`/admin`, `/shops/:shop`); `/` is all of them. Health and
   * the other system paths stay free. @throws `MOTIA_REST_INVALID_ROUTE`
   */
  before(paths: string | readonly string[], ...handlers: readonly unknown[]): void;
  /** The OpenAPI 3.1 document of the routes as bound now; undefined when the option `openapi` turns it off. */
  openapi(): Readonly<Record<string, unknown>> | undefined;
}
export const RestServiceRef = defineRef<RestService>('rest.server');
