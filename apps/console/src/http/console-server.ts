import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { isMotiaError, MotiaError, type Clock, type Logger } from '@motia/engine-core/contract';
import { apiPrefix } from '../api/api-route.js';
import type { Api, ApiCall } from '../api/api.js';
import { ChangeFailed } from '../api/traced-change.js';
import { consoleErrors } from '../errors.js';
import { sessionCookie } from '../guards/credentials.js';
import type { LiveServer } from '../live/live-server.js';
import type { Gate } from './gate.js';
import { RepeatedChanges } from './repeated-changes.js';
import { errorBody, readJson, sendJson, sendText } from './json-exchange.js';

export interface ServerParts {
  readonly api: Api;
  readonly live: LiveServer;
  readonly gate: Gate;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly cookie: () => string;
  /** Prometheus text; undefined when nobody collects numbers. */
  readonly metrics: () => Promise<string | undefined>;
}

/** Answers what comes in on :3113: the data API, the live socket, the session, metrics. */
export class ConsoleServer {
  readonly #parts: ServerParts;

  readonly #repeated: RepeatedChanges;

  constructor(parts: ServerParts) {
    this.#parts = parts;
    this.#repeated = new RepeatedChanges(parts.clock);
  }

  readonly serve = (request: IncomingMessage, response: ServerResponse): void => {
    const requestId = randomUUID();
    this.#answer(request, response).catch((error: unknown) => {
      const { cause, traceId } = error instanceof ChangeFailed ? error : { cause: error, traceId: undefined };
      const known = isMotiaError(cause) ? cause : this.#unexpected(cause, requestId);
      if (response.headersSent || response.destroyed) return;
      const retryAfter = known.status === 429 || known.status === 503 ? { 'retry-after': '1' } : undefined;
      // Whatever is left of the body is not read: the connection ends.
      sendJson(response, known.status, errorBody(known, { requestId, ...(traceId === undefined ? {} : { traceId }) }), { ...retryAfter, ...(request.complete ? {} : { connection: 'close' }) });
    });
  };

  readonly upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const { gate, live } = this.#parts;
    const { path } = targetOf(request);
    const refusal = gate.refusePlace(request) ?? gate.refuseStranger(request) ?? (path === `${apiPrefix}/live` ? live.refusal() : consoleErrors.NOT_FOUND({ path }));
    if (refusal === undefined) return live.accept(request, socket, head);
    const body = JSON.stringify(errorBody(refusal, { requestId: randomUUID() }));
    socket.on('error', () => undefined);
    // Nobody else closes it: one that is held open from there would hold up the stop.
    socket.end(`HTTP/1.1 ${refusal.status} Refused\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, () => socket.destroy());
  };

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { gate } = this.#parts;
    const misplaced = gate.refusePlace(request);
    if (misplaced !== undefined) throw misplaced;
    const { path, query } = targetOf(request);
    const method = request.method ?? 'GET';
    if (path === `${apiPrefix}/session`) return await this.#signIn(method, request, response);
    if (path === '/') return sendText(response, 200, 'The data API of the iii console is at /api/v1. Sign in with POST /api/v1/session, or send the token as a bearer token.\n', 'text/plain; charset=utf-8');
    const stranger = gate.refuseStranger(request);
    if (stranger !== undefined) throw stranger;
    if (path === '/metrics' && (method === 'GET' || method === 'HEAD')) return await this.#sendMetrics(response, path);
    if (!path.startsWith(`${apiPrefix}/`)) throw consoleErrors.NOT_FOUND({ path });
    if (method !== 'GET' && method !== 'HEAD' && method !== 'POST') throw consoleErrors.METHOD_NOT_ALLOWED({ allowed: ['GET', 'POST'] });
    const below = path.slice(apiPrefix.length);
    const left = new AbortController();
    response.once('close', () => left.abort(new DOMException('the client went away', 'AbortError')));
    if (method === 'POST') sendJson(response, 200, await this.#change({ path: below, query, signal: left.signal }, request));
    else sendJson(response, 200, await this.#parts.api.call({ method, path: below, query, signal: left.signal }));
  }

  async #change({ path, query, signal }: Omit<ApiCall, 'method'>, request: IncomingMessage): Promise<unknown> {
    const { gate, api } = this.#parts;
    const refused = gate.refuseChange(request);
    if (refused !== undefined) throw refused;
    const key = idempotencyKeyOf(request);
    const body = await readJson(request);
    if (key === undefined) return await api.call({ method: 'POST', path, query, body, signal });
    // Whoever gave it a key may come back for the answer: it does not end with the connection.
    return await this.#repeated.once(key, { path, body }, () => api.call({ method: 'POST', path, query, body, signal: new AbortController().signal }));
  }

  async #signIn(method: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (method !== 'POST') throw consoleErrors.METHOD_NOT_ALLOWED({ allowed: ['POST'] });
    const body = (await readJson(request)) as { readonly token?: unknown } | undefined | null;
    const token = typeof body?.token === 'string' ? body.token : undefined;
    const refusal = this.#parts.gate.refuseToken(token);
    if (refusal !== undefined) throw refusal;
    sendJson(response, 200, { ok: true }, { 'set-cookie': sessionCookie(this.#parts.cookie(), token ?? '') });
  }

  async #sendMetrics(response: ServerResponse, path: string): Promise<void> {
    const text = await this.#parts.metrics();
    if (text === undefined) throw consoleErrors.NOT_FOUND({ path });
    sendText(response, 200, text, 'text/plain; version=0.0.4; charset=utf-8');
  }

  #unexpected(error: unknown, requestId: string): MotiaError {
    this.#parts.logger.error('A request of the console failed', { error, requestId });
    return new MotiaError({ code: 'MOTIA_CONSOLE_FAILED', status: 500, message: 'The request failed inside the console.', hint: 'The engine log has the error under this request id.' });
  }
}

/** @throws `MOTIA_CONSOLE_HEADER_INVALID` */
function idempotencyKeyOf({ headers }: IncomingMessage): string | undefined {
  const key = headers['idempotency-key'];
  if (typeof key === 'string' && (key === '' || key.length > 256)) throw consoleErrors.HEADER_INVALID({ header: 'Idempotency-Key', reason: 'has 1 to 256 characters' });
  return typeof key === 'string' ? key : undefined;
}

/** Path and query of a request target. The last of repeated parameters counts; what is not decodable is left out. */
function targetOf(request: IncomingMessage): { readonly path: string; readonly query: ReadonlyMap<string, string> } {
  const target = request.url ?? '/';
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  return { path: path.startsWith('/') ? path : '/', query: new Map(new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1))) };
}
