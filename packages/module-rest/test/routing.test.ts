import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import express from 'express';
import { rateLimit } from 'express-rate-limit';
import { heldRoute } from './fixtures/held-route.js';
import { deferred, sendWhenAsked, startRest, until, type Path } from './fixtures/start-rest.js';

describe('the not-found function', () => {
  it('answers unknown paths with 404 unless it says otherwise, and nothing else', async () => {
    await using rest = await startRest({ options: { not_found_function: 'app::missing' } });
    await rest.route('GET /a', () => ({ body: 'a' }));
    for (const path of ['/b', '/c']) expect((await rest.call(`GET ${path}`)).json.error.code).toBe('MOTIA_REST_ROUTE_NOT_FOUND');
    expect(rest.host.logs.records.filter(({ level, message }) => level === 'warn' && message.includes('"app::missing"'))).toHaveLength(1);
    rest.host.functions.register({ id: 'app::missing' }, (payload) => {
      const { path_params: { path }, method, body } = payload as { path_params: { path: string }; method: string; body: unknown };
      return path === 'gone' ? { status: 410 } : { body: { path, method, body } };
    });
    const answer = await rest.send('POST /x/y%20z?q=1', { a: 1 });
    expect([answer.status, answer.json]).toEqual([404, { path: 'x/y z', method: 'POST', body: { a: 1 } }]);
    expect((await rest.call('GET /gone')).status).toBe(410);
    expect((await rest.call('POST /a')).status).toBe(405);
    expect((await rest.call('GET /a')).text).toBe('a');
    expect((await rest.call('GET /__motia')).json.error.code).toBe('MOTIA_REST_ROUTE_NOT_FOUND');
    expect((await rest.call('GET /%00')).status).toBe(400);
  });

  it('comes after the Express apps', async () => {
    await using rest = await startRest({ options: { not_found_function: 'app::missing' } });
    rest.host.functions.register({ id: 'app::missing' }, () => ({ body: 'missing' }));
    rest.service.use('/app', (_request: express.Request, response: express.Response) => void response.send('app'));
    expect((await rest.call('GET /app')).text).toBe('app');
    expect((await rest.call('GET /other')).text).toBe('missing');
  });
});

describe('the request id', () => {
  it('may have another header, and may be ours alone', async () => {
    await using rest = await startRest({ options: { request_id: { header: 'X-Correlation-Id', accept: false } } });
    await rest.route('GET /a', (payload) => ({ headers: { 'x-correlation-id': 'mine' }, body: (payload as { request_id: string }).request_id }));
    for (const path of ['/a', '/nowhere', '/healthz']) {
      const answer = await rest.call(`GET ${path}`, { headers: { 'x-correlation-id': 'theirs' } });
      expect(answer.headers['x-request-id']).toBeUndefined();
      expect(answer.headers['x-correlation-id']).toMatch(/^(?!theirs|mine)[\w-]+$/);
      if (path === '/a') expect(answer.text).toBe(answer.headers['x-correlation-id']);
    }
    expect(await rest.raw('BREW / HTTP/1.1\r\n\r\n')).toMatch(/\r\nx-correlation-id: /i);
  });
});

describe('OPTIONS routes', () => {
  it.each<Path>(['listener', 'router'])('answer beside CORS, through the %s: questions of browsers go to the configuration, the rest to the function', async (via) => {
    await using rest = await startRest({ via, options: { cors: { allowed_origins: ['https://app.example'] } } });
    await rest.route('OPTIONS /a', () => ({ status: 200, body: 'options' }));
    await rest.route('GET /a', () => ({ body: 'a' }));
    expect((await rest.call('OPTIONS /a')).text).toBe('options');
    const preflight = await rest.call('OPTIONS /a', { headers: { origin: 'https://app.example', 'access-control-request-method': 'GET' } });
    expect([preflight.status, preflight.headers['access-control-allow-origin'], preflight.text]).toEqual([204, 'https://app.example', '']);
    await using bare = await startRest({ via });
    await bare.route('OPTIONS /a', () => ({ body: 'options' }));
    expect((await bare.call('OPTIONS /a', { headers: { origin: 'https://app.example', 'access-control-request-method': 'GET' } })).text).toBe('options');
  });
});

describe('server.max_connections', () => {
  it('closes further connections at once, and takes new ones when one has gone', async () => {
    await using rest = await startRest({ options: { server: { max_connections: 1 } } });
    const { began, release } = await heldRoute(rest, 'GET /held', 'held');
    const held = rest.call('GET /held');
    await began;
    await expect(rest.call('GET /held')).rejects.toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) });
    release();
    expect((await held).text).toBe('held');
    let status = 0;
    await until(() => {
      void rest.call('GET /healthz').then((answer) => (status = answer.status), () => undefined);
      return status === 200;
    });
  });
});

