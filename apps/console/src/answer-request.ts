import { MotiaError } from '@motia/engine-core/contract';
import type { Api } from './api/api.js';
import { ChangeFailed } from './api/traced-change.js';
import { consoleErrors } from './errors.js';

/**
 * One request of the data API as a payload: `{ method?, path, query?, body? }` with a path below `/api/v1`.
 * @throws MotiaError as `Api.call` does, with the trace of a change that failed as `changeTraceId` in its details, `MOTIA_CONSOLE_BODY_INVALID`
 */
export async function answerRequest(api: Api, payload: unknown, signal: AbortSignal): Promise<unknown> {
  const { method = 'GET', path, query = {}, body } = (payload ?? {}) as { readonly method?: unknown; readonly path?: unknown; readonly query?: unknown; readonly body?: unknown };
  if (method !== 'GET' && method !== 'POST') throw consoleErrors.METHOD_NOT_ALLOWED({ allowed: ['GET', 'POST'] });
  if (typeof path !== 'string' || !path.startsWith('/')) throw consoleErrors.BODY_INVALID({ reason: '`path` starts with a slash' });
  if (typeof query !== 'object' || query === null) throw consoleErrors.BODY_INVALID({ reason: '`query` is an object of strings' });
  const parameters = Object.entries(query).flatMap(([key, value]): [string, string][] => (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [[key, String(value)]] : []));
  try {
    return await api.call({ method, path, query: new Map(parameters), body, signal });
  } catch (error) {
    if (!(error instanceof ChangeFailed)) throw error;
    const { details, ...told } = error.error.toWire();
    throw new MotiaError({ ...told, details: { ...(typeof details === 'object' ? details : { details }), changeTraceId: error.traceId }, cause: error.error });
  }
}
