import { HostGuard } from '@motia/engine-core';
import type { MotiaError, PluginContext, StorePoolRef } from '@motia/engine-core/contract';
import type { CatchUpSource } from '../delivery/catch-up.js';
import type { Closing } from '../delivery/frame-text.js';
import type { Hub } from '../delivery/hub.js';
import type { DeliveryCounters } from '../delivery/outlet.js';
import type { WriteTurn } from '../delivery/write-turn.js';
import { streamErrors } from '../errors.js';
import type { StreamOptions } from '../options.js';
import type { Presence } from '../presence/presence.js';
import { Authentication } from './authentication.js';
import type { ConnectionParts } from './client-connection.js';
import { Connections } from './connections.js';
import { Front } from './front.js';
import { OriginPolicy } from './origin-policy.js';
import { PlainTransport } from './plain-transport.js';
import { SocketIoTransport } from './socket-io-transport.js';
import { StartGate } from './start-gate.js';
import { StreamListener } from './stream-listener.js';
import { StreamList } from './stream-list.js';

type Context = PluginContext<{}, { readonly pool: typeof StorePoolRef }>;

export interface GatewayParts {
  readonly hub: Hub;
  readonly turn: WriteTurn;
  readonly counters: DeliveryCounters;
  readonly source: CatchUpSource;
  /** There from the start of the module on. */
  readonly presence: () => Presence | undefined;
}

/** Everything between the sockets and the hub. */
export interface Gateway {
  readonly connections: Connections;
  readonly listener: StreamListener;
  readonly socketIo: SocketIoTransport | undefined;
  start(): Promise<void>;
  /** No new clients; tells everyone when to come again, and resolves when they have gone. */
  drain(deadline: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

/** Messages that a client may send at once: one that comes back joins everything anew. */
const messageBurst = 256;
/** Over how long clients are asked to spread their return: at least, at most, and for each client. */
const shortestReturnMs = 1_000;
const longestReturnMs = 30_000;
const returnMsPerClient = 2;

export function createGateway(ctx: Context, options: StreamOptions, parts: GatewayParts): Gateway {
  const { clock, logger, functions } = ctx;
  const { hub, turn, counters, source } = parts;
  const connections = new Connections(clock, hub);
  const heartbeat = { intervalMs: options.heartbeat.interval_ms, timeoutMs: options.heartbeat.timeout_ms };
  const { slow_reader: slow } = options;
  const connection: ConnectionParts = {
    hub, source, counters, clock, logger,
    presence: latePresence(parts.presence),
    streams: new StreamList(options.streams),
    messageLimits: { messagesPerSecond: options.messages_per_second, burst: Math.max(messageBurst, options.messages_per_second, options.max_subscriptions) },
    maxSubscriptions: options.max_subscriptions,
    slowReaders: { coalesceBytes: slow.coalesce_bytes, closeBytes: slow.close_bytes, closeAfterMs: slow.close_after_ms },
  };
  const transport = { connection, connections, heartbeat, maxMessageBytes: options.max_message_bytes };
  const plain = new PlainTransport({ ...transport, turn });
  const socketIo = options.socket_io ? new SocketIoTransport({ ...transport, handshakeTimeoutMs: options.handshake_timeout_ms }) : undefined;
  const authentication = new Authentication({
    functions, workers: ctx.workers, clock, logger, mode: ctx.mode, configured: options.auth_function, timeoutMs: options.auth_timeout_ms,
    onFirstKnown: () => connections.closeAll(() => ({ code: 1012, reason: 'clients are authenticated from now on', reconnectAfterMs: 0 }), ({ isAuthenticated }) => !isAuthenticated),
  });
  const checksHost = options.allowed_hosts !== undefined || ctx.mode === 'development';
  const front = new Front({
    path: options.path, socketIoPath: options.socket_io_path,
    hosts: checksHost ? new HostGuard({ allowed: [...(options.allowed_hosts ?? []), ...(options.host === undefined ? [] : [options.host])] }) : undefined,
    origins: new OriginPolicy({ allowed: options.allowed_origins, isAuthenticated: () => authentication.functionId !== undefined }),
    gate: new StartGate(ctx.engineHealth, clock),
    authentication, connections, plain, socketIo,
    maxConnections: options.max_connections, handshakeTimeoutMs: options.handshake_timeout_ms,
  });
  const listener = new StreamListener({ front, logger, moduleName: ctx.instanceId, handshakeTimeoutMs: options.handshake_timeout_ms, maxConnections: options.max_connections });

  return {
    connections, listener, socketIo,
    async start() {
      front.isDraining = false;
      connections.start();
      authentication.start();
      if (options.auth_function === false && functions.has('motia::stream::authenticate')) logger.warn('auth_function is false: clients are not authenticated, although the app registers a function for it');
      if (options.listen) await listener.listen(options.host, options.port);
    },
    async drain(deadline) {
      // The port stays open until they have gone: whoever polls has to come for the news.
      front.isDraining = true;
      const spreadMs = Math.min(longestReturnMs, Math.max(shortestReturnMs, connections.size * returnMsPerClient));
      connections.closeAll((): Closing => ({ code: 1001, reason: 'the server stops', reconnectAfterMs: shortestReturnMs + Math.round(Math.random() * spreadMs) }));
      await connections.empty(deadline);
      listener.stopAccepting();
    },
    async stop() {
      front.isDraining = true;
      connections.terminateAll();
      socketIo?.close();
      authentication.stop();
      connections.stop();
      await listener.close();
    },
  };
}

/** The presence as connections know it: before the start nobody joins. */
function latePresence(presence: () => Presence | undefined): Presence {
  return {
    join: (member) => presence()?.join(member) ?? Promise.resolve<MotiaError>(streamErrors.NOT_STARTED({})),
    leave: (member) => presence()?.leave(member),
  };
}
