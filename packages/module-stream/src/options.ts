import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { OptionsSchema } from '@motia/engine-core/contract';

const milliseconds = (value: number, minimum: number, description: string) => Type.Integer({ default: value, minimum, maximum: 2_147_483_647, unit: 'ms', description });
const bytes = (value: number, description: string) => Type.Integer({ default: value, minimum: 1, maximum: 1024 ** 3, unit: 'bytes', description });
const names = (description: string) => Type.Optional(Type.Array(Type.String({ minLength: 1 }), { description }));

const adapterSchema = Type.Object({
  class: Type.String({ minLength: 1, description: 'Class path of the adapter.' }),
  config: Type.Optional(Type.Unknown({ description: 'Options of the adapter.' })),
}, { description: 'Where streams are kept. Default: `modules::stream::adapters::KvStore`.' });

const heartbeatSchema = Type.Object({
  interval_ms: milliseconds(25_000, 1_000, 'Silence after which a client is asked whether it is there.'),
  timeout_ms: milliseconds(20_000, 1_000, 'Time that it has to answer before it counts as gone.'),
}, { default: {}, description: 'How clients that vanished are found out.' });

const resumeSchema = Type.Object({
  max_events: Type.Integer({ default: 10_000, minimum: 0, maximum: 10_000_000, description: 'Last changes of each group that are kept for clients that come back.' }),
  max_age_ms: milliseconds(600_000, 0, 'And how long.'),
}, { default: {}, description: 'What clients that were away for a while can catch up on without reading everything anew.' });

const slowReaderSchema = Type.Object({
  coalesce_bytes: bytes(1_048_576, 'With more than this waiting for a client, it gets only the latest change of each item.'),
  close_bytes: bytes(8_388_608, 'With more than this, it is closed (1013).'),
  close_after_ms: milliseconds(30_000, 1_000, 'A client that takes nothing to the end for so long is closed (1013).'),
}, { default: {}, description: 'Clients that read more slowly than their streams change.' });

/** Options of `modules::stream::StreamModule` as config.yaml writes them. */
export const streamOptionsSchema = Type.Object({
  port: Type.Integer({ default: 3112, minimum: 0, maximum: 65_535, description: '0 takes a free port.' }),
  host: Type.Optional(Type.String({ minLength: 1, description: 'Address to listen on. Unset or `localhost`: 127.0.0.1, and ::1 where present. `0.0.0.0` opens it to the network.' })),
  listen: Type.Boolean({ default: true, description: 'false: no port is opened; clients are served where `StreamService.attach` was called.' }),
  path: Type.String({ default: '/', pattern: '^/[A-Za-z0-9._~/-]*$', hint: 'must be a path such as /streams', description: 'Path of plain WebSockets.' }),
  socket_io: Type.Boolean({ default: true, description: 'false: only plain WebSockets.' }),
  socket_io_path: Type.String({ default: '/socket.io/', pattern: '^/[A-Za-z0-9._~/-]+/$', hint: 'must be a path such as /socket.io/', description: 'Path of socket.io.' }),
  auth_function: Type.Optional(Type.Union([Type.String({ minLength: 1 }), Type.Literal(false)], {
    description: 'Function that authenticates clients. Unset: `motia::stream::authenticate` once an app registers it. false: nobody is asked, whatever is registered.',
  })),
  auth_timeout_ms: milliseconds(10_000, 1, 'Time that the authentication function has; then the client is refused (4408).'),
  join_timeout_ms: milliseconds(10_000, 1, 'Time that onJoin has; then the subscription is refused.'),
  allowed_origins: names('Origins of pages that may connect, such as `https://app.example.com`; `*`: all. Unset: pages of the same host name, and pages of this machine when it is called by a name of this machine.'),
  allowed_hosts: names('Names accepted in the Host header beside localhost and IP addresses; `.example.com` takes subdomains, `*` any. Unset: checked in development, not in production.'),
  streams: names('Streams that clients may join. Unset: all.'),
  max_connections: Type.Integer({ default: 20_000, minimum: 1, maximum: 10_000_000, description: 'Clients that may be connected; further ones get 503.' }),
  max_subscriptions: Type.Integer({ default: 200, minimum: 1, maximum: 1_000_000, description: 'Subscriptions of one connection.' }),
  max_message_bytes: bytes(262_144, 'Largest message of a client; then it is closed (1009).'),
  max_value_bytes: bytes(262_144, 'Largest item, as JSON.'),
  max_snapshot_bytes: bytes(16 * 1_048_576, 'Largest group that a client may follow: its items as JSON, with their ids.'),
  messages_per_second: Type.Integer({ default: 64, minimum: 1, maximum: 1_000_000, description: 'Messages of one client, beyond 256 (or `max_subscriptions`, if that is more) that it may send at once.' }),
  handshake_timeout_ms: milliseconds(10_000, 100, 'Time for a client to say hello, and to wait for an engine that is starting.'),
  heartbeat: heartbeatSchema,
  resume: resumeSchema,
  slow_reader: slowReaderSchema,
  adapter: Type.Optional(adapterSchema),
});

/** Options with their defaults filled in. */
export type StreamOptions = Static<typeof streamOptionsSchema>;
type Nested = 'heartbeat' | 'resume' | 'slow_reader';

/** Options as a program writes them: all may be left out. */
export type StreamInput = { readonly [K in Exclude<keyof StreamOptions, Nested>]?: StreamOptions[K] } & { readonly [K in Nested]?: Partial<StreamOptions[K]> };

/** Checks options of the module. @throws `MOTIA_ENGINE_OPTIONS_INVALID` */
export const streamOptions: OptionsSchema<StreamOptions> = defineOptions(streamOptionsSchema);
