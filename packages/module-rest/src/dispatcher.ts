import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MotiaError } from '@motia/engine-core/contract';
import { StatusEvents } from './accepted/status-events.js';
import { Cors, type HeaderList } from './cors.js';
import { restErrors } from './errors.js';
import { Exchange, type ExchangeParts } from './exchange.js';
import type { FallbackApp } from './fallback-app.js';
import type { FrontApps } from './front-apps.js';
import { incomingTrace, traceIdOf } from './incoming-trace.js';
import { OpenResponse } from './open-response.js';
import { refusalOf, sendProblem, toClientError } from './problem-response.js';
import { requestIdFor, type RequestIdRule } from './request-id.js';
import type { RouteBinder } from './route-binder.js';
import type { Route } from './route.js';
import type { RouteMatch } from './route-table.js';
import { ROUTE_METHODS } from './trigger-schema.js';
import type { SystemRoutes } from './system-routes.js';
import { targetOf } from './request-target.js';
import { writeHead } from './write-head.js';
import { limitRest } from './write-limit.js';

/** Longest request target that is looked at. */
export const URL_LIMIT_BYTES = 8192;

export interface DispatcherParts extends ExchangeParts {
  readonly binder: RouteBinder;
  readonly system: SystemRoutes;
  readonly front: FrontApps;
  readonly fallback: FallbackApp;
  readonly requestId: RequestIdRule;
  /** Where requests go that nobody takes; undefined: they are answered with 404. */
  readonly notFound: Route | undefined;
}

/** Connect-style continuation. */
export type Next = (error?: unknown) => void;

/** The parts of a request target, and what was read off the wire before it got here. */
interface Target {
  readonly path: string;
  readonly query: string;
  /** The client waits for `100 Continue`. */
  readonly continues: boolean;
  /** Where a host application wants to have what no step route takes. */
  readonly next: Next | undefined;
}

const noRawValues: readonly string[] = [''];

/**
 * Finds who answers a request. A matched step route is answered from here, without Express unless middleware was put
 * before its path; then come the apps added to the module, then the not-found function, then 404 or 405.
 */
export class Dispatcher {
  #hasMissedNotFound = false;

  constructor(private readonly parts: DispatcherParts) {}

