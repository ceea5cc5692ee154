import { defineErrors, type ErrorEntry } from '@motia/engine-core/contract';

/** One thing wrong with an input: a JSON pointer and what is wrong there. */
export interface InputProblem {
  /** JSON pointer into the body, the query or the response body; `''` is the whole. */
  readonly path: string;
  readonly problem: string;
}

/** Who holds a route, for messages. */
export interface RouteOwner {
  readonly functionId: string;
  readonly path: string;
  readonly owners: readonly string[];
}

/** What a bad request is told about the JSON it sent. */
export interface JsonPosition {
  readonly line?: number;
  readonly column?: number;
  /** There was none at all. */
  readonly isMissing?: true;
}

/** Said of a request without a body where a schema wants one. */
export const missingBody: InputProblem = { path: '', problem: 'A JSON body is required' };

function entry<D>(status: number, remedy: string, message: (details: D) => string, retryable = false): ErrorEntry<D> {
  return { status, retryable, since: '0.1.0', message, remedy };
}

const ownerText = (owner: RouteOwner): string => `function "${owner.functionId}" (${owner.owners.join(', ') || 'unknown owner'}) at ${owner.path}`;
const place = (details: JsonPosition): string => (details.line === undefined ? '' : ` at line ${details.line}, column ${details.column ?? 1}`);

