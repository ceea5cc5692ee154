import type { InvokeParams } from '../generated/messages.js';
import { ProtocolErrors } from '../protocol-errors.js';
import { isWireValue, rawPartToValue } from '../wire-value.js';
import type { RawPart, WireValue } from '../wire-value.js';
import { quote, stringify } from './json-text.js';
import type { RpcError } from './wire-errors.js';

/** Microseconds that are written digit by digit. */
const MOST_MICROS = 2 ** 31 - 1;
const THOUSANDTHS: readonly string[] = Array.from({ length: 1000 }, (_, n) => (n === 0 ? '' : `.${String(n).padStart(3, '0').replace(/0+$/, '')}`));

/** What both sides agreed on about raw frames. */
export interface RawAgreement {
  readonly rawBodies: boolean;
  readonly rawThresholdBytes: number;
}

/** One frame, ready for the writer. */
export interface EncodedFrame {
  readonly envelope: string;
  readonly raw: Uint8Array | undefined;
}

/** A value split into what goes into the envelope and what does not. `json` is undefined for "no value". */
interface EncodedValue {
  readonly json: string | undefined;
  readonly part: RawPart | undefined;
}

/** `id` is undefined for a void call. */
export function encodeInvoke(id: string | undefined, params: Omit<InvokeParams, 'payload'>, payload: unknown, agreed: RawAgreement): EncodedFrame {
  const prefix = id === undefined ? '{"jsonrpc":"2.0"' : `{"jsonrpc":"2.0","id":"${id}"`;
  const head = `${prefix},"method":"functions/invoke","params":{${encodeInvokeParams(params)}`;
  if (payload === undefined) return { envelope: `${head}}}`, raw: undefined };
  if (!isWireValue(payload)) return { envelope: `${head},"payload":${stringify(payload)}}}`, raw: undefined };
  const { json, part } = encodeWireValue(payload, agreed);
  const body = json === undefined ? head : `${head},"payload":${json}`;
  return part === undefined ? { envelope: `${body}}}`, raw: undefined } : withRawMember(`${body}}`, part, agreed);
}

/**
 * The answer to a call. `undefined` is answered as `"result":null,"noValue":true`, so that it stays distinct from null.
 * `handlerMs` is told to callers that asked for it.
 */
export function encodeAnswer(id: string | number, value: unknown, agreed: RawAgreement, handlerMs?: number): EncodedFrame {
  const head = `{"jsonrpc":"2.0","id":${typeof id === 'string' ? quote(id) : id},"result":`;
  const tail = timing(handlerMs);
  if (value === undefined) return { envelope: `${head}null,"noValue":true${tail}}`, raw: undefined };
  if (!isWireValue(value)) return { envelope: `${head}${stringify(value)}${tail}}`, raw: undefined };
  const { json = 'null', part } = encodeWireValue(value, agreed);
  return part === undefined ? { envelope: `${head}${json}${tail}}`, raw: undefined } : withRawMember(`${head}${json}${tail}`, part, agreed);
}

/** The answer to a call that failed; `id` null when it could not be read. */
export function encodeErrorAnswer(id: string | number | null, error: RpcError, handlerMs?: number): string {
  let data: string;
  try {
    data = stringify(error.data);
  } catch {
    data = stringify({ ...(error.data as object), details: undefined });
  }
  return `{"jsonrpc":"2.0","id":${typeof id === 'string' ? quote(id) : id},"error":{"code":${error.code},"message":${JSON.stringify(error.message)},"data":${data}}${timing(handlerMs)}}`;
}

/** A notification; `raw` is the data of `channels/write`. */
export function encodeNotification(method: string, params: unknown, raw: Uint8Array | undefined, agreed: RawAgreement): EncodedFrame {
  const head = `{"jsonrpc":"2.0","method":"${method}","params":${stringify(params)}`;
  return raw === undefined ? { envelope: `${head}}`, raw: undefined } : withRawMember(head, { at: '', as: 'bytes', bytes: raw }, agreed);
}

