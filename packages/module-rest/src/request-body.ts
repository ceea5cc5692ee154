import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import type { ChannelHub, Clock, MotiaError } from '@motia/engine-core/contract';
import { mindOwnTime } from './body-pump.js';
import { contentEncodingOf, type ContentEncoding } from './content-encoding.js';
import { restErrors } from './errors.js';
import type { FileRules } from './file-rules.js';
import { readFormBody } from './form-body.js';
import { noBody, type RequestBody } from './http-payload.js';
import { readJsonBody } from './json-body.js';
import { bodyKindOf, type BodyKind } from './media-type.js';
import { receiveMultipart, type UploadLimits } from './multipart-body.js';
import type { FormCheck } from './schema-check.js';
import { receiveStream } from './streamed-body.js';

/**
 * Bodies from this size travel to workers as raw bytes. The same as the default of the connections, where it was
 * measured: below it, splicing the text into the frame costs less.
 */
export const RAW_THRESHOLD_BYTES = 1024;

/** Methods whose requests often carry a JSON content type without meaning to send a body. */
const bodiless = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS']);

/** Bytes of request bodies held at this moment, over all requests. */
export interface BodyBudget {
  heldBytes: number;
  readonly limitBytes: number;
}

/** What all bodies of a module share. */
export interface BodyParts {
  readonly bodyLimitBytes: number;
  /** For bodies that are not held in memory. */
  readonly streamLimitBytes: number;
  readonly uploads: Omit<UploadLimits, 'allFieldsBytes'>;
  readonly stallTimeoutMs: number;
  readonly budget: BodyBudget;
  readonly channels: ChannelHub;
  readonly clock: Clock;
}

export interface BodyReadOptions {
  readonly parts: BodyParts;
  /** Of the route; undefined: the module's. */
  readonly limitBytes: number | undefined;
  /** Of the route; undefined: the server minds it. */
  readonly timeoutMs: number | undefined;
  /** The handler wants the exact bytes: nothing is streamed. */
  readonly rawBody: boolean;
  readonly checkForm: FormCheck | undefined;
  readonly files: FileRules | undefined;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly sendContinue: (() => void) | undefined;
}

/** `error` and `body` are both undefined when the client went away. */
export type BodyDone = (error: MotiaError | undefined, body: RequestBody | undefined) => void;

/** True when a body follows the head. */
export function announcesBody(request: IncomingMessage): boolean {
  const { headers } = request;
  const length = headers['content-length'];
  return length === undefined ? headers['transfer-encoding'] !== undefined : length !== '0';
}

/**
 * The body of a request that announces none: nothing, unless its type promises JSON for a method that has bodies.
 * @throws `MOTIA_REST_INVALID_JSON`
 */
export function absentBody(request: IncomingMessage): RequestBody {
  const contentType = request.headers['content-type'];
  if (contentType === undefined || bodiless.has(request.method ?? 'GET')) return noBody;
  if (bodyKindOf(contentType).kind === 'json') throw restErrors.INVALID_JSON({ isMissing: true });
  return noBody;
}

/**
 * Reads, decompresses and parses the body, or opens a channel for what is not parsed. `done` is called once; memory is
 * bounded by the limit of parsed bodies.
 */
export function readRequestBody(request: IncomingMessage, options: BodyReadOptions, done: BodyDone): void {
  const kind = bodyKindOf(request.headers['content-type']);
  const encoding = contentEncodingOf(request.headers['content-encoding']);
  if (kind.kind === 'unsupported') return done(restErrors.UNSUPPORTED_MEDIA_TYPE({ reason: kind.reason }), undefined);
  if (encoding === 'unsupported') return done(restErrors.UNSUPPORTED_MEDIA_TYPE({ reason: 'its content encoding is not supported' }), undefined);
  if (!options.rawBody && (kind.kind === 'stream' || kind.kind === 'multipart')) return receiveUnheld(request, kind.kind, encoding, options, done);
  readHeldBody(request, kind.kind, encoding, options, done);
}

function receiveUnheld(request: IncomingMessage, kind: 'stream' | 'multipart', encoding: Exclude<ContentEncoding, 'unsupported'>, { parts, limitBytes = parts.streamLimitBytes, timeoutMs, sendContinue, checkForm, files }: BodyReadOptions, done: BodyDone): void {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limitBytes) return done(restErrors.BODY_TOO_LARGE({ limitBytes, receivedBytes: announced }), undefined);
  const { channels, clock, uploads, bodyLimitBytes } = parts;
  const stallTimeoutMs = timeoutMs ?? parts.stallTimeoutMs;
  const shared = { encoding, limitBytes, stallTimeoutMs, clock, channels, sendContinue };
  if (kind === 'stream') return done(undefined, receiveStream(request, shared));
  receiveMultipart(request, { ...shared, checkForm, files, limits: { ...uploads, allFieldsBytes: bodyLimitBytes } }, done);
}

function readHeldBody(request: IncomingMessage, kind: HeldKind, encoding: Exclude<ContentEncoding, 'unsupported'>, options: BodyReadOptions, done: BodyDone): void {
  const { parts, rawBody, limitBytes = parts.bodyLimitBytes } = options;
  const finish = (bytes: Buffer): void => {
    let body: RequestBody;
    try {
      body = interpret(kind, bytes, request);
    } catch (error) {
      return done(error as MotiaError, undefined);
    }
    done(undefined, rawBody ? { ...body, links: { raw_body: bytes.toString('base64') } } : body);
  };
  collect(request, { limitBytes, budget: parts.budget, timeoutMs: options.timeoutMs, clock: parts.clock, sendContinue: options.sendContinue }, (error, bytes) => {
    if (bytes === undefined) return done(error, undefined);
    if (encoding === 'identity') return finish(bytes);
    decompress(encoding)(bytes, { maxOutputLength: limitBytes }, (failure, inflated) => {
      if (failure === null) return finish(inflated);
      done(inflationError(failure, limitBytes), undefined);
    });
  });
}

