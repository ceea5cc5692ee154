import { defineErrors, type ErrorEntry } from '@motia/engine-core/contract';

function entry<D>(status: number, remedy: string, message: (details: D) => string, retryable = false): ErrorEntry<D> {
  return { status, retryable, since: '0.1.0', message, remedy };
}

/** Every condition of the worker socket, `MOTIA_WORKER_<key>`. The first group ends the start; the others refuse a connection or a change of the token. */
export const workerErrors = defineErrors('WORKER', {
  TOKEN_REQUIRED: entry<{ readonly host: string }>(
    500,
    "Set `token` (for example `token: '${III_WORKER_TOKEN}'`), or `tls.client_ca_file`, or leave `host` out to listen on this machine only.",
    (d) => `The worker socket would listen on ${d.host} without a token: whoever reaches it could run functions.`,
  ),
  TOKEN_FILE_UNUSABLE: entry<{ readonly file: string; readonly reason: string }>(
    500,
    'Put a token into the file (`openssl rand -base64 32`), readable and writable by the user of the engine, and set only one of `token` and `token_file`.',
    (d) => `The token file ${d.file} cannot be used: ${d.reason}.`,
  ),
  TLS_UNREADABLE: entry<{ readonly option: string; readonly file: string; readonly reason: string }>(
    500,
    'Point the option at a readable PEM file; certificate and key must belong together.',
    (d) => `The TLS file of ${d.option}, ${d.file}, cannot be used: ${d.reason}.`,
  ),
  PORT_IN_USE: entry<{ readonly port: number; readonly host: string; readonly module: string; readonly pid?: number; readonly ephemeral?: readonly [number, number] }>(
    500,
    'Stop the other program, or set another `port` below the range of outgoing connections, such as 3134; processes then connect with `motia start --engine tcp://host:3134`.',
    (d) => `Port ${d.port} on ${d.host} is already in use${d.pid === undefined ? '' : ` by process ${d.pid}`} (wanted by ${d.module}).${ephemeralNote(d)}`,
  ),
  SOCKET_IN_USE: entry<{ readonly path: string; readonly module: string; readonly problem: string }>(
    500,
    'Stop the other engine, or set another `socket_path`.',
    (d) => `The unix socket ${d.path} cannot be taken by ${d.module}: ${d.problem}.`,
  ),
  LISTEN_FAILED: entry<{ readonly place: string; readonly module: string; readonly reason: string }>(
    500,
    'Check that the address belongs to this machine, that the folder of the socket exists, and that its path is shorter than 104 bytes.',
    (d) => `${d.module} cannot listen on ${d.place}: ${d.reason}.`,
  ),
  TOO_MANY_CONNECTIONS: entry<{ readonly limit: number }>(
    503,
    'Raise `max_connections` of modules::worker::WorkerModule, or connect fewer processes.',
    (d) => `The engine has all ${d.limit} worker connections that it allows.`,
    true,
  ),
  TOO_MANY_FAILURES: entry<{ readonly retryAfterMs: number }>(
    429,
    'Start the process with the right token (III_ENGINE_TOKEN); connections from this address are taken again after the time in retryAfterMs.',
    (d) => `Too many connections from this address came with a wrong token (again in ${d.retryAfterMs} ms).`,
    true,
  ),
  TOKEN_NOT_USED: entry<Record<never, never>>(
    409,
    'Set `token_file` (or `token`) of modules::worker::WorkerModule first.',
    () => 'Remote workers need no token here, so there is none to change.',
  ),
  ROTATION_INVALID: entry<{ readonly problem: string }>(
    400,
    'Leave the token out to get a random one; give the grace time in milliseconds.',
    (d) => `The token cannot be changed like that: ${d.problem}.`,
  ),
  OPENING_INVALID: entry<{ readonly limitBytes: number }>(
    400,
    'Connect an SDK process; nothing else speaks on this port.',
    (d) => `The connection sent more than ${d.limitBytes} bytes before it had said who it is.`,
  ),
});

/** The default port lies where systems take the local ports of outgoing connections from: the holder may be any client. */
function ephemeralNote({ port, pid, ephemeral }: { readonly port: number; readonly pid?: number; readonly ephemeral?: readonly [number, number] }): string {
  if (ephemeral === undefined) return '';
  const holder = pid === undefined ? ' No program listens on it: an outgoing connection of some program has it as its local port, and frees it when it ends.' : '';
  return ` ${port} lies in the range that this system gives to outgoing connections (${ephemeral[0]}-${ephemeral[1]}), so any program may hold it by chance.${holder}`;
}
