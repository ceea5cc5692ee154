/* What the compiler infers for handlers, in every style of writing a Step. Compiled, never run. */
import type { Equal, Expect } from '@motia/tools/type-tests';
import * as v from 'valibot';
import { z } from 'zod';
import { z as z3 } from 'zod-v3';
import {
  cron, http, httpMiddleware, jsonSchema, sse, multiTriggerStep, queue, state, step, stream,
  type ApiMiddleware, type ByteStream, type UploadedFile, type ApiRequest, type ApiResponse, type CronTriggerInput, type FlowContext, type Handlers, type HttpMiddlewareInput, type HttpMiddlewareResult, type InferHandlerInput, type InferHandlerResult, type Middleware,
  type MotiaHttpArgs, type PathParams, type QueryValues, type StateTriggerInput, type StepConfig, type StreamTriggerInput,
} from 'motia';

type IsAny<T> = 0 extends 1 & T ? true : false;
type IsNever<T> = [T] extends [never] ? true : false;
type Not<T extends boolean> = T extends true ? false : true;

const order = z.object({ id: z.string(), amount: z.number().default(1) });
interface Order {
  id: string;
  amount: number;
}

/* Path parameters. */
type _Paths = [
  Expect<Equal<PathParams<'/users/:id/posts/:post'>, { readonly id: string; readonly post: string }>>,
  Expect<Equal<PathParams<'/plain'>, {}>>,
  Expect<Equal<PathParams<string>, Record<string, string>>>,
  Expect<Equal<PathParams<'files/:owner/*path'>, { readonly owner: string; readonly path: string }>>,
];

/* config + handler. */
const config = {
  name: 'CreateOrder',
  triggers: [{ type: 'http', method: 'POST', path: '/orders/:shop', bodySchema: order }],
  enqueues: ['order.created', { topic: 'order.audit', label: 'audit' }],
} as const satisfies StepConfig;

export const handler: Handlers<typeof config> = async (req, ctx) => {
  type _ = [
    Expect<Equal<typeof req.body, Order>>,
    Expect<Equal<typeof req.request.body, Order>>,
    Expect<Equal<typeof req.pathParams, { readonly shop: string }>>,
    Expect<Equal<typeof req.queryParams, QueryValues>>,
    Expect<Equal<ReturnType<typeof ctx.getData>, Order>>,
    Expect<Not<IsAny<typeof ctx>>>,
    Expect<Equal<typeof ctx.signal, AbortSignal>>,
  ];
  // @ts-expect-error -- the route has no such parameter
  req.pathParams.id;
  req.response.status(201);
  // @ts-expect-error -- a status is a number
  req.response.status('201');
  await ctx.enqueue({ topic: 'order.created', data: { any: 'thing' } });
  await ctx.enqueue({ topic: 'order.audit', data: 1, messageGroupId: 'g' });
  // @ts-expect-error -- this Step does not enqueue to that topic
  await ctx.enqueue({ topic: 'order.deleted', data: 1 });
  const answer = await ctx.invoke<{ n: number }>('other', {});
  type _Answer = Expect<Equal<typeof answer, { n: number }>>;
  type _Unknown = Expect<Equal<Awaited<ReturnType<typeof ctx.invoke>>, unknown>>;
  return { status: 201, body: { id: req.body.id, shop: req.pathParams.shop } };
};

// @ts-expect-error -- an HTTP handler answers with { status, headers, body } or nothing
export const wrongResult: Handlers<typeof config> = async () => 'text';

/* Older style: members of the request directly, context taken apart. */
export const older: Handlers<typeof config> = async ({ body, headers, queryParams }, { logger, state: store, streams, enqueue, traceId }) => {
  logger.info('order', { body, headers, queryParams, traceId });
  await enqueue({ topic: 'order.created', data: body });
  const stored = await store.get<Order>('orders', body.id);
  type _Stored = Expect<Equal<typeof stored, Order | null>>;
  const anything = await store.get('orders', body.id);
  type _Anything = Expect<Equal<typeof anything, unknown>>;
  await streams['chat']?.set('g', 'i', { text: 'x' });
  return { status: 200, headers: { 'x-a': '1' }, body: stored };
};

