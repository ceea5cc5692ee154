import type { FunctionHandler } from '@motia/engine-core/contract';
import type { Operator } from './admin/operator.js';

interface Entry {
  readonly description: string;
  readonly run: FunctionHandler;
}
interface ListedQueue {
  readonly kind: 'topic' | 'queue';
  readonly name: string;
  readonly functionId: string;
  readonly waiting: number;
  readonly delayed: number;
  readonly running: number;
  readonly blocked: number;
  readonly dead: number;
}

/** Names of later versions of the engine that this one stands in for, with payloads and answers in snake_case. */
export function laterFunctions(operator: Operator): Readonly<Record<string, Entry>> {
  const listed = async (payload: unknown): Promise<readonly ListedQueue[]> => (await operator.list(payload)).queues as readonly ListedQueue[];
  const topics = async (): Promise<ReadonlyMap<string, readonly ListedQueue[]>> => {
    const found = new Map<string, ListedQueue[]>();
    for (const queue of await listed({})) found.set(queue.name, [...(found.get(queue.name) ?? []), queue]);
    return found;
  };
  return {
    'iii::queue::redrive': { description: 'Another name of `queue::redrive` for all dead letters of a queue.', run: async (payload, call) => operator.redrive(target(payload), call) },
    'iii::queue::redrive_message': { description: 'Another name of `queue::redrive` for one message.', run: async (payload, call) => operator.redrive(message(payload), call) },
    'iii::queue::discard_message': { description: 'Another name of `queue::discard` for one message.', run: async (payload, call) => operator.discard(message(payload), call) },
    'engine::queue::list_topics': {
      description: 'Topics and named queues.',
      run: async () => ({ topics: [...(await topics())].map(([name, queues]) => ({ name, kind: queues[0]?.kind, subscriber_count: queues.filter(({ functionId }) => functionId !== '').length })) }),
    },
    'engine::queue::topic_stats': {
      description: 'Depth of a topic or named queue.',
      run: async (payload) => {
        const queues = await listed(await known(operator, payload));
        const sum = (read: (queue: ListedQueue) => number): number => queues.reduce((total, queue) => total + read(queue), 0);
        return {
          topic: queues[0]?.name,
          depth: sum(({ waiting }) => waiting), delayed: sum(({ delayed }) => delayed), in_flight: sum(({ running }) => running), dlq_depth: sum(({ dead, blocked }) => dead + blocked),
          consumer_count: queues.filter(({ functionId }) => functionId !== '').length,
        };
      },
    },
    'engine::queue::dlq_topics': {
      description: 'Topics and named queues that have dead letters.',
      run: async () => ({
        topics: [...(await topics())].flatMap(([name, queues]) => {
          const count = queues.reduce((total, { dead, blocked }) => total + dead + blocked, 0);
          return count === 0 ? [] : [{ topic: name, message_count: count }];
        }),
      }),
    },
    'engine::queue::dlq_messages': { description: 'Another name of `queue::dead_letters`.', run: async (payload) => deadLetters(operator, payload) },
  };
}

/** `topic` of these functions may also be a named queue. */
async function known(operator: Operator, payload: unknown): Promise<object> {
  const { topic, queue, function_id: functionId } = fields(payload);
  const name = topic ?? queue;
  const { queues } = await operator.list({});
  const isQueue = (queues as readonly ListedQueue[]).some((entry) => entry.kind === 'queue' && entry.name === name) && !(queues as readonly ListedQueue[]).some((entry) => entry.kind === 'topic' && entry.name === name);
  return { ...(isQueue ? { queue: name } : { topic: name }), ...(functionId === undefined ? {} : { functionId }) };
}

async function deadLetters(operator: Operator, payload: unknown): Promise<object> {
  const { limit, offset: _offset, cursor } = fields(payload);
  const where = await known(operator, payload);
  const queues = (await operator.list(where)).queues as readonly ListedQueue[];
  const messages: unknown[] = [];
  for (const { kind, name, functionId } of queues) {
    const page = (await operator.deadLetters({ [kind]: name, ...(kind === 'topic' ? { functionId } : {}), limit, cursor })) as { readonly messages: readonly unknown[] };
    messages.push(...page.messages);
  }
  return { messages };
}

function target(payload: unknown): object {
  const { topic, queue, ...rest } = fields(payload);
  return { ...(queue === undefined ? { topic } : { queue }), ...rest };
}

function message(payload: unknown): object {
  const { message_id: messageId, messageId: other, id } = fields(payload);
  return { messageId: messageId ?? other ?? id };
}

function fields(payload: unknown): Readonly<Record<string, unknown>> {
  return typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : {};
}
