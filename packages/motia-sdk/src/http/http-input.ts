import { isWireValue, rawPartToValue, type ChannelRef } from '@motia/protocol';
import type { StepContext } from '../context/step-context.js';
import type { ByteStream } from './byte-stream.js';
import type { HeaderValues, MotiaHttpResponse, QueryValues } from './http-message.js';
import { HttpResponse } from './http-response.js';
import { bodyAsBytes, requestBodyStream } from './request-body.js';
import { uploadedFiles, type UploadedFile } from './uploaded-files.js';

/** The payload of an HTTP trigger as it travels. */
interface HttpPayload {
  readonly path_params?: Record<string, string>;
  readonly query_params?: QueryValues;
  readonly headers?: HeaderValues;
  readonly path?: string;
  readonly method?: string;
  readonly body?: unknown;
  readonly request_id?: string;
  readonly request_body?: ChannelRef;
  readonly files?: ChannelRef;
  readonly raw_body?: string;
  readonly response?: ChannelRef;
  readonly client_address?: string;
  readonly protocol?: 'http' | 'https';
  readonly context?: Readonly<Record<string, unknown>>;
}

/**
 * First argument of an HTTP handler. The members of the request are its own, so they can be spread; `request` is the
 * object itself and `response` comes into being when it is first read.
 */
export class HttpInput {
  pathParams: Record<string, string>;
  queryParams: QueryValues;
  headers: HeaderValues;
  body: unknown;
  method: string;
  path: string;
  requestId?: string;
  clientAddress?: string;
  protocol?: 'http' | 'https';
  context?: Readonly<Record<string, unknown>>;
  #response: HttpResponse | undefined = undefined;
  #requestBody: ByteStream | undefined = undefined;
  #files: AsyncGenerator<UploadedFile> | undefined = undefined;
  #rawBody: Uint8Array | undefined = undefined;
  #onBegun: (() => void) | undefined = undefined;
  readonly #payload: HttpPayload;
  readonly #bodyBytes: Uint8Array | undefined;
  readonly #context: StepContext;

  constructor(payload: unknown, context: StepContext) {
    const raw = isWireValue(payload) && payload.raw?.at === '/body' ? payload.raw : undefined;
    const plain = plainPayload(payload, raw !== undefined);
    this.pathParams = plain.path_params ?? {};
    this.queryParams = plain.query_params ?? {};
    this.headers = plain.headers ?? {};
    this.body = plain.body;
    this.method = plain.method ?? '';
    this.path = plain.path ?? '';
    if (plain.request_id !== undefined) this.requestId = plain.request_id;
    if (plain.client_address !== undefined) this.clientAddress = plain.client_address;
    if (plain.protocol !== undefined) this.protocol = plain.protocol;
    if (plain.context !== undefined) this.context = plain.context;
    this.#payload = plain;
    this.#context = context;
    this.#bodyBytes = raw?.bytes;
    if (raw !== undefined) parseOnFirstRead(this, () => rawPartToValue(raw));
  }

  get request(): this {
    return this;
  }
  get response(): MotiaHttpResponse {
    return this.reply;
  }
  get requestBody(): ByteStream {
    return (this.#requestBody ??= requestBodyStream(this.#context.connection, this.#payload.request_body, () => this.rawBody ?? this.#bodyBytes ?? bodyAsBytes(this.body)));
  }
  get rawBody(): Uint8Array | undefined {
    if (this.#rawBody === undefined && this.#payload.raw_body !== undefined) this.#rawBody = Buffer.from(this.#payload.raw_body, 'base64');
    return this.#rawBody;
  }
  get files(): AsyncIterableIterator<UploadedFile> {
    return (this.#files ??= this.#openFiles());
  }

  /** Where the response becomes a stream the listener learns it, also when `response` is first read later. */
  onBegun(listener: () => void): void {
    this.#onBegun = listener;
    this.#response?.onBegun(listener);
  }

  /** `response` with what the runtime needs of it. */
  get reply(): HttpResponse {
    if (this.#response === undefined) {
      this.#response = new HttpResponse(this.#context, this.#payload.response);
      if (this.#onBegun !== undefined) this.#response.onBegun(this.#onBegun);
    }
    return this.#response;
  }

  /** What the handler said through `response`, when it touched it. */
  get spoken(): HttpResponse | undefined {
    return this.#response;
  }

  async *#openFiles(): AsyncGenerator<UploadedFile> {
    const { files } = this.#payload;
    if (files !== undefined) yield* uploadedFiles(this.#context.connection, files, (name, value) => addField(this, name, value));
  }
}

/** A field that stood behind a file. */
function addField(input: HttpInput, name: string, value: unknown): void {
  if (typeof input.body !== 'object' || input.body === null || name === '__proto__') return;
  const body = input.body as Record<string, unknown>;
  const known = Object.hasOwn(body, name) ? body[name] : undefined;
  body[name] = known === undefined ? value : Array.isArray(known) ? [...(known as unknown[]), value] : [known, value];
}

function plainPayload(payload: unknown, bodyIsRaw: boolean): HttpPayload {
  const value = !isWireValue(payload) ? payload : bodyIsRaw ? (payload).base : payload.toValue();
  return typeof value === 'object' && value !== null ? (value) : {};
}

function parseOnFirstRead(input: HttpInput, parse: () => unknown): void {
  Object.defineProperty(input, 'body', {
    enumerable: true,
    configurable: true,
    get() {
      const value = parse();
      Object.defineProperty(input, 'body', { enumerable: true, configurable: true, writable: true, value });
      return value;
    },
    set(value: unknown) {
      Object.defineProperty(input, 'body', { enumerable: true, configurable: true, writable: true, value });
    },
  });
}
