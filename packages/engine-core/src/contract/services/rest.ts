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
}
export const RestServiceRef = defineRef<RestService>('rest.server');
