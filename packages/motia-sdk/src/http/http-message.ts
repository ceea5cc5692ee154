import type { Writable } from 'node:stream';
import type { ByteStream } from './byte-stream.js';
import type { UploadedFile } from './uploaded-files.js';

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
  /**
   * The body as bytes, while they arrive: of types that are not parsed (everything but JSON, text and forms). Of a parsed
   * body it gives its bytes again.
   */
  readonly requestBody: ByteStream;
  /** The exact bytes of the body, on triggers with `rawBody: true`: what webhook signatures are computed of. */
  readonly rawBody: Uint8Array | undefined;
  /** The files of a multipart form, in order, while they arrive. Empty for everything else. */
  readonly files: AsyncIterableIterator<UploadedFile>;
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
 * `input.response` of an HTTP handler: sets status and headers of the answer, and may write its body. What the handler
 * returns wins over it, as long as nothing was written.
 */
export interface MotiaHttpResponse {
  status(statusCode: number): void;
  headers(headers: Readonly<Record<string, string | readonly string[]>>): void;
  /**
   * Sends a piece of the body; the first one sends status and headers, too. Resolves when there is room for more.
   * @throws MotiaError the reason when the client has gone, `MOTIA_SDK_STREAMING_UNAVAILABLE` when the call came without a channel
   */
  write(chunk: string | Uint8Array): Promise<void>;
  /**
   * The body as a Node stream. The answer ends when it does.
   * @throws MotiaError `MOTIA_SDK_STREAMING_UNAVAILABLE` on access when the engine opened no channel for this request.
   */
  readonly stream: Writable;
  /** Ends the answer. Where nothing was written, a handler that returns nothing afterwards sends status and headers with an empty body. */
  close(): void;
}

/** First argument of an HTTP handler: readable as `{ request, response }` and, as before, directly (`input.body`, `input.pathParams`). */
export interface MotiaHttpArgs<TBody = unknown, TPath = Record<string, string>, TQuery = QueryValues> extends MotiaHttpRequest<TBody, TPath, TQuery> {
  readonly request: MotiaHttpRequest<TBody, TPath, TQuery>;
  readonly response: MotiaHttpResponse;
}

/** What an HTTP handler returns. Nothing at all (undefined, null) answers 204. */
export interface ApiResponse<TStatus extends number = number, TBody = unknown> {
  /** Default 200. */
  status?: TStatus | undefined;
  /** A value of `undefined` is no header: branches that return different headers have one type. */
  headers?: Record<string, string | string[] | undefined> | undefined;
  body?: TBody;
}
