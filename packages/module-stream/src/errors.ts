import { defineErrors, type ErrorEntry } from '@motia/engine-core/contract';

function entry<D>(status: number, remedy: string, message: (details: D) => string, retryable = false): ErrorEntry<D> {
  return { status, retryable, since: '0.1.0', message, remedy };
}

type Nothing = Readonly<Record<never, never>>;
interface Input {
  readonly functionId: string;
  readonly legacyCode: string;
}

/** Every condition of the stream module, `MOTIA_STREAM_<key>`. Clients meet the first three groups, callers of functions the fourth, the host the last. */
export const streamErrors = defineErrors('STREAM', {
  // Opening a connection
  ORIGIN_NOT_ALLOWED: entry<{ readonly origin?: string }>(403, 'Add the page to `allowed_origins` of modules::stream::StreamModule; programs that send no Origin need an `auth_function`, or connect from this machine.', (d) => (d.origin === undefined ? 'A connection from another machine names no Origin, and nobody authenticates it.' : 'Pages of this origin may not connect.')),
  HOST_NOT_ALLOWED: entry<Nothing>(421, 'Add the name to `allowed_hosts` of modules::stream::StreamModule, or connect to localhost or an IP address.', () => 'The Host header names a host that this server does not answer for.'),
  NOT_FOUND: entry<{ readonly path: string }>(404, 'Connect to `path` or `socket_io_path` of modules::stream::StreamModule.', () => 'There is nothing at this path.'),
  UPGRADE_REQUIRED: entry<Nothing>(426, 'Connect with a WebSocket client or socket.io-client.', () => 'Streams are followed over a WebSocket or socket.io.'),
  STARTING: entry<Nothing>(503, 'Connect again: the processes that may authenticate clients are still starting.', () => 'The server is starting.', true),
  DRAINING: entry<Nothing>(503, 'Connect again: the server is going down or being replaced.', () => 'The server is shutting down.', true),
  TOO_MANY_CONNECTIONS: entry<{ readonly limit: number }>(503, 'Connect again later; raise `max_connections` if the machine has room.', (d) => `The server has all ${d.limit} connections that it allows.`, true),
  UNAUTHORIZED: entry<Nothing>(401, 'Send the credentials that the authentication function of the app looks for.', () => 'The client was not authenticated.'),
  AUTH_TIMEOUT: entry<{ readonly functionId: string; readonly timeoutMs: number }>(504, 'Make the authentication function answer sooner, or raise `auth_timeout_ms`.', (d) => `Authentication by "${d.functionId}" took longer than ${d.timeoutMs} ms.`, true),
  AUTH_UNAVAILABLE: entry<{ readonly functionId: string; readonly reason: string }>(503, 'Start the process that registers the function, or correct `auth_function`.', (d) => `The authentication function "${d.functionId}" cannot be reached: ${d.reason}.`, true),

  // Messages of clients
  INVALID_MESSAGE: entry<{ readonly problem: string }>(400, 'Send messages as docs/reference/stream-protocol.md describes them.', (d) => `The message cannot be understood: ${d.problem}.`),
  RATE_LIMITED: entry<{ readonly perSecond: number }>(429, 'Send the message again later; raise `messages_per_second` if clients need more.', (d) => `More than ${d.perSecond} messages per second: the message was ignored.`, true),
  STREAM_NOT_FOUND: entry<{ readonly stream: string; readonly nearest?: string }>(404, 'Join a stream that `streams` of modules::stream::StreamModule lists.', (d) => `There is no stream "${d.stream}"${d.nearest === undefined ? '' : `; did you mean "${d.nearest}"?`}`),
  SUBSCRIPTION_EXISTS: entry<Nothing>(409, 'Use an id that is not in use on this connection, or leave first.', () => 'The subscription id is in use on this connection.'),
  TOO_MANY_SUBSCRIPTIONS: entry<{ readonly limit: number }>(429, 'Leave some, follow whole groups instead of many items, or raise `max_subscriptions`.', (d) => `A connection may have ${d.limit} subscriptions.`),
  JOIN_REFUSED: entry<Nothing>(403, 'The onJoin of the app did not allow it.', () => 'The subscription was refused.'),
  JOIN_TIMEOUT: entry<{ readonly timeoutMs: number }>(504, 'Make onJoin answer sooner, or raise `join_timeout_ms`.', (d) => `The subscription was refused: onJoin took longer than ${d.timeoutMs} ms.`, true),
  JOIN_FAILED: entry<Nothing>(500, 'See the log of the server.', () => 'The subscription was refused: onJoin failed.', true),
  LEFT: entry<Nothing>(409, 'Join again when you want to follow it after all.', () => 'The subscription ended before it began.'),
  SNAPSHOT_FAILED: entry<Nothing>(500, 'See the log of the server; join again.', () => 'The subscription cannot be served now.', true),
  SNAPSHOT_TOO_LARGE: entry<{ readonly limitBytes: number }>(413, 'Follow single items, put fewer items into a group, or raise `max_snapshot_bytes`.', (d) => `The group holds more than ${d.limitBytes} bytes; that is not sent at once.`),

  // Functions
  INVALID_INPUT: entry<Input & { readonly field: string; readonly problem: string }>(400, 'Send the fields that the function takes.', (d) => `${d.functionId}: ${d.field} ${d.problem}.`),
  NOT_SERIALIZABLE: entry<Input & { readonly field: string; readonly pointer: string; readonly found: string }>(400, 'Send plain JSON data.', (d) => `${d.functionId}: ${d.field} is no JSON: at "${d.pointer}" stands ${d.found}.`),
  VALUE_TOO_LARGE: entry<{ readonly bytes: number; readonly limitBytes: number; readonly legacyCode?: string }>(413, 'Store large data elsewhere and stream a reference to it, or raise `max_value_bytes`.', (d) => `The value has ${d.bytes} bytes of JSON; ${d.limitBytes} are allowed.`),
  UPDATE_REFUSED: entry<{ readonly code: string; readonly problem: string; readonly opIndex?: number; readonly legacyCode: 'STREAM_UPDATE_ERROR' }>(409, 'Look at the operation named in `details`; nothing was changed.', (d) => `${d.problem}${d.opIndex === undefined ? '' : ` (operation ${d.opIndex}: ${d.code})`}`),
  LIST_TOO_LARGE: entry<{ readonly stream: string; readonly group?: string; readonly limit: string; readonly pages: 'with_ids' | 'with_cursor' }>(413, 'Ask for pages: `limit` with what `details.pages` names, then `cursor`.', (d) => `${d.group === undefined ? `Stream "${d.stream}"` : `The group "${d.group}" of stream "${d.stream}"`} holds more than ${d.limit}; that is not answered at once.`),
  ITEM_DAMAGED: entry<{ readonly stream: string; readonly group: string; readonly item: string }>(500, 'Set or delete the item anew, or restore a backup of the store.', (d) => `The item "${d.item}" of stream "${d.stream}", group "${d.group}", is damaged in the store.`),
  TRIGGER_DEPTH: entry<{ readonly stream: string; readonly limit: number }>(508, 'A trigger of the stream changes what triggers it: stop it with a condition.', (d) => `Triggers of stream "${d.stream}" led to one another ${d.limit} times.`),
  CUSTOM_STORAGE_FAILED: entry<{ readonly functionId: string; readonly problem: string; readonly legacyCode?: string }>(502, 'Correct the function that stores the stream.', (d) => `The custom storage function "${d.functionId}" gave no usable answer: ${d.problem}.`),
  CUSTOM_STORAGE_UNAVAILABLE: entry<{ readonly stream: string; readonly functionId: string; readonly legacyCode?: string }>(503, 'Start the worker that registers the function, and try again. To have the engine keep the stream itself again, call `stream::reset_storage` with its `stream_name`.', (d) => `Stream "${d.stream}" is kept by a worker, and "${d.functionId}" is not there. Nothing was done.`, true),
  CUSTOM_STORAGE_IN_USE: entry<{ readonly stream: string; readonly functionIds: readonly string[] }>(409, 'Stop the worker that registers the functions, or have it not register them, first.', (d) => `A worker keeps stream "${d.stream}": ${d.functionIds.join(', ')}.`),
  CUSTOM_STORAGE_BUSY: entry<{ readonly stream: string; readonly group: string; readonly waitedMs: number }>(503, 'Try again; look at why the functions that store the stream answer so slowly.', (d) => `The custom storage of stream "${d.stream}" had not come to this in ${d.waitedMs} ms: it was busy with what came before in group "${d.group}". Nothing was done.`, true),
  CUSTOM_STORAGE_TX: entry<{ readonly functionId: string }>(400, 'Leave streams with custom storage out of transactions.', (d) => `"${d.functionId}" stores outside of the engine and takes part in no transaction.`),
  NOT_STARTED: entry<Nothing>(503, 'Use streams between `start` and `stop` of the engine.', () => 'The stream module is not running.', true),
  ACCESS_FAILED: entry<{ readonly functionId: string; readonly legacyCode?: string; readonly problem: string }>(500, 'See the log of the server.', (d) => `${d.functionId} failed: ${d.problem}.`, true),

  // Listening
  PORT_IN_USE: entry<{ readonly port: number; readonly host: string; readonly module: string; readonly pid?: number; readonly exitCode: 78 }>(500, 'Stop the other process or set another `port`.', (d) => `Port ${d.port} on ${d.host} is already in use${d.pid === undefined ? '' : ` by process ${d.pid}`} (wanted by ${d.module}).`),
  LISTEN_FAILED: entry<{ readonly port: number; readonly host: string; readonly module: string; readonly reason: string; readonly exitCode: 78 }>(500, 'Set a `host` and `port` that this process may listen on.', (d) => `${d.module} cannot listen on ${d.host}:${d.port}: ${d.reason}.`),
});
