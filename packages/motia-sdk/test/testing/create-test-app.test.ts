import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { http, log, logger, multiTriggerStep, queue, step, stateManager, type LogTriggerInput, type StepConfig } from '../../src/index.js';
import { createTestApp, type TestApp } from '../../src/testing/index.js';

const hello = step({ name: 'Hello', triggers: [http('GET', '/hello/:name')] }, async (req, ctx) => {
  ctx.logger.info('greeting', { name: req.pathParams.name });
  return { status: 200, headers: { 'x-trace': ctx.traceId }, body: { message: `Hello ${req.pathParams.name}` } };
});
const create = step({ name: 'Create', triggers: [http('POST', '/items', { bodySchema: z.object({ name: z.string().min(2), size: z.number().default(1) }) })] }, (req) => ({ status: 201, body: req.body }));
const boom = step({ name: 'Boom', triggers: [http('GET', '/boom')] }, () => {
  throw new Error('went wrong');
});
const nothing = step({ name: 'Nothing', triggers: [http('GET', '/nothing')] }, () => undefined);
const picky = step({ name: 'Picky', triggers: [http('GET', '/picky', {}, (req) => req.queryParams['ok'] === '1')] }, () => ({ status: 200, body: 'in' }));
const large = step({ name: 'Large', triggers: [http('POST', '/large')] }, (req) => ({ status: 200, body: { count: (req.body as unknown[]).length, items: req.body } }));
const chain = step({ name: 'Chain', triggers: [http('GET', '/chain')] }, async (_req, ctx) => ({
  status: 200,
  body: await ctx.invoke<{ body: unknown }>('steps::Hello::trigger::http(GET /hello/:name)', { path_params: { name: ctx.traceId } }),
}));
const orders = step({ name: 'Orders', triggers: [queue('order.created', { input: z.object({ id: z.string() }) })] }, async (message, ctx) => {
  await ctx.state.set('orders', message.id, message);
  await stateManager.get('orders', message.id);
  await ctx.invoke('billing::charge', message);
  logger.info('stored');
  return message.id;
});

describe('Steps on the real engine in memory', () => {
  let app: TestApp;
  const seen: unknown[] = [];
  beforeAll(async () => {
    const record = (name: string) => (payload: never): null => {
      seen.push([name, payload]);
      return null;
    };
    app = await createTestApp({ steps: [hello, create, boom, nothing, picky, large, chain, orders], functions: { 'billing::charge': record('charge') } });
  });
  afterAll(() => app.stop());

  it('answers an HTTP request through the real REST module, and the log carries the trace', async () => {
    const response = await app.http.get<{ message: string }>('/hello/Ada%20L');
    expect([response.status, response.body]).toEqual([200, { message: 'Hello Ada L' }]);
    expect(response.headers.get('content-type')).toContain('application/json');
    const record = await app.waitForLog('greeting');
    expect(record).toMatchObject({ level: 'info', traceId: response.headers.get('x-trace'), functionId: 'steps::Hello::trigger::http(GET /hello/:name)', fields: { name: 'Ada L' } });
  });

  it('refuses a body that breaks its schema with JSON pointers, and hands defaults to the handler', async () => {
    const bad = await app.http.post<{ error: { code: string; details: { path: string }[] } }>('/items', { body: { name: 'x' } });
    expect(bad.status).toBe(400);
    expect(bad.body.error.details).toEqual([expect.objectContaining({ path: '/name' })]);
    expect(await app.http.post('/items', { body: { name: 'xy' } })).toMatchObject({ status: 201, body: { name: 'xy', size: 1 } });
  });

  it('answers 500 with the envelope when a handler throws, and logs the stack', async () => {
    const response = await app.http.get<{ error: { code: string; traceId: string } }>('/boom');
    expect([response.status, response.body.error.code]).toEqual([500, 'MOTIA_SDK_HANDLER_FAILED']);
    const record = await app.waitForLog(({ level, traceId }) => level === 'error' && traceId === response.body.error.traceId);
    expect((record.fields?.['error'] as Error).stack).toMatch(/went wrong\n.*create-test-app\.test\.ts:\d+/);
  });

  it('answers 204 for nothing, 404 and 405 for what is not there', async () => {
    expect((await app.http.get('/nothing')).status).toBe(204);
    expect((await app.http.get('/nowhere')).status).toBe(404);
    expect((await app.http.put('/items', { body: {} })).status).toBe(405);
  });

  it('answers 422 with skipped when the condition is false', async () => {
    expect(await app.http.get('/picky')).toMatchObject({ status: 422, body: { skipped: true } });
    expect(await app.http.get('/picky', { query: { ok: '1' } })).toMatchObject({ status: 200, body: 'in' });
  });

  it('carries large bodies both ways unchanged', async () => {
    const items = Array.from({ length: 2000 }, (_, i) => ({ i, text: `Ünïcode ${i}` }));
    const response = await app.http.post<{ count: number; items: unknown[] }>('/large', { body: items });
    expect(response.body.count).toBe(2000);
    expect(response.body.items).toEqual(items);
  });

  it('keeps one trace over nested calls', async () => {
    const response = await app.http.get<{ body: { message: string }; headers: Record<string, string> }>('/chain');
    expect(response.body.body.message).toBe(`Hello ${response.body.headers['x-trace']}`);
  });

  it('calls a Step of another trigger type by its name, with the real modules and fakes for what none of them offers', async () => {
    seen.length = 0;
    expect(await app.invoke('Orders', { id: 'o1' })).toBe('o1');
    expect(seen).toEqual([['charge', { id: 'o1' }]]);
    expect(await app.invoke('state::get', { scope: 'orders', key: 'o1' })).toEqual({ id: 'o1' });
    expect(app.report.parked).toEqual([]);
  });
});

