import type { FunctionInfo, FunctionRegistry, TriggerRegistry } from '@motia/engine-core/contract';
import { consoleErrors } from '../../errors.js';
import { checkPayload } from '../check-payload.js';
import { route, type ApiRoute } from '../api-route.js';
import { listPage } from '../list-page.js';
import { text } from '../page-query.js';

export interface FunctionParts {
  readonly functions: FunctionRegistry;
  readonly triggers: TriggerRegistry;
}

/** Functions of the engine and what triggers them; a call from here is a call like any other. */
export function functionRoutes({ functions, triggers }: FunctionParts): readonly ApiRoute[] {
  const found = (id: string): FunctionInfo => {
    const info = functions.get(id);
    if (info === undefined) throw consoleErrors.RESOURCE_NOT_FOUND({ kind: 'function', id });
    return info;
  };
  return [
    route('GET', '/functions', async ({ query }) => {
      const page = listPage(functions.list({ includeInternal: query.get('internal') === 'true' }), query, {
        keyOf: ({ id }) => id, textOf: ({ id, description = '' }) => `${id} ${description}`, sorts: { calls: ({ stats }) => stats.calls, errors: ({ stats }) => stats.errors },
      });
      return { ...page, items: page.items.map(summaryOf) };
    }),
    route('GET', '/functions/:id', async ({ params }) => {
      const info = found(params['id'] ?? '');
      return {
        ...summaryOf(info),
        requestSchema: info.requestSchema,
        responseSchema: info.responseSchema,
        metadata: info.metadata,
        workerIds: info.workerIds,
        triggers: triggers.list().filter(({ functionId }) => functionId === info.id),
      };
    }),
    route('POST', '/functions/:id/invoke', async ({ params, body, signal }) => {
      const info = found(params['id'] ?? '');
      const { id } = info;
      const { payload, timeoutMs } = invokeBody(body);
      checkPayload(info, payload, triggers.list().some(({ type, functionId }) => functionId === id && type === 'http'));
      const call = functions.open(id, payload, { signal, ...(timeoutMs === undefined ? {} : { timeoutMs }), trigger: { id: 'console', type: 'console' } });
      const result = await call.result;
      return { result, traceId: call.trace.traceparent.slice(3, 35), invocationId: call.id };
    }),
    route('GET', '/triggers', async ({ query }) => {
      const type = text(query, 'type');
      const rows = triggers.list().filter((trigger) => type === undefined || trigger.type === type);
      return listPage(rows, query, { keyOf: ({ type: kind, id }) => `${kind} ${id}`, textOf: (trigger) => `${trigger.type} ${trigger.functionId} ${JSON.stringify(trigger.config)}`, sorts: { function: ({ functionId }) => functionId } });
    }),
    route('GET', '/trigger-types', async ({ query }) => listPage(triggers.types(), query, { keyOf: ({ type }) => type, textOf: ({ type }) => type })),
  ];
}

/** A row of the list; payload schemas only in the detail. */
export function summaryOf({ id, description, internal, owner, stats }: FunctionInfo) {
  return { id, description: description ?? null, internal, owner, stats };
}

function invokeBody(body: unknown): { readonly payload: unknown; readonly timeoutMs: number | undefined } {
  if (body === undefined) return { payload: undefined, timeoutMs: undefined };
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw consoleErrors.BODY_INVALID({ reason: 'it is { payload, timeoutMs? }' });
  const { payload, timeoutMs } = body as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(body).find((key) => key !== 'payload' && key !== 'timeoutMs');
  if (unknown !== undefined) throw consoleErrors.BODY_INVALID({ reason: 'it is { payload, timeoutMs? }', problems: [{ pointer: `/${unknown}`, problem: 'unknown key' }] });
  if (timeoutMs !== undefined && (typeof timeoutMs !== 'number' || !Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > 300_000)) {
    throw consoleErrors.BODY_INVALID({ reason: 'timeoutMs is not a time', problems: [{ pointer: '/timeoutMs', problem: 'must be 1 to 300000 milliseconds' }] });
  }
  return { payload, timeoutMs };
}
