import { isWireValue, type RawPart } from '@motia/engine-core/contract';
import { restErrors } from './errors.js';
import type { HeaderList } from './cors.js';

/** A handler's result as HTTP takes it. */
export interface HandlerResponse {
  readonly status: number;
  /** The handler's own headers, checked, without those that frame the message. */
  readonly headers: HeaderList;
  /** Undefined: no body at all. */
  readonly body: string | Uint8Array | undefined;
  /** Used when `headers` names none. */
  readonly contentType: string | undefined;
  readonly hasContentType: boolean;
}

const JSON_TYPE = 'application/json; charset=utf-8';
const TEXT_TYPE = 'text/plain; charset=utf-8';
const BYTES_TYPE = 'application/octet-stream';
const noHeaders: HeaderList = [];
const noContent: HandlerResponse = { status: 204, headers: noHeaders, body: undefined, contentType: undefined, hasContentType: false };
const token = /^[\w!#$%&'*+.^`|~-]+$/;
const badValue = /[^\t\x20-\x7e\x80-\xff]/;
/** Ours to say: they describe the message that we write. */
const framing = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive', 'trailer', 'upgrade', 'x-request-id']);

type Loose = Readonly<Record<string, unknown>>;

/**
 * Reads `{ status | status_code, headers, body }`. Nothing (undefined or null) is 204. A string body is sent as it is,
 * bytes too, everything else as JSON.
 * @throws `MOTIA_REST_INVALID_HANDLER_RESPONSE` naming field and function
 */
export function readHandlerResponse(functionId: string, result: unknown, limitBytes: number): HandlerResponse {
  if (result === undefined || result === null) return noContent;
  const raw = isWireValue(result) && result.raw?.at === '/body' ? result.raw : undefined;
  const object = isWireValue(result) ? plainPart(result.json, raw, () => result.toValue()) : result;
  if (object === null || object === undefined) return noContent;
  const fail = (field: string, problem: string): Error => restErrors.INVALID_HANDLER_RESPONSE({ functionId, field, problem });
  if (typeof object !== 'object' || Array.isArray(object)) throw fail('the result', `must be an object with status, headers or body, not ${kindOf(object)}`);
  const fields = object as Loose;
  if (raw === undefined && !('body' in fields || 'status' in fields || 'status_code' in fields || 'headers' in fields)) {
    throw fail('the result', 'has none of status, headers and body');
  }
  const status = readStatus(fields, fail);
  const headers = readHeaders(fields['headers'], fail);
  if (status === 204 || status === 205 || status === 304) return { status, headers, body: undefined, contentType: undefined, hasContentType: true };
  const response = { status, headers, hasContentType: headers.length > 0 && hasName(headers, 'content-type') };
  if (raw !== undefined) return checkSize({ ...response, body: raw.bytes, contentType: typeOfRaw(raw) }, limitBytes, fail);
  return checkSize({ ...response, ...readBody(fields['body'], fail) }, limitBytes, fail);
}

type Fail = (field: string, problem: string) => Error;

/** With a raw body only the small rest of the result is parsed. */
function plainPart(json: string, raw: RawPart | undefined, whole: () => unknown): unknown {
  return raw === undefined ? whole() : (JSON.parse(json) as unknown);
}

function readStatus(fields: Loose, fail: Fail): number {
  const name = fields['status_code'] === undefined ? 'status' : 'status_code';
  const status = fields[name];
  if (status === undefined || status === null) return 200;
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599) {
    throw fail(name, 'must be a whole number from 200 to 599');
  }
  return status;
}

function readHeaders(given: unknown, fail: Fail): HeaderList {
  if (given === undefined || given === null) return noHeaders;
  if (typeof given !== 'object') throw fail('headers', `must be a map or a list of "name: value", not ${kindOf(given)}`);
  const headers: HeaderList = [];
  if (Array.isArray(given)) {
    for (const [index, line] of given.entries()) {
      const colon = typeof line === 'string' ? line.indexOf(':') : -1;
      if (typeof line !== 'string' || colon < 1) throw fail(`headers[${index}]`, 'must read "name: value"');
      addHeader(headers, line.slice(0, colon).trim(), line.slice(colon + 1).trim(), `headers[${index}]`, fail);
    }
    return headers;
  }
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null) continue;
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    for (const one of values) addHeader(headers, name, one, `headers["${name.slice(0, 60)}"]`, fail);
  }
  return headers;
}

function addHeader(headers: HeaderList, name: string, value: unknown, field: string, fail: Fail): void {
  if (!token.test(name)) throw fail(JSON.stringify(field), 'is not a valid header name');
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') throw fail(field, `must be text, not ${kindOf(value)}`);
  const text = String(value);
  if (badValue.test(text)) throw fail(field, 'holds a line break, a control character or a character outside Latin-1');
  const lower = name.toLowerCase();
  if (!framing.has(lower)) headers.push(lower, text);
}

function readBody(body: unknown, fail: Fail): { readonly body: string | Uint8Array | undefined; readonly contentType: string | undefined } {
  if (typeof body === 'string') return { body, contentType: TEXT_TYPE };
  if (body === undefined) return { body: '', contentType: undefined };
  if (body instanceof Uint8Array) return { body, contentType: BYTES_TYPE };
  if (ArrayBuffer.isView(body)) return { body: new Uint8Array(body.buffer, body.byteOffset, body.byteLength), contentType: BYTES_TYPE };
  if (body instanceof ArrayBuffer) return { body: new Uint8Array(body), contentType: BYTES_TYPE };
  let json: string | undefined;
  try {
    json = JSON.stringify(body) as string | undefined;
  } catch (error) {
    throw fail('body', `cannot be written as JSON (${reasonOf(error)})`);
  }
  if (json === undefined) throw fail('body', `cannot be written as JSON (${kindOf(body)})`);
  return { body: json, contentType: JSON_TYPE };
}

/** Engine texts on cycles draw the object over several lines: the first says it. */
function reasonOf(error: unknown): string {
  return error instanceof RangeError ? 'it nests too deep' : error instanceof Error ? (error.message.split('\n')[0] ?? 'it throws') : 'it throws';
}

function checkSize(response: HandlerResponse, limitBytes: number, fail: Fail): HandlerResponse {
  const { body } = response;
  // A character takes at most three bytes: most bodies need no exact count here.
  if (body === undefined || body.length * 3 <= limitBytes) return response;
  const size = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
  if (size > limitBytes) throw fail('body', `is larger than ${limitBytes} bytes`);
  return response;
}

function typeOfRaw(raw: RawPart): string {
  if (raw.as === 'json') return JSON_TYPE;
  return raw.as === 'text' ? TEXT_TYPE : BYTES_TYPE;
}

function hasName(headers: HeaderList, name: string): boolean {
  for (let index = 0; index < headers.length; index += 2) if (headers[index] === name) return true;
  return false;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
