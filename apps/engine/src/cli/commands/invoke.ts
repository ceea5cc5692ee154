import { isMotiaError } from '@motia/engine-core/contract';
import { connectControl, type ControlClient } from '../../control/control-client.js';
import { errors } from '../../errors.js';
import { jsonOutput } from '../observe/json-text.js';
import { parsePayload } from '../payload.js';
import { functionsOfStep } from '../step-functions.js';

export interface InvokeRequest {
  readonly address: string;
  readonly subject: string;
  /** Id of a function, or the name of a Step. */
  readonly functionId: string;
  /** JSON text; undefined calls without a payload. */
  readonly payload: string | undefined;
  readonly timeoutMs: number;
}

/** Calls one function of the running engine; the text to print, empty when it returned nothing. */
export async function invokeFunction(request: InvokeRequest): Promise<string> {
  const payload = request.payload === undefined ? undefined : parsePayload(request.payload);
  const client = await connectControl(request.address, request.subject);
  try {
    const result = await invokeByName(client, request.functionId, payload, request.timeoutMs);
    return result === undefined ? '' : jsonOutput(result);
  } finally {
    client.close();
  }
}

/** An id wins over a name. @throws `MOTIA_ENGINE_STEP_AMBIGUOUS` for the name of a Step with several triggers */
async function invokeByName(client: ControlClient, name: string, payload: unknown, timeoutMs: number): Promise<unknown> {
  try {
    return await client.invoke(name, payload, timeoutMs);
  } catch (error) {
    // A function that was found may fail with the same condition for one that it calls.
    if (!isMotiaError(error, 'MOTIA_ENGINE_FUNCTION_NOT_FOUND') || (error.details as { readonly functionId?: unknown } | undefined)?.functionId !== name) throw error;
    const { functions } = (await client.look('engine::functions::list', {}, timeoutMs)) as { readonly functions: readonly { readonly function_id: string }[] };
    const candidates = functionsOfStep(name, functions.map(({ function_id: id }) => id));
    const [only, ...others] = candidates;
    if (only === undefined) throw error;
    if (others.length > 0) throw errors.STEP_AMBIGUOUS({ step: name, functionIds: candidates });
    return await client.invoke(only, payload, timeoutMs);
  }
}
