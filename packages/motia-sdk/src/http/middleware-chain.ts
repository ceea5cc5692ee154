import type { HttpInput } from './http-input.js';

type Handler = (input: HttpInput, ctx: unknown) => unknown;
/** Middleware as the runtime sees it. */
export type Middleware = (input: HttpInput, ctx: unknown, next: () => Promise<unknown>) => unknown;

/** Puts middleware around a handler, the first outermost. Each `next` may be called once. */
export function chain(middlewares: readonly Middleware[], handler: Handler): Handler {
  if (middlewares.length === 0) return handler;
  const run = async (place: number, input: HttpInput, ctx: unknown): Promise<unknown> => {
    const middleware = middlewares[place];
    if (middleware === undefined) return handler(input, ctx);
    let called = false;
    return middleware(input, ctx, () => {
      if (called) return Promise.reject(new Error(`next() was called twice by middleware ${place}${middleware.name === '' ? '' : ` (${middleware.name})`}`));
      called = true;
      return run(place + 1, input, ctx);
    });
  };
  return (input, ctx) => run(0, input, ctx);
}
