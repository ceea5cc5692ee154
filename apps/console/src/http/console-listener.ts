import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { findPortFacts, listenOnLoopback } from '@motia/engine-core';
import { consoleErrors } from '../errors.js';

export interface ListenerParts {
  readonly moduleName: string;
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void;
  readonly onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** The sockets of the console: one server for each address, all alike. */
export class ConsoleListener {
  readonly #parts: ListenerParts;
  #servers: Server[] = [];
  address: { readonly host: string; readonly port: number } | undefined;

  constructor(parts: ListenerParts) {
    this.#parts = parts;
  }

  /** Both loopback addresses when `host` is unset. @throws `MOTIA_CONSOLE_PORT_IN_USE`, `MOTIA_CONSOLE_LISTEN_FAILED` */
  async listen(host: string | undefined, port: number): Promise<void> {
    try {
      this.address = await listenOnLoopback({ host, port, open: (at, wanted) => this.#open(at, wanted), closeAll: () => this.close() });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const place = { port, host: host === undefined || host === 'localhost' ? '127.0.0.1' : host, module: this.#parts.moduleName, exitCode: 78 };
      if (code !== 'EADDRINUSE') throw consoleErrors.LISTEN_FAILED({ ...place, reason: code ?? message }, error);
      const { pid } = await findPortFacts(port);
      throw consoleErrors.PORT_IN_USE({ ...place, ...(pid === undefined ? {} : { pid }) }, error);
    }
  }

  stopAccepting(): void {
    for (const server of this.#servers) {
      if (server.listening) server.close();
      server.closeIdleConnections();
    }
  }

  /** Idempotent. */
  async close(): Promise<void> {
    const servers = this.#servers;
    this.#servers = [];
    this.address = undefined;
    await Promise.all(
      servers.map(
        (server) =>
          new Promise<void>((resolve) => {
            server.close(() => resolve());
            server.closeAllConnections();
          }),
      ),
    );
  }

  async #open(host: string, port: number): Promise<number> {
    const server = createServer({ maxHeaderSize: 16_384, headersTimeout: 10_000, requestTimeout: 60_000, keepAliveTimeout: 5_000, connectionsCheckingInterval: 5_000 });
    server.maxConnections = 1_000;
    server.on('request', this.#parts.onRequest);
    server.on('upgrade', this.#parts.onUpgrade);
    server.on('clientError', (_error, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      else socket.destroy();
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, exclusive: true, ipv6Only: host === '::1' }, () => {
        server.off('error', reject);
        // A connection that could not be accepted says nothing about the next one.
        server.on('error', () => undefined);
        resolve();
      });
    });
    this.#servers.push(server);
    return (server.address() as AddressInfo).port;
  }
}
