import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Clock, MotiaError, Timer } from '@motia/engine-core/contract';
import { consoleErrors } from '../errors.js';
import { LiveConnection } from './live-connection.js';
import type { LiveHub } from './live-hub.js';

const pingIntervalMs = 20_000;
const maxFrameBytes = 65_536;

/** The WebSocket side of the live topics. Who gets here has shown the token already. */
export class LiveServer {
  readonly #hub: LiveHub;
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: maxFrameBytes, perMessageDeflate: false, clientTracking: false });
  readonly #alive = new Map<WebSocket, boolean>();
  #pings: Timer | undefined;

  constructor(hub: LiveHub, clock: Clock, limit: number) {
    this.#hub = hub;
    this.#clock = clock;
    this.#limit = limit;
  }

  refusal(): MotiaError | undefined {
    return this.#alive.size >= this.#limit ? consoleErrors.TOO_MANY_CONNECTIONS({ limit: this.#limit }) : undefined;
  }

  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (client) => this.#serve(client));
  }

  close(): void {
    this.#clock.clear(this.#pings);
    this.#pings = undefined;
    for (const client of this.#alive.keys()) client.close(1012, 'the engine stops');
    for (const client of this.#alive.keys()) client.terminate();
    this.#alive.clear();
  }

  #serve(client: WebSocket): void {
    const connection = new LiveConnection(
      {
        get bufferedBytes() {
          return client.bufferedAmount;
        },
        send: (text) => client.send(text),
        close: (code, reason) => client.close(code, reason),
      },
      this.#hub,
      this.#clock,
    );
    this.#alive.set(client, true);
    this.#pings ??= this.#clock.setInterval(() => this.#pingAll(), pingIntervalMs);
    client.on('pong', () => this.#alive.set(client, true));
    client.on('message', (data, isBinary) => {
      if (isBinary) client.close(1003, 'frames are text');
      else void connection.receive((data as Buffer).toString('utf8'));
    });
    client.on('error', () => undefined);
    client.on('close', () => {
      connection.close();
      this.#alive.delete(client);
      if (this.#alive.size > 0) return;
      this.#clock.clear(this.#pings);
      this.#pings = undefined;
    });
  }

  #pingAll(): void {
    for (const [client, isAlive] of this.#alive) {
      if (!isAlive) client.terminate();
      else {
        this.#alive.set(client, false);
        client.ping();
      }
    }
  }
}
