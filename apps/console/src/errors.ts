import { defineErrors, type ErrorEntry } from '@motia/engine-core/contract';

function entry<D>(status: number, remedy: string, message: (details: D) => string, retryable = false): ErrorEntry<D> {
  return { status, retryable, since: '0.1.0', message, remedy };
}

/** The first of them: `details` has all. */
function problemsOf(problems: readonly { readonly pointer: string; readonly problem: string }[] = []): string {
  return problems.length === 0 ? '' : `: ${problems.slice(0, 3).map(({ pointer, problem }) => `${pointer} ${problem}`).join('; ')}`;
}

/** Every condition of the console, `MOTIA_CONSOLE_<key>`. */
export const consoleErrors = defineErrors('CONSOLE', {
  TOKEN_REQUIRED: entry<{ readonly host: string; readonly exitCode: 78 }>(
    500,
    "Set `token` (for example `token: '${III_CONSOLE_TOKEN}'`), or leave `host` out to listen on this machine only.",
    (d) => `The console would listen on ${d.host} with a token that is new at each start: set one that you keep.`,
  ),
  PORT_IN_USE: entry<{ readonly port: number; readonly host: string; readonly module: string; readonly pid?: number }>(
    500,
    'Stop the other program, or set another `port` of modules::console::ConsoleModule.',
    (d) => `Port ${d.port} on ${d.host} is already in use${d.pid === undefined ? '' : ` by process ${d.pid}`} (wanted by ${d.module}).`,
  ),
  LISTEN_FAILED: entry<{ readonly port: number; readonly host: string; readonly module: string; readonly reason: string }>(
    500,
    'Check that the address belongs to this machine.',
    (d) => `${d.module} cannot listen on ${d.host}:${d.port}: ${d.reason}.`,
  ),
  HOST_NOT_ALLOWED: entry<{ readonly host: string }>(
    421,
    'Open the console as http://localhost:<port>, or add the name to `allowed_hosts`.',
    () => 'The console does not answer for the name in the Host header.',
  ),
  ORIGIN_NOT_ALLOWED: entry<Record<string, never>>(403, 'Use the page that the console itself serves, or a program that sends no Origin header.', () => 'The request comes from a page of another origin.'),
  UNAUTHORIZED: entry<Record<string, never>>(
    401,
    'Open the address that the engine printed at its start, or send the token as `Authorization: Bearer <token>`.',
    () => 'The request carries no valid token of the console.',
  ),
  TOO_MANY_FAILURES: entry<{ readonly retryAfterMs: number }>(429, 'Wait for retryAfterMs, then send the right token.', (d) => `Too many requests came with a wrong token (again in ${d.retryAfterMs} ms).`, true),
  HEADER_REQUIRED: entry<Record<string, never>>(403, 'Send `X-Console: 1` with every change: a form of a foreign page cannot.', () => 'A change needs the header X-Console.'),
  READ_ONLY: entry<Record<string, never>>(403, 'Take `read_only: true` out of the configuration of modules::console::ConsoleModule.', () => 'This console can only look.'),
  VALUE_HIDDEN: entry<Record<string, never>>(422, 'Read it with `reveal=true`, or send the secret itself.', () => 'The value holds the mark that stands in place of a secret: storing it would overwrite the secret.'),
  MEDIA_TYPE: entry<Record<string, never>>(415, 'Send JSON with `Content-Type: application/json`.', () => 'The body is not declared as JSON.'),
  BODY_INVALID: entry<{ readonly reason: string; readonly problems?: readonly { readonly pointer: string; readonly problem: string }[] }>(422, 'Correct what is named; the reference of the data API has the body of every path.', (d) => `The body cannot be used: ${d.reason}${problemsOf(d.problems)}.`),
  BODY_TOO_LARGE: entry<{ readonly limitBytes: number }>(413, 'Send less.', (d) => `The body is longer than ${d.limitBytes} bytes.`),
  QUERY_INVALID: entry<{ readonly parameter: string; readonly reason: string }>(400, 'Correct the parameter; the reference of the data API has those of every path.', (d) => `The query parameter ${d.parameter} ${d.reason}.`),
  HEADER_INVALID: entry<{ readonly header: string; readonly reason: string }>(400, 'Compare the header with the reference of the data API.', (d) => `The header ${d.header} ${d.reason}.`),
  KEY_REUSED: entry<Record<string, never>>(422, 'Make a new key for each change, and repeat only the very same request under it.', () => 'The Idempotency-Key belongs to another change.'),
  CURSOR_INVALID: entry<Record<string, never>>(400, 'Take `nextCursor` of the page before as it is, with the same filters.', () => 'The cursor does not belong to this list.'),
  NOT_FOUND: entry<{ readonly path: string }>(404, 'The reference of the data API lists every path.', (d) => `There is nothing at ${d.path}.`),
  RESOURCE_NOT_FOUND: entry<{ readonly kind: string; readonly id: string }>(404, 'It may have ended or been removed: look at the list again.', (d) => `There is no ${d.kind} "${d.id}".`),
  METHOD_NOT_ALLOWED: entry<{ readonly allowed: readonly string[] }>(405, 'Use one of the methods in `allowed`.', (d) => `This path takes ${d.allowed.join(', ')}.`),
  MODULE_MISSING: entry<{ readonly functionId: string; readonly module: string }>(
    404,
    'Add the module to config.yaml and start the engine again.',
    (d) => `This engine runs without ${d.module}, which the request needs.`,
  ),
  NOT_OURS: entry<{ readonly worker: string }>(409, 'Restart it where it was started; `drain` takes it out of service here.', (d) => `The worker "${d.worker}" was not started by this engine.`),
  ANSWER_INVALID: entry<{ readonly path: string; readonly problems: readonly { readonly pointer: string; readonly problem: string }[] }>(
    500,
    'A module answers in another form than the data API promises: check the versions of the packages. Only in development is that an error.',
    (d) => `What ${d.path} would answer is not what the data API promises: ${d.problems.map(({ pointer, problem }) => `${pointer || 'the answer'} ${problem}`).join('; ')}.`,
  ),
  TOO_MANY_CONNECTIONS: entry<{ readonly limit: number }>(503, 'Close other windows of the console, or raise `max_live_connections`.', (d) => `All ${d.limit} live connections are taken.`, true),
  TOPIC_UNKNOWN: entry<{ readonly topic: string }>(404, 'The reference of the data API lists every topic.', (d) => `There is no topic "${d.topic}".`),
  TOPIC_UNREADABLE: entry<Record<string, never>>(500, 'The engine log says why, at the level debug.', () => 'The topic cannot be read at the moment.', true),
  FRAME_INVALID: entry<{ readonly reason: string }>(400, 'Send JSON objects with `op`, `id` and `topic`.', (d) => `The frame cannot be used: ${d.reason}.`),
});