describe.each<Path>(['listener', 'router'])('Express middleware before routes, through the %s', (via) => {
  const marks = (_request: express.Request, response: express.Response, next: express.NextFunction): void => {
    response.setHeader('x-front', 'seen');
    next();
  };

  it('sees the paths that ask for it, whatever their spelling, and no others', async () => {
    await using rest = await startRest({ via });
    rest.service.before(['/admin', '/shops/:shop/orders'], marks);
    for (const path of ['/admin', '/admin/users', '/shops/:shop/orders', '/shops/:shop', '/other']) await rest.route(`GET ${path}`, () => ({ body: 'step' }));
    const isSeen = async (path: string): Promise<boolean> => {
      const answer = await rest.call(`GET ${path}`);
      expect([answer.status, answer.text]).toEqual([200, 'step']);
      return answer.headers['x-front'] === 'seen';
    };
    for (const path of ['/admin', '/admin/', '/admin?x=/other', '/%61dmin', '/adm%69n/users', '/shops/7/orders']) expect([path, await isSeen(path)]).toEqual([path, true]);
    for (const path of ['/other', '/shops/7', '/other?x=/admin']) expect([path, await isSeen(path)]).toEqual([path, false]);
  });

  it('is a rate limiter from npm', async () => {
    await using rest = await startRest({ via });
    rest.service.before('/limited', rateLimit({ limit: 2, windowMs: 60_000, standardHeaders: 'draft-8', legacyHeaders: false }));
    await rest.route('GET /limited', (payload) => ({ headers: { 'x-mine': '1' }, body: (payload as { client_address: string }).client_address }));
    const answers = [await rest.call('GET /limited'), await rest.call('GET /limited'), await rest.call('GET /limited')];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(answers[0]?.headers).toMatchObject({ 'x-mine': '1', ratelimit: expect.stringContaining('r=1') });
    expect(answers[0]?.text).toBe('127.0.0.1');
  });

  it('may parse bodies, sees urls as mounted, answers, and fails as JSON', async () => {
    await using rest = await startRest({ via });
    const seen: unknown[] = [];
    rest.service.before('/api', express.json(), (request: express.Request, response: express.Response, next: express.NextFunction) => {
      seen.push([request.baseUrl, request.url, request.originalUrl]);
      if (request.url === '/denied') response.status(401).json({ denied: true });
      else if (request.url === '/throws') throw Object.assign(new Error('no'), { code: 'APP_NO', status: 402, expose: true });
      else next();
    });
    await rest.route('POST /api/echo', (payload) => ({ body: (payload as { body: unknown }).body }));
    await rest.route('GET /api/denied', () => ({ body: 'step' }));
    await rest.route('GET /api/throws', () => ({ body: 'step' }));
    expect((await rest.send('POST /api/echo?x=1', { a: [1] })).json).toEqual({ a: [1] });
    expect((await rest.call('GET /api/denied'))).toMatchObject({ status: 401, json: { denied: true } });
    const failed = await rest.call('GET /api/throws');
    expect([failed.status, failed.json.error.code]).toEqual([402, 'APP_NO']);
    const broken = await rest.call('POST /api/echo', { body: gzipSync('{}').subarray(0, 12), headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } });
    expect([broken.status, broken.json.error.code]).toEqual([400, 'MOTIA_REST_MIDDLEWARE_REFUSED']);
    expect(seen[0]).toEqual(['/api', '/echo?x=1', '/api/echo?x=1']);
  });

  it('reads bodies whose client waits for 100 Continue, and it is said once', async () => {
    await using rest = await startRest({ via });
    rest.service.before('/api', express.json());
    await rest.route('POST /api/echo', (payload) => ({ body: (payload as { body: unknown }).body }));
    expect(await sendWhenAsked(rest.port, 'POST /api/echo', '{"a":1}')).toEqual({ text: '{"a":1}', asked: 1 });
  });

  it('is waited for when the server drains', async () => {
    const rest = await startRest({ via });
    const began = deferred();
    const gate = deferred();
    rest.service.before('/slow', (_request: express.Request, _response: express.Response, next: express.NextFunction) => {
      began.resolve();
      void gate.promise.then(() => next());
    });
    await rest.route('GET /slow', () => ({ body: 'done' }));
    const call = rest.call('GET /slow');
    await began.promise;
    const stopped = rest.host.stop();
    gate.resolve();
    expect((await call).text).toBe('done');
    await stopped;
    await rest[Symbol.asyncDispose]();
  });
});

it('a mount path must be a route pattern', async () => {
  await using rest = await startRest();
  expect(() => rest.service.before('/a/:x?', () => undefined)).toThrow(expect.objectContaining({ code: 'MOTIA_REST_INVALID_ROUTE' }));
});
