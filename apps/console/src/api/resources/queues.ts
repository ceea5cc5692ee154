import type { MessageDetail, MessageRow, QueueRow } from '../../contract/index.js';
import { consoleErrors } from '../../errors.js';
import { route, type ApiRequest, type ApiRoute } from '../api-route.js';
import { bodyFields } from '../body-fields.js';
import type { Acted, ModuleFunctions } from '../module-functions.js';
import { listPage, type ListShape } from '../list-page.js';
import { oneOf, pageRequest, text } from '../page-query.js';
import { parseQueueName, queueTarget, type QueueName } from '../queue-name.js';
import type { StoredData } from '../stored-data.js';

const listed: ListShape<QueueRow> = { keyOf: queueKey, textOf: queueKey, sorts: { depth: ({ depth }) => depth, dead: ({ dead }) => dead, age: ({ oldestAgeMs }) => oldestAgeMs } };
interface MessagePage {
  readonly messages: readonly MessageRow[];
  readonly cursor?: string;
}

const states = ['waiting', 'delayed', 'running', 'blocked', 'dead', 'completed', 'cancelled'] as const;
const filters = ['functionId', 'code', 'group', 'before', 'after', 'messageIds', 'messageId', 'all', 'head', 'data', 'ratePerSecond'] as const;
const redriveKeys = [...filters, 'dryRun'] as const;

/** Queues and their messages, dead letters included. A queue is named `topic:<topic>` or `queue:<name>`. */
export function queueRoutes(modules: ModuleFunctions, stored: StoredData): readonly ApiRoute[] {
  const messages = async (functionId: string, request: ApiRequest, more: object): Promise<object> => {
    const { limit, cursor, isClamped } = pageRequest(request.query);
    const page = await modules.call<MessagePage>(functionId, { ...target(request), ...ofFunction(request), ...more, limit, ...(cursor === undefined ? {} : { cursor }) }, request);
    return { items: page.messages.map((message) => stored.message(message, request)), nextCursor: page.cursor ?? null, ...(isClamped ? { clamped: true } : {}) };
  };
  return [
    route('GET', '/queues', async ({ query, signal }) => {
      const { queues } = await modules.call<{ readonly queues: readonly QueueRow[] }>('queue::list', {}, { signal });
      return listPage(queues, query, listed);
    }),
    route('GET', '/queues/:queue/messages', (request) => {
      const state = oneOf(request.query, 'state', states);
      return messages('queue::messages', request, state === undefined ? {} : { state });
    }),
    route('GET', '/queues/:queue/dlq', (request) => messages('queue::dead_letters', request, { code: text(request.query, 'code'), group: text(request.query, 'group') })),
    route('POST', '/queues/:queue/publish', (request) => {
      const { kind, name } = named(request);
      const message = bodyFields(request.body, ['data', 'functionId', 'messageGroupId', 'dedupId', 'delayMs', 'runAt', 'priority', 'ttlMs'], kind === 'queue' ? ['data', 'functionId'] : ['data']);
      stored.refuseHidden(undefined, message.data);
      return modules.act('enqueue', { ...queueTarget({ kind, name }), ...message }, request);
    }),
    route('POST', '/queues/:queue/pause', (request) => modules.act('queue::pause', { ...target(request), ...bodyFields(request.body, ['functionId']) }, request)),
    route('POST', '/queues/:queue/resume', (request) => modules.act('queue::resume', { ...target(request), ...bodyFields(request.body, ['functionId']) }, request)),
    route('POST', '/queues/:queue/dlq/redrive', (request) => redrive(modules, stored, request)),
    route('GET', '/queues/:queue/dlq/redrive', async (request) => {
      const { moves } = await modules.call<{ readonly moves: readonly object[] }>('queue::redrive_status', { ...target(request), ...ofFunction(request) }, request);
      return { moves: moves.map((move) => ({ id: request.params['queue'], ...move })) };
    }),
    route('POST', '/queues/:queue/dlq/redrive/cancel', (request) => modules.act('queue::redrive_cancel', { ...target(request), ...bodyFields(request.body, ['functionId']) }, request)),
    route('POST', '/queues/:queue/dlq/discard', (request) => modules.act('queue::discard', choiceOf(request, filters), request)),
    route('GET', '/messages/:id', async (request) => stored.message(await modules.call<MessageDetail>('queue::message', { messageId: request.params['id'] }, request), request)),
    route('GET', '/messages/:id/explain', ({ params, signal }) => modules.call('queue::explain', { messageId: params['id'] }, { signal })),
    route('POST', '/messages/:id/cancel', ({ params, signal }) => modules.act('queue::cancel', { messageId: params['id'] }, { signal })),
  ];
}

export function queueKey({ kind, name, functionId }: QueueRow): string {
  return `${kind}:${name} ${functionId ?? ''}`;
}

/** Answers as a job: its `id` is the name of the queue, below which it can be looked at and called off; `total` were there when it began. */
async function redrive(modules: ModuleFunctions, stored: StoredData, request: ApiRequest): Promise<Acted> {
  const choice: { readonly data?: unknown; readonly dryRun?: unknown } = choiceOf(request, redriveKeys);
  stored.refuseHidden(undefined, choice.data);
  if (choice.dryRun === true) return modules.act('queue::redrive', choice, request);
  const { total } = await modules.call<{ readonly total: number }>('queue::redrive', { ...choice, dryRun: true }, request);
  const { result, traceId } = await modules.act('queue::redrive', choice, request);
  return { result: { id: request.params['queue'], total, ...(result as object) }, traceId };
}

/** Chosen messages by their ids alone; a choice by filter within the queue. */
function choiceOf(request: ApiRequest, keys: typeof filters | typeof redriveKeys): object {
  const body = bodyFields<(typeof redriveKeys)[number]>(request.body, keys);
  return body.messageId !== undefined || body.messageIds !== undefined ? body : { ...target(request), ...body };
}

function target(request: ApiRequest): object {
  return queueTarget(named(request));
}

function ofFunction({ query }: ApiRequest): object {
  const functionId = text(query, 'function', 512);
  return functionId === undefined ? {} : { functionId };
}

/** @throws `MOTIA_CONSOLE_RESOURCE_NOT_FOUND` */
function named({ params }: ApiRequest): QueueName {
  const id = params['queue'] ?? '';
  const name = parseQueueName(id);
  if (name === undefined) throw consoleErrors.RESOURCE_NOT_FOUND({ kind: 'queue', id });
  return name;
}
