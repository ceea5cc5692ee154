import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { findPortFacts, listenOnLoopback } from '@motia/engine-core';
import type { Logger, Registration } from '@motia/engine-core/contract';
import { streamErrors } from '../errors.js';
import type { Front } from './front.js';

/** Sockets beyond the clients that are allowed, to be told so. */
const spareSockets = 64;

export interface StreamListenerParts {
  readonly front: Front;
  readonly logger: Logger;
  readonly moduleName: string;
  readonly handshakeTimeoutMs: number;
  readonly maxConnections: number;
}

/** The servers that clients connect to: our own ones, and those of others. */
export class StreamListener {
  readonly #parts: StreamListenerParts;
  #servers: Server[] = [];
  #address: { readonly host: string; readonly port: number } | undefined;
  readonly #attached = new Set<Registration>();

  constructor(parts: StreamListenerParts) {
    this.#parts = parts;
  }

  get address(): { readonly host: string; readonly port: number } | undefined {
    return this.#address;
  }

  /**
   * Listens on `host`, or on both loopback addresses when it is unset. When one of them fails, none is left open.
   * @throws `MOTIA_STREAM_PORT_IN_USE`, `MOTIA_STREAM_LISTEN_FAILED`
   */
  async listen(host: string | undefined, port: number): Promise<void> {
    try {
      this.#address = await listenOnLoopback({ host, port, open: (at, wanted) => this.#open(at, wanted), closeAll: () => this.#closeServers() });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const place = { port, host: host === undefined || host === 'localhost' ? '127.0.0.1' : host, module: this.#parts.moduleName, exitCode: 78 } as const;
      if (code !== 'EADDRINUSE') throw streamErrors.LISTEN_FAILED({ ...place, reason: code ?? message }, error);
      const { pid } = await findPortFacts(port);
      throw streamErrors.PORT_IN_USE({ ...place, ...(pid === undefined ? {} : { pid }) }, error);
    }
  }

  /** Takes our paths of a server that somebody else runs; everything else stays with its own listeners. */
  attach(server: Server): Registration {
    const { front } = this.#parts;
    const others = server.listeners('request') as ((...args: unknown[]) => void)[];
    const onRequest = (request: Parameters<Front['request']>[0], response: Parameters<Front['request']>[1]): void => {
      if (front.owns(request, false)) front.request(request, response);
      else for (const listener of others) listener.call(server, request, response);
    };
    const onUpgrade: Front['upgrade'] = (request, socket, head) => {
      if (front.owns(request, true)) front.upgrade(request, socket, head);
      // Nobody else would answer it.
      else if (server.listenerCount('upgrade') === 1) socket.destroy();
    };
    server.removeAllListeners('request');
    server.on('request', onRequest);
    server.on('upgrade', onUpgrade);
    const registration: Registration = {
      dispose: () => {
        if (!this.#attached.delete(registration)) return;
        server.off('request', onRequest);
        server.off('upgrade', onUpgrade);
        for (const listener of others) server.on('request', listener);
      },
    };
    this.#attached.add(registration);
    return registration;
  }

  /** New connections are refused by the system from now on; open ones stay. */
  stopAccepting(): void {
    for (const server of this.#servers) if (server.listening) server.close();
  }

  /** Closes our own servers and lets go of those of others. Idempotent. */
  async close(): Promise<void> {
    this.#address = undefined;
    for (const registration of [...this.#attached]) registration.dispose();
    await this.#closeServers();
  }

  async #closeServers(): Promise<void> {
    const servers = this.#servers;
    this.#servers = [];
    await Promise.all(servers.map((server) => new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    })));
  }

  async #open(host: string, port: number): Promise<number> {
    const { front, logger, handshakeTimeoutMs, maxConnections } = this.#parts;
    const server = createServer({
      noDelay: true,
      maxHeaderSize: 16_384,
      headersTimeout: handshakeTimeoutMs,
      requestTimeout: 60_000,
      keepAliveTimeout: 5_000,
      connectionsCheckingInterval: 5_000,
    });
    server.maxConnections = maxConnections + spareSockets;
    server.on('request', (request, response) => front.request(request, response));
    server.on('upgrade', (request, socket, head) => front.upgrade(request, socket, head));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, exclusive: true, ipv6Only: host === '::1' }, () => {
        server.off('error', reject);
        server.on('error', (error) => logger.error('A connection could not be accepted', { reason: error.message }));
        resolve();
      });
    });
    this.#servers.push(server);
    return (server.address() as AddressInfo).port;
  }
}
