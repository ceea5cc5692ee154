/* What the compiler infers for state, streams, messages, schedules and transactions. Compiled, never run. */
import type { Equal, Expect } from '@motia/tools/type-tests';
import { z } from 'zod';
import {
  cron, defineStream, enqueue, http, log, multiTriggerStep, NonRetryable, publish, queue, RetryAfter, state, type stateManager, step, stream, Stream, subscribe,
  type AuthenticateStream, type CronTrigger, type DataOfStream, type EnqueueReceipt, type FlowContext, type LogTrigger, type LogTriggerInput, type OneOffTrigger, type PendingChange, type QueueConfig, type StateChange, type StateEntry, type StateHistory, type StatePage,
  type StateTriggerInput, type StepConfig, type StreamChange, type StreamConfig, type StreamItem, type StreamPage, type StreamTriggerInput,
} from 'motia';

interface Order {
  id: string;
}
interface Todo {
  title: string;
  isDone: boolean;
}
const todos = defineStream({ name: 'todo', schema: z.object({ title: z.string(), isDone: z.boolean() }), onJoin: ({ groupId }) => (groupId === 'x' ? { unauthorized: true } : undefined) });

/* State. */
export const withState = step({ name: 'S', triggers: [http('GET', '/s')] }, async (_req, ctx) => {
  const entry = await ctx.state.getEntry<Order>('orders', 'a');
  const change = await ctx.state.set('orders', 'a', { id: 'a' }, { ifVersion: entry?.version ?? 0, ttlMs: 1000 });
  type _ = [
    Expect<Equal<typeof entry, StateEntry<Order> | undefined>>,
    Expect<Equal<typeof change, StateChange<{ id: string }>>>,
    Expect<Equal<typeof change.version, number>>,
    Expect<Equal<typeof change.new_value, { id: string }>>,
    Expect<Equal<Awaited<ReturnType<typeof ctx.state.listEntries<Order>>>, StatePage<Order>>>,
    Expect<Equal<Awaited<ReturnType<typeof ctx.state.history<Order>>>, StateHistory<Order>>>,
    Expect<Equal<Awaited<ReturnType<typeof stateManager.list<Order>>>, Order[]>>,
  ];
  for await (const { key, value } of ctx.state.entries<Order>('orders', { prefix: 'eu/' })) ctx.logger.info(key, value.id);
  await ctx.state.update('orders', 'a', [{ type: 'increment', path: ['totals', 'n'], by: 1 }, { type: 'append', path: 'log', value: 1 }]);
  // @ts-expect-error -- not an operation
  await ctx.state.update('orders', 'a', [{ type: 'multiply', path: 'n', by: 2 }]);
  // @ts-expect-error -- a version is a number
  await ctx.state.set('orders', 'a', 1, { ifVersion: '3' });
});

/* Streams. */
type _Todo = [Expect<Equal<DataOfStream<typeof todos>, Todo>>, Expect<Equal<typeof todos.config.name, 'todo'>>];
export const withStreams = step({ name: 'T', triggers: [http('GET', '/t')] }, async (_req, ctx) => {
  const one = await todos.get('g', 'i');
  const change = await todos.set('g', 'i', { title: 'a', isDone: false });
  type _ = [Expect<Equal<typeof one, Todo | null>>, Expect<Equal<typeof change, StreamChange<Todo>>>, Expect<Equal<Awaited<ReturnType<typeof todos.getGroup>>, Todo[]>>, Expect<Equal<Awaited<ReturnType<typeof todos.listItems>>, StreamPage<Todo>>>, Expect<Equal<ReturnType<typeof todos.items>, AsyncGenerator<StreamItem<Todo>, void>>>];
  // @ts-expect-error -- the schema has no such member
  await todos.set('g', 'i', { title: 'a', isDone: false, due: 1 });
  // @ts-expect-error -- and wants this one
  await todos.set('g', 'i', { title: 'a' });
  await todos.send({ groupId: 'g', id: 'i' }, { type: 'typing', data: { by: 'ada' } });
  await ctx.streams['anything']?.set('g', 'i', { any: 'thing' });
  await new Stream({ name: 'old', schema: z.object({ n: z.number() }) }).set('g', 'i', { n: 1 });
});
step({ name: 'Changes', triggers: [stream(todos, { groupId: 'g', condition: (frame) => frame.event.type !== 'event' && frame.event.data.isDone })] }, (frame) => {
  type _ = Expect<Equal<typeof frame, StreamTriggerInput<Todo>>>;
});
step({ name: 'Named', triggers: [stream('chat', (frame) => frame.groupId === 'a')] }, (frame) => {
  type _ = Expect<Equal<typeof frame, StreamTriggerInput>>;
});
step({ name: 'Orders', triggers: [state<Order>({ scope: 'orders', condition: ({ newValue }) => newValue?.id === 'a' })] }, (change) => {
  type _ = Expect<Equal<typeof change, StateTriggerInput<Order>>>;
});

