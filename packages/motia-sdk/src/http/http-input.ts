import { isWireValue, rawPartToValue } from '@motia/protocol';
import { sdkErrors } from '../errors.js';
import type { HeaderValues, MotiaHttpResponse, QueryValues } from './http-message.js';

/** The payload of an HTTP trigger as it travels. */
interface HttpPayload {
  readonly path_params?: Record<string, string>;
  readonly query_params?: QueryValues;
  readonly headers?: HeaderValues;
  readonly path?: string;
  readonly method?: string;
  readonly body?: unknown;
  readonly request_id?: string;
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
  readonly #functionId: string;

  constructor(payload: unknown, functionId: string) {
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
    this.#functionId = functionId;
    if (raw !== undefined) parseOnFirstRead(this, () => rawPartToValue(raw));
  }

  get request(): this {
    return this;
  }
  get response(): MotiaHttpResponse {
    return (this.#response ??= new HttpResponse(this.#functionId));
  }

  /** What the handler said through `response`, when it touched it. */
  get spoken(): HttpResponse | undefined {
    return this.#response;
  }
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

/** Collects what a handler says through `response`. */
export class HttpResponse implements MotiaHttpResponse {
  readonly #functionId: string;
  statusCode: number | undefined = undefined;
  headerValues: Record<string, string> | undefined = undefined;
  isClosed = false;

  constructor(functionId: string) {
    this.#functionId = functionId;
  }

  status = (statusCode: number): void => {
    this.statusCode = statusCode;
  };
  headers = (headers: Readonly<Record<string, string>>): void => {
    this.headerValues = { ...this.headerValues, ...headers };
  };
  close = (): void => {
    this.isClosed = true;
  };
  get stream(): NodeJS.WritableStream {
    throw sdkErrors.STREAMING_UNAVAILABLE({ functionId: this.#functionId, member: 'response.stream' });
  }
}
