import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import express from 'express';
import { RestServiceRef } from '@motia/engine-core/contract';
import { embed } from '@motia/engine-core/embed';
import { RestModule } from '../src/index.js';
import { callPort, sendWhenAsked, startRest, type Answer } from './fixtures/start-rest.js';

describe('Express behind the step routes', () => {
  it('serves what no step route owns: middleware, routers, sub-apps, in order', async () => {
    await using rest = await startRest();
    await rest.route('GET /step', () => ({ body: 'step' }));
    const admin = express.Router();
    admin.get('/stats', (request, response) => void response.json({ query: request.query }));
    const seen: string[] = [];
    rest.service.use((request: express.Request, _response: express.Response, next: express.NextFunction) => {
      seen.push(request.url);
      next();
    });
    rest.service.use('/admin', admin);
    expect((await rest.call('GET /admin/stats?a[b]=1&a[b]=2')).json).toEqual({ query: { 'a[b]': ['1', '2'] } });
    expect((await rest.call('GET /step')).text).toBe('step');
    expect(seen).toEqual(['/admin/stats?a[b]=1&a[b]=2']);
    const answer = await rest.call('GET /admin/stats');
    expect(answer.headers['x-powered-by']).toBeUndefined();
  });

  it('a catch-all never shadows a step route, nor the health of the engine', async () => {
    await using rest = await startRest();
    rest.service.use((_request: express.Request, response: express.Response) => void response.status(200).send('caught'));
    await rest.route('GET /late', () => ({ body: 'step' }));
    expect((await rest.call('GET /late')).text).toBe('step');
    expect((await rest.call('GET /other')).text).toBe('caught');
    expect((await rest.call('GET /healthz')).text).toBe('{"status":"ok"}');
  });

  it('404 and 405 stay JSON when nothing answers, and errors of middleware too', async () => {
    await using rest = await startRest({ mode: 'production' });
    await rest.route('GET /step', () => ({ body: 'step' }));
    rest.service.use('/fails', () => {
      throw new Error('secret');
    });
    rest.service.use('/denies', () => {
      throw Object.assign(new Error('no'), { expose: true, code: 'DENIED', status: 403 });
    });
    expect((await rest.call('GET /none')).json.error.code).toBe('MOTIA_REST_ROUTE_NOT_FOUND');
    expect(await rest.call('PUT /step')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    const failed = await rest.call('GET /fails');
    expect([failed.status, failed.json.error.code]).toEqual([500, 'MOTIA_REST_HANDLER_FAILED']);
    expect(failed.text).not.toContain('secret');
    expect((await rest.call('GET /denies')).json.error).toMatchObject({ code: 'DENIED', message: 'no' });
  });

  it('reads bodies whose client waits for 100 Continue', async () => {
    await using rest = await startRest();
    rest.service.use('/app', express.json(), (request: express.Request, response: express.Response) => void response.json(request.body));
    expect(await sendWhenAsked(rest.port, 'POST /app', '{"a":1}')).toEqual({ text: '{"a":1}', asked: 1 });
  });

  it('may take another method of a step path', async () => {
    await using rest = await startRest();
    await rest.route('GET /both', () => ({ body: 'step' }));
    const app = express();
    app.post('/both', (_request, response) => void response.send('app'));
    rest.service.use(app);
    expect([(await rest.call('GET /both')).text, (await rest.call('POST /both')).text]).toEqual(['step', 'app']);
  });
});

describe('the router inside another program', () => {
  const serve = async (listener: Parameters<typeof createServer>[1]): Promise<{ port: number } & AsyncDisposable> => {
    const server = createServer(listener as never).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    return {
      port: (server.address() as AddressInfo).port,
      async [Symbol.asyncDispose]() {
        await new Promise((resolve) => {
          server.close(resolve);
          server.closeAllConnections();
        });
      },
    };
  };

  it('hands unknown paths on, and takes a mount path', async () => {
    await using rest = await startRest({ via: 'router' });
    await rest.route('GET /hi', () => ({ body: 'hi' }));
    expect((await rest.call('GET /of-the-app')).text).toBe('the app');
    const app = express();
    app.use('/api', rest.service.router as express.RequestHandler);
    await using outer = await serve(app);
    expect((await callPort(outer.port, 'GET /api/hi')).text).toBe('hi');
    expect((await callPort(outer.port, 'GET /hi')).status).toBe(404);
  });

  it('takes bodies that the application has parsed', async () => {
    await using rest = await startRest({ via: 'router' });
    await rest.route('POST /echo', (payload) => ({ body: (payload as { body: unknown }).body }), { bodySchema: { type: 'object' } });
    const app = express();
    app.use(express.json(), rest.service.router as express.RequestHandler);
    await using outer = await serve(app);
    const headers = { 'content-type': 'application/json' };
    expect((await callPort(outer.port, 'POST /echo', { body: '{"a":[1]}', headers })).json).toEqual({ a: [1] });
    expect((await callPort(outer.port, 'POST /echo', { body: '[]', headers })).status).toBe(400);
  });

  it('holds bodies that the application has parsed against the same rules, coerces its forms, and leaves bytes bytes', async () => {
    await using rest = await startRest({ via: 'router' });
    await rest.route('POST /echo', (payload) => ({ body: (payload as { body: unknown }).body }));
    await rest.route('POST /typed', (payload) => ({ body: (payload as { body: unknown }).body }), { bodySchema: { type: 'object', properties: { page: { type: 'integer' } } } });
    const app = express();
    app.use(express.json(), express.urlencoded({ extended: true }), express.raw(), rest.service.router as express.RequestHandler);
    await using outer = await serve(app);
    const post = (path: string, body: string | Buffer, type: string): Promise<Answer> => callPort(outer.port, `POST ${path}`, { body, headers: { 'content-type': type } });
    expect((await post('/echo', '{"a":{"__proto__":{"b":1}}}', 'application/json')).json.error.code).toBe('MOTIA_REST_FORBIDDEN_KEY');
    expect((await post('/echo', `${'['.repeat(100)}${']'.repeat(100)}`, 'application/json')).json.error.code).toBe('MOTIA_REST_JSON_TOO_DEEP');
    expect((await post('/typed', 'page=2', 'application/x-www-form-urlencoded')).json).toEqual({ page: 2 });
    expect((await post('/typed', 'page=x', 'application/x-www-form-urlencoded')).status).toBe(400);
    expect((await post('/typed', '', 'application/x-www-form-urlencoded')).status).toBe(400);
    expect(await post('/echo', Buffer.from([0, 255, 1]), 'application/octet-stream')).toMatchObject({ headers: { 'content-type': 'application/octet-stream' }, rawHeaders: expect.arrayContaining(['content-length', '3']) });
  });

  it('gives exact bytes where the parser of the application kept them, and says so where it did not', async () => {
    await using app = await embed(RestModule, { listen: false });
    app.functions.register({ id: 'signed' }, (payload) => ({ body: payload }));
    await app.triggers.register({ type: 'http', functionId: 'signed', config: { api_path: '/signed', http_method: 'POST', raw_body: true } });
    const keep = express.json({ verify: (request, _response, bytes) => void Object.assign(request, { rawBody: bytes }) });
    for (const [parser, expected] of [[keep, { status: 200, json: { body: { a: 1 }, raw_body: Buffer.from('{ "a": 1 }').toString('base64') } }], [express.json(), { status: 500, json: { error: { code: 'MOTIA_REST_RAW_BODY_GONE' } } }]] as const) {
      const outer = express();
      outer.use(parser, app.services.rest.router as express.RequestHandler);
      const server = createServer(outer);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const answer = await callPort((server.address() as AddressInfo).port, 'POST /signed', { body: '{ "a": 1 }', headers: { 'content-type': 'application/json' } });
      expect(answer).toMatchObject(expected);
      server.close();
    }
  });

  it('works alone with node:http, and answers unknown paths itself', async () => {
    await using embedded = await embed(RestModule, { listen: false });
    embedded.functions.register({ id: 'hello' }, () => ({ body: { hello: 'world' } }));
    await embedded.triggers.register({ type: 'http', functionId: 'hello', config: { api_path: '/hello' } });
    const { router } = embedded.engine.service(RestServiceRef);
    await using outer = await serve((request, response) => router(request, response));
    expect((await callPort(outer.port, 'GET /hello')).json).toEqual({ hello: 'world' });
    expect((await callPort(outer.port, 'GET /nope')).json.error.code).toBe('MOTIA_REST_ROUTE_NOT_FOUND');
  });
});
