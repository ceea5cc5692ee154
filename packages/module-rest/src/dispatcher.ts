import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MotiaError } from '@motia/engine-core/contract';
import { Cors, type HeaderList } from './cors.js';
import { restErrors } from './errors.js';
import { Exchange, type ExchangeParts } from './exchange.js';
import type { FallbackApp } from './fallback-app.js';
import { incomingTrace, traceIdOf } from './incoming-trace.js';
import { sendProblem, toClientError } from './problem-response.js';
import { requestIdOf } from './request-id.js';
import type { RouteBinder } from './route-binder.js';
import { ROUTE_METHODS } from './trigger-config.js';
import type { SystemRoutes } from './system-routes.js';
import { writeHead } from './write-head.js';

/** Longest request target that is looked at. */
export const URL_LIMIT_BYTES = 8192;

export interface DispatcherParts extends ExchangeParts {
  readonly binder: RouteBinder;
  readonly system: SystemRoutes;
  readonly fallback: FallbackApp;
}

/** Connect-style continuation. */
export type Next = (error?: unknown) => void;

/**
 * Finds who answers a request. A matched step route is answered from here, without Express; then come the middleware
 * and apps added to the module, then 404 or 405.
 */
export class Dispatcher {
  constructor(private readonly parts: DispatcherParts) {}

  /** A request on our own listener. `continues`: the client waits for `100 Continue`. */
  serve(request: IncomingMessage, response: ServerResponse, continues: boolean): void {
    const url = targetOf(request);
    const mark = url.indexOf('?');
    const path = mark === -1 ? url : url.slice(0, mark);
    if (url.length > URL_LIMIT_BYTES) return this.problem(request, response, restErrors.URI_TOO_LONG({ limitBytes: URL_LIMIT_BYTES }));
    if (this.parts.system.owns(path)) return this.#serveSystem(request, response, path);
    if (this.#serveRoute(request, response, path, mark === -1 ? '' : url.slice(mark + 1), continues)) return;
    this.#serveUnowned(request, response, path);
  }

  /** A request that a host application handed over: paths without a step route go to `next`. */
  route(request: IncomingMessage, response: ServerResponse, next: Next | undefined): void {
    const url = targetOf(request);
    const mark = url.indexOf('?');
    const path = mark === -1 ? url : url.slice(0, mark);
    if (url.length > URL_LIMIT_BYTES) return this.problem(request, response, restErrors.URI_TOO_LONG({ limitBytes: URL_LIMIT_BYTES }));
    if (this.#serveRoute(request, response, path, mark === -1 ? '' : url.slice(mark + 1), false)) return;
    const methods = this.parts.binder.table.methodsOf(path);
    if (methods.length === 0 && next !== undefined) return next();
    this.#answerUnowned(request, response, methods);
  }

  /** Answers with an error that concerns no step route. */
  problem(request: IncomingMessage, response: ServerResponse, error: MotiaError, extraHeaders: HeaderList = []): void {
    const trace = incomingTrace(request.headers) ?? this.parts.telemetry.newTrace();
    const cors = this.parts.cors?.headersFor(request.headers.origin) ?? [];
    sendProblem(response, error, { requestId: requestIdOf(request.headers['x-request-id']), traceId: traceIdOf(trace) }, [...cors, ...extraHeaders]);
  }

  #serveRoute(request: IncomingMessage, response: ServerResponse, path: string, query: string, continues: boolean): boolean {
    const method = request.method ?? 'GET';
    const { table } = this.parts.binder;
    const match = table.find(method, path) ?? (method === 'HEAD' ? table.find('GET', path) : undefined);
    if (match === undefined) return false;
    new Exchange(this.parts, request, response, match.route, requestIdOf(request.headers['x-request-id'])).begin(match.rawValues, query, continues);
    return true;
  }

  #serveSystem(request: IncomingMessage, response: ServerResponse, path: string): void {
    const answer = this.parts.system.answer(path);
    if (answer === undefined) return this.problem(request, response, restErrors.ROUTE_NOT_FOUND({ legacyCode: 'NOT_FOUND' }));
    if (request.method !== 'GET' && request.method !== 'HEAD') return this.#methodNotAllowed(request, response, ['GET', 'HEAD']);
    const headers: HeaderList = ['content-type', 'application/json; charset=utf-8', 'content-length', answer.body.length, 'cache-control', 'no-store'];
    headers.push('x-request-id', requestIdOf(request.headers['x-request-id']), ...(this.parts.cors?.headersFor(request.headers.origin) ?? []));
    writeHead(response, answer.status, headers);
    response.end(answer.body);
  }

  #serveUnowned(request: IncomingMessage, response: ServerResponse, path: string): void {
    const methods = this.parts.binder.table.methodsOf(path);
    const { fallback } = this.parts;
    const isOptions = request.method === 'OPTIONS' && (methods.length > 0 || path === '*');
    if (fallback.isEmpty || isOptions) return this.#answerUnowned(request, response, path === '*' ? ROUTE_METHODS : methods);
    const cors = this.parts.cors?.headersFor(request.headers.origin) ?? [];
    for (let index = 0; index < cors.length; index += 2) response.setHeader(cors[index] ?? '', cors[index + 1] ?? '');
    fallback.handle(request, response, (error) => {
      if (error === undefined || error === null) this.#answerUnowned(request, response, methods);
      else this.#middlewareFailed(request, response, error);
    });
  }

  #answerUnowned(request: IncomingMessage, response: ServerResponse, methods: readonly string[]): void {
    if (methods.length === 0) return this.#notFound(request, response);
    if (request.method !== 'OPTIONS') return this.#methodNotAllowed(request, response, methods);
    const allowed = methods.includes('OPTIONS') ? methods : [...methods, 'OPTIONS'];
    const { cors } = this.parts;
    const headers: HeaderList = ['allow', allowed.join(', '), 'x-request-id', requestIdOf(request.headers['x-request-id'])];
    if (cors !== undefined) {
      headers.push(...cors.headersFor(request.headers.origin));
      if (Cors.isPreflight(request)) headers.push(...cors.preflightHeaders(request, allowed));
    }
    writeHead(response, 204, headers);
    response.end();
  }

  /** While processes are still on their way nobody can say that a path does not exist. */
  #notFound(request: IncomingMessage, response: ServerResponse): void {
    const isStarting = this.parts.system.isStarting;
    this.problem(request, response, isStarting ? restErrors.STARTING({}) : restErrors.ROUTE_NOT_FOUND({ legacyCode: 'NOT_FOUND' }));
  }

  #methodNotAllowed(request: IncomingMessage, response: ServerResponse, allowed: readonly string[]): void {
    this.problem(request, response, restErrors.METHOD_NOT_ALLOWED({ allowed }), ['allow', allowed.join(', ')]);
  }

  #middlewareFailed(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    const problem = toClientError(error, this.parts.mode);
    if (problem.status >= 500) this.parts.logger.error('Middleware failed', { error });
    if (response.headersSent) response.destroy();
    else this.problem(request, response, problem);
  }
}

/** The path and query of the request line. A proxy may send the absolute form `GET http://host/path`. */
function targetOf(request: IncomingMessage): string {
  const url = request.url ?? '/';
  if (url.startsWith('/') || url === '*') return url;
  const absolute = /^[A-Za-z][A-Za-z\d+.-]*:\/\/[^/?#]*(\/[^#]*|\?[^#]*)?/.exec(url);
  if (absolute === null) return `/${url}`;
  const rest = absolute[1] ?? '/';
  return rest.startsWith('?') ? `/${rest}` : rest;
}