const rooms: StreamConfig<{ user: string }> = {
  name: 'rooms', schema: z.object({ n: z.number() }),
  onJoin: ({ groupId }, ctx, auth) => {
    type _ = [Expect<Equal<typeof auth, { user: string } | undefined>>, Expect<Equal<typeof ctx.traceId, string>>];
    return { unauthorized: groupId !== auth?.user };
  },
  onLeave: async ({ id }, ctx) => ctx.logger.info('gone', { id }),
};
defineStream(rooms) satisfies Stream;
({ ...rooms }) satisfies StreamConfig;
export const authenticateStream: AuthenticateStream<{ user: string }> = ({ queryParams }) => (queryParams['user']?.[0] === undefined ? undefined : { context: { user: queryParams['user'][0] } });
// @ts-expect-error -- a context is an object with a user
export const wrongAuthenticateStream: AuthenticateStream<{ user: string }> = () => ({ context: { name: 'ada' } });

/* Queues. */
queue('t', { config: { type: 'fifo', maxRetries: 5, visibilityTimeout: 60, delaySeconds: 1, concurrency: 4, backoffType: 'linear', backoffDelayMs: 100 } });
({ backoffType: 'exponential' }) satisfies Partial<QueueConfig>;
// @ts-expect-error -- not a kind of queue
queue('t', { config: { type: 'lifo' } });
export const withMessages = step({ name: 'M', triggers: [queue('in', { input: z.object({ id: z.string() }) })], enqueues: ['out', { topic: 'audit' }] }, async (message, ctx) => {
  const receipt = await ctx.enqueue({ topic: 'out', data: message.id, messageGroupId: 'g', dedupId: 'd', delayMs: 1, delaySeconds: 1, runAt: new Date(), priority: 2, ttlMs: 60_000 });
  const receipts = await ctx.enqueue([{ topic: 'out', data: 1 }, { topic: 'audit', data: 2 }]);
  type _ = [Expect<Equal<typeof receipt, EnqueueReceipt>>, Expect<Equal<typeof receipts, EnqueueReceipt[]>>];
  // @ts-expect-error -- not a topic of this Step
  await ctx.enqueue([{ topic: 'elsewhere', data: 1 }]);
  await ctx.extend(60_000);
  await ctx.publish('prices', 1);
  await publish('prices', { eur: 1 });
  await enqueue({ topic: 'anything', data: 1 });
  if (ctx.attempt > 3) throw new NonRetryable('give up', { details: { key: ctx.idempotencyKey } });
  throw new RetryAfter(1000);
});

/* Schedules and subscriptions. */
const nightly = cron('0 0 2 * * * *', { timezone: 'Europe/Vienna', overlap: 'queueOne', catchUp: 'all', condition: ({ backfilled }) => backfilled !== true });
const once = cron({ at: new Date(), catchUp: 'skip' });
type _Schedules = [Expect<Equal<typeof nightly, CronTrigger>>, Expect<Equal<typeof once, OneOffTrigger>>];
// @ts-expect-error -- a run that happens once cannot overlap with itself
cron({ at: 0, overlap: 'allow' });
// @ts-expect-error -- not a policy
cron('0 0 2 * * * *', { overlap: 'maybe' });
({ name: 'C', triggers: [{ type: 'cron', expression: '0 0 2 * * * *', timezone: 'UTC' }, { type: 'cron', at: 5 }, { type: 'subscribe', topic: 'p' }] }) satisfies StepConfig;
// @ts-expect-error -- it repeats or it runs once
({ name: 'C', triggers: [{ type: 'cron', expression: '0 0 2 * * * *', at: 5 }] }) satisfies StepConfig;
step({ name: 'Prices', triggers: [subscribe('prices', { input: z.object({ eur: z.number() }) }, (message) => message.eur > 1)] }, (message, ctx) => {
  type _ = Expect<Equal<typeof message, { eur: number }>>;
  return ctx.match({ subscribe: ({ eur }) => eur });
});