/* Builders and step(). */
export default step(
  {
    name: 'Page',
    triggers: [http('GET', '/pages/:slug', { queryParams: z.object({ page: z.coerce.number() }), responseSchema: { 200: z.object({ title: z.string() }), 404: z.object({ error: z.string() }) } })],
  },
  async (req, ctx) => {
    type _ = [
      Expect<Equal<typeof req.pathParams.slug, string>>,
      Expect<Equal<typeof req.queryParams.page, number>>,
      Expect<Equal<typeof req.body, unknown>>,
      Expect<Equal<IsNever<typeof ctx.match>, false>>,
    ];
    // @ts-expect-error -- a Step without `enqueues` enqueues nothing
    await ctx.enqueue({ topic: 't', data: 1 });
    if (req.pathParams.slug === '') return { status: 404, body: { error: 'none' } };
    if (req.pathParams.slug === 'x') return { status: 503 };
    return { status: 200, body: { title: 'a' } };
  },
);
// @ts-expect-error -- a 200 needs a title
step({ name: 'P', triggers: [http('GET', '/p', { responseSchema: { 200: z.object({ title: z.string() }) } })] }, async () => ({ status: 200, body: { titel: 'a' } }));
step({ name: 'Branches', triggers: [http('GET', '/p', { responseSchema: { 200: z.object({ title: z.string() }) } })] }, async (req) => (req.path === '' ? { body: { title: 'a' } } : { status: 404, body: 'none' }));
// @ts-expect-error -- no status is a 200, which needs a title
step({ name: 'P', triggers: [http('GET', '/p', { responseSchema: { 200: z.object({ title: z.string() }) } })] }, async () => ({ body: { titel: 'a' } }));
// @ts-expect-error -- a status that is not 200 must be said
step({ name: 'P', triggers: [http('GET', '/p', { responseSchema: { 201: z.object({ id: z.string() }) } })] }, async () => ({ body: { id: 1 }, status: 201 }));
/* Branches with different headers have one type; the status is 200 when nothing is said. */
step({ name: 'Headers', triggers: [http('GET', '/p')] }, async (req) => {
  if (req.path === '') return { status: 302, headers: { location: '/q' } };
  if (req.path === '/q') return { headers: { 'cache-control': 'no-store', 'set-cookie': ['a=1', 'b=2'] }, body: 'q' };
  return { body: { plain: true } };
});
// @ts-expect-error -- a header is text
step({ name: 'Headers', triggers: [http('GET', '/p')] }, async () => ({ headers: { 'x-n': {} } }));
step({ name: 'Handled', triggers: [http('GET', '/h/:x')] }).handle((req) => ({ status: 200, body: req.pathParams.x }));
const rootless = http('GET', 'nolead/:id');
type _Rootless = Expect<Equal<typeof rootless.path, '/nolead/:id'>>;
// @ts-expect-error -- not a method
http('FETCH', '/x');
// @ts-expect-error -- name is missing
step({ triggers: [] }, () => undefined);

/* Every kind of schema. */
const viaZod3 = step({ name: 'Z3', triggers: [http('POST', '/a', { bodySchema: z3.object({ n: z3.number() }) })] }, (req) => ({ status: 200, body: req.body.n + 1 }));
const viaValibot = step({ name: 'V', triggers: [http('POST', '/a', { bodySchema: v.object({ n: v.number() }) })] }, (req) => ({ status: 200, body: req.body.n + 1 }));
const viaTyped = step({ name: 'T', triggers: [http('POST', '/a', { bodySchema: jsonSchema(z.object({ n: z.number() })) })] }, (req) => ({ status: 200, body: req.body.n + 1 }));
const viaJson = step(
  { name: 'J', triggers: [http('POST', '/a', { bodySchema: { type: 'object', properties: { n: { type: 'number' }, tags: { type: 'array', items: { enum: ['a', 'b'] } }, more: { type: ['string', 'null'] } }, required: ['n'] } })] },
  (req) => {
    type _ = Expect<Equal<typeof req.body, { n: number; tags?: ('a' | 'b')[]; more?: string | null }>>;
    return { status: 200, body: req.body.n + 1 };
  },
);
const viaNone = step({ name: 'N', triggers: [http('POST', '/a')] }, (req) => {
  type _ = [Expect<Equal<typeof req.body, unknown>>, Expect<Not<IsAny<typeof req.body>>>];
});
void [viaZod3, viaValibot, viaTyped, viaJson, viaNone];

