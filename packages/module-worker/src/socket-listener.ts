import { existsSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { createServer, type AddressInfo, type ListenOptions, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { findPortFacts, listenOnLoopback } from '@motia/engine-core';
import type { Clock, Logger } from '@motia/engine-core/contract';
import { workerErrors } from './errors.js';
import type { ListenPlan } from './listen-plan.js';
import { clearStaleSocket } from './unix-socket.js';

export interface SocketListenerParts {
  readonly moduleName: string;
  readonly plan: ListenPlan;
  /** Permissions of the unix socket. */
  readonly socketMode: number;
  readonly tls: TlsOptions | undefined;
  readonly handshakeTimeoutMs: number;
  /** Open connections on each socket, those that are refused included. */
  readonly maxSockets: number;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly logger: Logger;
  /** `address` names the peer: its IP address, or the path of the unix socket. `sinceMs`: when it connected, on the monotonic scale. */
  readonly onConnection: (socket: Socket, address: string, sinceMs: number) => void;
}

/** The listening sockets of the module: both loopback addresses or one host, and a unix socket. */
export class SocketListener {
  readonly #parts: SocketListenerParts;
  #servers: Server[] = [];
  #addresses: string[] = [];
  /** As the system gave them: those in a TLS handshake are nobody else's yet. */
  readonly #sockets = new Set<Socket>();
  /** When peers of the TLS port connected: the socket that their handshake makes does not tell. */
  readonly #connectedMs = new Map<string, number>();

  constructor(parts: SocketListenerParts) {
    this.#parts = parts;
  }

  get addresses(): readonly string[] {
    return this.#addresses;
  }

  /** When one of the sockets cannot be opened, none is left open. @throws `MOTIA_WORKER_PORT_IN_USE`, `MOTIA_WORKER_SOCKET_IN_USE`, `MOTIA_WORKER_LISTEN_FAILED` */
  async listen(): Promise<void> {
    const { tcp, socketPath } = this.#parts.plan;
    try {
      if (tcp !== undefined) await this.#listenTcp(tcp);
      if (socketPath !== undefined) await this.#listenUnix(socketPath);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** New connections are refused by the system from now on; open ones stay. */
  stopAccepting(): void {
    for (const server of this.#servers) if (server.listening) server.close();
  }

  /** Resolves when nothing listens any more. Cuts what is still connected. Idempotent. */
  async close(): Promise<void> {
    const servers = this.#servers;
    this.#servers = [];
    this.#addresses = [];
    const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }

  async #listenTcp({ port, host }: NonNullable<ListenPlan['tcp']>): Promise<void> {
    const { moduleName, tls } = this.#parts;
    try {
      const opened = await listenOnLoopback({ host, port, open: (at, wanted) => this.#openTcp(at, wanted), closeAll: () => this.close() });
      this.#addresses.push(`${tls === undefined ? 'tcp' : 'tls'}://${opened.host.includes(':') ? `[${opened.host}]` : opened.host}:${opened.port}`);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const place = { port, host: host === undefined || host === 'localhost' ? '127.0.0.1' : host, module: moduleName };
      if (code !== 'EADDRINUSE') throw workerErrors.LISTEN_FAILED({ place: `${place.host}:${port}`, module: moduleName, reason: code ?? message }, error);
      throw workerErrors.PORT_IN_USE({ ...place, ...(await findPortFacts(port)) }, error);
    }
  }

  async #openTcp(host: string, port: number): Promise<number> {
    const { tls, handshakeTimeoutMs, clock, logger, onConnection } = this.#parts;
    const receive = (socket: Socket): void =>
      onConnection(socket, socket.remoteAddress?.replace(/^::ffff:/, '') ?? 'unknown', this.#connectedMs.get(peerOf(socket)) ?? clock.monotonicMs());
    const server = tls === undefined ? createServer(receive) : createTlsServer({ ...tls, handshakeTimeout: handshakeTimeoutMs }, receive);
    if (tls !== undefined) server.on('connection', (socket: Socket) => this.#noteConnected(socket));
    server.on('tlsClientError', (error: Error, socket: Socket) => logger.debug('A TLS handshake on the worker socket failed', { address: socket.remoteAddress, reason: error.message }));
    await this.#open(server, { host, port, exclusive: true, ipv6Only: host === '::1' });
    return (server.address() as AddressInfo).port;
  }

  #noteConnected(socket: Socket): void {
    const peer = peerOf(socket);
    this.#connectedMs.set(peer, this.#parts.clock.monotonicMs());
    socket.once('close', () => this.#connectedMs.delete(peer));
  }

  async #listenUnix(path: string): Promise<void> {
    const { moduleName, socketMode, clock, onConnection } = this.#parts;
    try {
      const problem = await clearStaleSocket(path);
      if (problem !== undefined) throw workerErrors.SOCKET_IN_USE({ path, module: moduleName, problem });
      await this.#open(createServer((socket) => onConnection(socket, path, clock.monotonicMs())), { path });
      await chmod(path, socketMode);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code?.startsWith('MOTIA_') === true) throw error;
      // The system calls a missing folder EACCES.
      const reason = existsSync(dirname(path)) ? (code ?? message) : `there is no folder ${dirname(path)}`;
      throw workerErrors.LISTEN_FAILED({ place: path, module: moduleName, reason }, error);
    }
    this.#addresses.push(`unix://${path}`);
  }

  async #open(server: Server, where: ListenOptions): Promise<void> {
    server.maxConnections = this.#parts.maxSockets;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(where, () => {
        server.off('error', reject);
        resolve();
      });
    });
    server.on('error', (error) => this.#parts.logger.error('The worker socket failed', { reason: error.message }));
    this.#servers.push(server);
  }
}

/** Two open connections to one port differ in this. */
function peerOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}
