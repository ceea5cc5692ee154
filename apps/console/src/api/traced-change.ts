import { traceIdOf } from '@motia/engine-core';
import { isMotiaError, type FunctionRegistry, type InvokeOptions, type MotiaError } from '@motia/engine-core/contract';

/** Why a change failed, and the trace that it made all the same: what went wrong is to be found there. */
export class ChangeFailed extends Error {
  constructor(readonly error: MotiaError, readonly traceId: string) {
    super(error.message, { cause: error });
    this.name = 'ChangeFailed';
  }
}

export interface TracedChange {
  readonly result: unknown;
  readonly traceId: string;
  readonly invocationId: string;
}

/** Calls a function on behalf of whoever uses the data API. @throws ChangeFailed */
export async function callForChange(functions: FunctionRegistry, functionId: string, payload: unknown, options: Pick<InvokeOptions, 'signal' | 'timeoutMs'>): Promise<TracedChange> {
  const call = functions.open(functionId, payload, { ...options, trigger: { id: 'console', type: 'console' } });
  const traceId = traceIdOf(call.trace);
  try {
    return { result: await call.result, traceId, invocationId: call.id };
  } catch (error) {
    throw isMotiaError(error) ? new ChangeFailed(error, traceId) : error;
  }
}
