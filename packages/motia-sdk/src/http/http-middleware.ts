import type { ApiResponse, HeaderValues, QueryValues } from './http-message.js';

/** The request as engine-wide middleware sees it: everything but its body. */
export interface HttpMiddlewareRequest {
  readonly pathParams: Record<string, string>;
  readonly queryParams: QueryValues;
  readonly headers: HeaderValues;
  readonly method: string;
  /** The registered pattern of the route, e.g. `/users/:id`. */
  readonly path: string;
  readonly requestId?: string;
  /** IP address of the client, past the proxies that the engine trusts. */
  readonly clientAddress?: string;
  readonly protocol?: 'http' | 'https';
}

/** What an `httpMiddleware()` trigger hands over. */
export interface HttpMiddlewareInput {
  readonly phase: 'preHandler';
  readonly request: HttpMiddlewareRequest;
  /** What earlier middleware left. */
  readonly context: Readonly<Record<string, unknown>>;
}

/** What engine-wide middleware returns. Anything else fails the request. */
export type HttpMiddlewareResult =
  /** Goes on; `context` is added to what later middleware and the handler see. */
  | { readonly action: 'continue'; readonly context?: Readonly<Record<string, unknown>> }
  /** Answers in place of the handler. `body` is sent as JSON, a string as text. */
  | { readonly action: 'respond'; readonly response: Partial<ApiResponse> };

interface WireInput {
  readonly phase?: 'preHandler';
  readonly request?: Readonly<Record<string, unknown>>;
  readonly context?: Readonly<Record<string, unknown>>;
}

/** The wire form of the input, read for handlers. */
export function middlewareInput(payload: unknown): HttpMiddlewareInput {
  const { phase = 'preHandler', request = {}, context = {} } = (payload ?? {}) as WireInput;
  return {
    phase,
    context,
    request: {
      pathParams: (request['path_params'] ?? {}) as Record<string, string>,
      queryParams: (request['query_params'] ?? {}) as QueryValues,
      headers: (request['headers'] ?? {}) as HeaderValues,
      method: String(request['method'] ?? ''),
      path: String(request['path'] ?? ''),
      ...(request['request_id'] === undefined ? {} : { requestId: String(request['request_id']) }),
      ...(request['client_address'] === undefined ? {} : { clientAddress: String(request['client_address']) }),
      ...(request['protocol'] === undefined ? {} : { protocol: request['protocol'] as 'http' | 'https' }),
    },
  };
}
