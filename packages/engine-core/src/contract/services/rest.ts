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
}
export const RestServiceRef = defineRef<RestService>('rest.server');
