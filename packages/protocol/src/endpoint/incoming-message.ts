import type { RawPart } from '../wire-value.js';

/** A parsed frame before anything about it is known. */
export interface AnyMessage {
  readonly jsonrpc?: unknown;
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
  readonly noValue?: unknown;
  readonly handlerMs?: unknown;
  readonly raw?: unknown;
}

/** Why a parsed frame is not a message; undefined when it is one. */
export function messageProblem(message: unknown): string | undefined {
  if (Array.isArray(message)) return 'it is a batch';
  if (typeof message !== 'object' || message === null) return 'it is not an object';
  const { jsonrpc, id, method, params, result, error } = message as AnyMessage;
  if (jsonrpc !== '2.0') return 'the member jsonrpc is not "2.0"';
  if (method === undefined) {
    if (id === null && error !== undefined) return undefined;
    if (typeof id !== 'string' && !isNumericId(id)) return 'an answer needs a string or number as id';
    if ((result === undefined) === (error === undefined)) return 'an answer has exactly one of result and error';
    return undefined;
  }
  if (typeof method !== 'string') return 'the member method is not a string';
  if (id !== undefined && typeof id !== 'string' && !isNumericId(id)) return 'the id is neither a string nor a number';
  if (params !== undefined && (typeof params !== 'object' || params === null)) return 'params is neither an object nor an array';
  return undefined;
}

/** What the start of a broken message tells about the call that it belongs to. */
export interface MessageHead {
  readonly id: string | number;
  readonly isAnswer: boolean;
}

const headPattern = /^\s*\{\s*"jsonrpc"\s*:\s*"2\.0"\s*,\s*"id"\s*:\s*(?:"([^"\\]{1,128})"|(\d{1,15}))\s*,\s*"(method|result|error)"\s*:/;

/** Reads id and kind from the first bytes, when they stand where every known writer puts them. */
export function peekHead(head: string): MessageHead | undefined {
  const match = headPattern.exec(head);
  if (match === null) return undefined;
  return { id: match[1] ?? Number(match[2]), isAnswer: match[3] !== 'method' };
}

const ANSWER_HEAD = '{"jsonrpc":"2.0","id":"';
const RESULT_HEAD = '","result":';
const NO_VALUE = 'null,"noValue":true';
const TIMING = ',"handlerMs":';
/** Digits of the longest decimal that is read here: with more, its value would not be exact. */
const MOST_DIGITS = 15;
const DOT = 0x2e;
/** Characters of the longest id that our own calls have. */
const LONGEST_OWN_ID = 17;

/** A plain answer as our own writers put it down. */
export interface PlainAnswer {
  readonly id: string;
  readonly result: unknown;
  readonly handlerMs: number | undefined;
}

/**
 * Reads the answer to a call without parsing what stands around the result, which is half of the work for a short one. Undefined for
 * everything that is not exactly such an answer: that is for the whole parser to judge. What is accepted here it would read the same,
 * for the rest of the text is one JSON value and nothing else.
 */
export function readPlainAnswer(envelope: string): PlainAnswer | undefined {
  if (!envelope.startsWith(ANSWER_HEAD)) return undefined;
  const idEnd = envelope.indexOf('"', ANSWER_HEAD.length);
  if (idEnd === -1 || idEnd - ANSWER_HEAD.length > LONGEST_OWN_ID || !envelope.startsWith(RESULT_HEAD, idEnd)) return undefined;
  const id = envelope.slice(ANSWER_HEAD.length, idEnd);
  if (id.includes('\\') || !envelope.endsWith('}')) return undefined;
  let end = envelope.length - 1;
  let handlerMs: number | undefined;
  const digitsAt = startOfDigits(envelope, end);
  if (envelope.startsWith(TIMING, digitsAt - TIMING.length)) {
    handlerMs = readDecimal(envelope, digitsAt, end);
    if (handlerMs === undefined) return undefined;
    end = digitsAt - TIMING.length;
  }
  const start = idEnd + RESULT_HEAD.length;
  if (end - start === NO_VALUE.length && envelope.startsWith(NO_VALUE, start)) return { id, result: undefined, handlerMs };
  try {
    return { id, result: JSON.parse(envelope.slice(start, end)) as unknown, handlerMs };
  } catch {
    return undefined;
  }
}

/** Where the digits and dots begin that end at `end`. */
function startOfDigits(text: string, end: number): number {
  let at = end;
  while (at > 0 && isDigitOrDot(text.charCodeAt(at - 1))) at -= 1;
  return at;
}

function isDigitOrDot(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === DOT;
}

/** The number that JSON would read from digits and dots; undefined where that is none, or a long one. */
function readDecimal(text: string, start: number, end: number): number | undefined {
  if (end - start > MOST_DIGITS || start === end) return undefined;
  let value = 0;
  let scale = 0;
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      if (scale !== 0 || at === start || at === end - 1) return undefined;
      scale = 1;
    } else {
      if (at === start + 1 && value === 0 && scale === 0) return undefined;
      value = value * 10 + (code - 0x30);
      scale *= 10;
    }
  }
  return scale === 0 ? value : value / scale;
}

/** The raw part of a message; a string says what is wrong with it. */
export function readRawPart(member: unknown, bytes: Uint8Array | undefined): RawPart | string {
  if (typeof member !== 'object' || member === null) return 'a raw frame has no member raw';
  const { at, as, base64 } = member as { at?: unknown; as?: unknown; base64?: unknown };
  if (at !== '' && at !== '/body') return 'raw.at is neither "" nor "/body"';
  if (as !== 'json' && as !== 'text' && as !== 'bytes') return 'raw.as is none of json, text and bytes';
  if (bytes !== undefined) return { at, as, bytes };
  return typeof base64 === 'string' ? { at, as, bytes: Buffer.from(base64, 'base64') } : 'the member raw has neither bytes nor base64';
}

/** Why params are not those of `functions/invoke`. */
export function invokeParamsProblem(params: unknown): string | undefined {
  if (typeof params !== 'object' || params === null || Array.isArray(params)) return 'they are not an object';
  const { functionId, invocationId } = params as { functionId?: unknown; invocationId?: unknown };
  if (typeof functionId !== 'string' || functionId === '') return 'functionId is not a string';
  return typeof invocationId === 'string' ? undefined : 'invocationId is not a string';
}

function isNumericId(id: unknown): id is number {
  return typeof id === 'number' && Number.isFinite(id);
}
