import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestHost } from '@motia/engine-core/testing';
import { ConsoleModule } from '../src/index.js';
import { startConsole, token, type RunningConsole } from './start-console.js';

describe('the data API', () => {
  let app: RunningConsole;
  beforeAll(async () => {
    app = await startConsole();
    app.host.functions.register({ id: 'greet', description: 'Greets', requestSchema: { type: 'object' } }, (payload) => ({ hello: (payload as { name: string }).name }));
    app.host.functions.register({ id: 'a b/c' }, () => 1);
  });
  afterAll(async () => app[Symbol.asyncDispose]());

  describe('lets nobody in who should not be', () => {
    it.each([
      ['a foreign Host (DNS rebinding)', 'GET /api/v1/health HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer TOKEN\r\n\r\n', 421, 'MOTIA_CONSOLE_HOST_NOT_ALLOWED'],
      ['a foreign Origin', 'GET /api/v1/health HTTP/1.1\r\nHost: localhost:PORT\r\nOrigin: http://evil.example\r\nAuthorization: Bearer TOKEN\r\n\r\n', 403, 'MOTIA_CONSOLE_ORIGIN_NOT_ALLOWED'],
      ['the Origin null', 'GET /api/v1/health HTTP/1.1\r\nHost: localhost:PORT\r\nOrigin: null\r\nAuthorization: Bearer TOKEN\r\n\r\n', 403, 'MOTIA_CONSOLE_ORIGIN_NOT_ALLOWED'],
      ['no token', 'GET /api/v1/health HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n', 401, 'MOTIA_CONSOLE_UNAUTHORIZED'],
      ['a wrong token', 'GET /api/v1/health HTTP/1.1\r\nHost: localhost:PORT\r\nAuthorization: Bearer wrong\r\n\r\n', 401, 'MOTIA_CONSOLE_UNAUTHORIZED'],
      ['a foreign Host at sign-in', 'POST /api/v1/session HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n\r\n', 421, 'MOTIA_CONSOLE_HOST_NOT_ALLOWED'],
      ['a live socket with a foreign Origin', 'GET /api/v1/live HTTP/1.1\r\nHost: localhost:PORT\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\nOrigin: http://evil.example\r\nAuthorization: Bearer TOKEN\r\n\r\n', 403, 'MOTIA_CONSOLE_ORIGIN_NOT_ALLOWED'],
      ['a live socket without a token', 'GET /api/v1/live HTTP/1.1\r\nHost: localhost:PORT\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n\r\n', 401, 'MOTIA_CONSOLE_UNAUTHORIZED'],
    ])('%s', async (_what, head, status, code) => {
      const text = await app.raw(head.replaceAll('PORT', String(app.port)).replaceAll('TOKEN', token));
      expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(text).toContain(code);
      expect(text).not.toMatch(/<!doctype|<html|<pre|\n {4}at /i);
    });

    it('a change by GET, or without the header that no form can send', async () => {
      expect((await app.get('/api/v1/functions/greet/invoke')).body.error?.code).toBe('MOTIA_CONSOLE_METHOD_NOT_ALLOWED');
      expect((await app.post('/api/v1/functions/greet/invoke', { payload: { name: 'Ada' } }, { authorization: `Bearer ${token}` })).body.error?.code).toBe('MOTIA_CONSOLE_HEADER_REQUIRED');
    });

    it('a change whose body is not declared as JSON', async () => {
      const answer = await fetch(`${app.origin}/api/v1/functions/greet/invoke`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'x-console': '1', 'content-type': 'text/plain' }, body: '{}' });
      expect(answer.status).toBe(415);
    });
  });

  it('signs a page in with a cookie that scripts and other sites cannot use', async () => {
    const answer = await app.post('/api/v1/session', { token }, {});
    const cookie = answer.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^iii_console_\d+=.+; HttpOnly; SameSite=Strict; Path=\/$/);
    expect((await app.get('/api/v1/health', { cookie: cookie.split(';')[0] ?? '' })).status).toBe(200);
    expect((await app.post('/api/v1/session', { token: 'wrong' }, {})).status).toBe(401);
  });

  it('names the path that there is not, as it was asked for', async () => {
    for (const path of ['/nope', '/api/v1/nope', '/api/v1/health/nope']) expect((await app.get(path)).body.error?.message).toBe(`There is nothing at ${path}.`);
  });

  it('says what is wrong with a body or a parameter in the message itself', async () => {
    const message = async (answer: ReturnType<RunningConsole['get']>): Promise<string | undefined> => (await answer).body.error?.message;
    expect(await message(app.post('/api/v1/functions/greet/invoke', { payload: 'Ada' }))).toMatch(/^The body cannot be used: the payload is not what greet takes: \/payload must be /);
    expect(await message(app.post('/api/v1/functions/greet/invoke', { paylod: {} }))).toBe('The body cannot be used: it is { payload, timeoutMs? }: /paylod is not known.');
    expect(await message(app.get('/api/v1/functions?limit=0'))).toBe('The query parameter limit must be a whole number from 1.');
  });

  it('sends headers that keep its answers out of frames, caches and other origins', async () => {
    const { headers } = await app.get('/api/v1/health');
    expect(headers.get('content-security-policy')).toBe("default-src 'self'; frame-ancestors 'none'");
    expect([headers.get('x-content-type-options'), headers.get('cache-control'), headers.get('cross-origin-resource-policy')]).toEqual(['nosniff', 'no-store', 'same-origin']);
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  it('lists functions page by page, and says when a limit was cut', async () => {
    const first = (await app.get('/api/v1/functions?internal=true&limit=2')).body as unknown as { items: { id: string }[]; nextCursor: string; total: { value: number } };
    expect(first.items).toHaveLength(2);
    const ids = first.items.map(({ id }) => id);
    for (let cursor: string | null = first.nextCursor; cursor !== null; ) {
      const page = (await app.get(`/api/v1/functions?internal=true&limit=2&cursor=${cursor}`)).body as unknown as { items: { id: string }[]; nextCursor: string | null };
      ids.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(ids).toEqual([...new Set(ids)].sort());
    expect(ids).toHaveLength(first.total.value);
    expect((await app.get('/api/v1/functions?limit=1000000000')).body).toMatchObject({ clamped: true });
  });

  it.each([
    ['/api/v1/functions?limit=0', 400, 'MOTIA_CONSOLE_QUERY_INVALID'],
    ['/api/v1/functions?limit=abc', 400, 'MOTIA_CONSOLE_QUERY_INVALID'],
    ['/api/v1/functions?cursor=***', 400, 'MOTIA_CONSOLE_CURSOR_INVALID'],
    ['/api/v1/functions?from=yesterday', 400, 'MOTIA_CONSOLE_QUERY_INVALID'],
    ['/api/v1/functions/nothing', 404, 'MOTIA_CONSOLE_RESOURCE_NOT_FOUND'],
    ['/api/v1/functions/%E0%A4%A', 404, 'MOTIA_CONSOLE_NOT_FOUND'],
    ['/api/v1/../../etc/passwd', 404, 'MOTIA_CONSOLE_NOT_FOUND'],
    ['/api/v1/live/poll?topic=nothing', 404, 'MOTIA_CONSOLE_TOPIC_UNKNOWN'],
    ['/api/v1/live/poll', 400, 'MOTIA_CONSOLE_QUERY_INVALID'],
    ['/anything', 404, 'MOTIA_CONSOLE_NOT_FOUND'],
  ])('answers %s with %i %s', async (path, status, code) => {
    const answer = await app.get(path);
    expect([answer.status, answer.body.error?.code]).toEqual([status, code]);
  });

  it('shows one function with its schemas, also under an id with slashes', async () => {
    expect((await app.get('/api/v1/functions/greet')).body).toMatchObject({ id: 'greet', description: 'Greets', requestSchema: { type: 'object' }, triggers: [] });
    expect((await app.get(`/api/v1/functions/${encodeURIComponent('a b/c')}`)).body).toMatchObject({ id: 'a b/c' });
  });

  it('calls a function and names the trace that this made', async () => {
    const { status, body } = await app.post('/api/v1/functions/greet/invoke', { payload: { name: 'Ada' } });
    expect([status, body['result']]).toEqual([200, { hello: 'Ada' }]);
    expect(body['traceId']).toMatch(/^[0-9a-f]{32}$/);
  });

  it.each([[[1]], [{ payload: 1, timeout: 5 }], [{ timeoutMs: -1 }]])('refuses the call %j with what is wrong', async (body) => {
    expect(await app.post('/api/v1/functions/greet/invoke', body)).toMatchObject({ status: 422, body: { error: { code: 'MOTIA_CONSOLE_BODY_INVALID' } } });
  });
});

it('looks and changes nothing when it is read-only', async () => {
  await using app = await startConsole({ read_only: true });
  app.host.functions.register({ id: 'greet' }, () => 1);
  expect((await app.get('/api/v1/functions/greet')).status).toBe(200);
  expect((await app.post('/api/v1/functions/greet/invoke', {})).body.error?.code).toBe('MOTIA_CONSOLE_READ_ONLY');
});

it('names who has the port, and never listens beyond this machine with a token that changes', async () => {
  await using first = await startConsole();
  await expect(startConsole({ port: first.port })).rejects.toMatchObject({ cause: { errors: [expect.objectContaining({ code: 'MOTIA_CONSOLE_PORT_IN_USE', details: expect.objectContaining({ port: first.port, exitCode: 78 }) })] } });
  await expect(startTestHost([{ definition: ConsoleModule, options: { host: '0.0.0.0', port: 0 } }])).rejects.toMatchObject({ cause: { errors: [expect.objectContaining({ code: 'MOTIA_CONSOLE_TOKEN_REQUIRED', details: { host: '0.0.0.0', exitCode: 78 } })] } });
});
