import { isWireValue, type RawPart } from '@motia/engine-core/contract';
import { restErrors } from './errors.js';
import type { HeaderList } from './cors.js';

/** A handler's result as HTTP takes it. */
export interface HandlerResponse {
  readonly status: number;
  /** The handler's own headers, checked, without those that frame the message. */
  readonly headers: Readonly<HeaderList>;
  /** Undefined: no body at all. */
  readonly body: string | Uint8Array | undefined;
  /** Undefined when there is nothing to type, or `headers` names one. */
  readonly contentType: string | undefined;
  /** What the body was made as: `json` text, `text`, opaque `bytes`, or nothing. */
  readonly form: RawPart['as'] | 'none';
}

const contentTypes = {
  json: 'application/json; charset=utf-8',
  text: 'text/plain; charset=utf-8',
  bytes: 'application/octet-stream',
  none: undefined,
} as const;
const noHeaders: HeaderList = [];
const noContent: HandlerResponse = { status: 204, headers: noHeaders, body: undefined, contentType: undefined, form: 'none' };
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
export function readHandlerResponse(functionId: string, result: unknown, limitBytes: number, { defaultStatus = 200, defaultContentType }: ResponseDefaults = {}): HandlerResponse {
  if (result === undefined || result === null) return noContent;
  const raw = isWireValue(result) && result.raw?.at === '/body' ? result.raw : undefined;
  // With a raw body only the small rest of the result is parsed.
  const object = isWireValue(result) ? (raw === undefined ? result.toValue() : result.base) : result;
  if (object === null || object === undefined) return noContent;
  const fail = (field: string, problem: string): Error => restErrors.INVALID_HANDLER_RESPONSE({ functionId, field, problem });
  if (typeof object !== 'object' || Array.isArray(object)) throw fail('the result', `must be an object with status, headers or body, not ${kindOf(object)}`);
  const fields = object as Loose;
  if (raw === undefined && !('body' in fields || 'status' in fields || 'status_code' in fields || 'headers' in fields)) {
    throw fail('the result', 'has none of status, headers and body');
  }
  const status = readStatus(fields, defaultStatus, fail);
  const headers = readHeaders(fields['headers'], fail);
  if (status === 204 || status === 205 || status === 304) return { status, headers, body: undefined, contentType: undefined, form: 'none' };
  const given = raw === undefined ? fields['body'] : raw.bytes;
  const form = raw === undefined ? formOf(given) : raw.as;
  const body = form === 'json' && raw === undefined ? toJson(given, fail) : toSendable(given);
  const hasContentType = headers.length > 0 && hasName(headers, 'content-type');
  checkSize(body, limitBytes, fail);
  return { status, headers, body, contentType: hasContentType ? undefined : contentTypeOf(form, defaultContentType), form };
}

/** What is meant where a handler says nothing. */
export interface ResponseDefaults {
  /** Default 200. */
  readonly defaultStatus?: number;
  /** Of text and bytes; JSON is JSON. */
  readonly defaultContentType?: string | undefined;
}

function contentTypeOf(form: HandlerResponse['form'], given: string | undefined): string | undefined {
  if (given === undefined || form === 'none' || (form === 'json' && !/[/+]json\b/.test(given))) return contentTypes[form];
  return withCharset(given);
}

/** Text is UTF-8 unless its type says otherwise. Events always are, and need not say it. */
export function withCharset(type: string): string {
  return type.startsWith('text/') && type !== 'text/event-stream' && !type.includes(';') ? `${type}; charset=utf-8` : type;
}

export type Fail = (field: string, problem: string) => Error;

export function readStatus(fields: Loose, defaultStatus: number, fail: Fail): number {
  const name = fields['status_code'] === undefined ? 'status' : 'status_code';
  const status = fields[name];
  if (status === undefined || status === null) return defaultStatus;
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599) {
    throw fail(name, 'must be a whole number from 200 to 599');
  }
  return status;
}

export function readHeaders(given: unknown, fail: Fail): HeaderList {
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

function formOf(body: unknown): HandlerResponse['form'] {
  if (typeof body === 'string') return 'text';
  if (body === undefined) return 'none';
  return ArrayBuffer.isView(body) || body instanceof ArrayBuffer ? 'bytes' : 'json';
}

function toSendable(body: unknown): string | Uint8Array {
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  return body instanceof ArrayBuffer ? new Uint8Array(body) : '';
}

function toJson(body: unknown, fail: Fail): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(body);
  } catch (error) {
    throw fail('body', `cannot be written as JSON (${reasonOf(error)})`);
  }
  if (json === undefined) throw fail('body', `cannot be written as JSON (${kindOf(body)})`);
  return json;
}

/** Engine texts on cycles draw the object over several lines: the first says it. */
function reasonOf(error: unknown): string {
  return error instanceof RangeError ? 'it nests too deep' : error instanceof Error ? (error.message.split('\n')[0] ?? 'it throws') : 'it throws';
}

function checkSize(body: string | Uint8Array, limitBytes: number, fail: Fail): void {
  // A character takes at most three bytes: most bodies need no exact count here.
  if (body.length * 3 <= limitBytes) return;
  const size = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
  if (size > limitBytes) throw fail('body', `is larger than ${limitBytes} bytes`);
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
