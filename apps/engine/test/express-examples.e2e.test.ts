import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { example, withProgram } from './harness/example.js';
import { startIii, type RunningEngine } from './harness/running-engine.js';


describe('examples/middleware', () => {
  let engine: RunningEngine;
  beforeAll(async () => {
    engine = await startIii({ cwd: example('middleware') });
  }, 60_000);
  afterAll(() => engine.stop());
  const notes = (token?: string): Promise<Response> => fetch(`${engine.url}/notes`, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });

  it('lets the signed-in pass, hands the handler who they are, and limits what was asked to be limited', async () => {
    const login = await fetch(`${engine.url}/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"user":"bob"}' });
    const { token } = (await login.json()) as { token: string };
    const refused = await notes();
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    const welcome = await notes(token);
    expect([welcome.status, welcome.headers.get('ratelimit')]).toEqual([200, expect.stringContaining('r=2')]);
    expect(await welcome.json()).toEqual([{ owner: 'bob', text: 'a note of bob' }]);
    const statuses = [];
    for (let call = 0; call < 4; call += 1) statuses.push((await notes(token)).status);
    expect(statuses).toEqual([200, 200, 429, 429]);
    expect(await (await notes(token)).json()).toMatchObject({ error: { code: 'APP_TOO_MANY_REQUESTS', requestId: expect.any(String) } });
  });

  it('leaves other paths alone', async () => {
    for (let call = 0; call < 10; call += 1) {
      const answer = await fetch(`${engine.url}/hello`);
      expect([answer.status, answer.headers.get('ratelimit')]).toEqual([200, null]);
    }
  });
});

describe('examples/express-app', () => {
  it('keeps the app as it was, with Steps beside its routes', async () => {
    const code = await withProgram('express-app', 'server.mjs', async (url) => {
      const get = async (path: string, method = 'GET'): Promise<[number, string, string | null]> => {
        const answer = await fetch(`${url}${path}`, { method });
        return [answer.status, await answer.text(), answer.headers.get('x-served-by')];
      };
      expect(await get('/')).toEqual([200, 'the old front page', 'the old app']);
      expect(await get('/greet/Ada')).toEqual([200, expect.stringContaining('Hello, Ada!'), 'the old app']);
      expect(JSON.parse((await get('/openapi.json'))[1])).toMatchObject({ openapi: '3.1.0', paths: { '/greet/{name}': { get: { operationId: 'Greet', tags: ['greetings'] } } } });
      expect(await get('/legacy/7')).toEqual([200, '{"legacy":"7"}', 'the old app']);
      expect(await get('/nowhere')).toEqual([404, 'the old 404 page', 'the old app']);
      expect(await get('/broken')).toEqual([500, 'the old error page: of the old app', 'the old app']);
      const [status, text] = await get('/fails');
      expect([status, JSON.parse(text)]).toEqual([500, { error: expect.objectContaining({ code: 'MOTIA_SDK_HANDLER_FAILED' }) }]);
      expect((await get('/greet/Ada', 'DELETE'))[0]).toBe(405);
    });
    expect(code).toBe(0);
  }, 60_000);
});
