import type { DataPath } from '../contract/index.js';

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

type Method = 'GET' | 'POST';
/** Paths of a method that the contract has. */
type PathOf<M extends Method> = DataPath extends infer P ? (P extends `${M} ${infer Path}` ? Path : never) : never;

/** One path of the API. `:name` is one segment. GETs change nothing; every change is a POST. */
export interface ApiRoute {
  readonly method: Method;
  readonly path: string;
  /** Answers the JSON of the response. */
  handle(request: ApiRequest): Promise<unknown>;
}

/** Of a path that the contract has; what it answers is said there. */
export function route<M extends Method>(method: M, path: PathOf<M>, handle: ApiRoute['handle']): ApiRoute {
  return { method, path, handle };
}