/* Several triggers. */
const multi = {
  name: 'Multi',
  triggers: [http('POST', '/orders', { bodySchema: order }), queue('order.created', { input: order }), cron('0 0 9 * * * *'), state(), stream('chat')],
  enqueues: ['done'],
} as const satisfies StepConfig;

type _Input = Expect<Equal<InferHandlerInput<typeof multi>, MotiaHttpArgs<Order, {}, QueryValues> | Order | CronTriggerInput | StateTriggerInput | StreamTriggerInput>>;

export const multiStep = step(multi, async (input, ctx) => {
  type Data = Expect<Equal<ReturnType<typeof ctx.getData>, Order | StateTriggerInput | StreamTriggerInput | undefined>>;
  if (ctx.is.queue(input)) {
    type _ = Expect<Equal<typeof input, Order>>;
  }
  if (ctx.is.http(input)) {
    type _ = Expect<Equal<typeof input, MotiaHttpArgs<Order, {}, QueryValues>>>;
  }
  if (ctx.is.state(input)) {
    type _ = Expect<Equal<typeof input, StateTriggerInput>>;
  }
  return ctx.match({
    http: async (request) => {
      type _ = Expect<Equal<typeof request.body, Order>>;
      await ctx.enqueue({ topic: 'done', data: request.body });
      return { status: 200, body: { ok: true } };
    },
    queue: async (message) => {
      type _ = Expect<Equal<typeof message, Order>>;
    },
    cron: async () => undefined,
    state: (change) => {
      type _ = Expect<Equal<typeof change, StateTriggerInput>>;
    },
    stream: (frame) => {
      type _ = Expect<Equal<typeof frame, StreamTriggerInput>>;
    },
    default: async () => undefined,
  });
});
type _MultiResult = Expect<Equal<InferHandlerResult<typeof multi>, ApiResponse | void>>;

/* A queue trigger without schema: the union is unknown, match still tells the types apart. */
export const untyped = step({ name: 'U', triggers: [http('GET', '/u/:id'), queue('t')] }, (input, ctx) => {
  type _ = [Expect<Equal<typeof input, unknown>>, Expect<Not<IsAny<typeof input>>>];
  return ctx.match({
    http: (request) => {
      type _ = Expect<Equal<typeof request.pathParams, { readonly id: string }>>;
      return { status: 200, body: request.pathParams.id };
    },
    queue: (message) => {
      type _ = Expect<Equal<typeof message, unknown>>;
    },
  });
});

multiTriggerStep(multi)
  .onHttp((request) => ({ status: 200, body: request.body.amount }))
  .onQueue((message, ctx) => ctx.logger.info(message.id))
  .onCron((ctx, slot) => ctx.logger.info(slot.jobId))
  .handlers();

/* A Step that no request starts may return what it likes. */
export const worker = step({ name: 'W', triggers: [queue('t', { input: order })] }, async (message) => {
  type _ = Expect<Equal<typeof message, Order>>;
  return message.amount;
});

