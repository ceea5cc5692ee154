import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import { parseMountPath } from './middleware-config.js';
import { newExpressApp, type ExpressSettings } from './express-app.js';
import type { Unhandled } from './fallback-app.js';
import type { RouteSegment } from './route-pattern.js';

type App = (request: IncomingMessage, response: ServerResponse, next: Unhandled) => void;
type Mountable = IncomingMessage & { baseUrl?: string; originalUrl?: string };

interface Mount {
  readonly segments: readonly RouteSegment[];
  readonly handlers: readonly unknown[];
  app: Promise<App> | undefined;
}

/**
 * Express middleware in front of the step routes, for the paths that ask for it. Only requests on those paths pay for
 * Express; what a request below a path is, is decided on the decoded path as the route table reads it, so that no
 * spelling of a path goes round it.
 */
export class FrontApps {
  readonly #mounts: Mount[] = [];
  readonly #settings: ExpressSettings;

  constructor(settings: ExpressSettings) {
    this.#settings = settings;
  }

  get isEmpty(): boolean {
    return this.#mounts.length === 0;
  }

  /** @throws `MOTIA_REST_INVALID_ROUTE` for a path that is no route pattern */
  add(paths: string | readonly string[], handlers: readonly unknown[]): void {
    for (const path of typeof paths === 'string' ? [paths] : paths) this.#mounts.push({ segments: parseMountPath(path), handlers, app: undefined });
  }

  /** The middleware that stands before a path, in the order in which it was added. */
  standingBefore(path: string): readonly Mount[] {
    const parts = path.slice(1).split('/').map(decoded);
    return this.#mounts.filter(({ segments }) => covers(segments, parts));
  }

  /** Runs it; `done` is called when all of it has called `next`, or with the error of one. */
  run(mounts: readonly Mount[], request: IncomingMessage, response: ServerResponse, done: Unhandled): void {
    const step = (index: number): void => {
      const mount = mounts[index];
      if (mount === undefined) return done();
      mount.app ??= this.#load(mount.handlers);
      mount.app.then((app) => {
        const restore = enter(request, mount.segments.length);
        app(request, response, (error) => {
          restore();
          if (error === undefined || error === null) step(index + 1);
          else done(error);
        });
      }, done);
    };
    step(0);
  }

  async #load(handlers: readonly unknown[]): Promise<App> {
    const app = await newExpressApp(this.#settings);
    app.use(...(handlers as RequestHandler[]));
    return app;
  }
}

/** As a mounted app of Express sees it: `url` begins behind the mount path, which is `baseUrl`. */
function enter(request: Mountable, depth: number): () => void {
  const { url = '/', baseUrl, originalUrl } = request;
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  const parts = path.split('/');
  const rest = parts.slice(depth + 1).join('/');
  request.originalUrl = originalUrl ?? url;
  request.baseUrl = `${baseUrl ?? ''}${parts.slice(0, depth + 1).join('/')}`;
  request.url = `/${rest}${mark === -1 ? '' : url.slice(mark)}`;
  return () => {
    request.url = url;
    if (baseUrl === undefined) delete request.baseUrl;
    else request.baseUrl = baseUrl;
  };
}

function covers(mount: readonly RouteSegment[], parts: readonly string[]): boolean {
  if (mount.length > parts.length) return false;
  return mount.every((segment, index) => (segment.kind === 'literal' ? segment.text === parts[index] : parts[index] !== ''));
}

function decoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
