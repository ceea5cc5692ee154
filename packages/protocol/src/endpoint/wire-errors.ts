import { fromWireError, isMotiaError } from '../errors.js';
import type { MotiaError } from '../errors.js';
import type { WireError } from '../generated/messages.js';
import { JsonRpcCode, ProtocolErrors } from '../protocol-errors.js';

/** The `error` member of a JSON-RPC answer. */
export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

const numberByCode: Readonly<Record<string, number>> = {
  MOTIA_PROTOCOL_JSON_MALFORMED: JsonRpcCode.parseError,
  MOTIA_PROTOCOL_MESSAGE_INVALID: JsonRpcCode.invalidRequest,
  MOTIA_PROTOCOL_FRAME_TOO_LARGE: JsonRpcCode.invalidRequest,
  MOTIA_PROTOCOL_METHOD_NOT_FOUND: JsonRpcCode.methodNotFound,
  MOTIA_PROTOCOL_PARAMS_INVALID: JsonRpcCode.invalidParams,
};

/** What a thrown value looks like on the wire. Anything that is not a MotiaError becomes `MOTIA_PROTOCOL_HANDLER_FAILED`. */
export function toRpcError(thrown: unknown): RpcError {
  const error = isMotiaError(thrown) ? thrown : handlerFailure(thrown);
  return { code: numberByCode[error.code] ?? JsonRpcCode.application, message: error.message, data: error.toWire() };
}

/** The error that a peer answered with. Answers of stock JSON-RPC peers become protocol errors of ours. */
export function fromRpcError(error: unknown, method: string): MotiaError {
  if (typeof error !== 'object' || error === null) return ProtocolErrors.REMOTE_FAILED({ rpcCode: 0, message: 'the error of the answer is not an object' });
  const { code, message, data } = error as { code?: unknown; message?: unknown; data?: unknown };
  if (isWireErrorData(data)) return fromWireError(data);
  const text = typeof message === 'string' ? message : 'the peer gave no message';
  if (code === JsonRpcCode.methodNotFound) return ProtocolErrors.METHOD_NOT_FOUND({ method });
  if (code === JsonRpcCode.invalidParams) return ProtocolErrors.PARAMS_INVALID({ method, reason: text });
  return ProtocolErrors.REMOTE_FAILED({ rpcCode: typeof code === 'number' ? code : 0, message: text, ...(data === undefined ? {} : { data }) });
}

function handlerFailure(thrown: unknown): MotiaError {
  if (!(thrown instanceof Error)) return ProtocolErrors.HANDLER_FAILED({ name: typeof thrown }, thrown);
  const failure = ProtocolErrors.HANDLER_FAILED({ name: thrown.name }, thrown);
  failure.message = thrown.message;
  return failure;
}

function isWireErrorData(data: unknown): data is WireError {
  if (typeof data !== 'object' || data === null) return false;
  const { code, message, hint, retryable, status, stack } = data as Record<string, unknown>;
  return (
    typeof code === 'string' &&
    typeof message === 'string' &&
    (hint === undefined || typeof hint === 'string') &&
    (retryable === undefined || typeof retryable === 'boolean') &&
    (stack === undefined || typeof stack === 'string') &&
    (status === undefined || (Number.isInteger(status) && (status as number) >= 100 && (status as number) <= 599))
  );
}
