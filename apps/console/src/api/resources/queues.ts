import type { AnswerOf, MessageRow, QueueRow } from '../../contract/index.js';
import { consoleErrors } from '../../errors.js';
import { get, post, type ApiRequest, type ApiRoute } from '../api-route.js';
import { bodyFields } from '../body-fields.js';
import { fittingPage } from '../fitting-page.js';
import { messageRow, type ListedMessage } from '../message-row.js';
import type { Acted, ModuleFunctions } from '../module-functions.js';
import { listKeys, listPage, type ListShape } from '../list-page.js';
import { oneOf, pageKeys, pageOf, pageRequest, rowFilter, text, type Page } from '../page-query.js';
import { parseQueueName, queueKey, queueTarget, type QueueName } from '../queue-name.js';
import type { StoredData } from '../stored-data.js';

const listed: ListShape<QueueRow> = { keyOf: queueKey, textOf: queueKey, sorts: { depth: ({ depth }) => depth, dead: ({ dead }) => dead, age: ({ oldestAgeMs }) => oldestAgeMs } };
interface MessagePage {
  readonly messages: readonly ListedMessage[];
  readonly cursor?: string;
}

const states = ['waiting', 'delayed', 'running', 'blocked', 'dead', 'completed', 'cancelled', 'discarded'] as const;
const filters = ['functionId', 'code', 'group', 'before', 'after', 'messageIds', 'messageId', 'all', 'head', 'data', 'ratePerSecond'] as const;
const redriveKeys = [...filters, 'dryRun'] as const;

const messageKeys = ['function', 'code', 'group', 'filter', 'from', 'to', ...pageKeys];

/** Queues and their messages, dead letters included. A queue is named as its row is: `topic:<topic> <function>` or `queue:<name>`; `topic:<topic>` are all subscribers of it. */
export function queueRoutes(modules: ModuleFunctions, stored: StoredData): readonly ApiRoute[] {
  const messages = async (functionId: string, request: ApiRequest, more: object, timeOf: (message: ListedMessage) => number | undefined): Promise<Page<MessageRow>> => {
    const { query } = request;
    const { limit, cursor, isClamped } = pageRequest(query);
    const wanted = { ...target(request), ...ofFunction(request), code: text(query, 'code'), group: text(query, 'group'), ...more };
    const { rows, next } = await fittingPage(cursor, rowFilter<ListedMessage>(query, { textOf: (message) => JSON.stringify(stored.message(message)), timeOf }), async (from) => {
      const page = await modules.call<MessagePage>(functionId, { ...wanted, limit, ...(from === undefined ? {} : { cursor: from }) }, request);
      return { rows: page.messages, next: page.cursor };
    });
    return pageOf(rows.map((row) => messageRow(row, stored)), next, isClamped);
  };
  return [
    get('/queues', listKeys(listed), async ({ query, signal }) => {
      const { queues } = await modules.call<{ readonly queues: readonly QueueRow[] }>('queue::list', {}, { signal });
      return listPage(queues, query, listed);
    }),
    get('/queues/:queue/messages', ['state', ...messageKeys], async (request) => {
      const state = oneOf(request.query, 'state', states);
      return messages('queue::messages', request, state === undefined ? {} : { state }, ({ enqueuedAtMs }) => enqueuedAtMs);
    }),
    get('/queues/:queue/dlq', messageKeys, (request) => messages('queue::dead_letters', request, {}, ({ endedAtMs, enqueuedAtMs }) => endedAtMs ?? enqueuedAtMs)),
    post('/queues/:queue/publish', async (request) => {
      const { kind, name, functionId } = named(request);
      if (functionId !== undefined) throw consoleErrors.BODY_INVALID({ reason: `a message to a topic goes to all of its subscribers: publish it to topic:${name}` });
      const message = bodyFields(request.body, ['data', 'functionId', 'messageGroupId', 'dedupId', 'delayMs', 'runAt', 'priority', 'ttlMs'], kind === 'queue' ? ['data', 'functionId'] : ['data']);
      stored.refuseHidden(undefined, message.data);
      return modules.act('enqueue', { [kind]: name, ...message }, request);
    }),
    post('/queues/:queue/pause', async (request) => modules.act('queue::pause', { ...target(request), ...bodyFields(request.body, ['functionId']) }, request)),
    post('/queues/:queue/resume', async (request) => modules.act('queue::resume', { ...target(request), ...bodyFields(request.body, ['functionId']) }, request)),
    post('/queues/:queue/dlq/redrive', (request) => redrive(modules, stored, request)),
    get('/queues/:queue/dlq/redrive', ['function'], async (request) => {
      const { moves } = await modules.call<{ readonly moves: readonly Omit<AnswerOf<'GET /queues/:queue/dlq/redrive'>['moves'][number], 'id'>[] }>('queue::redrive_status', { ...target(request), ...ofFunction(request) }, request);
      return { moves: moves.map((move) => ({ id: request.params['queue'] ?? '', ...move })) };
    }),
    post('/queues/:queue/dlq/redrive/cancel', async (request) => modules.act('queue::redrive_cancel', { ...target(request), ...bodyFields(request.body, ['functionId']) }, request)),
    post('/queues/:queue/dlq/discard', async (request) => modules.act('queue::discard', choiceOf(request, filters), request)),
    get('/messages/:id', ['reveal'], async (request) => stored.message(await modules.call<AnswerOf<'GET /messages/:id'>>('queue::message', { messageId: request.params['id'] }, request), request)),
    get('/messages/:id/explain', [], ({ params, signal }) => modules.call('queue::explain', { messageId: params['id'] }, { signal })),
    post('/messages/:id/cancel', async ({ params, body, signal }) => {
      bodyFields(body, []);
      return modules.act('queue::cancel', { messageId: params['id'] }, { signal });
    }),
  ];
}

type RedriveJob = AnswerOf<'POST /queues/:queue/dlq/redrive'>['result'];

/** Answers as a job: its `id` is the name of the queue, below which it can be looked at and called off; `total` were there when it began. */
async function redrive(modules: ModuleFunctions, stored: StoredData, request: ApiRequest): Promise<Acted<RedriveJob>> {
  const choice: { readonly data?: unknown; readonly dryRun?: unknown } = choiceOf(request, redriveKeys);
  stored.refuseHidden(undefined, choice.data);
  if (choice.dryRun === true) return modules.act('queue::redrive', choice, request);
  const { total } = await modules.call<{ readonly total: number }>('queue::redrive', { ...choice, dryRun: true }, request);
  const { result, traceId } = await modules.act<RedriveJob>('queue::redrive', choice, request);
  return { result: { ...result, id: request.params['queue'] ?? '', total }, traceId };
}

/** Messages of the queue, by their ids or by a filter. */
function choiceOf(request: ApiRequest, keys: typeof filters | typeof redriveKeys): object {
  return { ...target(request), ...bodyFields<(typeof redriveKeys)[number]>(request.body, keys) };
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