describe('Steps that follow the log', () => {
  it('get what others log from their level up, with its trace, and nothing of what they lead to', async () => {
    const seen: LogTriggerInput[] = [];
    const shown: unknown[] = [];
    const sell = step({ name: 'Sell', triggers: [http('POST', '/sell')] }, (req, ctx) => {
      ctx.logger.info('counted');
      ctx.logger.warn('sold out', { product: (req.body as { product: string }).product });
      return { status: 200, body: ctx.traceId };
    });
    const watch = step({ name: 'Watch', triggers: [log({ level: 'warn', condition: ({ message }) => message !== 'left out' })], enqueues: ['noticed'] }, async (record, ctx) => {
      seen.push(record);
      shown.push([ctx.is.log(record), ctx.trigger, ctx.getData() === record, await ctx.match({ log: ({ message }) => message })]);
      ctx.logger.error('of the Step itself');
      await ctx.enqueue({ topic: 'noticed', data: record.message });
    });
    const notice = step({ name: 'Notice', triggers: [queue('noticed', { config: { maxRetries: 0 } })] }, (message) => {
      throw new Error(`cannot notice ${String(message)}`);
    });
    await using app = await createTestApp({ steps: [sell, watch, notice], clock: 'manual' });
    const { body: traceId } = await app.http.post<string>('/sell', { body: { product: 'tea' } });
    await app.invoke('engine::log::error', { message: 'left out' });
    await app.clock.settle();
    const [record] = seen.filter(({ message }) => message === 'sold out');
    expect(record).toMatchObject({
      level: 'warn', body: 'sold out', traceId, trace_id: traceId, severityText: 'WARN', severity_number: 13,
      attributes: { product: 'tea', 'iii.function.id': 'steps::Sell::trigger::http(POST /sell)' }, serviceName: 'the Steps under test', timestampUnixNano: record?.timestamp_unix_nano,
    });
    expect(seen.map(({ message }) => message)).toEqual(['sold out']);
    expect(shown).toEqual([[true, { type: 'log', index: 0 }, true, 'sold out']]);
    expect(app.logs.map(({ message }) => message)).toEqual(expect.arrayContaining(['counted', 'of the Step itself', expect.stringContaining('given up')]));
  });

  it('have a handler of their own among several triggers', async () => {
    const heard: string[] = [];
    const several = multiTriggerStep({ name: 'Several', triggers: [{ type: 'log', level: 'error' }, http('GET', '/several')] })
      .onLog((record, ctx) => void heard.push(`${ctx.trigger.type}: ${record.message}`))
      .onHttp(() => ({ status: 200, body: heard }))
      .handlers();
    await using app = await createTestApp({ steps: [several], clock: 'manual' });
    await app.invoke('engine::log::warn', { message: 'not so bad' });
    await app.invoke('engine::log::error', { message: 'no tea' });
    await app.clock.settle();
    expect((await app.http.get('/several')).body).toEqual(['log: no tea']);
  });
});

