import { isMotiaError, type Clock, type FunctionRegistry, type InvocationContext, type InvokeOptions, type TraceContext } from '@motia/engine-core/contract';
import { payloadOf, runId, type RunResult, type SlotRun } from './slot-run.js';

/** A run may wait so long for a process that is just being restarted: nobody waits for its answer. */
const parkMs = 30_000;
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
}

/** Asks the condition, then calls the function. Never throws. */
export async function callFunction({ functions, clock }: CallParts, run: SlotRun, { parent, trace, signal, attempt }: CallContext): Promise<RunResult> {
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
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: isMotiaError(thrown) ? thrown.code : 'UNKNOWN', message: message.slice(0, longestMessage) };
}
