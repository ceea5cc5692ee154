import type { Middleware } from 'motia';

/** Says in a response header how long the handler took. */
export const withTiming: Middleware = async (_req, _ctx, next) => {
  const startedAt = performance.now();
  const response = await next();
  if (response === undefined || response === null) return response;
  return { ...response, headers: { ...response.headers, 'server-timing': `handler;dur=${(performance.now() - startedAt).toFixed(1)}` } };
};
