import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Server as EngineServer } from 'engine.io';
import { Server as SocketServer, type Socket } from 'socket.io';
import { WebSocketServer } from 'ws';
import { streamErrors } from '../errors.js';
import type { Admission } from './authentication.js';
import { ClientConnection, type ConnectionParts, type JoinAnswer } from './client-connection.js';
import type { Connections, OpenClient } from './connections.js';
import type { HeartbeatOptions } from './heartbeat.js';
import { SocketIoLine, type EngineLine } from './socket-io-line.js';

export interface SocketIoTransportParts {
  readonly connection: ConnectionParts;
  readonly connections: Connections;
  readonly heartbeat: HeartbeatOptions;
  readonly maxMessageBytes: number;
  readonly handshakeTimeoutMs: number;
}

/** socket.io 4, by polling and WebSocket. Its rooms are our subscriptions. */
export class SocketIoTransport {
  readonly #parts: SocketIoTransportParts;
  readonly #engine: EngineServer;
  readonly server: SocketServer;
  /** By the request that opened the session. */
  readonly #admissions = new WeakMap<IncomingMessage, Exclude<Admission, { kind: 'unavailable' }>>();
  /** By engine.io socket. */
  readonly #lines = new WeakMap<object, SocketIoLine>();

  constructor(parts: SocketIoTransportParts) {
    this.#parts = parts;
    this.#engine = new EngineServer({
      pingInterval: parts.heartbeat.intervalMs,
      pingTimeout: parts.heartbeat.timeoutMs,
      upgradeTimeout: parts.handshakeTimeoutMs,
      maxHttpBufferSize: parts.maxMessageBytes,
      perMessageDeflate: false,
      httpCompression: false,
      transports: ['polling', 'websocket'],
      // Not the library's own copy: this one does not pile up answers to WebSocket pings.
      wsEngine: WebSocketServer,
    });
    // Before socket.io listens: what belongs to the connection is there when its first packet comes.
    this.#engine.on('connection', (line: EngineLine) => this.#lines.set(line, new SocketIoLine(line, { clock: parts.connection.clock, limits: parts.connection.messageLimits })));
    this.server = new SocketServer({ connectTimeout: parts.handshakeTimeoutMs, serveClient: false });
    this.server.bind(this.#engine);
    this.server.use((socket, next) => this.#admit(socket, next));
    this.server.on('connection', (socket) => this.#open(socket));
  }

  /** Sessions, those included that have not said hello yet. */
  get size(): number {
    return this.#engine.clientsCount;
  }

  /** A request that belongs to a session, if its id is one. */
  isOfSession(request: IncomingMessage): boolean {
    return sessionIdOf(request) !== undefined;
  }

  handleRequest(request: IncomingMessage, response: ServerResponse, admission: Exclude<Admission, { kind: 'unavailable' }> | undefined): void {
    if (admission !== undefined) this.#admissions.set(request, admission);
    this.#engine.handleRequest(request, response);
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, { head, admission }: { readonly head: Buffer; readonly admission: Exclude<Admission, { kind: 'unavailable' }> | undefined }): void {
    if (admission !== undefined) this.#admissions.set(request, admission);
    this.#engine.handleUpgrade(request, socket, head);
  }

  /** Ends every session. Idempotent. */
  close(): void {
    this.#engine.close();
  }

  #admit(socket: Socket, next: (error?: Error) => void): void {
    const admission = this.#admissions.get(socket.request);
    if (admission?.kind === 'admitted') return next();
    const { code, message } = admission?.error ?? streamErrors.UNAUTHORIZED({});
    const data = { code, closeCode: admission?.closing.code ?? 4401 };
    next(Object.assign(new Error(message), { data }));
    // Whoever was refused keeps no connection once it was told; one that polls is not waited for long to ask again.
    setImmediate(() => this.#lineOf(socket).sink.close());
  }

  #lineOf({ conn }: Socket): SocketIoLine {
    return this.#lines.get(conn) as SocketIoLine;
  }

  #open(socket: Socket): void {
    const { connection: shared, connections } = this.#parts;
    const admission = this.#admissions.get(socket.request) as Extract<Admission, { kind: 'admitted' }>;
    const line = this.#lineOf(socket);
    const connection = new ClientConnection({ connectionId: socket.id, context: admission.context }, line, {
      ...shared,
      rooms: { join: (room) => void socket.join(room), leave: (room) => void socket.leave(room) },
    });
    const client: OpenClient = {
      connection,
      isAuthenticated: admission.isAuthenticated,
      check: (nowMs) => connection.checkDeadline(nowMs),
      terminate: () => line.sink.terminate(),
    };
    socket.onAny((event: string, ...given: unknown[]) => {
      const last = given.at(-1);
      const acknowledge = typeof last === 'function' ? (last as (answer: JoinAnswer) => void) : undefined;
      connection.receive(event, given[0], acknowledge);
    });
    socket.once('disconnect', () => {
      connections.remove(client);
      connection.end();
    });
    connections.add(client);
  }
}

/** As the library reads it: what is no session to us must be none to it, for who begins one has to be admitted. */
function sessionIdOf({ url = '/' }: IncomingMessage): string | undefined {
  const sessionId = new URL(url, 'http://engine').searchParams.getAll('sid').at(-1);
  return sessionId === '' ? undefined : sessionId;
}
