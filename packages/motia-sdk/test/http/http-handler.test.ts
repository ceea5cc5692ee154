import { describe, expect, it } from '@jest/globals';
import { WireValue } from '@motia/protocol';
import { http, step, type MotiaHttpArgs, type StepConfig } from '../../src/index.js';
import { serving } from '../support/scripted-engine.js';

const route = (handler: (req: MotiaHttpArgs, ctx: never) => unknown, extra: object = {}): unknown => ({
  config: { name: 'Route', triggers: [{ type: 'http', method: 'POST', path: '/r/:id' }], ...extra } as unknown as StepConfig,
  handler,
});

describe('the input of an HTTP handler', () => {
  it('reads the same through input and through input.request, with camelCase names', async () => {
    const seen: unknown[] = [];
    await using engine = await serving([
      route((req) => {
        const { request } = req;
        seen.push([req.body, req.pathParams, req.queryParams, req.headers, req.method, req.path, req.requestId], [request.body, request.pathParams, request.queryParams, request.headers, request.method, request.path, request.requestId]);
        return { status: 200, body: { ...req } };
      }),
    ]);
    const answer = (await engine.http({ path_params: { id: '7' }, query_params: { tag: ['a', 'b'] }, headers: { accept: '*/*' }, path: '/r/:id', method: 'POST', body: { n: 1 }, request_id: 'r-1' })) as { body: object };
    expect(seen[0]).toEqual([{ n: 1 }, { id: '7' }, { tag: ['a', 'b'] }, { accept: '*/*' }, 'POST', '/r/:id', 'r-1']);
    expect(seen[1]).toEqual(seen[0]);
    expect(answer.body).toEqual({ pathParams: { id: '7' }, queryParams: { tag: ['a', 'b'] }, headers: { accept: '*/*' }, method: 'POST', path: '/r/:id', body: { n: 1 }, requestId: 'r-1' });
  });

  it('is complete when it was invoked with a partial payload or none', async () => {
    await using engine = await serving([route((req) => ({ status: 200, body: [req.pathParams, req.queryParams, req.headers, req.body ?? 'none'] }))]);
    expect(await engine.invoke('steps::Route::trigger::http(POST /r/:id)')).toEqual({ status: 200, body: [{}, {}, {}, 'none'] });
  });

  it('parses a raw body only when the handler reads it', async () => {
    await using engine = await serving([route((req) => (req.queryParams['read'] === undefined ? { status: 204 } : { status: 200, body: Object.keys(req.body as object).length }))]);
    const big = JSON.stringify(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`key${i}`, i])));
    const payload = (query: object): WireValue => new WireValue(JSON.stringify({ query_params: query }), { at: '/body', as: 'json', bytes: Buffer.from(big) });
    expect(await engine.invoke('steps::Route::trigger::http(POST /r/:id)', payload({ read: '1' }))).toEqual({ status: 200, body: 1000 });
    const broken = new WireValue('{}', { at: '/body', as: 'json', bytes: Buffer.from(`${'x'.repeat(5000)}`) });
    expect(await engine.invoke('steps::Route::trigger::http(POST /r/:id)', broken)).toEqual({ status: 204 });
  });
});

