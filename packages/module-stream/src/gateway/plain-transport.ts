import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { WriteTurn } from '../delivery/write-turn.js';
import type { Admission } from './authentication.js';
import { ClientConnection, type ConnectionParts } from './client-connection.js';
import type { Connections, OpenClient } from './connections.js';
import { Heartbeat, type HeartbeatOptions } from './heartbeat.js';
import { MessageLimits } from './message-limits.js';
import { PlainSink } from './plain-sink.js';

export interface PlainTransportParts {
  readonly connection: ConnectionParts;
  readonly connections: Connections;
  readonly turn: WriteTurn;
  readonly heartbeat: HeartbeatOptions;
  readonly maxMessageBytes: number;
}

/** How long a client has to take what is buffered, and to answer a close frame. */
const closingMs = 5_000;

/** Plain WebSockets: one JSON frame per message. */
export class PlainTransport {
  readonly #parts: PlainTransportParts;
  readonly #server: WebSocketServer;
  /** Clients that are connected. */
  size = 0;

  constructor(parts: PlainTransportParts) {
    this.#parts = parts;
    this.#server = new WebSocketServer({
      noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: parts.maxMessageBytes, closeTimeout: closingMs,
    } as ConstructorParameters<typeof WebSocketServer>[0]);
  }

  /** Completes the handshake of a client that was admitted, or that is to be told in a close frame why not. */
  accept(request: IncomingMessage, socket: Duplex, { head, admission }: { readonly head: Buffer; readonly admission: Exclude<Admission, { kind: 'unavailable' }> }): void {
    this.#server.handleUpgrade(request, socket, head, (websocket) => {
      // What goes wrong with a connection ends it; `close` follows.
      websocket.on('error', () => undefined);
      if (admission.kind === 'refused') websocket.close(admission.closing.code, admission.closing.reason);
      else this.#open(websocket, socket, admission);
    });
  }

  #open(websocket: WebSocket, socket: Duplex, { context, isAuthenticated }: Extract<Admission, { kind: 'admitted' }>): void {
    const { connection: shared, connections, turn, heartbeat: options } = this.#parts;
    const { clock } = shared;
    const sink = new PlainSink(websocket, socket, turn);
    const connection = new ClientConnection({ connectionId: randomUUID(), context }, { sink, limits: new MessageLimits(shared.messageLimits, clock.monotonicMs()) }, shared);
    const heartbeat = new Heartbeat(options, clock.monotonicMs());
    const client: OpenClient = {
      connection,
      isAuthenticated,
      check(nowMs) {
        connection.checkDeadline(nowMs);
        const verdict = heartbeat.check(nowMs, sink.bufferedBytes);
        if (verdict === 'ask') websocket.ping();
        else if (verdict === 'gone') websocket.terminate();
      },
      terminate: () => websocket.terminate(),
    };
    const heard = (): void => heartbeat.heard(clock.monotonicMs());
    websocket.on('message', (data) => {
      heard();
      // With the default `binaryType` every message is one buffer.
      connection.receiveText((data as Buffer).toString('utf8'));
    });
    websocket.on('pong', heard);
    websocket.on('ping', heard);
    this.size += 1;
    websocket.once('close', () => {
      this.size -= 1;
      connections.remove(client);
      connection.end();
    });
    connections.add(client);
  }
}