/* Middleware and conditions. */
const timing: Middleware = async (req, ctx, next) => {
  type _ = [Expect<Equal<typeof req.body, unknown>>, Expect<Not<IsAny<typeof req>>>, Expect<Not<IsNever<typeof req>>>];
  ctx.logger.info(req.method);
  const response = await next();
  if (response === undefined) return response;
  return { ...response, headers: { ...response.headers, 'x-a': '1' } };
};
const forOrders: ApiMiddleware<Order> = async (req, _ctx, next) => (req.body.amount > 1 ? next() : { status: 400, body: 'too small' });
http('POST', '/a', { middleware: [timing, forOrders] });
http('POST', '/a', { middleware: [timing, async ({ request }, _ctx, next) => (request.method === 'POST' ? next() : { status: 405 })] });
// @ts-expect-error -- middleware answers with a response or nothing
http('POST', '/a', { middleware: [async () => 'text'] });
http('POST', '/a/:id', { bodySchema: order }, (req) => req.body.amount > 1 && req.pathParams.id !== '');
queue('t', { input: order }, (message, ctx) => message.amount > 1 && ctx.trigger.type === 'queue');
// @ts-expect-error -- a condition answers yes or no
http('GET', '/a', {}, () => 'yes');
({ name: 'C', triggers: [{ type: 'queue', topic: 't', condition: (message: Order) => message.amount > 1 }] }) satisfies StepConfig;
({ name: 'C', triggers: [{ type: 'state', condition: (change: StateTriggerInput<{ n: number }>) => change.new_value?.n === 1 }] }) satisfies StepConfig;
({ name: 'C', triggers: [{ type: 'api', path: '/a', method: 'GET' }], middleware: [timing], flows: ['f'] }) satisfies StepConfig;
// @ts-expect-error -- an unknown key of a trigger
({ name: 'C', triggers: [{ type: 'queue', topic: 't', topics: [] }] }) satisfies StepConfig;

/* Helpers that take any context. */
function audit(ctx: FlowContext): void {
  ctx.logger.info(ctx.traceId);
}
function readBody(request: ApiRequest<Order>): number {
  return request.body.amount;
}
step({ name: 'H', triggers: [http('POST', '/a', { bodySchema: order })], enqueues: ['t'] }, (req, ctx) => {
  audit(ctx);
  return { status: 200, body: readBody(req) };
});

/* Engine-wide middleware. */
export const guard = step({ name: 'Guard', triggers: [httpMiddleware({ path: '/admin', priority: 1 })] }, async (input, ctx) => {
  type _ = [Expect<Equal<typeof input, HttpMiddlewareInput>>, Expect<Equal<ReturnType<typeof ctx.is.http_middleware>, boolean>>];
  return input.request.headers['authorization'] === undefined ? { action: 'respond', response: { status: 401 } } : { action: 'continue', context: { user: 'ada' } };
});
type _Middleware = Expect<Equal<InferHandlerResult<typeof guard.config>, HttpMiddlewareResult>>;
// @ts-expect-error neither of the two actions
step({ name: 'Odd', triggers: [httpMiddleware()] }, () => ({ action: 'next' }));

/* Bodies as bytes, files, streamed answers. */
step({ name: 'S', triggers: [http('POST', '/s', { rawBody: true, bodyLimitBytes: 1024 })] }, async (req) => {
  type _ = [
    Expect<Equal<typeof req.requestBody, ByteStream>>,
    Expect<Equal<typeof req.request.requestBody, ByteStream>>,
    Expect<Equal<typeof req.rawBody, Uint8Array | undefined>>,
  ];
  for await (const file of req.files) {
    type _File = Expect<Equal<typeof file, UploadedFile>>;
    await file.text();
  }
  await req.response.write('x');
  req.response.stream.write(new Uint8Array(1));
  // @ts-expect-error objects are not written, but serialised by returning them
  await req.response.write({});
  return { status: 200, body: (async function* () { yield 'x'; })() };
});
step({ name: 'E', triggers: [http('GET', '/e')] }, (req) =>
  sse(req, async function* ({ lastEventId, signal }) {
    type _ = [Expect<Equal<typeof lastEventId, string | undefined>>, Expect<Equal<typeof signal, AbortSignal>>];
    yield { event: 'a', id: 1, data: { any: 'thing' } };
    yield 'text';
  }));
step({ name: 'P', triggers: [http('GET', '/p')] }, (req) => sse(req, async ({ send }) => { await send({ data: 1 }); }, { heartbeatMs: 0 }));
// @ts-expect-error an id is text or a number
sse({}, async function* () { yield { id: {} }; });