describe('a Step that an alert calls by its id', () => {
  it('gets the alert, checked against its schema', async () => {
    const alert = z.object({ alert: z.string(), value: z.number() });
    const told: z.infer<typeof alert>[] = [];
    const page = step({ name: 'Page', triggers: [queue('alerts', { input: alert })] }, (event) => void told.push(event));
    const alerts = [{ name: 'calls', metric: 'iii.invocations.total', threshold: 0, action: { type: 'function', path: 'steps::Page::trigger::queue(alerts)' } }];
    await using app = await createTestApp({
      steps: [page, hello],
      clock: 'manual',
      config: { modules: [{ class: 'modules::api::RestApiModule' }, { class: 'modules::queue::QueueModule', config: { adapter: { class: 'modules::queue::BuiltinQueueAdapter', config: { store_method: 'in_memory' } } } }, { class: 'modules::observability::OtelModule', config: { alerts } }] },
    });
    await app.http.get('/hello/ada');
    await app.clock.advance('20s');
    expect(told).toEqual([{ alert: 'calls', value: expect.any(Number) }]);
  });
});

describe('faults', () => {
  const held = (): { module: unknown; started: Promise<void> } => {
    let begin!: () => void;
    const started = new Promise<void>((resolve) => (begin = resolve));
    const module = {
      config: { name: 'Held', triggers: [{ type: 'http', method: 'GET', path: '/held' }] } satisfies StepConfig,
      handler: (_req: unknown, ctx: { signal: AbortSignal }) => {
        begin();
        return new Promise((_, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason as Error)));
      },
    };
    return { module, started };
  };

  it('R1 a request whose process dies is answered 502 at once, and the next process serves', async () => {
    const { module, started } = held();
    await using app = await createTestApp({ steps: [module as object, hello] });
    const answer = app.http.get<{ error: { code: string } }>('/held');
    await started;
    await app.faults.killWorker();
    expect(await answer).toMatchObject({ status: 502, body: { error: { code: 'MOTIA_ENGINE_WORKER_LOST' } } });
    const parked = app.http.get('/hello/again');
    await app.faults.restartWorker();
    expect((await parked).status).toBe(200);
  });

  it('a request to a process that hangs ends at its deadline, moved by the clock of the test', async () => {
    await using app = await createTestApp({ steps: [hello], clock: 'manual' });
    expect((await app.http.get('/hello/x')).status).toBe(200);
    app.faults.hangWorker();
    const answer = app.http.get<{ error: { code: string } }>('/hello/y');
    let settled = false;
    void answer.finally(() => (settled = true));
    while (!settled) await app.clock.advance('10s');
    expect((await answer).status).toBe(504);
    app.faults.resumeWorker();
    expect((await app.http.get('/hello/z')).status).toBe(200);
  });

  it('R1 a handler sees its signal abort when the deadline passes, and when the client leaves', async () => {
    const reasons: unknown[] = [];
    const waiting = step({ name: 'Waiting', triggers: [http('GET', '/waiting')] }, async (_req, ctx) => {
      ctx.logger.info('waiting');
      await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
      reasons.push(ctx.signal.reason);
      ctx.logger.info('told');
      return undefined;
    });
    await using app = await createTestApp({ steps: [waiting], clock: 'manual' });
    const late = app.http.get<{ error: { code: string } }>('/waiting');
    await app.waitForLog('waiting');
    await app.clock.advance('31s');
    expect(await late).toMatchObject({ status: 504, body: { error: { code: 'MOTIA_ENGINE_DEADLINE_EXCEEDED' } } });
    await app.waitForLog('told');
    const client = new AbortController();
    const left = app.http.get('/waiting', { signal: client.signal }).catch((error: Error) => error.name);
    await app.waitForLog((record) => record.message === 'waiting' && record !== app.logs.find(({ message }) => message === 'waiting'));
    client.abort();
    expect(await left).toBe('AbortError');
    await app.waitForLog((record) => record.message === 'told' && record !== app.logs.find(({ message }) => message === 'told'));
    expect(reasons).toHaveLength(2);
    expect(reasons).toEqual([expect.objectContaining({ code: 'MOTIA_SDK_CALL_CANCELLED' }), expect.objectContaining({ code: 'MOTIA_SDK_CALL_CANCELLED' })]);
  });

  it('slow messages arrive late and in order', async () => {
    await using app = await createTestApp({ steps: [hello] });
    app.faults.delayMessages(20);
    const begun = performance.now();
    expect((await app.http.get('/hello/slow')).status).toBe(200);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(39);
    app.faults.delayMessages(0);
  });
});

