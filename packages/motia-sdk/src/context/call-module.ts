import { isMotiaError } from '@motia/protocol';
import { sdkErrors } from '../errors.js';
import { rejectAsOwnCall } from '../runtime/handler-error.js';
import { operationAttributes, operationKind } from '../telemetry/operation-attributes.js';
import { startOperation } from '../telemetry/operation-span.js';
import { currentConnection, currentScope, type InvocationScope, type TracedCallOptions } from './invocation-scope.js';
import type { ModuleCall } from './module-call.js';

/** Calls an engine function on behalf of the running handler. @throws MotiaError `MOTIA_SDK_NOT_CONNECTED` */
export function callEngine(scope: InvocationScope | undefined, functionId: string, payload: unknown, options?: TracedCallOptions): Promise<unknown> {
  const caller = scope ?? currentScope();
  const connection = caller?.connection ?? currentConnection();
  if (connection === undefined) return Promise.reject(sdkErrors.NOT_CONNECTED({ functionId }));
  return connection.invoke(caller, functionId, payload, options);
}

/** Calls a function that a module offers; its absence is reported as the missing module. */
export async function callModule(scope: InvocationScope | undefined, { module, functionId, payload }: Pick<ModuleCall, 'module' | 'functionId' | 'payload'>): Promise<unknown> {
  const caller = scope ?? currentScope();
  const span = caller?.isRecorded === true ? startOperation(caller, functionId, operationKind(functionId), operationAttributes(functionId, payload)) : undefined;
  if (span === undefined) return call(caller, { module, functionId, payload });
  try {
    const answer = await call(caller, { module, functionId, payload }, { trace: span.trace });
    span.end();
    return answer;
  } catch (error) {
    span.end(error);
    throw error;
  }
}

async function call(scope: InvocationScope | undefined, { module, functionId, payload }: Pick<ModuleCall, 'module' | 'functionId' | 'payload'>, options?: TracedCallOptions): Promise<unknown> {
  try {
    return await callEngine(scope, functionId, payload, options);
  } catch (error) {
    if (isMotiaError(error, 'MOTIA_ENGINE_FUNCTION_NOT_FOUND') && (error.details === undefined || namesFunction(error.details, functionId))) {
      return rejectAsOwnCall(sdkErrors.MODULE_NOT_LOADED({ module, functionId }, error));
    }
    throw error;
  }
}

function namesFunction(details: unknown, functionId: string): boolean {
  const named = (details as { functionId?: unknown } | null)?.functionId;
  return named === undefined || named === functionId;
}