/* Logs. */
type _Log = Expect<Equal<ReturnType<typeof log>, LogTrigger>>;
step({ name: 'Errors', triggers: [log({ level: 'error', condition: ({ serviceName }) => serviceName === 'shop' }), http('POST', '/errors')] }, async (input, ctx) => {
  if (ctx.is.log(input)) {
    type _ = [Expect<Equal<typeof input, LogTriggerInput>>, Expect<Equal<typeof input.level, 'trace' | 'debug' | 'info' | 'warn' | 'error'>>];
    return;
  }
  await ctx.match({ log: ({ message, traceId, attributes }) => void [message.length, traceId?.length, attributes['iii.function.id']], http: (req) => ({ status: 200, body: req.body }) });
});
multiTriggerStep({ name: 'E', triggers: [{ type: 'log', level: 'warn' }] }).onLog((record, ctx) => ctx.logger.info(record.message)).handlers() satisfies { config: StepConfig };
// @ts-expect-error -- not a level
log({ level: 'fatal' });
// @ts-expect-error -- a line is written by the logger
log('hello');
({ name: 'L', triggers: [{ type: 'log' }, { type: 'log', level: 'all', condition: () => true }] }) satisfies StepConfig;

/* HTTP. */
http('POST', '/orders', { respond: 'accepted', idempotency: { required: true, ttlMs: 60_000 } });
// @ts-expect-error -- the only other way to answer
http('POST', '/orders', { respond: 'later' });

/* Transactions. */
export const withTransaction = step({ name: 'X', triggers: [http('POST', '/x')], enqueues: ['out'] }, async (_req, ctx) => {
  const [order, receipt] = await ctx.transaction((tx) => [tx.state.set<Order>('orders', 'a', { id: 'a' }, { ifVersion: 0 }), tx.enqueue({ topic: 'out', data: 1 })] as const);
  const one = await ctx.transaction(async (tx) => tx.stream(todos).set('g', 'i', { title: 'a', isDone: true }));
  const named = await ctx.transaction((tx) => ({ gone: tx.state.delete<Order>('orders', 'b'), item: tx.stream(todos).delete('g', 'i') }));
  const nothing = await ctx.transaction((tx) => { tx.state.set('s', 'k', 1); });
  type _ = [
    Expect<Equal<typeof order, StateChange<Order>>>,
    Expect<Equal<typeof receipt, EnqueueReceipt>>,
    Expect<Equal<typeof one, StreamChange<Todo>>>,
    Expect<Equal<typeof named, { gone: Order | null; item: Todo | null }>>,
    Expect<Equal<typeof nothing, void>>,
  ];
  await ctx.transaction((tx) => {
    const change = tx.call<number>('acme::audit', {});
    type _Change = Expect<Equal<typeof change, PendingChange<number>>>;
    tx.streams['chat']?.set('g', 'i', { any: 'thing' });
    // @ts-expect-error -- nothing is read inside
    tx.state.get('s', 'k');
    // @ts-expect-error -- not a topic of this Step
    tx.enqueue({ topic: 'elsewhere', data: 1 });
    // @ts-expect-error -- the stream wants its schema
    tx.stream(todos).set('g', 'i', { title: 1 });
  });
});
function helper(ctx: FlowContext): Promise<unknown> {
  return ctx.transaction((tx) => tx.state.set('s', 'k', 1));
}
step({ name: 'H', triggers: [http('POST', '/h')], enqueues: ['t'] }, async (_req, ctx) => { await helper(ctx); });
