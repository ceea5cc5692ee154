import { describe, expect, it } from '@jest/globals';
import { cron, enqueue, http, logger, multiTriggerStep, queue, state, stateManager, step, Stream, stream, type FlowContext, type StepConfig } from '../../src/index.js';
import { serving } from '../support/scripted-engine.js';

type Ctx = FlowContext<never, unknown>;
const route = (handler: (input: never, ctx: never) => unknown, extra: object = {}): unknown => ({ config: { name: 'R', triggers: [http('GET', '/r')], ...extra } as StepConfig, handler });

describe('the context', () => {
  it('tells trace, attempt, idempotency key and trigger', async () => {
    await using engine = await serving([
      route((_req, ctx: Ctx) => ({ status: 200, body: [ctx.traceId, ctx.invocationId, ctx.attempt, ctx.idempotencyKey, ctx.trigger] })),
    ]);
    const id = 'steps::R::trigger::http(GET /r)';
    const trigger = { type: 'http', index: 0, path: '/r', method: 'GET' };
    expect(await engine.invoke(id, {}, { invocationId: 'one' })).toEqual({ status: 200, body: ['0af7651916cd43dd8448eb211c80319c', 'one', 1, 'one', trigger] });
    expect(await engine.invoke(id, {}, { invocationId: 'two', attempt: 3, idempotencyKey: 'msg-9' })).toEqual({ status: 200, body: ['0af7651916cd43dd8448eb211c80319c', 'two', 3, 'msg-9', trigger] });
  });

  it('can be taken apart', async () => {
    await using engine = await serving(
      [
        route(async (_req, { logger: log, state: store, enqueue: send, invoke, getData, match, is }: Ctx & { enqueue: (m: object) => Promise<unknown> }) => {
          log.info('apart');
          await store.set('s', 'k', 1);
          await send({ topic: 't', data: 1 });
          return { status: 200, body: [await invoke('other', { a: 1 }), getData(), await match({ http: () => 'matched' }), is.http(undefined), is.queue(undefined)] };
        }),
      ],
      { functions: { 'state::set': () => null, enqueue: () => null, other: (p: { a: number }) => p.a + 1 } },
    );
    expect(await engine.http({ body: { n: 5 } })).toEqual({ status: 200, body: [2, { n: 5 }, 'matched', true, false] });
  });

  it('aborts its signal when the caller cancels, with the reason', async () => {
    const reason = deferred();
    const started = deferred();
    await using engine = await serving([
      route(async (_req, ctx: Ctx) => {
        started.resolve(undefined);
        await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
        reason.resolve(ctx.signal.reason);
        return undefined;
      }),
    ]);
    const call = engine.endpoint.invoke(engine.params('steps::R::trigger::http(GET /r)'), {});
    await started.promise;
    call.cancel();
    expect(await reason.promise).toMatchObject({ code: 'MOTIA_SDK_CALL_CANCELLED' });
    await call.result;
  });

  it('has an aborted signal when it is first read after the cancellation', async () => {
    const gate = deferred();
    await using engine = await serving([
      route(async (_req, ctx: Ctx) => {
        await gate.promise;
        return { status: 200, body: ctx.signal.aborted };
      }),
    ]);
    const call = engine.endpoint.invoke(engine.params('steps::R::trigger::http(GET /r)'), {});
    call.cancel();
    await engine.endpoint.request('ping', {});
    gate.resolve(undefined);
    expect(await call.result).toEqual({ status: 200, body: true });
  });

  it('makes nested calls on behalf of the call it belongs to', async () => {
    await using engine = await serving([route(async (_req, ctx: Ctx) => ({ status: 200, body: await ctx.invoke('deep', { x: 1 }, { timeoutMs: 500 }) }))], { functions: { deep: () => 'answer' } });
    expect(await engine.invoke('steps::R::trigger::http(GET /r)', {}, { invocationId: 'outer' })).toEqual({ status: 200, body: 'answer' });
    expect(engine.calls[0]).toMatchObject({ functionId: 'deep', payload: { x: 1 }, params: { parentInvocationId: 'outer', timeoutMs: 500, trace: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' } } });
  });

  it('does not wait for a void call, and hands an enqueue action on', async () => {
    let answerVoid!: () => void;
    const voidCalled = new Promise<void>((resolve) => (answerVoid = resolve));
    await using engine = await serving(
      [route(async (_req, ctx: Ctx) => ({ status: 200, body: [await ctx.invoke('later', { x: 1 }, { action: { type: 'void' } }) ?? 'nothing', await ctx.invoke('queued', {}, { action: { type: 'enqueue', queue: 'q' } })] }))],
      { functions: { later: () => answerVoid(), queued: () => ({ messageReceiptId: 'm' }) } },
    );
    expect(await engine.http()).toEqual({ status: 200, body: ['nothing', { messageReceiptId: 'm' }] });
    await voidCalled;
    expect(engine.calls.map(({ functionId, params }) => [functionId, params.action])).toEqual([
      ['later', { type: 'void' }],
      ['queued', { type: 'enqueue', queue: 'q' }],
    ]);
  });

  it('hands on the error of a nested call with its code, and stops waiting when a given signal aborts', async () => {
    await using engine = await serving(
      [
        route(async (req: { queryParams: Record<string, string> }, ctx: Ctx) => {
          if (req.queryParams['how'] === 'abort') {
            const controller = new AbortController();
            const call = ctx.invoke('never', {}, { signal: controller.signal });
            controller.abort(new Error('enough'));
            return call;
          }
          return ctx.invoke('missing');
        }),
      ],
      { functions: { never: () => new Promise(() => undefined) } },
    );
    await expect(engine.http()).rejects.toMatchObject({ code: 'MOTIA_ENGINE_FUNCTION_NOT_FOUND', status: 500 });
    await expect(engine.http({ query_params: { how: 'abort' } })).rejects.toMatchObject({ code: 'MOTIA_SDK_CALL_CANCELLED', message: expect.stringContaining('enough') as unknown as string });
  });
});

describe('match and getData', () => {
  const config = { name: 'Multi', triggers: [http('POST', '/o'), queue('order'), cron('0 0 9 * * * *'), state(), stream('chat')] } as const satisfies StepConfig;
  const id = (suffix: string): string => `steps::Multi::trigger::${suffix}`;

  it('gives each trigger type its input: body, message, slot, state change and frame', async () => {
    const multi = step(config, async (_input, ctx) => ({ status: 200, body: [ctx.trigger.type, (ctx.getData()) ?? null, await ctx.match({ default: () => undefined })] }));
    await using engine = await serving([multi]);
    const body = async (suffix: string, payload: unknown): Promise<unknown> => ((await engine.invoke(id(suffix), payload)) as { body: unknown[] }).body.slice(0, 2);
    expect(await body('http(POST /o)', { body: { a: 1 } })).toEqual(['http', { a: 1 }]);
    expect(await body('queue(order)', { a: 2 })).toEqual(['queue', { a: 2 }]);
    expect(await body('cron(0 0 9 * * * *)', { trigger: 'cron', job_id: 'j' })).toEqual(['cron', null]);
    expect(await body('state', { type: 'state', event_type: 'state:created', scope: 's', key: 'k', new_value: 1 })).toEqual([
      'state',
      { type: 'state', event_type: 'state:created', eventType: 'state:created', scope: 's', group_id: 's', groupId: 's', key: 'k', item_id: 'k', itemId: 'k', new_value: 1, newValue: 1 },
    ]);
    expect(await body('stream(chat)', { type: 'stream', streamName: 'chat', groupId: 'g', id: 'i', event: { type: 'create', data: 1 } })).toMatchObject(['stream', { streamName: 'chat' }]);
  });

  it('refuses a trigger type that nothing is written for, naming what is', async () => {
    await using engine = await serving([step(config, (_input, ctx) => ctx.match({ http: () => ({ status: 200 }), queue: () => undefined }))]);
    await expect(engine.invoke(id('state'), {})).rejects.toMatchObject({ code: 'MOTIA_SDK_TRIGGER_UNMATCHED', message: expect.stringContaining('only http, queue is handled') as unknown as string });
  });

  it('runs the handlers of multiTriggerStep; that of cron gets the context first', async () => {
    const multi = multiTriggerStep(config)
      .onHttp((req) => ({ status: 200, body: ['http', req.body] }))
      .onQueue((message) => ({ status: 200, body: ['queue', message] }))
      .onCron((ctx, input) => ({ status: 200, body: ['cron', ctx.trigger.type, input.jobId] }))
      .handlers();
    await using engine = await serving([multi]);
    expect(await engine.invoke(id('http(POST /o)'), { body: 1 })).toEqual({ status: 200, body: ['http', 1] });
    expect(await engine.invoke(id('queue(order)'), 2)).toEqual({ status: 200, body: ['queue', 2] });
    expect(await engine.invoke(id('cron(0 0 9 * * * *)'), { job_id: 'j' })).toEqual({ status: 200, body: ['cron', 'cron', 'j'] });
    await expect(engine.invoke(id('stream(chat)'), {})).rejects.toMatchObject({ code: 'MOTIA_SDK_TRIGGER_UNMATCHED' });
  });
});

describe('state, streams and enqueue', () => {
  const echo = (payload: unknown): unknown => payload;
  const functions = {
    'state::get': echo, 'state::set': echo, 'state::update': echo, 'state::delete': echo, 'state::list': (p: { with_keys?: boolean; cursor?: string }) => (p.with_keys === true ? (p.cursor === undefined ? { items: [{ key: 'a' }, { key: 'b' }], cursor: 'c' } : { items: [{ key: 'd' }] }) : [p]),
    'state::list_groups': () => ({ groups: ['s'] }), 'stream::get': echo, 'stream::set': echo, 'stream::update': echo, 'stream::delete': echo, 'stream::list': (p: unknown) => [p], 'stream::list_groups': () => ['g'], 'stream::send': echo,
    enqueue: () => ({ messageReceiptId: 'm1' }),
  };
  const run = async (handler: (ctx: Ctx & { enqueue: (m: object) => Promise<unknown> }) => unknown): Promise<{ answer: unknown; calls: unknown[] }> => {
    const streams = [{ filePath: 'chat.stream.ts', module: { config: { name: 'chat', schema: {} } } }];
    await using engine = await serving([route(async (_req, ctx) => ({ status: 200, body: await handler(ctx) }))], { functions }, { streams });
    const { body } = (await engine.http()) as { body: unknown };
    return { answer: body, calls: engine.calls.map(({ functionId, payload }) => [functionId, payload]) };
  };

  it('sends the inventoried payloads of the state functions', async () => {
    const ops = [{ type: 'increment', path: 'n', by: 1 }] as const;
    const { calls } = await run(async ({ state: s }) => {
      await s.get('s', 'k');
      await s.set('s', 'k', { v: 1 });
      await s.update('s', 'k', ops);
      await s.delete('s', 'k');
      return [await s.list('s'), await s.listGroups()];
    });
    expect(calls).toEqual([
      ['state::get', { scope: 's', key: 'k' }],
      ['state::set', { scope: 's', key: 'k', value: { v: 1 } }],
      ['state::update', { scope: 's', key: 'k', ops }],
      ['state::delete', { scope: 's', key: 'k' }],
      ['state::list', { scope: 's' }],
      ['state::list_groups', {}],
    ]);
  });

  it('clears a scope by its keys, page by page', async () => {
    const { calls } = await run(async ({ state: s }) => s.clear('s'));
    expect(calls).toEqual([
      ['state::list', { scope: 's', with_keys: true }],
      ['state::delete', { scope: 's', key: 'a' }],
      ['state::delete', { scope: 's', key: 'b' }],
      ['state::list', { scope: 's', with_keys: true, cursor: 'c' }],
      ['state::delete', { scope: 's', key: 'd' }],
    ]);
  });

  it('sends the inventoried payloads of the stream functions, and refuses an unknown stream by name', async () => {
    const { calls } = await run(async ({ streams }) => {
      const chat = streams['chat']!;
      await chat.get('g', 'i');
      await chat.set('g', 'i', { t: 1 });
      await chat.delete('g', 'i');
      await chat.list('g');
      await chat.listGroups();
      await chat.send({ groupId: 'g' }, { type: 'typing', data: 1 });
    });
    expect(calls).toEqual([
      ['stream::get', { stream_name: 'chat', group_id: 'g', item_id: 'i' }],
      ['stream::set', { stream_name: 'chat', group_id: 'g', item_id: 'i', data: { t: 1 } }],
      ['stream::delete', { stream_name: 'chat', group_id: 'g', item_id: 'i' }],
      ['stream::list', { stream_name: 'chat', group_id: 'g' }],
      ['stream::list_groups', { stream_name: 'chat' }],
      ['stream::send', { stream_name: 'chat', group_id: 'g', type: 'typing', data: 1 }],
    ]);
    await expect(run(({ streams }) => streams['nope']!.get('g', 'i'))).rejects.toMatchObject({ code: 'MOTIA_SDK_STREAM_UNKNOWN', message: expect.stringContaining('known: chat') as unknown as string });
  });

  it('gives a missing value as null and an enqueue its receipt', async () => {
    const missing = { functions: { 'state::get': () => undefined, enqueue: () => ({ messageReceiptId: 'm1' }) } };
    await using engine = await serving([route(async (_req, ctx: Ctx & { enqueue: (m: object) => Promise<unknown> }) => ({ status: 200, body: [await ctx.state.get('s', 'k'), await ctx.enqueue({ topic: 't', data: { a: 1 }, messageGroupId: 'g' })] }))], missing);
    expect(await engine.http()).toEqual({ status: 200, body: [null, { messageReceiptId: 'm1' }] });
    expect(engine.calls[1]).toMatchObject({ functionId: 'enqueue', payload: { topic: 't', data: { a: 1 }, messageGroupId: 'g' } });
  });

  it('works standalone inside a handler, with the trace of the handler', async () => {
    const { calls } = await run(async () => {
      await stateManager.get('s', 'k');
      await enqueue({ topic: 't', data: 1 });
      await new Stream({ name: 'chat', schema: {} }).get('g', 'i');
    });
    expect(calls).toEqual([['state::get', { scope: 's', key: 'k' }], ['enqueue', { topic: 't', data: 1 }], ['stream::get', { stream_name: 'chat', group_id: 'g', item_id: 'i' }]]);
  });

  it('names the missing module instead of a missing function', async () => {
    await using engine = await serving([route(async (_req, ctx: Ctx) => ctx.state.get('s', 'k'))]);
    await expect(engine.http()).rejects.toMatchObject({ code: 'MOTIA_SDK_MODULE_NOT_LOADED', message: 'StateModule is not loaded: the engine has no function state::get' });
  });

  it('rejects outside a handler of a process that is not connected', async () => {
    await expect(stateManager.get('s', 'k')).rejects.toMatchObject({ code: 'MOTIA_SDK_NOT_CONNECTED' });
    expect(() => logger.info('kept until there is a connection')).not.toThrow();
  });
});

function deferred(): { promise: Promise<unknown>; resolve: (value: unknown) => void } {
  let resolve!: (value: unknown) => void;
  const promise = new Promise((r) => (resolve = r));
  return { promise, resolve };
}