type HeldKind = Exclude<BodyKind['kind'], 'unsupported'>;

function decompress(encoding: 'gzip' | 'deflate' | 'br'): typeof gunzip {
  switch (encoding) {
    case 'gzip': return gunzip;
    case 'deflate': return inflate;
    case 'br': return brotliDecompress;
  }
}

function inflationError(failure: Error, limitBytes: number): MotiaError {
  const isTooLarge = 'code' in failure && failure.code === 'ERR_BUFFER_TOO_LARGE';
  return isTooLarge
    ? restErrors.BODY_TOO_LARGE({ limitBytes, receivedBytes: limitBytes + 1 })
    : restErrors.INVALID_BODY({ reason: 'it is not encoded as its Content-Encoding says' }, failure);
}

interface CollectOptions extends Pick<BodyReadOptions, 'sendContinue' | 'timeoutMs'> {
  readonly limitBytes: number;
  readonly budget: BodyBudget;
  readonly clock: Clock;
}

/** Takes the bytes, at most `limitBytes` of them. After an error the rest of the request is still unread. */
function collect(request: IncomingMessage, options: CollectOptions, done: (error: MotiaError | undefined, bytes: Buffer | undefined) => void): void {
  const { limitBytes, budget, timeoutMs, clock } = options;
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limitBytes) return done(restErrors.BODY_TOO_LARGE({ limitBytes, receivedBytes: announced }), undefined);
  const chunks: Buffer[] = [];
  let received = 0;
  const timer = timeoutMs === undefined ? undefined : clock.setTimeout(() => end(restErrors.REQUEST_TIMEOUT({}), undefined), timeoutMs);
  if (timer !== undefined) mindOwnTime(request.socket, true);
  const end = (error: MotiaError | undefined, bytes: Buffer | undefined): void => {
    if (timer !== undefined) {
      clock.clear(timer);
      mindOwnTime(request.socket, false);
    }
    budget.heldBytes -= received;
    request.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone);
    done(error, bytes);
  };
  const onData = (chunk: Buffer): void => {
    received += chunk.length;
    budget.heldBytes += chunk.length;
    if (received > limitBytes) end(restErrors.BODY_TOO_LARGE({ limitBytes, receivedBytes: received }), undefined);
    else if (budget.heldBytes > budget.limitBytes) end(restErrors.OVERLOADED({ limit: budget.limitBytes }), undefined);
    else chunks.push(chunk);
  };
  const onEnd = (): void => end(undefined, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, received));
  const onGone = (): void => end(undefined, undefined);
  request.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone);
  options.sendContinue?.();
}

function interpret(kind: HeldKind, bytes: Buffer, request: IncomingMessage): RequestBody {
  if (kind === 'stream' || kind === 'multipart') return noBody;
  if (kind === 'form') return readFormBody(bytes);
  if (kind === 'json') {
    if (bytes.length === 0) return absentBody(request);
    return readJsonBody(bytes, RAW_THRESHOLD_BYTES);
  }
  if (!isUtf8(bytes)) throw restErrors.UNSUPPORTED_MEDIA_TYPE({ reason: 'it is not UTF-8 text' });
  if (bytes.length >= RAW_THRESHOLD_BYTES) return { text: 'null', raw: { at: '/body', as: 'text', bytes }, value: undefined, isParsed: false };
  const value = bytes.toString('utf8');
  return { text: JSON.stringify(value), raw: undefined, value, isParsed: true };
}

/** What middleware of a host application leaves on a request. */
type ReadRequest = IncomingMessage & { readonly body?: unknown; readonly rawBody?: unknown };

/**
 * A body that a host application's parser has read already. Bytes stay bytes; everything else is JSON, and held against the rules for
 * that. The exact bytes are taken from `rawBody`, where such parsers leave them.
 * @throws `MOTIA_REST_INVALID_BODY` when it cannot be written as JSON, `MOTIA_REST_RAW_BODY_GONE` when the route wants bytes that nobody kept, and as `readJsonBody`
 */
export function parsedByHost({ headers, body: value, rawBody }: ReadRequest, wantsBytes: boolean): RequestBody {
  const { kind } = bodyKindOf(headers['content-type']);
  const read = value instanceof Uint8Array ? bytesBody(value) : jsonOf(value);
  const body = read !== noBody && (kind === 'form' || kind === 'multipart') ? { ...read, isForm: true } : read;
  if (!wantsBytes) return body;
  if (!(rawBody instanceof Uint8Array)) throw restErrors.RAW_BODY_GONE({});
  return { ...body, links: { raw_body: Buffer.from(rawBody.buffer, rawBody.byteOffset, rawBody.byteLength).toString('base64') } };
}

function jsonOf(value: unknown): RequestBody {
  if (value === undefined) return noBody;
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw restErrors.INVALID_BODY({ reason: 'the host application parsed it into something that is not JSON' }, error);
  }
  if (text === undefined) return noBody;
  readJsonBody(Buffer.from(text), Infinity);
  return { text, raw: undefined, value, isParsed: true };
}

function bytesBody(bytes: Uint8Array): RequestBody {
  return { text: 'null', raw: { at: '/body', as: 'bytes', bytes }, value: bytes, isParsed: true };
}
