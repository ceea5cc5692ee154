import { isMotiaError, messageOf, type Endpoint, type InvokeParams, type MotiaError } from '@motia/protocol';
import type { InvocationScope, TracedCallOptions } from '../context/invocation-scope.js';
import { nextInvocationId } from '../context/step-context.js';
import { sdkErrors } from '../errors.js';
import { activeTrace } from '../telemetry/active-trace.js';
import { rejectAsOwnCall } from './handler-error.js';

const defaultTimeoutMs = 30_000;

/** A call of this process, on behalf of the handler that makes it. Never throws: what cannot be sent is a rejection. */
export function callFunction(endpoint: Endpoint, scope: InvocationScope | undefined, functionId: string, payload: unknown, options: TracedCallOptions): Promise<unknown> {
  const trace = options.trace ?? (scope === undefined ? undefined : activeTrace(scope));
  const params: Omit<InvokeParams, 'payload'> = {
    functionId,
    invocationId: nextInvocationId(),
    timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
    ...(scope === undefined ? undefined : { parentInvocationId: scope.invocationId }),
    ...(trace === undefined ? undefined : { trace }),
    ...(options.action === undefined ? undefined : { action: options.action }),
  };
  if (options.action?.type === 'void') return sendOnly(endpoint, params, payload);
  const { signal } = options;
  if (signal === undefined) return endpoint.invoke(params, payload).result.catch(rejectAsOwnCall);
  if (signal.aborted) return Promise.reject(abortError(signal, functionId));
  const call = endpoint.invoke(params, payload);
  const abort = (): void => {
    call.cancel();
    call.abandon(abortError(signal, functionId));
  };
  signal.addEventListener('abort', abort, { once: true });
  return call.result.finally(() => signal.removeEventListener('abort', abort)).catch(rejectAsOwnCall);
}

// Asynchronous, so that what the endpoint throws is a rejection.
async function sendOnly(endpoint: Endpoint, params: Omit<InvokeParams, 'payload'>, payload: unknown): Promise<void> {
  endpoint.invokeVoid(params, payload);
}

function abortError(signal: AbortSignal, functionId: string): MotiaError {
  const reason: unknown = signal.reason;
  return isMotiaError(reason) ? reason : sdkErrors.CALL_CANCELLED({ functionId, reason: messageOf(reason) });
}
