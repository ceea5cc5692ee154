import { describe, expect, it } from '@jest/globals';
import { startRest, type Answer, type RestFixture } from './fixtures/start-rest.js';

const corsOf = ({ headers }: Answer): Record<string, unknown> => Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control') || name === 'vary'));
const origin = 'https://app.example';
const preflight = (rest: RestFixture, from: string, headers = 'authorization, x-custom'): Promise<Answer> =>
  rest.call('OPTIONS /a', { headers: { origin: from, 'access-control-request-method': 'POST', 'access-control-request-headers': headers } });

async function withRoutes(cors: { allowed_origins?: string[]; allowed_methods?: string[] } | undefined): Promise<RestFixture> {
  const rest = await startRest({ options: cors === undefined ? {} : { cors } });
  await rest.route('GET /a', () => ({ body: 'a' }));
  await rest.route('POST /a', () => ({ body: 'a', headers: { vary: 'Accept' } }));
  return rest;
}

describe('cross-origin access', () => {
  it('is off unless configured', async () => {
    await using rest = await withRoutes(undefined);
    expect(corsOf(await rest.call('GET /a', { headers: { origin } }))).toEqual({});
    expect(corsOf(await preflight(rest, origin))).toEqual({});
  });

  it('for named origins names exactly them, with Vary, errors included', async () => {
    await using rest = await withRoutes({ allowed_origins: [origin] });
    const named = { 'access-control-allow-origin': origin, vary: 'Origin' };
    expect(corsOf(await rest.call('GET /a', { headers: { origin } }))).toEqual(named);
    expect(corsOf(await rest.call('GET /none', { headers: { origin } }))).toEqual(named);
    expect(corsOf(await rest.call('POST /a', { headers: { origin } }))['vary']).toBe('Accept, Origin');
    for (const foreign of ['https://evil.example', 'null', `${origin}.evil.example`, 'http://app.example']) {
      expect(corsOf(await rest.call('GET /a', { headers: { origin: foreign } }))).toEqual({ vary: 'Origin' });
      expect(corsOf(await preflight(rest, foreign))).toEqual({ vary: 'Origin' });
    }
  });

  it('answers a preflight with the methods of the path and the headers asked for', async () => {
    await using rest = await withRoutes({ allowed_origins: [origin] });
    const answer = await preflight(rest, origin);
    expect(answer.status).toBe(204);
    expect(corsOf(answer)).toEqual({
      'access-control-allow-origin': origin, 'access-control-allow-methods': 'GET, POST, HEAD, OPTIONS', 'access-control-allow-headers': 'authorization, x-custom', 'access-control-max-age': '600', vary: 'Origin, Access-Control-Request-Headers',
    });
  });

  it('names configured methods only', async () => {
    await using rest = await withRoutes({ allowed_origins: [origin], allowed_methods: ['get', 'PATCH'] });
    expect(corsOf(await preflight(rest, origin))['access-control-allow-methods']).toBe('GET, PATCH');
  });

  it.each([[{}], [{ allowed_origins: [] }], [{ allowed_origins: ['*'] }]])('with %j allows any origin as *, never with credentials', async (cors) => {
    await using rest = await withRoutes(cors);
    expect(corsOf(await rest.call('GET /a', { headers: { origin } }))).toEqual({ 'access-control-allow-origin': '*' });
    expect(corsOf(await preflight(rest, origin))).not.toHaveProperty('access-control-allow-credentials');
    // A cache may keep it for a page of another origin.
    expect(corsOf(await rest.call('GET /a'))).toEqual({ 'access-control-allow-origin': '*' });
  });

  it('never repeats a header list that is not one', async () => {
    await using rest = await withRoutes({});
    for (const headers of ['a b', 'x;y', 'é', 'a'.repeat(2000)]) expect(corsOf(await preflight(rest, origin, headers))).not.toHaveProperty('access-control-allow-headers');
  });

  it("leaves the handler's own word on it alone", async () => {
    await using rest = await withRoutes({ allowed_origins: [origin] });
    await rest.route('GET /own', () => ({ body: 'x', headers: { 'Access-Control-Allow-Origin': 'https://other.example' } }));
    expect(corsOf(await rest.call('GET /own', { headers: { origin } }))['access-control-allow-origin']).toBe('https://other.example');
  });
});
