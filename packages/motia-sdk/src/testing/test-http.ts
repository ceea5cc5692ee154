import { eventsOf } from './event-reader.js';

/** What a test reads of a response. */
export interface TestResponse<TBody = unknown> {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed when the content type is JSON, else text; undefined when empty. */
  readonly body: TBody;
  readonly text: string;
}

export interface TestRequest {
  readonly headers?: Readonly<Record<string, string>>;
  /** Appended to the path. */
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  /** Sent as JSON, or as it is: a string, bytes, a `FormData` with files, `URLSearchParams`, a `Blob`, or a stream (any async iterable of bytes). */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** One server-sent event as a client sees it. */
export interface TestEvent {
  readonly event: string;
  readonly data: string;
  readonly id: string | undefined;
}

/** A response whose body is read while it arrives. */
export interface TestStream {
  readonly status: number;
  readonly headers: Headers;
  /** Pieces as they come. */
  readonly body: AsyncIterable<Uint8Array>;
  /** The body as server-sent events. Leaving the loop closes the connection. */
  events(): AsyncGenerator<TestEvent, void>;
  /** All that is left, as text. */
  text(): Promise<string>;
  /** Closes the connection, as a client that leaves does. */
  close(): void;
}

/** Requests through the real REST module over a real socket on loopback. */
export interface TestHttp {
  request<TBody = unknown>(method: string, path: string, request?: TestRequest): Promise<TestResponse<TBody>>;
  /** Resolves when the head of the response is there. */
  stream(method: string, path: string, request?: TestRequest): Promise<TestStream>;
  get<TBody = unknown>(path: string, request?: TestRequest): Promise<TestResponse<TBody>>;
  delete<TBody = unknown>(path: string, request?: TestRequest): Promise<TestResponse<TBody>>;
  post<TBody = unknown>(path: string, request?: TestRequest): Promise<TestResponse<TBody>>;
  put<TBody = unknown>(path: string, request?: TestRequest): Promise<TestResponse<TBody>>;
  patch<TBody = unknown>(path: string, request?: TestRequest): Promise<TestResponse<TBody>>;
}

/** @param baseUrl asked for at each request, so that an app without REST module fails there with its reason */
export function testHttp(baseUrl: () => string): TestHttp {
  const send = (method: string, path: string, { headers, query, body, signal }: TestRequest, own: Readonly<Record<string, string>> = {}): Promise<Response> => {
    const url = new URL(path, baseUrl());
    for (const [name, value] of Object.entries(query ?? {})) for (const one of Array.isArray(value) ? (value as string[]) : [value]) url.searchParams.append(name, String(one));
    const isOwn = isOwnForm(body);
    return fetch(url, {
      method,
      headers: { ...own, ...(body === undefined || isOwn ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: isOwn ? (body as string) : JSON.stringify(body), duplex: 'half' }),
      ...(signal === undefined ? {} : { signal }),
      redirect: 'manual',
    });
  };
  const request = async <TBody>(method: string, path: string, more: TestRequest = {}): Promise<TestResponse<TBody>> => {
    const response = await send(method, path, more, { connection: 'close' });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: readBody(response.headers, text) as TBody };
  };
  return {
    request,
    stream: (method, path, more) => openStream(send, method, path, more),
    get: (path, more) => request('GET', path, more),
    delete: (path, more) => request('DELETE', path, more),
    post: (path, more) => request('POST', path, more),
    put: (path, more) => request('PUT', path, more),
    patch: (path, more) => request('PATCH', path, more),
  };
}

function readBody(headers: Headers, text: string): unknown {
  if (text === '') return undefined;
  return /\bjson\b/.test(headers.get('content-type') ?? '') ? (JSON.parse(text) as unknown) : text;
}

/** Bodies that fetch sends in their own form. */
function isOwnForm(body: unknown): boolean {
  if (typeof body === 'string' || body instanceof Uint8Array || body instanceof ArrayBuffer) return true;
  return body instanceof FormData || body instanceof URLSearchParams || body instanceof Blob || (typeof body === 'object' && body !== null && Symbol.asyncIterator in body);
}

async function openStream(send: (method: string, path: string, request: TestRequest) => Promise<Response>, method: string, path: string, request: TestRequest = {}): Promise<TestStream> {
  const controller = new AbortController();
  const signal = request.signal === undefined ? controller.signal : AbortSignal.any([request.signal, controller.signal]);
  // On a connection that may go on fetch tells an end from a break.
  const response = await send(method, path, { ...request, signal });
  const body = (response.body ?? new Response('').body) as ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>;
  const close = (): void => controller.abort();
  return { status: response.status, headers: response.headers, body, events: () => eventsOf(body, close), text: () => response.text(), close };
}
