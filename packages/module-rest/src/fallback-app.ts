import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import { newExpressApp, type ExpressSettings } from './express-app.js';

/** Called when no middleware answered, or one failed. */
export type Unhandled = (error?: unknown) => void;

/**
 * The Express app for everything that no step route owns. Express is loaded when the first middleware is added and is
 * never in the way of a step route: it would cost nine times as much CPU for each request.
 */
export class FallbackApp {
  readonly #mounts: { readonly path: string | undefined; readonly handlers: readonly unknown[] }[] = [];
  readonly #settings: ExpressSettings;
  #app: Promise<(request: IncomingMessage, response: ServerResponse, next: Unhandled) => void> | undefined;

  constructor(settings: ExpressSettings) {
    this.#settings = settings;
  }

  get isEmpty(): boolean {
    return this.#mounts.length === 0;
  }

  /** As `app.use` of Express: middleware, routers and whole apps, for a path or for all. */
  use(pathOrHandler: unknown, handlers: readonly unknown[]): void {
    const isPath = typeof pathOrHandler === 'string';
    const mount = { path: isPath ? pathOrHandler : undefined, handlers: isPath ? handlers : [pathOrHandler, ...handlers] };
    this.#mounts.push(mount);
    this.#app = undefined;
  }

  handle(request: IncomingMessage, response: ServerResponse, unhandled: Unhandled): void {
    this.#app ??= this.#load();
    this.#app.then((app) => app(request, response, unhandled), unhandled);
  }

  async #load(): Promise<(request: IncomingMessage, response: ServerResponse, next: Unhandled) => void> {
    const app = await newExpressApp(this.#settings);
    for (const { path, handlers } of this.#mounts) {
      if (path === undefined) app.use(...(handlers as RequestHandler[]));
      else app.use(path, ...(handlers as RequestHandler[]));
    }
    return app;
  }
}