describe('creating an app', () => {
  it.each(['development', 'production'] as const)('in %s shows what a handler exposes, and blames no client for what its handler did', async (mode) => {
    const failing = (name: string, error: Error): object =>
      step({ name, triggers: [http('GET', `/${name}`)] }, () => {
        throw error;
      });
    const strict = step({ name: 'strict', triggers: [http('POST', '/strict', { bodySchema: z.object({ n: z.number() }) })] }, () => ({ body: 'in' }));
    const calls = step({ name: 'calls', triggers: [http('GET', '/calls')] }, (_req, ctx) => ctx.invoke<void>('steps::strict::trigger::http(POST /strict)', { body: {} }));
    const odd = { config: { name: 'odd', triggers: [{ type: 'http', method: 'GET', path: '/odd' }] }, handler: () => ({ stat: 200 }) };
    await using app = await createTestApp({
      mode,
      steps: [
        failing('gone', Object.assign(new Error('gone'), { status: 410, expose: true })),
        failing('sold', Object.assign(new Error('sold out'), { status: 409, expose: true, code: 'OUT_OF_STOCK' })),
        strict,
        calls,
        odd,
      ],
    });
    type Problem = { error: { code: string; message: string; hint?: string } };
    const gone = await app.http.get<Problem>('/gone');
    expect([gone.status, gone.body.error.message, gone.body.error.hint]).toEqual([410, 'gone', undefined]);
    const sold = await app.http.get<Problem>('/sold');
    expect([sold.status, sold.body.error.message, sold.body.error.code]).toEqual([409, 'sold out', 'OUT_OF_STOCK']);
    expect((await app.http.post('/strict', { body: {} })).status).toBe(400);
    for (const [path, code] of [['/calls', 'MOTIA_SDK_INPUT_INVALID'], ['/odd', 'MOTIA_REST_INVALID_HANDLER_RESPONSE']] as const) {
      const response = await app.http.get<Problem>(path);
      expect([response.status, response.body.error.code]).toEqual([500, code]);
      expect(JSON.stringify(response.body).includes('steps::')).toBe(mode === 'development');
      const record = await app.waitForLog(({ level, fields }) => level === 'error' && fields?.['code'] === code);
      expect((record.fields?.['error'] as Error).message).toMatch(/does not match its schema|"steps::odd::.*has none of status/);
    }
  });

  it('serves what can be served in development and names the rest; production refuses', async () => {
    await using app = await createTestApp({ steps: [hello, { config: {} }] });
    expect(app.problems.map(({ message }) => message)).toEqual(['test/step-2.step.ts is not a Step: `config.name` must be a non-empty string']);
    await expect(createTestApp({ steps: [{ config: {} }], mode: 'production' })).rejects.toMatchObject({ code: 'MOTIA_SDK_START_FAILED' });
  });

  it('reports a route conflict with file and Step', async () => {
    const other = step({ name: 'Other', triggers: [http('GET', '/hello/:other')] }, () => undefined);
    await using app = await createTestApp({ steps: [hello, other] });
    expect(app.report.rejected.map(({ message }) => message)).toEqual([expect.stringMatching(/^test\/step-2\.step\.ts: Step "Other" was not registered .*MOTIA_REST_ROUTE_CONFLICT/)]);
  });
});
