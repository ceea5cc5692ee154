import { connectControl } from '../../control/control-client.js';
import { errors } from '../../errors.js';

export interface InvokeRequest {
  readonly address: string;
  readonly subject: string;
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
    const result = await client.invoke(request.functionId, payload, request.timeoutMs);
    return result === undefined ? '' : `${JSON.stringify(result, null, 2)}\n`;
  } finally {
    client.close();
  }
}

function parsePayload(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw errors.PAYLOAD_INVALID({ problem: cause instanceof Error ? cause.message : String(cause) }, cause);
  }
}
