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
  /** Sent as JSON, or as it is when it is a string or bytes. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** Requests through the real REST module over a real socket on loopback. */
export interface TestHttp {
  request<TBody = unknown>(method: string, path: string, request?: TestRequest): Promise<TestResponse<TBody>>;
  get<TBody = unknown>(path: string, request?: TestRequest): Promise<TestResponse<TBody>>;
  delete<TBody = unknown>(path: string, request?: TestRequest): Promise<TestResponse<TBody>>;
  post<TBody = unknown>(path: string, request?: TestRequest): Promise<TestResponse<TBody>>;
  put<TBody = unknown>(path: string, request?: TestRequest): Promise<TestResponse<TBody>>;
  patch<TBody = unknown>(path: string, request?: TestRequest): Promise<TestResponse<TBody>>;
}

/** @param baseUrl asked for at each request, so that an app without REST module fails there with its reason */
export function testHttp(baseUrl: () => string): TestHttp {
  const request = async <TBody>(method: string, path: string, { headers, query, body, signal }: TestRequest = {}): Promise<TestResponse<TBody>> => {
    const url = new URL(path, baseUrl());
    for (const [name, value] of Object.entries(query ?? {})) for (const one of Array.isArray(value) ? (value as string[]) : [value]) url.searchParams.append(name, String(one));
    const isRaw = typeof body === 'string' || body instanceof Uint8Array;
    const response = await fetch(url, {
      method,
      headers: { connection: 'close', ...(body === undefined || isRaw ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: isRaw ? (body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
      redirect: 'manual',
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: readBody(response.headers, text) as TBody };
  };
  return {
    request,
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
