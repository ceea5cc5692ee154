import { Type, type Static } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import type { OptionsSchema } from '@motia/engine-core/contract';

const milliseconds = (value: number, minimum: number, description: string) => Type.Integer({ default: value, minimum, maximum: 2_147_483_647, unit: 'ms', description });
const file = (description: string) => Type.String({ minLength: 1, description });

const tlsSchema = Type.Object({
  cert_file: file('Certificate of the engine, PEM, with its chain.'),
  key_file: file('Private key of that certificate, PEM.'),
  client_ca_file: Type.Optional(file('PEM of the authority that signs the certificates of workers. Set: a worker without such a certificate cannot connect.')),
}, { description: 'TLS on the TCP port. Paths are relative to the config file. Absent: plain TCP.' });

/** Options of `modules::worker::WorkerModule` as config.yaml writes them. */
export const workerOptionsSchema = Type.Object({
  port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535, description: 'TCP port; 0 takes a free one. Default 49134, or the top-level `port` of the file; no TCP when only `socket_path` is set.' })),
  host: Type.Optional(Type.String({ minLength: 1, description: 'Address to listen on. Unset or `localhost`: 127.0.0.1, and ::1 where present. Any other needs `token` or `tls.client_ca_file`.' })),
  socket_path: Type.Optional(Type.String({ minLength: 1, description: 'Unix socket to listen on, relative to the config file.' })),
  socket_mode: Type.String({ default: '0600', pattern: '^0?[0-7]{3}$', hint: 'must be an octal mode such as "0660"', description: 'Permissions of the unix socket. Who may write to it may connect.' }),
  token: Type.Optional(Type.String({ minLength: 16, maxLength: 4096, secret: true, description: 'Secret that every worker must send (`III_ENGINE_TOKEN` of the SDK). At least 16 characters.' })),
  token_file: Type.Optional(file('File that holds the token instead, relative to the config file. `iii workers token rotate` writes the new one there.')),
  tls: Type.Optional(tlsSchema),
  max_connections: Type.Integer({ default: 1000, minimum: 1, maximum: 100_000, description: 'Workers that may be connected; further ones are refused.' }),
  handshake_timeout_ms: milliseconds(10_000, 100, 'Time from the connection to `ready`, TLS included.'),
  heartbeat_interval_ms: milliseconds(5_000, 100, 'Time between signs of life. A worker that gives none for three of them is closed as hung and its calls fail.'),
  reconnect_grace_ms: milliseconds(30_000, 0, 'How long the functions of a worker that was lost stay known. Calls wait up to 5 s for it meanwhile and then answer 503. 0: forgotten at once.'),
});

/** Options with their defaults filled in. */
export type WorkerOptions = Static<typeof workerOptionsSchema>;

/** Options as a program writes them: all may be left out. */
export type WorkerInput = Partial<WorkerOptions>;

/** Checks options of the module. @throws `MOTIA_ENGINE_OPTIONS_INVALID` */
export const workerOptions: OptionsSchema<WorkerOptions> = defineOptions(workerOptionsSchema);