function encodeInvokeParams(params: Omit<InvokeParams, 'payload'>): string {
  let text = `"functionId":${quote(params.functionId)},"invocationId":${quote(params.invocationId)}`;
  if (params.timeoutMs !== undefined) text += `,"timeoutMs":${finite(params.timeoutMs)}`;
  if (params.attempt !== undefined) text += `,"attempt":${finite(params.attempt)}`;
  if (params.depth !== undefined) text += `,"depth":${finite(params.depth)}`;
  if (params.idempotencyKey !== undefined) text += `,"idempotencyKey":${quote(params.idempotencyKey)}`;
  const { trace, action } = params;
  if (trace !== undefined) {
    text += `,"trace":{"traceparent":${quote(trace.traceparent)}`;
    if (trace.tracestate !== undefined) text += `,"tracestate":${quote(trace.tracestate)}`;
    text += trace.baggage === undefined ? '}' : `,"baggage":${quote(trace.baggage)}}`;
  }
  if (action !== undefined && action.type !== 'call') text += `,"action":${JSON.stringify(action)}`;
  if (params.parentInvocationId !== undefined) text += `,"parentInvocationId":${quote(params.parentInvocationId)}`;
  return params.timed === true ? `${text},"timed":true` : text;
}

/** Behind the answer, where readers that look for its id first are not disturbed. Microseconds are exact enough, and short. */
function timing(handlerMs: number | undefined): string {
  if (handlerMs === undefined) return '';
  const micros = Math.round(handlerMs * 1000);
  if (!(micros >= 0 && micros <= MOST_MICROS)) return `,"handlerMs":${micros / 1000}`;
  // Whole numbers become text ten times as fast as fractions.
  const millis = Math.trunc(micros / 1000);
  return `,"handlerMs":${millis}${THOUSANDTHS[micros - millis * 1000] as string}`;
}

/** JSON has neither NaN nor Infinity. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

/** Decides what of a WireValue stays raw: large parts when both sides agreed, and bytes always, as JSON has none. */
function encodeWireValue(value: WireValue, agreed: RawAgreement): EncodedValue {
  const { raw } = value;
  if (raw === undefined) return { json: value.json, part: undefined };
  const staysRaw = raw.as === 'bytes' || (agreed.rawBodies && raw.bytes.byteLength >= agreed.rawThresholdBytes);
  if (staysRaw) return { json: raw.at === '' ? undefined : value.json, part: raw };
  const text = materialise(raw);
  return { json: raw.at === '' ? text : spliceBody(value.json, text), part: undefined };
}

function materialise(raw: RawPart): string {
  const text = Buffer.from(raw.bytes.buffer, raw.bytes.byteOffset, raw.bytes.byteLength).toString('utf8');
  if (raw.as === 'text') return JSON.stringify(text);
  try {
    rawPartToValue(raw);
  } catch (cause) {
    throw ProtocolErrors.NOT_SERIALIZABLE({ path: raw.at, reason: 'the raw JSON text is malformed' }, cause);
  }
  return text;
}

function spliceBody(objectJson: string, bodyJson: string): string {
  const text = objectJson.trimEnd();
  const isEmpty = /^\s*\{\s*\}$/.test(text);
  return `${text.slice(0, -1)}${isEmpty ? '' : ','}"body":${bodyJson}}`;
}

/** Closes the envelope with its `raw` member: the bytes follow it in a raw frame, or stand in it as base64. */
function withRawMember(openEnvelope: string, part: RawPart, agreed: RawAgreement): EncodedFrame {
  const member = `,"raw":{"at":"${part.at}","as":"${part.as}"`;
  if (agreed.rawBodies) return { envelope: `${openEnvelope}${member}}}`, raw: part.bytes };
  const base64 = Buffer.from(part.bytes.buffer, part.bytes.byteOffset, part.bytes.byteLength).toString('base64');
  return { envelope: `${openEnvelope}${member},"base64":"${base64}"}}`, raw: undefined };
}
