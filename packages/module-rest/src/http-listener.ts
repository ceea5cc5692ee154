import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { findPortFacts, listenOnLoopback, type HostGuard } from '@motia/engine-core';
import type { Logger, Telemetry } from '@motia/engine-core/contract';
import type { AddressLimit } from './address-limit.js';
import { isPumping } from './body-pump.js';
import { URL_LIMIT_BYTES, type Dispatcher } from './dispatcher.js';
import { restErrors } from './errors.js';
import { traceIdOf } from './incoming-trace.js';
import type { RestOptions } from './options.js';
import { answerAndClose, toParserProblem } from './parser-errors.js';

/** Headers in one request; more are refused with 431. */
const HEADER_COUNT_LIMIT = 100;

/** Kept on the socket itself: a map from sockets would cost every request a lookup. */
const requestCount = Symbol('requests');
type CountedSocket = Socket & { [requestCount]?: number };
/** Set on a socket whose parser has given up: each further piece of what the client sends says so again. */
const isBroken = Symbol('broken');

export interface ListenerParts {
  readonly dispatcher: Dispatcher;
  /** Undefined: any Host header is taken. */
  readonly hostGuard: HostGuard | undefined;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
  readonly moduleName: string;
  /** In lower case. */
  readonly requestIdHeader: string;
  readonly server: RestOptions['server'];
  readonly addressLimit: AddressLimit;
}

/** The sockets of the module: one server for each address, all alike. */
export class HttpListener {
  readonly #parts: ListenerParts;
  #servers: Server[] = [];
  #address: { readonly host: string; readonly port: number } | undefined;
  #isClosing = false;

  constructor(parts: ListenerParts) {
    this.#parts = parts;
  }

  get address(): { readonly host: string; readonly port: number } | undefined {
    return this.#address;
  }

  /**
   * Listens on `host`, or on both loopback addresses when it is unset. When one of them fails, none is left open.
   * @throws `MOTIA_REST_PORT_IN_USE`, `MOTIA_REST_LISTEN_FAILED`
   */
  async listen(host: string | undefined, port: number): Promise<void> {
    try {
      this.#address = await listenOnLoopback({ host, port, open: (at, wanted) => this.#open(at, wanted), closeAll: () => this.close() });
    } catch (error) {
      throw await this.#listenError(error as NodeJS.ErrnoException, host ?? '127.0.0.1', port);
    }
  }

  /** No new connections; idle ones are closed, and busy ones after their response. */
  stopAccepting(): void {
    this.#isClosing = true;
    for (const server of this.#servers) {
      if (server.listening) server.close();
      server.closeIdleConnections();
    }
  }

  /** Closes what is left. Idempotent. */
  async close(): Promise<void> {
    const servers = this.#servers;
    this.#servers = [];
    this.#address = undefined;
    await Promise.all(servers.map((server) => closed(server)));
    this.#isClosing = false;
  }

