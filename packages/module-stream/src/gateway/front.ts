import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { HostGuard } from '@motia/engine-core';
import type { MotiaError } from '@motia/engine-core/contract';
import { streamErrors } from '../errors.js';
import type { Admission, Authentication } from './authentication.js';
import type { Connections } from './connections.js';
import { EarlyBytes } from './early-bytes.js';
import type { OriginPolicy } from './origin-policy.js';
import type { PlainTransport } from './plain-transport.js';
import { refuseRequest, refuseUpgrade } from './refusal.js';
import type { SocketIoTransport } from './socket-io-transport.js';
import type { StartGate } from './start-gate.js';

export interface FrontParts {
  /** Of plain WebSockets. */
  readonly path: string;
  /** Begins and ends with a slash. */
  readonly socketIoPath: string;
  /** Undefined: any Host is taken. */
  readonly hosts: HostGuard | undefined;
  readonly origins: OriginPolicy;
  readonly gate: StartGate;
  readonly authentication: Authentication;
  readonly connections: Connections;
  readonly plain: PlainTransport;
  /** Undefined: only plain WebSockets. */
  readonly socketIo: SocketIoTransport | undefined;
  readonly maxConnections: number;
  readonly handshakeTimeoutMs: number;
}

type Decision = Exclude<Admission, { kind: 'unavailable' }>;

/** Decides who may connect, before anything is upgraded. */
export class Front {
  readonly #parts: FrontParts;
  /** New clients are sent away. */
  isDraining = false;

  constructor(parts: FrontParts) {
    this.#parts = parts;
  }

  /** Whether a path is ours: in someone else's server the rest is theirs. */
  owns(request: IncomingMessage, isUpgrade: boolean): boolean {
    const path = pathOf(request);
    return this.#isSocketIo(path) || (isUpgrade && path === this.#parts.path);
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => undefined);
    const problem = this.#problemWith(request, true);
    if (problem !== undefined) return refuseUpgrade(socket, problem);
    const { socketIo, plain } = this.#parts;
    if (this.#isSocketIo(pathOf(request)) && socketIo !== undefined) {
      // Its session was admitted when it began; the id is a secret of that client.
      if (socketIo.isOfSession(request)) return socketIo.handleUpgrade(request, socket, { head, admission: undefined });
      return this.#admitUpgrade(request, socket, { head, accept: (admission, early) => socketIo.handleUpgrade(request, socket, { head: early, admission }) });
    }
    this.#admitUpgrade(request, socket, { head, accept: (admission, early) => plain.accept(request, socket, { head: early, admission }) });
  }

  request(request: IncomingMessage, response: ServerResponse): void {
    const problem = this.#problemWith(request, false);
    const includesBody = request.method !== 'HEAD';
    if (problem !== undefined) return refuseRequest(response, problem, includesBody);
    const { socketIo } = this.#parts;
    const path = pathOf(request);
    if (!this.#isSocketIo(path) || socketIo === undefined) {
      return refuseRequest(response, path === this.#parts.path ? streamErrors.UPGRADE_REQUIRED({}) : streamErrors.NOT_FOUND({ path }), includesBody);
    }
    this.#allowOrigin(request, response);
    if (request.method === 'OPTIONS') return answerPreflight(response);
    if (socketIo.isOfSession(request)) return socketIo.handleRequest(request, response, undefined);
    void this.#admit(request, request.socket, (admission) => socketIo.handleRequest(request, response, admission), (error) => refuseRequest(response, error, includesBody));
  }

  #admitUpgrade(request: IncomingMessage, socket: Duplex, { head, accept }: { readonly head: Buffer; readonly accept: (admission: Decision, early: Buffer) => void }): void {
    const bytes = new EarlyBytes(socket, head, () => socket.destroy());
    const open = (admission: Decision): void => {
      accept(admission, bytes.take());
      socket.resume();
    };
    void this.#admit(request, socket, open, (error) => {
      bytes.take();
      refuseUpgrade(socket, error);
    });
  }

  #isSocketIo(path: string): boolean {
    const { socketIo, socketIoPath } = this.#parts;
    return socketIo !== undefined && (path.startsWith(socketIoPath) || path === socketIoPath.slice(0, -1));
  }

  #problemWith(request: IncomingMessage, isUpgrade: boolean): MotiaError | undefined {
    const { hosts, origins, connections, plain, socketIo, maxConnections } = this.#parts;
    if (hosts?.allows(request.headers.host) === false) return streamErrors.HOST_NOT_ALLOWED({});
    const path = pathOf(request);
    if (isUpgrade && path !== this.#parts.path && !this.#isSocketIo(path)) return streamErrors.NOT_FOUND({ path });
    const isWanted = isUpgrade || this.#isSocketIo(path);
    if (!isWanted) return undefined;
    const foreign = origins.problemWith(request);
    if (foreign !== undefined) return foreign;
    if (socketIo?.isOfSession(request) === true || request.method === 'OPTIONS') return undefined;
    if (this.isDraining) return streamErrors.DRAINING({});
    const taken = plain.size + (socketIo?.size ?? 0) + connections.pending;
    return taken >= maxConnections ? streamErrors.TOO_MANY_CONNECTIONS({ limit: maxConnections }) : undefined;
  }

  /** Asks whether the client may come in. Whoever hangs up meanwhile is forgotten. */
  async #admit(request: IncomingMessage, socket: Duplex, accept: (admission: Decision) => void, refuse: (error: MotiaError) => void): Promise<void> {
    const { connections } = this.#parts;
    const gone = new AbortController();
    const onClose = (): void => gone.abort();
    socket.once('close', onClose);
    connections.pending += 1;
    try {
      const admission = await this.#decide(request, gone.signal);
      if (gone.signal.aborted) return;
      if (admission.kind === 'unavailable') refuse(admission.error);
      else if (this.isDraining) refuse(streamErrors.DRAINING({}));
      else accept(admission);
    } finally {
      connections.pending -= 1;
      socket.off('close', onClose);
    }
  }

  async #decide(request: IncomingMessage, signal: AbortSignal): Promise<Admission> {
    const { gate, authentication, handshakeTimeoutMs } = this.#parts;
    if (!gate.isOpen && !(await gate.opened(handshakeTimeoutMs, signal))) return { kind: 'unavailable', error: streamErrors.STARTING({}) };
    return authentication.admit(request, signal);
  }

  /** An origin that may open a WebSocket may read the same by polling. */
  #allowOrigin({ headers: { origin } }: IncomingMessage, response: ServerResponse): void {
    response.setHeader('vary', 'Origin');
    if (origin !== undefined) response.setHeader('access-control-allow-origin', origin);
  }
}

function answerPreflight(response: ServerResponse): void {
  response.setHeader('access-control-allow-methods', 'GET, POST');
  response.setHeader('access-control-allow-headers', 'content-type');
  response.setHeader('access-control-max-age', '600');
  response.statusCode = 204;
  response.end();
}

function pathOf({ url = '/' }: IncomingMessage): string {
  const mark = url.indexOf('?');
  return mark === -1 ? url : url.slice(0, mark);
}
