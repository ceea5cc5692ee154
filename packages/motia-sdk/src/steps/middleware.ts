import type { ApiResponse, MotiaHttpArgs } from '../http/http-message.js';
import type { FlowContext } from './flow-context.js';

/** Runs the next middleware, and after the last one the handler. */
export type NextMiddleware = () => Promise<ApiResponse | void>;

/** Bivariant in its parameters, so that middleware written for one body may stand on any route. */
interface MiddlewareFunction<TBody, TEnqueueData> {
  run(req: MotiaHttpArgs<TBody>, ctx: FlowContext<TEnqueueData, MotiaHttpArgs<TBody>>, next: NextMiddleware): Promise<ApiResponse | void> | ApiResponse | void;
}

/**
 * `(req, ctx, next)`: call `next()` to go on, or return a response to stop here. What `next()` gave may be changed
 * before it is returned.
 */
export type ApiMiddleware<TBody = unknown, TEnqueueData = never> = MiddlewareFunction<TBody, TEnqueueData>['run'];
