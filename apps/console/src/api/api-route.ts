import type { AnswerOf, DataPath } from '../contract/index.js';
import type { Sendable } from './sendable.js';

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
type Handler<P extends DataPath> = (request: ApiRequest) => Promise<Sendable<AnswerOf<P>>>;

/** What every path of the data API begins with over HTTP. */
export const apiPrefix = '/api/v1';

/** One path of the API. `:name` is one segment. GETs change nothing; every change is a POST. */
export interface ApiRoute {
  readonly method: Method;
  readonly path: string;
  /** Query parameters that have an effect; any other is refused. */
  readonly takes: readonly string[];
  /** Answers the JSON of the response. */
  handle(request: ApiRequest): Promise<unknown>;
}

/** A look: a path that the contract has, and what it answers as is said there. */
export function get<P extends PathOf<'GET'>>(path: P, takes: readonly string[], handle: Handler<`GET ${P}`>): ApiRoute {
  return { method: 'GET', path, takes, handle };
}

/** A change; what it is about stands in its body. */
export function post<P extends PathOf<'POST'>>(path: P, handle: Handler<`POST ${P}`>): ApiRoute {
  return { method: 'POST', path, takes: [], handle };
}
