/** A request of the data API, wherever it came from: HTTP or the engine's local socket. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST';
  /** Decoded path parameters. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: ReadonlyMap<string, string>;
  /** Parsed JSON of a POST; undefined without one. */
  readonly body: unknown;
  /** Ends when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** One path of the API. `:name` is one segment. GETs change nothing; every change is a POST. */
export interface ApiRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Answers the JSON of the response. */
  handle(request: ApiRequest): Promise<unknown>;
}

/** Identity, for lists of routes that read well. */
export function route(method: ApiRoute['method'], path: string, handle: ApiRoute['handle']): ApiRoute {
  return { method, path, handle };
}
