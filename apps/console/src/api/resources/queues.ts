import { consoleErrors } from '../../errors.js';
import { route, type ApiRequest, type ApiRoute } from '../api-route.js';
import { bodyFields } from '../body-fields.js';
import type { ModuleFunctions } from '../module-functions.js';
import { oneOf, pageOf, pageRequest, text } from '../page-query.js';

export interface QueueRow {
  readonly kind: 'topic' | 'queue';
  readonly name: string;
  readonly functionId: string | null;
}
interface MessagePage {
  readonly messages: readonly object[];
  readonly cursor?: string;
}

const states = ['waiting', 'delayed', 'running', 'blocked', 'dead', 'completed', 'cancelled'] as const;
const filters = ['functionId', 'code', 'group', 'before', 'after', 'messageIds', 'messageId', 'all', 'head', 'data', 'ratePerSecond'] as const;

/** Queues and their messages, dead letters included. A queue is named `topic:<topic>` or `queue:<name>`. */
export function queueRoutes(modules: ModuleFunctions): readonly ApiRoute[] {
  const messages = async (functionId: string, request: ApiRequest, more: object): Promise<object> => {
    const { limit, cursor, isClamped } = pageRequest(request.query);
    const page = await modules.call<MessagePage>(functionId, { ...target(request), ...ofFunction(request), ...more, limit, ...(cursor === undefined ? {} : { cursor }) }, request);
    return { items: page.messages, nextCursor: page.cursor ?? null, ...(isClamped ? { clamped: true } : {}) };
  };
  return [
    route('GET', '/queues', async ({ query, signal }) => {
      const { queues } = await modules.call<{ readonly queues: readonly QueueRow[] }>('queue::list', {}, { signal });
      return pageOf(queues, pageRequest(query), queueKey);
    }),
    route('GET', '/queues/:queue/messages', (request) => {
      const state = oneOf(request.query, 'state', states);
      return messages('queue::messages', request, state === undefined ? {} : { state });
    }),
    route('GET', '/queues/:queue/dlq', (request) => messages('queue::dead_letters', request, { code: text(request.query, 'code'), group: text(request.query, 'group') })),
    route('POST', '/queues/:queue/publish', (request) => {
      const { kind, name } = named(request);
      const message = bodyFields(request.body, ['data', 'functionId', 'messageGroupId', 'dedupId', 'delayMs', 'runAt', 'priority', 'ttlMs'], kind === 'queue' ? ['data', 'functionId'] : ['data']);
      return modules.act('enqueue', { [kind]: name, ...message }, request);
    }),
    route('POST', '/queues/:queue/pause', (request) => modules.act('queue::pause', { ...target(request), ...bodyFields(request.body, ['functionId']) }, request)),
    route('POST', '/queues/:queue/resume', (request) => modules.act('queue::resume', { ...target(request), ...bodyFields(request.body, ['functionId']) }, request)),
    route('POST', '/queues/:queue/dlq/redrive', (request) => modules.act('queue::redrive', choiceOf(request), request)),
    route('POST', '/queues/:queue/dlq/discard', (request) => modules.act('queue::discard', choiceOf(request), request)),
    route('GET', '/messages/:id', ({ params, signal }) => modules.call('queue::message', { messageId: params['id'] }, { signal })),
    route('GET', '/messages/:id/explain', ({ params, signal }) => modules.call('queue::explain', { messageId: params['id'] }, { signal })),
    route('POST', '/messages/:id/cancel', ({ params, signal }) => modules.act('queue::cancel', { messageId: params['id'] }, { signal })),
  ];
}

export function queueKey({ kind, name, functionId }: QueueRow): string {
  return `${kind}:${name} ${functionId ?? ''}`;
}

/** Chosen messages by their ids alone; a choice by filter within the queue. */
function choiceOf(request: ApiRequest): object {
  const body = bodyFields(request.body, filters);
  return body.messageId !== undefined || body.messageIds !== undefined ? body : { ...target(request), ...body };
}

function target(request: ApiRequest): object {
  const { kind, name } = named(request);
  return { [kind]: name };
}

function ofFunction({ query }: ApiRequest): object {
  const functionId = text(query, 'function', 512);
  return functionId === undefined ? {} : { functionId };
}

/** @throws `MOTIA_CONSOLE_RESOURCE_NOT_FOUND` */
function named({ params }: ApiRequest): { readonly kind: 'topic' | 'queue'; readonly name: string } {
  const id = params['queue'] ?? '';
  const match = /^(topic|queue):(.+)$/s.exec(id);
  if (match === null) throw consoleErrors.RESOURCE_NOT_FOUND({ kind: 'queue', id });
  return { kind: match[1] as 'topic' | 'queue', name: match[2] as string };
}