describe('the answer of an HTTP handler', () => {
  const answerOf = async (returned: unknown): Promise<unknown> => {
    await using engine = await serving([route(() => returned)]);
    return await engine.http();
  };

  it('travels as it was returned: status, headers, body, or nothing', async () => {
    expect(await answerOf({ status: 201, headers: { location: '/r/1' }, body: { id: 1 } })).toEqual({ status: 201, headers: { location: '/r/1' }, body: { id: 1 } });
    expect(await answerOf({ body: [1] })).toEqual({ body: [1] });
    expect(await answerOf({ status: 200, body: 'text' })).toEqual({ status: 200, body: 'text' });
    expect(await answerOf({ status: 200, body: null })).toEqual({ status: 200, body: null });
    expect(await answerOf(undefined)).toBeUndefined();
    expect(await answerOf('odd')).toBe('odd');
  });

  it('sends bodies from the agreed size on as raw parts: JSON, text and bytes', async () => {
    const body = { items: Array.from({ length: 500 }, (_, i) => `item ${i} é`) };
    await using engine = await serving([route((req) => ({ status: 200, body: { json: body, text: 'é'.repeat(5000), bytes: new Uint8Array([1, 2, 255]) }[req.queryParams['as'] as 'json'] }))]);
    const call = (as: string): Promise<unknown> => engine.endpoint.invoke(engine.params('steps::Route::trigger::http(POST /r/:id)'), { query_params: { as } }, { wireResult: true }).result;
    const json = (await call('json')) as WireValue;
    expect(json.raw).toMatchObject({ at: '/body', as: 'json' });
    expect(json.base).toEqual({ status: 200 });
    expect(json.toValue()).toEqual({ status: 200, body });
    expect(((await call('text')) as WireValue).toValue()).toEqual({ status: 200, body: 'é'.repeat(5000) });
    const bytes = (await call('bytes')) as WireValue;
    expect(bytes.raw).toMatchObject({ as: 'bytes' });
    expect([...(bytes.raw?.bytes ?? [])]).toEqual([1, 2, 255]);
  });

  it('keeps large bodies in the envelope with a peer that takes no raw frames', async () => {
    await using engine = await serving([route(() => ({ status: 200, body: 'x'.repeat(10_000) }))], { rawBodies: false });
    expect(await engine.http()).toEqual({ status: 200, body: 'x'.repeat(10_000) });
  });

  it('is an error naming the function when the body cannot be JSON', async () => {
    await expect(answerOf({ status: 200, body: { big: 10n } })).rejects.toMatchObject({ code: 'MOTIA_SDK_NOT_SERIALIZABLE', message: expect.stringContaining('steps::Route') as unknown as string });
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    await expect(answerOf({ status: 200, body: cycle })).rejects.toMatchObject({ code: 'MOTIA_SDK_NOT_SERIALIZABLE' });
  });

  it('takes status and headers from response when the handler returns nothing, and lets what is returned win', async () => {
    await using engine = await serving([
      route(({ request, response }) => {
        response.status(202);
        response.headers({ 'x-a': '1', 'x-b': '1' });
        response.close();
        return request.queryParams['both'] === undefined ? undefined : { status: 203, headers: { 'x-b': '2' }, body: 'b' };
      }),
    ]);
    expect(await engine.http()).toEqual({ status: 202, headers: { 'x-a': '1', 'x-b': '1' } });
    expect(await engine.http({ query_params: { both: '1' } })).toEqual({ status: 203, headers: { 'x-a': '1', 'x-b': '2' }, body: 'b' });
  });

  it.each([
    [() => undefined, 'the body is a function'],
    [Symbol('s'), 'the body is a symbol'],
    [{ toJSON: () => undefined }, 'the body has no JSON form'],
  ])('says that a body %p cannot be sent', async (body, reason) => {
    await expect(answerOf({ status: 200, body })).rejects.toMatchObject({ code: 'MOTIA_SDK_NOT_SERIALIZABLE', status: 500, message: expect.stringContaining(reason) as unknown as string });
  });

  it('has no header where the value is undefined', async () => {
    await using engine = await serving([
      route(({ response }) => {
        response.headers({ 'x-a': '1' });
        return { headers: { 'x-a': undefined, 'x-b': undefined }, body: 'b' };
      }),
    ]);
    expect(await engine.http()).toEqual({ status: 200, headers: { 'x-a': '1' }, body: 'b' });
    expect(await answerOf({ headers: { location: undefined }, body: [1] })).toEqual({ headers: {}, body: [1] });
  });

  it('says clearly that response.stream has no channel to write to', async () => {
    await using engine = await serving([route(({ response }) => response.stream.write('x'))]);
    await expect(engine.http()).rejects.toMatchObject({ code: 'MOTIA_SDK_STREAMING_UNAVAILABLE', status: 501 });
  });
});

describe('middleware', () => {
  it('wraps the handler, the first outermost, each seeing what the next one answered', async () => {
    const order: string[] = [];
    const named = (name: string) => async (_req: unknown, _ctx: unknown, next: () => Promise<unknown>): Promise<unknown> => {
      order.push(`${name} in`);
      const answer = (await next()) as { headers?: object };
      order.push(`${name} out`);
      return { ...answer, headers: { ...answer.headers, [`x-${name}`]: '1' } };
    };
    const trigger = http('GET', '/m', { middleware: [named('a'), named('b')] as never });
    await using engine = await serving([
      {
        config: { name: 'M', triggers: [trigger], middleware: [named('root')] as never },
        handler: () => {
          order.push('handler');
          return { status: 200 };
        },
      },
    ]);
    expect(await engine.http()).toEqual({ status: 200, headers: { 'x-root': '1', 'x-a': '1', 'x-b': '1' } });
    expect(order).toEqual(['root in', 'a in', 'b in', 'handler', 'b out', 'a out', 'root out']);
  });

  it('may answer without the handler', async () => {
    const locked = step({ name: 'Locked', triggers: [http('GET', '/x', { middleware: [async (req, _ctx, next) => (req.headers['authorization'] === undefined ? { status: 401, body: { error: 'who?' } } : next())] })] }, () => ({ status: 200, body: 'in' }));
    await using engine = await serving([locked]);
    expect(await engine.http()).toEqual({ status: 401, body: { error: 'who?' } });
    expect(await engine.http({ headers: { authorization: 'yes' } })).toEqual({ status: 200, body: 'in' });
  });

  it('is told when it calls next twice, and may catch what the handler throws', async () => {
    const twice = step({ name: 'Twice', triggers: [http('GET', '/t', { middleware: [async (_req, _ctx, next) => { await next(); return next(); }] })] }, () => ({ status: 200 }));
    await using engine = await serving([twice]);
    await expect(engine.http()).rejects.toMatchObject({ code: 'MOTIA_SDK_HANDLER_FAILED', message: expect.stringContaining('next() was called twice') as unknown as string });
    const catching = step({ name: 'C', triggers: [http('GET', '/t', { middleware: [async (_req, _ctx, next) => next().catch((error: Error) => ({ status: 503, body: error.message }))] })] }, () => {
      throw new Error('down');
    });
    await using other = await serving([catching]);
    expect(await other.http()).toEqual({ status: 503, body: 'down' });
  });
});
