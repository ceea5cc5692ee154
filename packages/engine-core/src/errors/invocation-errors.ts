import { defineErrors } from '@motia/protocol';

/** Shown after a wrong name: `Did you mean a, b?`, or nothing. */
function didYouMean(nearest: readonly string[]): string {
  return nearest.length === 0 ? '' : ` Did you mean ${nearest.map((name) => `"${name}"`).join(' or ')}?`;
}

/** Conditions of calls, functions, triggers, workers and channels. Part of the `ENGINE` catalog. */
export const invocationCatalog = {
  FUNCTION_NOT_FOUND: {
    status: 404,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly functionId: string; readonly nearest: readonly string[] }) =>
      `No function is registered as "${d.functionId}".${didYouMean(d.nearest)}`,
    remedy: 'Check the id, and that the process that registers it is running (`iii functions` lists what is known).',
  },
  FUNCTION_CONFLICT: {
    status: 409,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly functionId: string; readonly owner: string }) => `Function "${d.functionId}" is already registered by ${d.owner}.`,
    remedy: 'Give one of the two another id. Only different processes may share an id, as replicas of one function.',
  },
  FUNCTION_NOT_OWNED: {
    status: 403,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly functionId: string }) => `Function "${d.functionId}" was not registered on this connection.`,
    remedy: 'A process can take back only what it registered itself.',
  },
  RESERVED_NAME: {
    status: 400,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly name: string; readonly prefix: string }) => `"${d.name}" cannot be registered: names starting with "${d.prefix}" belong to the engine.`,
    remedy: 'Choose another name.',
  },
  INVALID_NAME: {
    status: 400,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly name: string; readonly problem: string }) => `"${d.name}" is not a valid name: ${d.problem}.`,
    remedy: 'Names are 1 to 512 characters, without control characters and without spaces at either end.',
  },
  INVALID_REGISTRATION: {
    status: 400,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly name: string; readonly problem: string }) => `"${d.name}" cannot be registered: ${d.problem}.`,
    remedy: 'Send the registration as the message model of @motia/protocol describes it.',
  },
  LIMIT: {
    status: 413,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly what: string; readonly limit: number; readonly received?: number }) =>
      `${d.what} is over the limit of ${String(d.limit)}${d.received === undefined ? '' : ` (received ${String(d.received)})`}.`,
    remedy: 'Register less on one connection, or make what is registered smaller.',
  },
  CALL_DEPTH: {
    status: 508,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly functionId: string; readonly limit: number }) => `The call of "${d.functionId}" is nested more than ${String(d.limit)} calls deep.`,
    remedy: 'Look for functions that call each other in a circle; hand work over with `enqueue` instead of nesting calls.',
  },
  DEADLINE_EXCEEDED: {
    status: 504,
    retryable: true,
    since: '0.1.0',
    message: (d: { readonly functionId: string; readonly timeoutMs: number }) => `"${d.functionId}" did not answer within ${String(Math.round(d.timeoutMs))} ms.`,
    remedy: 'Make the function faster, raise the timeout of the caller, or hand long work to a queue.',
  },
  CANCELLED: {
    status: 499,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly functionId: string; readonly reason: string }) => `The call of "${d.functionId}" was cancelled: ${d.reason}.`,
    remedy: 'Nothing to do: the caller gave up before the answer.',
  },
  WORKER_LOST: {
    status: 502,
    retryable: true,
    since: '0.1.0',
    /** `reason` as in `WorkerClosure`: `left` is one that was told to go, by a reload or a stop, and is not to blame. */
    message: (d: { readonly functionId: string; readonly worker: string; readonly reason?: 'left' | 'lost' | 'hung' | 'faulty' }) => `The process that ran "${d.functionId}" (${d.worker}) went away before it answered.`,
    remedy: 'See the output of that process above. The call may have had effects: repeat it only if it is safe to.',
  },
  WORKER_UNAVAILABLE: {
    status: 503,
    retryable: true,
    since: '0.1.0',
    message: (d: { readonly functionId: string; readonly waitedMs: number }) =>
      `No process is ready to run "${d.functionId}" (waited ${String(Math.round(d.waitedMs))} ms for one to come back).`,
    remedy: 'The process is restarting or failed to start: see its output. Repeat the call later.',
  },
  WORKER_BACKPRESSURE: {
    status: 503,
    retryable: true,
    since: '0.1.0',
    message: (d: { readonly functionId: string; readonly worker: string }) => `The process that runs "${d.functionId}" (${d.worker}) is not keeping up with its calls.`,
    remedy: 'Repeat the call later; add replicas, or make the handlers stop blocking the process.',
  },
  HANDLER_FAILED: {
    status: 500,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly functionId: string; readonly problem: string }) => `"${d.functionId}" failed: ${d.problem}`,
    remedy: 'See the cause and its stack in the log of the trace.',
  },
  INVALID_PAYLOAD: {
    status: 400,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly functionId: string; readonly problem: string }) => `The payload for "${d.functionId}" cannot be used: ${d.problem}.`,
    remedy: 'Send a payload of the form that the function documents.',
  },
  ENQUEUE_UNAVAILABLE: {
    status: 503,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly functionId: string; readonly queue: string }) => `"${d.functionId}" cannot be enqueued on "${d.queue}": no queue module is loaded.`,
    remedy: 'Add `- class: modules::queue::QueueModule` to the modules of config.yaml.',
  },
  STOPPED: {
    status: 503,
    retryable: true,
    since: '0.1.0',
    message: (d: { readonly what: string }) => `${d.what} was refused: the engine is stopping.`,
    remedy: 'Repeat the call once the engine is back.',
  },
  HANDSHAKE_TIMEOUT: {
    status: 504,
    retryable: true,
    since: '0.1.0',
    message: (d: { readonly worker: string; readonly timeoutMs: number; readonly state: string }) =>
      `${d.worker} did not finish its handshake within ${String(d.timeoutMs)} ms (${d.state}).`,
    remedy: 'Check that the command starts an SDK process that speaks the protocol on its stdin and stdout, and that loading it is not slower than the limit.',
  },
  WORKER_UNAUTHORIZED: {
    status: 401,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly worker: string }) => `${d.worker} was refused: its token is missing or wrong.`,
    remedy: 'Start the process with the token that the engine was configured with; the SDK reads it from III_ENGINE_TOKEN.',
  },
  WORKER_HUNG: {
    status: 502,
    retryable: true,
    since: '0.1.0',
    message: (d: { readonly worker: string; readonly silentMs: number }) => `${d.worker} answered no heartbeat for ${String(Math.round(d.silentMs))} ms.`,
    remedy: 'Look for code that blocks the process (an endless loop, synchronous work); long work belongs into small pieces or another process.',
  },
  WORKER_DISCONNECTED: {
    status: 502,
    retryable: true,
    since: '0.1.0',
    message: (d: { readonly worker: string; readonly reason: string }) => `${d.worker} went away: ${d.reason}.`,
    remedy: 'See the output of that process above.',
  },
  WORKER_CLOSED: {
    status: 503,
    retryable: true,
    since: '0.1.0',
    message: (d: { readonly worker: string; readonly state: string }) => `${d.worker} cannot do this: it is ${d.state}.`,
    remedy: 'Connect again and register anew.',
  },
  WORKER_NOT_INITIALIZED: {
    status: 400,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly worker: string; readonly method: string }) => `${d.worker} sent "${d.method}" before "initialize".`,
    remedy: 'Send `initialize` first, once, and wait for its answer.',
  },
  WORKER_CALLER_ONLY: {
    status: 403,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly worker: string; readonly method: string }) => `${d.worker} may only call functions; "${d.method}" is refused on this connection.`,
    remedy: 'Register functions and triggers from a process that the engine runs, or over the worker socket.',
  },
  TRIGGER_TYPE_CONFLICT: {
    status: 409,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly type: string; readonly owner: string }) => `Trigger type "${d.type}" is already offered by ${d.owner}.`,
    remedy: 'Load only one module for the type, or give the new type another name.',
  },
  SWAP_REFUSED: {
    status: 409,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly problems: readonly { readonly type: string; readonly functionId: string; readonly code: string; readonly reason: string }[] }) =>
      `${d.problems.length === 1 ? 'A trigger' : `${d.problems.length} triggers`} of the new version cannot be bound: ${d.problems.slice(0, 5).map(({ reason }) => reason).join(' ')}${d.problems.length > 5 ? ' …' : ''}`,
    remedy: 'Correct what the message names and save again: until then the previous version serves.',
  },
  TRIGGER_CONFLICT: {
    status: 409,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly triggerId: string }) => `Trigger "${d.triggerId}" is registered already on this connection.`,
    remedy: 'Use an id of its own for each trigger of a process.',
  },
  TRIGGER_NOT_FOUND: {
    status: 404,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly triggerId: string }) => `Trigger "${d.triggerId}" was not registered on this connection.`,
    remedy: 'A process can take back only what it registered itself.',
  },
  TRIGGER_TYPE_NOT_FOUND: {
    status: 404,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly type: string }) => `Trigger type "${d.type}" was not registered on this connection.`,
    remedy: 'A process can take back only what it registered itself.',
  },
  TRIGGER_CONFIG_INVALID: {
    status: 400,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly type: string; readonly functionId: string; readonly problem: string; readonly reasonCode?: string; readonly reasonDetails?: unknown }) =>
      `The ${d.type} trigger of "${d.functionId}" has an invalid config: ${d.problem}.`,
    remedy: 'Correct the trigger in the config of the Step.',
  },
  TRIGGER_APPLY_FAILED: {
    status: 500,
    retryable: true,
    since: '0.1.0',
    message: (d: { readonly type: string; readonly functionId: string; readonly problem: string }) =>
      `The ${d.type} trigger of "${d.functionId}" could not be bound: ${d.problem}`,
    remedy: 'See the log of the module or process that offers the trigger type.',
  },
  CHANNELS_EXHAUSTED: {
    status: 503,
    retryable: true,
    since: '0.1.0',
    message: (d: { readonly limit: number }) => `All ${String(d.limit)} channels of the engine are open.`,
    remedy: 'Try again later. Streamed bodies and responses take a channel each until they end: close those that nobody reads.',
  },
  CHANNEL_NOT_FOUND: {
    status: 404,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly channelId: string }) => `Channel "${d.channelId}" does not exist, or the access key is not the one of this end.`,
    remedy: 'Use the channel reference as it was handed out, and open it within five minutes.',
  },
  CHANNEL_CLAIMED: {
    status: 409,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly channelId: string; readonly direction: string }) => `The ${d.direction} end of channel "${d.channelId}" is taken already.`,
    remedy: 'Each end of a channel is opened once; create another channel for another pair.',
  },
  CHANNEL_OVERFLOW: {
    status: 413,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly channelId: string; readonly limit: number }) => `The writer of channel "${d.channelId}" sent more than the ${String(d.limit)} bytes it had credit for.`,
    remedy: 'Wait for `channels/credit` before writing on.',
  },
  CHANNEL_CLOSED: {
    status: 409,
    retryable: false,
    since: '0.1.0',
    message: (d: { readonly channelId: string; readonly reason: string }) => `Channel "${d.channelId}" is closed: ${d.reason}.`,
    remedy: 'The other side has gone or has finished; create another channel to send more.',
  },
} as const;

/** Makes the conditions of {@link invocationCatalog}: `invocationErrors.FUNCTION_NOT_FOUND({ functionId, nearest })`. */
export const invocationErrors = defineErrors('ENGINE', invocationCatalog);