  async #open(host: string, port: number): Promise<number> {
    const server = this.#create();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, exclusive: true, ipv6Only: host === '::1' }, () => {
        server.off('error', reject);
        // Running out of file descriptors, for one: the next connection may succeed.
        server.on('error', (error) => this.#parts.logger.error('A connection could not be accepted', { error }));
        resolve();
      });
    });
    this.#servers.push(server);
    return (server.address() as AddressInfo).port;
  }

  #create(): Server {
    const { server: limits } = this.#parts;
    const server = createServer({
      insecureHTTPParser: false,
      // Checked by ourselves, so that the answer is ours too.
      requireHostHeader: false,
      noDelay: true,
      maxHeaderSize: limits.max_header_bytes,
      headersTimeout: Math.min(limits.headers_timeout_ms, limits.request_timeout_ms),
      requestTimeout: limits.request_timeout_ms,
      keepAliveTimeout: limits.keep_alive_timeout_ms,
      connectionsCheckingInterval: limits.connections_checking_interval_ms,
    });
    server.maxConnections = limits.max_connections;
    server.on('connection', (socket) => this.#parts.addressLimit.admit(socket));
    server.on('request', (request, response) => this.#receive(request, response, false));
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => this.#receive(request, response, true));
    server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
      this.#parts.dispatcher.problem(request, response, restErrors.EXPECTATION_FAILED({}));
    });
    server.on('clientError', (error, socket) => this.#refuse(error, socket));
    server.on('connect', (_request, socket) => answerAndClose(socket, restErrors.METHOD_NOT_ALLOWED({ allowed: ['GET'] }), this.#newIds(), 'Allow: GET\r\n'));
    return server;
  }

  #receive(request: IncomingMessage, response: ServerResponse, continues: boolean): void {
    const { hostGuard, dispatcher, server } = this.#parts;
    if (this.#isClosing) response.shouldKeepAlive = false;
    if (server.max_requests_per_socket > 0) this.#count(request.socket, response);
    if (request.rawHeaders.length > HEADER_COUNT_LIMIT * 2) {
      return dispatcher.problem(request, response, restErrors.HEADERS_TOO_LARGE({ limitCount: HEADER_COUNT_LIMIT }));
    }
    const { host } = request.headers;
    if (host === undefined) {
      if (request.httpVersion !== '1.0') return this.#refuseHost(request, response, 'it has no Host header');
    } else if (hasSecondHost(request.rawHeaders)) {
      return this.#refuseHost(request, response, 'it has more than one Host header');
    } else if (hostGuard !== undefined && !hostGuard.allows(host)) {
      return dispatcher.problem(request, response, restErrors.HOST_NOT_ALLOWED({}));
    }
    dispatcher.serve(request, response, continues);
  }

  #refuseHost(request: IncomingMessage, response: ServerResponse, reason: string): void {
    response.shouldKeepAlive = false;
    this.#parts.dispatcher.problem(request, response, restErrors.MALFORMED_REQUEST({ reason }));
  }

  /** The last request that a connection may carry is answered with `Connection: close`. */
  #count(socket: Socket, response: ServerResponse): void {
    const counted = socket as CountedSocket;
    const count = (counted[requestCount] ?? 0) + 1;
    counted[requestCount] = count;
    if (count >= this.#parts.server.max_requests_per_socket) response.shouldKeepAlive = false;
  }

  #refuse(error: Error, socket: Duplex): void {
    // A streamed body takes as long as its handler does; who sends nothing is found out there.
    if ((error as NodeJS.ErrnoException).code === 'ERR_HTTP_REQUEST_TIMEOUT' && isPumping(socket)) return;
    const problem = toParserProblem(error, { maxHeaderBytes: this.#parts.server.max_header_bytes, urlLimitBytes: URL_LIMIT_BYTES });
    const { _httpMessage: answering } = socket as { _httpMessage?: ServerResponse | null };
    if (problem === undefined || !socket.writable) socket.destroy(error);
    // The request that is being answered was sound; what came behind it is none, and ends the connection with the answer.
    else if (answering?.req.complete === true) closeAfter(answering, socket);
    else if (answering?.headersSent === true) socket.destroy(error);
    else answerAndClose(socket, problem, this.#newIds());
  }

  #newIds(): { readonly traceId: string; readonly requestIdHeader: string } {
    return { traceId: traceIdOf(this.#parts.telemetry.newTrace()), requestIdHeader: this.#parts.requestIdHeader };
  }

  async #listenError(error: NodeJS.ErrnoException, host: string, port: number): Promise<Error> {
    const place = { port, host, module: this.#parts.moduleName, exitCode: 78 } as const;
    if (error.code !== 'EADDRINUSE') return restErrors.LISTEN_FAILED({ ...place, reason: error.code ?? error.message }, error);
    const { pid } = await findPortFacts(port);
    return restErrors.PORT_IN_USE({ ...place, ...(pid === undefined ? {} : { pid }) }, error);
  }
}

/** Node keeps the first one and forgets the others: who stands before us may have looked at another (RFC 9112 §3.2). */
function hasSecondHost(rawHeaders: readonly string[]): boolean {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count > 1;
}

function closeAfter(response: ServerResponse, socket: Duplex & { [isBroken]?: boolean }): void {
  if (socket[isBroken] === true) return;
  socket[isBroken] = true;
  response.shouldKeepAlive = false;
  response.once('finish', () => socket.end(() => socket.destroy()));
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
