import type { EnqueueData, EnqueueReceipt } from '../steps/flow-context.js';
import { enqueueFor } from '../context/enqueue.js';
import type { InvocationScope } from '../context/invocation-scope.js';

/** A queue: what a topic's subscriber has to do, or a named one. */
export interface TestQueueDepth {
  readonly kind: 'topic' | 'queue';
  /** Of the topic or the queue. */
  readonly name: string;
  readonly functionId: string;
  readonly waiting: number;
  readonly delayed: number;
  readonly running: number;
  readonly dead: number;
  readonly isPaused: boolean;
}

/** A message as the queue knows it. */
export interface TestMessage<T = unknown> {
  readonly messageId: string;
  readonly state: string;
  readonly functionId: string;
  readonly data: T;
  readonly attempts: number;
  readonly losses: number;
  readonly deliveries: number;
  /** Why its last delivery did not end well. */
  readonly lastFailure?: { readonly kind: 'failed' | 'lost'; readonly code: string; readonly message: string };
}

/** Which queue, and which of its subscribers when a topic has several. */
export interface TestQueueChoice {
  readonly topic?: string;
  readonly queue?: string;
  readonly functionId?: string;
}

/** The queues of a test app, as an operator sees them. */
export interface TestQueue {
  enqueue(message: EnqueueData): Promise<EnqueueReceipt>;
  list(): Promise<readonly TestQueueDepth[]>;
  /** Messages of a queue, those of all queues without a choice. */
  messages<T = unknown>(choice?: TestQueueChoice & { readonly states?: readonly string[] }): Promise<readonly TestMessage<T>[]>;
  /** Messages that were given up, with the reason. */
  deadLetters<T = unknown>(choice?: TestQueueChoice): Promise<readonly TestMessage<T>[]>;
  /** Takes dead letters back: one by its id, with other data if given, or all of a queue. */
  redrive(what: TestQueueChoice | { readonly messageId: string; readonly data?: unknown }): Promise<{ readonly moved: number }>;
  /** Why a message is not running, in one sentence. */
  explain(messageId: string): Promise<string>;
}

export function testQueue(scope: InvocationScope): TestQueue {
  const call = <T>(functionId: string, payload: object): Promise<T> => scope.connection.invoke(scope, functionId, payload) as Promise<T>;
  const page = async <T>(functionId: string, payload: object): Promise<readonly TestMessage<T>[]> => {
    const all: TestMessage<T>[] = [];
    for (let cursor: string | undefined; ; ) {
      const answer = await call<{ messages: readonly TestMessage<T>[]; cursor?: string }>(functionId, { ...payload, limit: 500, ...(cursor === undefined ? {} : { cursor }) });
      all.push(...answer.messages);
      ({ cursor } = answer);
      if (cursor === undefined) return all;
    }
  };
  return {
    enqueue: (message) => enqueueFor(scope, message) as Promise<EnqueueReceipt>,
    list: async () => (await call<{ queues: readonly TestQueueDepth[] }>('queue::list', {})).queues,
    messages: <T>(choice: object = {}) => page<T>('queue::messages', choice),
    deadLetters: <T>(choice: object = {}) => page<T>('queue::dead_letters', choice),
    redrive: (what) => call('queue::redrive', what),
    explain: async (messageId) => (await call<{ explanation: string }>('queue::explain', { messageId })).explanation,
  };
}
