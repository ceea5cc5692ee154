import { isMotiaError, messageOf, MotiaError, type Clock, type FunctionRegistry, type InvocationContext, type InvokeOptions, type TraceContext } from '@motia/engine-core/contract';
import { payloadOf, runId, type RunResult, type SlotRun } from './slot-run.js';

const longestMessage = 2_000;

export interface CallParts {
  readonly functions: FunctionRegistry;
  readonly clock: Pick<Clock, 'now'>;
}
export interface CallContext {
  /** The call on whose behalf this one is made. */
  readonly parent?: InvocationContext;
  readonly trace?: TraceContext;
  readonly signal: AbortSignal;
  readonly attempt: number;
  /** How long a run may wait for a process that is just being restarted. */
  readonly parkMs: number;
}

/** Asks the condition, then calls the function. Never throws. */
export async function callFunction({ functions, clock }: CallParts, run: SlotRun, { parent, trace, signal, attempt, parkMs }: CallContext): Promise<RunResult> {
  const payload = payloadOf(run, clock.now());
  const options: InvokeOptions = {
    timeoutMs: run.timeoutMs, signal, attempt, parkMs, idempotencyKey: parent?.idempotencyKey ?? runId(run), trigger: { id: run.jobId, type: 'cron' },
    ...(parent === undefined ? {} : { parent }),
    ...(trace === undefined ? {} : { trace }),
  };
  try {
    // Only a literal false blocks.
    if (run.conditionFunctionId !== undefined && (await functions.invoke(run.conditionFunctionId, payload, options)) === false) return { state: 'skipped', reason: 'condition' };
    await functions.invoke(run.functionId, payload, options);
    return { state: 'succeeded' };
  } catch (thrown) {
    return { state: 'failed', error: failureOf(thrown), thrown };
  }
}

/** As the history keeps it. */
export function failureOf(thrown: unknown): { readonly code: string; readonly message: string } {
  const message = messageOf(thrown);
  return { code: isMotiaError(thrown) ? thrown.code : 'UNKNOWN', message: message.slice(0, longestMessage) };
}

/** What keeps a call from running, or from ending: its function has nobody to run it, or lost whoever did. */
const keptFromRunning: ReadonlySet<string> = new Set([
  'MOTIA_ENGINE_FUNCTION_NOT_FOUND', 'MOTIA_ENGINE_WORKER_UNAVAILABLE', 'MOTIA_ENGINE_WORKER_BACKPRESSURE', 'MOTIA_ENGINE_WORKER_LOST', 'MOTIA_SDK_WORKER_DRAINING',
]);

/** Whether the run's own call, or that to its condition, was kept from running. The same errors of calls that these make are failures of theirs. */
export function wasKeptFromRunning(thrown: unknown, { functionId, conditionFunctionId }: Pick<SlotRun, 'functionId' | 'conditionFunctionId'>): thrown is MotiaError {
  if (!isMotiaError(thrown) || !keptFromRunning.has(thrown.code)) return false;
  const called = (thrown.details as { readonly functionId?: unknown } | undefined)?.functionId;
  return called !== undefined && (called === functionId || called === conditionFunctionId);
}

/** The error as that of a function that made the call. */
export function asErrorOf(functionId: string, error: MotiaError): MotiaError {
  return new MotiaError({ ...error.toWire(), details: { ...(error.details as object), functionId }, cause: error });
}
