import { defineErrors } from '@motia/protocol';

/** One place of a value that a schema refused. */
export interface InputProblem {
  /** JSON pointer into the value; `''` is the value itself. */
  readonly path: string;
  readonly problem: string;
}

/** Everything that the SDK itself reports, as `MOTIA_SDK_<CONDITION>`. */
export const sdkErrors = defineErrors('SDK', {
  HANDLER_FAILED: {
    status: 500,
    retryable: false,
    since: '0.1.0',
    message: (d: { functionId: string; message: string }) => d.message,
    remedy: 'The handler threw. Its stack in the log names file and line.',
  },
  NON_RETRYABLE: {
    status: 500,
    retryable: false,
    since: '0.1.0',
    message: (d: { message: string }) => d.message,
    remedy: 'The handler said that another attempt cannot succeed: a message goes to the dead letters at once. Correct the cause, then redrive it.',
  },
  RETRY_AFTER: {
    status: 503,
    retryable: true,
    since: '0.1.0',
    message: (d: { message: string; retryAfterMs: number }) => d.message,
    remedy: 'The handler asked for another attempt after details.retryAfterMs.',
  },
  INPUT_INVALID: {
    status: 400,
    retryable: false,
    since: '0.1.0',
    message: (d: { functionId: string; part: string; problems: readonly InputProblem[] }) =>
      `The ${d.part} does not match its schema: ${d.problems.map((p) => `${p.path === '' ? 'value' : p.path} ${p.problem}`).join('; ')}`,
    remedy: 'Send a value that the schema of the trigger accepts; details list every problem.',
  },
  RESPONSE_INVALID: {
    status: 500,
    retryable: false,
    since: '0.1.0',
    message: (d: { functionId: string; status: number; problems: readonly InputProblem[] }) =>
      `${d.functionId} answered ${d.status} with a body that breaks its responseSchema: ${d.problems.map((p) => `${p.path === '' ? 'value' : p.path} ${p.problem}`).join('; ')}`,
    remedy: 'Return a body that matches responseSchema, or correct the schema. In production this is a warning only.',
  },
  NOT_SERIALIZABLE: {
    status: 500,
    retryable: false,
    since: '0.1.0',
    message: (d: { functionId: string; reason: string }) => `The result of ${d.functionId} cannot be sent as JSON: ${d.reason}`,
    remedy: 'Return plain data: no BigInt, no cycles, no values whose toJSON throws.',
  },
  STEP_INVALID: {
    status: 500,
    retryable: false,
    since: '0.1.0',
    message: (d: { file: string; problem: string }) => `${d.file} is not a Step: ${d.problem}`,
    remedy: 'Export `config` with name and triggers, and `handler`; or the result of step(config, handler).',
  },
  STEP_NAME_TAKEN: {
    status: 500,
    retryable: false,
    since: '0.1.0',
    message: (d: { file: string; name: string; taker: string }) => `${d.file}: the name ${d.name} is taken by ${d.taker}`,
    remedy: 'Give the Step a name of its own: names are part of function ids.',
  },
  REGISTRATION_REJECTED: {
    status: 500,
    retryable: false,
    since: '0.1.0',
    message: (d: { file: string; step: string; id: string; code: string; reason: string }) => `${d.file}: Step "${d.step}" was not registered (${d.id}): ${d.code}: ${d.reason}`,
    remedy: 'Correct the trigger that the engine refused.',
  },
  START_FAILED: {
    status: 500,
    retryable: false,
    since: '0.1.0',
    message: (d: { problems: readonly string[] }) => `The Steps could not be started:\n  ${d.problems.join('\n  ')}`,
    remedy: 'Correct the places named above: in production, and while an older process is serving, every Step must load and register.',
  },
  BODY_ALREADY_READ: {
    status: 500,
    retryable: false,
    since: '0.1.0',
    message: (d: { what: string }) => `${d.what} was read already`,
    remedy: 'A stream can be read once: keep what text(), json() or bytes() gave.',
  },
  RESPONSE_ABANDONED: {
    status: 500,
    retryable: false,
    since: '0.1.0',
    message: (d: { functionId: string }) => `${d.functionId} destroyed its response stream before it had ended`,
    remedy: 'End the stream with end() or response.close(); destroy(error) says why it broke off.',
  },
  STREAMING_UNAVAILABLE: {
    status: 501,
    retryable: false,
    since: '0.1.0',
    message: (d: { functionId: string; member: string }) => `${d.functionId} used ${d.member}, but the engine offered no channel for this request`,
    remedy: 'Return { status, headers, body }. Streamed bodies need an engine whose REST module opens channels.',
  },
  MODULE_NOT_LOADED: {
    status: 501,
    retryable: false,
    since: '0.1.0',
    message: (d: { module: string; functionId: string }) => `${d.module} is not loaded: the engine has no function ${d.functionId}`,
    remedy: 'Add the module to config.yaml (or to createEngine({ modules })) and restart the engine.',
  },
  NOT_CONNECTED: {
    status: 503,
    retryable: true,
    since: '0.1.0',
    message: (d: { functionId: string }) => `${d.functionId} cannot be called: this process has no engine connection`,
    remedy: 'Call it from a handler, or after run() is ready; outside an engine use motia/testing.',
  },
  WORKER_DRAINING: {
    status: 503,
    retryable: true,
    since: '0.1.0',
    message: (d: { functionId: string }) => `${d.functionId} was not started: this process is finishing its last calls`,
    remedy: 'Call again; the engine routes to the new process.',
  },
  FUNCTION_UNKNOWN: {
    status: 404,
    retryable: false,
    since: '0.1.0',
    message: (d: { functionId: string }) => `This process has no function ${d.functionId}`,
    remedy: 'Check the name of the Step and its triggers.',
  },
  TRIGGER_UNMATCHED: {
    status: 500,
    retryable: false,
    since: '0.1.0',
    message: (d: { functionId: string; type: string; offered: readonly string[] }) =>
      `${d.functionId} was started by a ${d.type} trigger, but only ${d.offered.length === 0 ? 'nothing' : d.offered.join(', ')} is handled`,
    remedy: 'Add a handler for that trigger type, or `default`.',
  },
  STREAM_DATA_INVALID: {
    status: 500,
    retryable: false,
    since: '0.1.0',
    message: (d: { stream: string; groupId: string; itemId: string; problems: readonly InputProblem[] }) =>
      `The data for item ${d.itemId} of group ${d.groupId} breaks the schema of stream ${d.stream}: ${d.problems.map((p) => `${p.path === '' ? 'value' : p.path} ${p.problem}`).join('; ')}`,
    remedy: 'Set data that matches the schema in the *.stream.ts file, or correct the schema.',
  },
  TRANSACTION_CLOSED: {
    status: 500,
    retryable: false,
    since: '0.1.0',
    message: (d: { functionId: string }) => `${d.functionId} came too late: the transaction it belongs to was sent already`,
    remedy: 'Make every change inside the function that is handed to transaction(), before it returns or its promise resolves.',
  },
  STREAM_UNKNOWN: {
    status: 404,
    retryable: false,
    since: '0.1.0',
    message: (d: { stream: string; known: readonly string[] }) => `ctx.streams.${d.stream} does not exist; known: ${d.known.length === 0 ? 'none' : d.known.join(', ')}`,
    remedy: 'Define the stream in a *.stream.ts file.',
  },
  CALL_CANCELLED: {
    status: 499,
    retryable: false,
    since: '0.1.0',
    message: (d: { functionId: string; reason: string }) => `${d.functionId} was cancelled: ${d.reason}`,
    remedy: 'Nobody waits for the result any more; stop the work.',
  },
  REGISTRATION_INVALID: {
    status: 500,
    retryable: false,
    since: '0.1.0',
    message: (d: { what: string; problem: string }) => `${d.what} ${d.problem}`,
    remedy: 'Register it with an id of its own and a handler function.',
  },
  ENGINE_MISSING: {
    status: 500,
    retryable: false,
    since: '0.1.0',
    message: (d: { cause: string }) => `motia/testing needs @motia/engine: ${d.cause}`,
    remedy: 'npm i -D @motia/engine',
  },
});