  /** A request on our own listener. `continues`: the client waits for `100 Continue`. */
  serve(request: IncomingMessage, response: ServerResponse, continues: boolean): void {
    const url = targetOf(request);
    const mark = url.indexOf('?');
    const path = mark === -1 ? url : url.slice(0, mark);
    if (url.length > URL_LIMIT_BYTES) return this.problem(request, response, restErrors.URI_TOO_LONG({ limitBytes: URL_LIMIT_BYTES }));
    const { system, front } = this.parts;
    const acceptedId = system.requestIdIn(path);
    if (acceptedId !== undefined) return this.#serveStatus(request, response, acceptedId);
    if (system.owns(path)) return this.#serveSystem(request, response, path);
    const query = mark === -1 ? '' : url.slice(mark + 1);
    if (!front.isEmpty && this.#serveFront(request, response, url, { path, query, continues, next: undefined })) return;
    if (!this.#serveRoute(request, response, this.#match(request, path), query, continues)) this.#serveUnowned(request, response, { path, query, continues, next: undefined });
  }

  /** A request that a host application handed over: paths without a step route go to `next`. */
  route(request: IncomingMessage, response: ServerResponse, next: Next | undefined): void {
    const url = targetOf(request);
    const mark = url.indexOf('?');
    const path = mark === -1 ? url : url.slice(0, mark);
    if (url.length > URL_LIMIT_BYTES) return this.problem(request, response, restErrors.URI_TOO_LONG({ limitBytes: URL_LIMIT_BYTES }));
    // Where a host application serves the routes, it serves what they answer with, too.
    const acceptedId = this.parts.accepted.isAvailable ? this.parts.system.requestIdIn(path) : undefined;
    if (acceptedId !== undefined) return this.#serveStatus(request, response, acceptedId);
    const query = mark === -1 ? '' : url.slice(mark + 1);
    const match = this.#match(request, path);
    if (match !== undefined && !this.parts.front.isEmpty && this.#serveFront(request, response, url, { path, query, continues: false, next })) return;
    if (this.#serveRoute(request, response, match, query, false)) return;
    const methods = this.parts.binder.table.methodsOf(path);
    if (methods.length === 0 && next !== undefined) return next();
    this.#answerUnowned(request, response, methods, { path, query, continues: false, next });
  }

  /** Answers with an error that concerns no step route. */
  problem(request: IncomingMessage, response: ServerResponse, error: MotiaError, extraHeaders: HeaderList = []): void {
    const trace = incomingTrace(request.headers) ?? this.parts.telemetry.newTrace();
    const ids = { requestId: this.#requestId(request), traceId: traceIdOf(trace), requestIdHeader: this.parts.requestIdHeader };
    sendProblem(response, error, ids, [...this.#corsHeaders(request), ...extraHeaders]);
  }

  #match(request: IncomingMessage, path: string): RouteMatch<Route> | undefined {
    const method = request.method ?? 'GET';
    const { table } = this.parts.binder;
    return table.find(method, path) ?? (method === 'HEAD' ? table.find('GET', path) : undefined);
  }

  #serveRoute(request: IncomingMessage, response: ServerResponse, match: RouteMatch<Route> | undefined, query: string, continues: boolean): boolean {
    if (match === undefined) return false;
    // With CORS configured its questions are answered from the configuration; other OPTIONS requests are the route's.
    if (request.method === 'OPTIONS' && this.parts.cors !== undefined && Cors.isPreflight(request)) return false;
    new Exchange(this.parts, request, response, match.route, this.#requestId(request)).begin(match.rawValues, query, continues ? () => response.writeContinue() : undefined);
    return true;
  }

  /** Express middleware that stands before this path; false when there is none. */
  #serveFront(request: IncomingMessage, response: ServerResponse, url: string, given: Target): boolean {
    const { front } = this.parts;
    const mounts = front.standingBefore(given.path);
    if (mounts.length === 0) return false;
    request.url = url;
    const target = this.#handOver(request, response, given);
    front.run(mounts, request, response, (error) => {
      if (error !== undefined && error !== null) return this.#middlewareFailed(request, response, error);
      // It answered and called next all the same, or the client has gone.
      if (response.headersSent || response.destroyed) return;
      const match = this.#match(request, target.path);
      if (this.#serveRoute(request, response, match, target.query, target.continues)) return;
      if (target.next === undefined) this.#serveUnowned(request, response, target);
      else this.#answerUnowned(request, response, this.parts.binder.table.methodsOf(target.path), target);
    });
    return true;
  }

  #serveSystem(request: IncomingMessage, response: ServerResponse, path: string): void {
    const answer = this.parts.system.answer(path);
    if (answer === undefined) return this.problem(request, response, restErrors.ROUTE_NOT_FOUND({ legacyCode: 'NOT_FOUND' }));
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      if (request.method === 'OPTIONS') return this.#answerOptions(request, response, ['GET', 'HEAD']);
      return this.#methodNotAllowed(request, response, ['GET', 'HEAD']);
    }
    const headers: HeaderList = ['content-type', 'application/json; charset=utf-8', 'content-length', Buffer.byteLength(answer.body), 'cache-control', 'no-store'];
    headers.push(this.parts.requestIdHeader, this.#requestId(request), ...this.#corsHeaders(request));
    writeHead(response, answer.status, headers);
    response.end(answer.body);
    limitRest(response, this.parts.writeTimeoutMs);
  }

  /** What became of a request that was answered with 202: as JSON, or as events while it is under way. */
  #serveStatus(request: IncomingMessage, response: ServerResponse, id: string): void {
    const { accepted, mode, clock, open, writeTimeoutMs } = this.parts;
    if (request.method === 'OPTIONS') return this.#answerOptions(request, response, ['GET', 'HEAD']);
    if (request.method !== 'GET' && request.method !== 'HEAD') return this.#methodNotAllowed(request, response, ['GET', 'HEAD']);
    accepted.status(id).then(
      (status) => {
        if (response.headersSent || response.destroyed) return;
        if (status === undefined) return this.problem(request, response, restErrors.ACCEPTED_REQUEST_UNKNOWN({}));
        const headers: HeaderList = [this.parts.requestIdHeader, this.#requestId(request), ...this.#corsHeaders(request)];
        if (request.method === 'GET' && wantsEvents(request)) return new StatusEvents({ requests: accepted, clock, open, writeTimeoutMs }, response, id).begin(status, headers);
        const body = JSON.stringify(status);
        writeHead(response, 200, ['content-type', 'application/json; charset=utf-8', 'content-length', Buffer.byteLength(body), 'cache-control', 'no-store', ...headers]);
        response.end(body);
        limitRest(response, writeTimeoutMs);
      },
      (error: unknown) => this.problem(request, response, toClientError(error, mode)),
    );
  }

  #serveUnowned(request: IncomingMessage, response: ServerResponse, given: Target): void {
    const { path } = given;
    const methods = this.parts.binder.table.methodsOf(path);
    const { fallback } = this.parts;
    const isOptions = request.method === 'OPTIONS' && (methods.length > 0 || path === '*');
    if (fallback.isEmpty || isOptions) return this.#answerUnowned(request, response, path === '*' ? ROUTE_METHODS : methods, given);
    const target = this.#handOver(request, response, given);
    fallback.handle(request, response, (error) => {
      if (error === undefined || error === null) this.#answerUnowned(request, response, methods, target);
      else this.#middlewareFailed(request, response, error);
    });
  }

  #answerUnowned(request: IncomingMessage, response: ServerResponse, methods: readonly string[], target: Target): void {
    if (methods.length === 0) this.#notFound(request, response, target);
    else if (request.method === 'OPTIONS') this.#answerOptions(request, response, methods);
    else this.#methodNotAllowed(request, response, methods);
  }

  #answerOptions(request: IncomingMessage, response: ServerResponse, methods: readonly string[]): void {
    const allowed = methods.includes('OPTIONS') ? methods : [...methods, 'OPTIONS'];
    const { cors, requestIdHeader } = this.parts;
    const headers: HeaderList = ['allow', allowed.join(', '), requestIdHeader, this.#requestId(request), ...this.#corsHeaders(request)];
    if (cors !== undefined && Cors.isPreflight(request)) headers.push(...cors.preflightHeaders(request, allowed));
    writeHead(response, 204, headers);
    response.end();
  }

  /** While processes are still on their way nobody can say that a path does not exist. */
  #notFound(request: IncomingMessage, response: ServerResponse, { query, continues }: Target): void {
    const { notFound, functions, system } = this.parts;
    if (response.headersSent || response.destroyed) return;
    if (notFound !== undefined && functions.has(notFound.functionId)) {
      new Exchange(this.parts, request, response, notFound, this.#requestId(request)).begin(pathOf(request), query, continues ? () => response.writeContinue() : undefined);
      return;
    }
    if (notFound !== undefined) this.#missesNotFound(notFound);
    this.problem(request, response, system.isStarting ? restErrors.STARTING({}) : restErrors.ROUTE_NOT_FOUND({ legacyCode: 'NOT_FOUND' }));
  }

  /** Said once: until then it may still be on its way. */
  #missesNotFound({ functionId }: Route): void {
    if (this.#hasMissedNotFound || this.parts.system.isStarting) return;
    this.#hasMissedNotFound = true;
    this.parts.logger.warn(`not_found_function: no function is registered as "${functionId}"; unknown paths are answered with 404`);
  }

  #methodNotAllowed(request: IncomingMessage, response: ServerResponse, allowed: readonly string[]): void {
    this.problem(request, response, restErrors.METHOD_NOT_ALLOWED({ allowed }), ['allow', allowed.join(', ')]);
  }

  #middlewareFailed(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    const problem = refusalOf(error) ?? toClientError(error, this.parts.mode);
    if (problem.status >= 500) this.parts.logger.error('Middleware failed', { error });
    if (response.headersSent) response.destroy();
    else this.problem(request, response, problem);
  }

  #requestId(request: IncomingMessage): string {
    return requestIdFor(request, this.parts.requestId);
  }

  #corsHeaders(request: IncomingMessage): readonly string[] {
    return this.parts.cors?.headersFor(request.headers.origin) ?? [];
  }

  /** For Express apps, which write answers themselves, and read bodies whenever they like: nobody is waited for after this. */
  #handOver(request: IncomingMessage, response: ServerResponse, target: Target): Target {
    const cors = this.#corsHeaders(request);
    for (let index = 0; index < cors.length; index += 2) response.setHeader(cors[index] ?? '', cors[index + 1] ?? '');
    // Draining waits for what they are at work on, too.
    new OpenResponse(this.parts.open, response, (error) => this.problem(request, response, error));
    if (this.parts.drainState.isDraining) response.shouldKeepAlive = false;
    if (target.continues) response.writeContinue();
    return { ...target, continues: false };
  }
}

function wantsEvents({ headers }: IncomingMessage): boolean {
  return headers.accept?.includes('text/event-stream') === true;
}

/** What `/*path` of the not-found function matched: the whole path. */
function pathOf(request: IncomingMessage): readonly string[] {
  const url = targetOf(request);
  if (!url.startsWith('/')) return noRawValues;
  const mark = url.indexOf('?');
  return [url.slice(1, mark === -1 ? undefined : mark)];
}
