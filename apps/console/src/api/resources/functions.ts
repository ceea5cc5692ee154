import type { FunctionInfo, FunctionRegistry, TriggerInfo, TriggerRegistry } from '@motia/engine-core/contract';
import { consoleErrors } from '../../errors.js';
import { checkPayload } from '../check-payload.js';
import { get, post, type ApiRoute } from '../api-route.js';
import { listKeys, listPage, type ListShape } from '../list-page.js';
import { flag, text } from '../page-query.js';
import { callForChange } from '../traced-change.js';

export interface FunctionParts {
  readonly functions: FunctionRegistry;
  readonly triggers: TriggerRegistry;
}

const listed: ListShape<FunctionInfo> = { keyOf: ({ id }) => id, textOf: ({ id, description = '' }) => `${id} ${description}`, sorts: { calls: ({ stats }) => stats.calls, errors: ({ stats }) => stats.errors } };
const triggersListed: ListShape<TriggerInfo> = { keyOf: ({ type, id }) => `${type} ${id}`, textOf: ({ type, functionId, config }) => `${type} ${functionId} ${JSON.stringify(config)}`, sorts: { function: ({ functionId }) => functionId } };
const typesListed: ListShape<ReturnType<TriggerRegistry['types']>[number]> = { keyOf: ({ type }) => type, textOf: ({ type }) => type };

/** Functions of the engine and what triggers them; a call from here is a call like any other. */
export function functionRoutes({ functions, triggers }: FunctionParts): readonly ApiRoute[] {
  const found = (id: string): FunctionInfo => {
    const info = functions.get(id);
    if (info === undefined) throw consoleErrors.RESOURCE_NOT_FOUND({ kind: 'function', id });
    return info;
  };
  return [
    get('/functions', ['internal', ...listKeys(listed)], async ({ query }) => {
      const page = listPage(functions.list({ includeInternal: flag(query, 'internal') }), query, listed);
      return { ...page, items: page.items.map(summaryOf) };
    }),
    get('/functions/:id', [], async ({ params }) => {
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
    post('/functions/:id/invoke', async ({ params, body, signal }) => {
      const info = found(params['id'] ?? '');
      const { id } = info;
      const { payload, timeoutMs } = invokeBody(body);
      checkPayload(info, payload, triggers.list().some(({ type, functionId }) => functionId === id && type === 'http'));
      return await callForChange(functions, id, payload, { signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
    }),
    get('/triggers', ['type', ...listKeys(triggersListed)], async ({ query }) => {
      const type = text(query, 'type');
      const rows = triggers.list().filter((trigger) => type === undefined || trigger.type === type);
      return listPage(rows, query, triggersListed);
    }),
    get('/trigger-types', listKeys(typesListed), async ({ query }) => listPage(triggers.types(), query, typesListed)),
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
  if (unknown !== undefined) throw consoleErrors.BODY_INVALID({ reason: 'it is { payload, timeoutMs? }', problems: [{ pointer: `/${unknown}`, problem: 'is not known' }] });
  if (timeoutMs !== undefined && (typeof timeoutMs !== 'number' || !Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > 300_000)) {
    throw consoleErrors.BODY_INVALID({ reason: 'timeoutMs is not a time', problems: [{ pointer: '/timeoutMs', problem: 'must be 1 to 300000 milliseconds' }] });
  }
  return { payload, timeoutMs };
}