/** Every condition of the REST module, `MOTIA_REST_<key>`. Requests meet the first three groups, registrations the fourth, the host the last. */
export const restErrors = defineErrors('REST', {
  // Finding the function
  ROUTE_NOT_FOUND: entry<{ readonly legacyCode: 'NOT_FOUND' }>(404, 'Check the path and the HTTP method; `iii functions` lists what is registered.', () => 'No route matches this path.'),
  STARTING: entry<Readonly<Record<never, never>>>(503, 'Try again: the processes that serve the routes are still starting.', () => 'The server is starting, and no route for this path is registered yet.', true),
  METHOD_NOT_ALLOWED: entry<{ readonly allowed: readonly string[] }>(405, 'Use one of the methods in the Allow header.', (d) => `This path answers ${d.allowed.join(', ')} only.`),
  INVALID_PATH_ENCODING: entry<{ readonly param?: string }>(400, 'Percent-encode the path as UTF-8 (encodeURIComponent for each segment).', () => 'The path holds a malformed percent-encoding.'),
  INVALID_PATH_PARAM: entry<{ readonly param: string }>(400, 'Leave NUL and control characters out of path parameters.', (d) => `The path parameter "${d.param}" holds a control character.`),
  URI_TOO_LONG: entry<{ readonly limitBytes: number }>(414, 'Send large inputs in the body.', (d) => `The URL is longer than ${d.limitBytes} bytes.`),
  TOO_MANY_PARAMS: entry<{ readonly limit: number }>(400, 'Send large inputs in the body.', (d) => `The query string has more than ${d.limit} parameters.`),
  HOST_NOT_ALLOWED: entry<Readonly<Record<never, never>>>(421, 'Add the name to `allowed_hosts` of modules::api::RestApiModule, or call it by localhost or an IP address.', () => 'The Host header names a host this server does not answer for.'),
  MALFORMED_REQUEST: entry<{ readonly reason: string }>(400, 'Send well-formed HTTP/1.1.', (d) => `The request is not valid HTTP: ${d.reason}.`),
  HEADERS_TOO_LARGE: entry<{ readonly limitBytes?: number; readonly limitCount?: number }>(431, 'Send fewer or shorter headers.', (d) => (d.limitCount === undefined ? `The request head is larger than ${d.limitBytes ?? 0} bytes.` : `The request has more than ${d.limitCount} headers.`)),
  REQUEST_TIMEOUT: entry<Readonly<Record<never, never>>>(408, 'Send the whole request in time.', () => 'The request did not arrive in time.', true),
  EXPECTATION_FAILED: entry<Readonly<Record<never, never>>>(417, 'Only `Expect: 100-continue` is understood.', () => 'The Expect header asks for something this server does not do.'),

  // The body and what was declared of it
  BODY_TOO_LARGE: entry<{ readonly limitBytes: number; readonly receivedBytes: number; readonly part?: string }>(413, 'Send less, or raise `body_limit_bytes` of the route or the module, or `uploads`.', (d) => `The ${d.part === undefined ? 'body' : `form (${d.part})`} is larger than ${d.limitBytes} bytes (at least ${d.receivedBytes} received or announced).`),
  UNSUPPORTED_MEDIA_TYPE: entry<{ readonly reason: string; readonly accepted?: readonly string[] }>(415, 'Send JSON, text and forms as UTF-8, and any body plain or gzip, deflate or br encoded.', (d) => `The body cannot be read: ${d.reason}.`),
  INVALID_JSON: entry<JsonPosition>(400, 'Send valid JSON, or leave out the content type when there is no body.', (d) => (d.isMissing === true ? `${missingBody.problem}.` : `The body is not valid JSON${place(d)}.`)),
  JSON_TOO_DEEP: entry<JsonPosition & { readonly limit: number }>(400, 'Nest less.', (d) => `The JSON body nests deeper than ${d.limit} levels${place(d)}.`),
  JSON_TOO_COMPLEX: entry<JsonPosition & { readonly limit: number }>(400, 'Send fewer values in one request.', (d) => `The JSON body holds more than ${d.limit} values.`),
  FORBIDDEN_KEY: entry<JsonPosition>(400, 'Leave out `__proto__` and `constructor.prototype`: they could change the prototype of objects they are copied into.', (d) => `The JSON body holds a forbidden key${place(d)}.`),
  INVALID_BODY: entry<{ readonly reason: string }>(400, 'Send the body as its headers announce it.', (d) => `The body cannot be read: ${d.reason}.`),
  TOO_MANY_PARTS: entry<{ readonly what: string; readonly limit: number }>(413, 'Send fewer, or raise `uploads` of modules::api::RestApiModule.', (d) => `The form holds more than ${d.limit} ${d.what}.`),
  CLIENT_DISCONNECTED: entry<Readonly<Record<never, never>>>(499, 'Stop the work: nobody receives the response.', () => 'The client closed its connection.'),
  BODY_ABANDONED: entry<Readonly<Record<never, never>>>(499, 'Read the body before the handler answers.', () => 'The request was answered before its body was read.'),
  VALIDATION_FAILED: entry<readonly InputProblem[]>(400, 'Correct the values named in `details`.', (d) => (d[0] === missingBody ? `${missingBody.problem}.` : `The request does not fit its schema: ${d.slice(0, 3).map((p) => `${p.path || '/'} ${p.problem}`).join('; ')}${d.length > 3 ? '; …' : ''}.`)),

  // Running the function
  CONDITION_NOT_MET: entry<{ readonly legacyCode: 'CONDITION_NOT_MET' }>(422, "The route's condition function answered false for this request.", () => 'Request condition not met.'),
  IDEMPOTENCY_KEY_MISSING: entry<Readonly<Record<never, never>>>(400, 'Send an `Idempotency-Key` header with a value of its own for each thing to be done, such as a UUID, and the same one when you repeat the request.', () => 'This route needs an Idempotency-Key header.'),
  IDEMPOTENCY_KEY_INVALID: entry<{ readonly problem: string }>(400, 'Send one `Idempotency-Key` header of 1 to 255 printable ASCII characters, such as a UUID.', (d) => `The Idempotency-Key cannot be used: ${d.problem}.`),
  IDEMPOTENCY_MISMATCH: entry<Readonly<Record<never, never>>>(422, 'Use a new key for another request; repeat a request exactly as it was.', () => 'This Idempotency-Key was used for another request.'),
  IDEMPOTENCY_IN_PROGRESS: entry<Readonly<Record<never, never>>>(409, 'Repeat the request later, with the same key.', () => 'A request with this Idempotency-Key is under way.', true),
  IDEMPOTENCY_NOT_REPLAYABLE: entry<{ readonly limitBytes: number }>(409, 'Ask for the result another way: the request was handled and is not run again.', (d) => `A request with this Idempotency-Key was answered, with a response that cannot be given again: it was streamed, larger than ${d.limitBytes} bytes, or is damaged.`),
  BODY_NOT_KEPT: entry<Readonly<Record<never, never>>>(415, 'Send JSON, text or a form without files: the request is kept in a queue, whole.', () => 'This route answers before it runs, and the body of the request cannot be kept: it is streamed.'),
  ACCEPTED_REQUEST_UNKNOWN: entry<Readonly<Record<never, never>>>(404, 'Use the status URL of the 202 answer; what has ended is forgotten after a while.', () => 'No accepted request has this id, or it ended long ago.'),
  OVERLOADED: entry<{ readonly limit: number }>(503, 'Try again after Retry-After; raise `concurrency_request_limit` if the machine has room.', (d) => `The server is handling its limit of ${d.limit} requests.`, true),
  DRAINING: entry<Readonly<Record<never, never>>>(503, 'Try again: the server is going down or being replaced.', () => 'The server is shutting down.', true),
  HANDLER_FAILED: entry<{ readonly legacyCode: 'INTERNAL_ERROR'; readonly functionId?: string }>(500, 'See the log of the request id.', () => 'The handler failed.'),
  MIDDLEWARE_REFUSED: entry<{ readonly status: number; readonly reason: string }>(400, 'Send what the middleware of the server accepts.', (d) => `Middleware refused the request: ${d.reason}.`),
  MIDDLEWARE_TIMEOUT: entry<{ readonly functionId: string; readonly timeoutMs: number; readonly legacyCode: 'MIDDLEWARE_TIMEOUT' }>(504, 'Make the middleware answer sooner, or raise its `timeout_ms` and the time of the route.', (d) => `Middleware "${d.functionId}" did not answer within ${d.timeoutMs} ms.`, true),
  INVALID_MIDDLEWARE_RESPONSE: entry<{ readonly functionId: string; readonly field: string; readonly problem: string }>(500, 'Return `{ action: "continue", context }` or `{ action: "respond", response: { status_code, headers, body } }`.', (d) => `Middleware "${d.functionId}" returned an invalid response: ${d.field} ${d.problem}.`),
  INVALID_HANDLER_RESPONSE: entry<{ readonly functionId: string; readonly field: string; readonly problem: string }>(500, 'Return `{ status, headers, body }` with values HTTP can carry.', (d) => `Function "${d.functionId}" returned an invalid response: ${d.field} ${d.problem}.`),
  RESPONSE_BROKEN: entry<{ readonly functionId: string; readonly problem: string }>(500, 'See the log of the request id; the connection was closed so that the client knows.', (d) => `The response of function "${d.functionId}" broke off: ${d.problem}.`),
  RESPONSE_SCHEMA_MISMATCH: entry<{ readonly functionId: string; readonly problems: readonly InputProblem[] }>(500, 'Make the handler return what its responseSchema says, or correct the schema.', (d) => `The response of function "${d.functionId}" does not fit its responseSchema: ${d.problems.slice(0, 3).map((p) => `${p.path || '/'} ${p.problem}`).join('; ')}.`),

  // Registering a route
  INVALID_ROUTE: entry<{ readonly path: string; readonly problem: string; readonly use?: string }>(400, 'Write each parameter as a whole segment (`/users/:id`); a trailing `/*rest` takes what is left.', (d) => `The path "${d.path}" is not supported: ${d.problem}${d.use === undefined ? '' : `; write ${d.use}`}.`),
  ROUTE_CONFLICT: entry<{ readonly method: string; readonly path: string; readonly holder: RouteOwner; readonly newcomer: RouteOwner }>(409, 'Give one of them another path or method.', (d) => `${d.method} ${d.path} is already taken by ${ownerText(d.holder)}; ${ownerText(d.newcomer)} was refused.`),
  RESERVED_PATH: entry<{ readonly path: string; readonly reserved: string }>(409, 'Choose another path, or move the system routes with `system_routes`.', (d) => `The path "${d.path}" is reserved for the engine (${d.reserved}).`),
  INVALID_SCHEMA: entry<{ readonly field: string; readonly problem: string }>(400, 'Give a valid JSON Schema (draft-07, 2019-09 or 2020-12).', (d) => `${d.field} is not a usable JSON Schema: ${d.problem}.`),

  QUEUE_MISSING: entry<{ readonly functionId: string }>(501, 'Add modules::queue::QueueModule to the configuration, or leave out `respond: accepted`.', (d) => `The route of "${d.functionId}" has \`respond: accepted\`, and no module offers a queue to run it from.`),
  TRIGGER_KEY_MISUSED: entry<{ readonly key: string; readonly problem: string }>(400, 'Leave the key out, or correct what the message names.', (d) => `The key \`${d.key}\` cannot be used here: ${d.problem}.`),

  // Listening
  REPLAY_STORE_MISSING: entry<{ readonly exitCode: 78 }>(500, 'Add modules::store::SqliteStore to the configuration, or set `idempotency: { store_method: in_memory }`.', () => '`idempotency.store_method` is file_based, and no module offers a store.'),
  INVALID_PROXY: entry<{ readonly problem: string; readonly exitCode: 78 }>(500, 'Name addresses, networks, or loopback, linklocal, uniquelocal in `trust_proxy`.', (d) => `trust_proxy cannot be read: ${d.problem}.`),
  PORT_IN_USE: entry<{ readonly port: number; readonly host: string; readonly module: string; readonly pid?: number; readonly exitCode: 78 }>(500, 'Stop the other process or set another `port`.', (d) => `Port ${d.port} on ${d.host} is already in use${d.pid === undefined ? '' : ` by process ${d.pid}`} (wanted by ${d.module}).`),
  LISTEN_FAILED: entry<{ readonly port: number; readonly host: string; readonly module: string; readonly reason: string; readonly exitCode: 78 }>(500, 'Set a `host` and `port` that this process may listen on.', (d) => `${d.module} cannot listen on ${d.host}:${d.port}: ${d.reason}.`),
});
