/** Query and header values: a string, or all of them when a name was repeated. */
export type QueryValues = Record<string, string | string[]>;
export type HeaderValues = Record<string, string | string[]>;

/** The members of a request, as older handlers read them directly from their first argument. */
export interface ApiRequest<TBody = unknown, TPath = Record<string, string>, TQuery = QueryValues> {
  pathParams: TPath;
  queryParams: TQuery;
  body: TBody;
  headers: HeaderValues;
}

/** `input.request` of an HTTP handler. */
export interface MotiaHttpRequest<TBody = unknown, TPath = Record<string, string>, TQuery = QueryValues> extends ApiRequest<TBody, TPath, TQuery> {
  method: string;
  /** The registered pattern, e.g. `/users/:id`. */
  path: string;
  /** Id of the request as logs and the error envelope show it. */
  requestId?: string;
  /** IP address of the client, past the proxies that the engine trusts. */
  clientAddress?: string;
  /** How the client speaks to us, or to the first trusted proxy. */
  protocol?: 'http' | 'https';
  /** What engine-wide middleware left for the handler; absent when it left nothing. */
  context?: Readonly<Record<string, unknown>>;
}

/**
 * `input.response` of an HTTP handler: sets status and headers of the answer. What the handler returns wins over it.
 */
export interface MotiaHttpResponse {
  status(statusCode: number): void;
  headers(headers: Readonly<Record<string, string>>): void;
  /**
   * A writable body.
   * @throws MotiaError `MOTIA_SDK_STREAMING_UNAVAILABLE` on access when the engine opened no channel for this request.
   */
  readonly stream: NodeJS.WritableStream;
  /** Ends the answer: a handler that returns nothing afterwards sends status and headers with an empty body. */
  close(): void;
}

/** First argument of an HTTP handler: readable as `{ request, response }` and, as before, directly (`input.body`, `input.pathParams`). */
export interface MotiaHttpArgs<TBody = unknown, TPath = Record<string, string>, TQuery = QueryValues> extends MotiaHttpRequest<TBody, TPath, TQuery> {
  readonly request: MotiaHttpRequest<TBody, TPath, TQuery>;
  readonly response: MotiaHttpResponse;
}

/** What an HTTP handler returns. Nothing at all (undefined, null) answers 204. */
export interface ApiResponse<TStatus extends number = number, TBody = unknown> {
  status: TStatus;
  headers?: Record<string, string | string[]> | undefined;
  body?: TBody;
}
