import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { isMotiaError } from '@motia/engine-core/contract';
import { restErrors } from '../src/index.js';
import { restOptions } from '../src/options.js';
import { httpTriggerOptions } from '../src/trigger-config.js';
import { restVersion } from '../src/version.js';
import { startRest } from './fixtures/start-rest.js';

const problemsOf = (parse: (input: unknown) => unknown, input: unknown): { pointer: string; problem: string }[] => {
  try {
    parse(input);
    return [];
  } catch (error) {
    if (isMotiaError(error, 'MOTIA_ENGINE_OPTIONS_INVALID')) return (error.details as { problems: { pointer: string; problem: string }[] }).problems;
    throw error;
  }
};

describe('options', () => {
  it('have the documented defaults', () => {
    expect(restOptions.parse({})).toMatchObject({
      port: 3111, listen: true, default_timeout: 30_000, concurrency_request_limit: 1024, body_limit_bytes: 1_048_576, response_limit_bytes: 16_777_216, trailing_slash: 'ignore', system_routes: '/',
      server: { headers_timeout_ms: 10_000, request_timeout_ms: 60_000, connections_checking_interval_ms: 5_000, keep_alive_timeout_ms: 5_000, max_header_bytes: 16_384, max_connections: 10_000, max_connections_per_address: 0, max_requests_per_socket: 1_000, write_timeout_ms: 30_000 },
    });
  });

  it('take what configurations of existing apps carry', () => {
    const config = { port: 3111, host: '127.0.0.1', default_timeout: 30000, concurrency_request_limit: 1024, cors: { allowed_origins: ['http://localhost:3000'], allowed_methods: ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS'] } };
    expect(restOptions.parse(config)).toMatchObject(config);
  });

  it.each([{ port: '3111' }, { port: -1 }, { default_timeout: 0 }, { body_limit_bytes: 0 }, { trailing_slash: 'maybe' }, { system_routes: '/a b' }, { cors: { allowed_origins: 'x' } }, { prot: 1 }])('refuse %j', (config) => {
    expect(problemsOf(restOptions.parse, config)).toHaveLength(1);
  });

  it('default_timeout ends a handler without a timeout of its own', async () => {
    await using rest = await startRest({ options: { default_timeout: 30 } });
    await rest.route('GET /slow', () => new Promise(() => undefined));
    expect((await rest.call('GET /slow')).status).toBe(504);
  });

  it('body_limit_bytes and response_limit_bytes bound bodies', async () => {
    await using rest = await startRest({ options: { body_limit_bytes: 10, response_limit_bytes: 10 } });
    await rest.route('POST /in', () => ({ body: 'ok' }));
    await rest.route('GET /out', () => ({ body: 'x'.repeat(11) }));
    expect([(await rest.send('POST /in', '1234567')).status, (await rest.send('POST /in', '123456789')).status]).toEqual([200, 413]);
    expect((await rest.call('GET /out')).json.error.code).toBe('MOTIA_REST_INVALID_HANDLER_RESPONSE');
  });

  it('trailing_slash: strict keeps /a and /a/ apart', async () => {
    await using rest = await startRest({ options: { trailing_slash: 'strict' } });
    await rest.route('GET /a', () => ({ body: 'without' }));
    await rest.route('GET /a/', () => ({ body: 'with' }));
    expect([(await rest.call('GET /a')).text, (await rest.call('GET /a/')).text]).toEqual(['without', 'with']);
    await using lax = await startRest();
    await lax.route('GET /a', () => ({ body: 'a' }));
    expect((await lax.call('GET /a/')).text).toBe('a');
    await expect(lax.route('GET /a/', () => undefined)).rejects.toMatchObject({ code: 'MOTIA_REST_ROUTE_CONFLICT' });
  });

  it('production hides what handlers say and only warns of responses that break their schema', async () => {
    await using rest = await startRest({ mode: 'production' });
    await rest.route('GET /fails', () => {
      throw new Error('secret');
    });
    await rest.route('GET /typed', () => ({ body: 1 }), { responseSchema: { type: 'string' } });
    const failed = await rest.call('GET /fails');
    expect([failed.status, failed.text.includes('secret')]).toEqual([500, false]);
    expect((await rest.call('GET /typed')).text).toBe('1');
    expect(rest.host.logs.records.filter(({ level, fields }) => level === 'warn' && fields?.['code'] === 'MOTIA_REST_RESPONSE_SCHEMA_MISMATCH')).toHaveLength(1);
  });
});

describe('the http trigger config', () => {
  const { schema, settingsOf } = httpTriggerOptions({ isTrailingSlashStrict: false });
  it('reads both spellings of each key', () => {
    const long = settingsOf(schema.parse({ api_path: 'a/:id', http_method: 'post', body_schema: {}, query_params: {}, response_schema: {}, timeout_ms: 5 }));
    const short = settingsOf(schema.parse({ path: '/a/:id', method: 'POST', bodySchema: {}, queryParams: {}, responseSchema: {}, timeout_ms: 5 }));
    expect([long.method, long.pattern, long.timeoutMs]).toEqual([short.method, short.pattern, short.timeoutMs]);
    expect(settingsOf(schema.parse({ path: '/', body_limit_bytes: 7, raw_body: true }))).toMatchObject({ bodyLimitBytes: 7, rawBody: true });
    expect(settingsOf(schema.parse({ path: '/', bodyLimitBytes: 7, rawBody: true }))).toMatchObject({ bodyLimitBytes: 7, rawBody: true });
    for (const settings of [long, short]) expect([settings.checkBody, settings.checkQuery, settings.checkResponse].every((check) => typeof check === 'function')).toBe(true);
  });
  it('is GET by default', () => expect(settingsOf(schema.parse({ api_path: '/' })).method).toBe('GET'));
  it.each([
    [{ respond: 1 }, '/respond', 'must be "accepted" or "result" or a map of keys'],
    [{ respond: 'acepted' }, '/respond', 'must be "accepted" or "result" or a map of keys'],
    [{ respond: { mode: 'accepted', que: 'x' } }, '/respond/que', 'unknown key'],
    [{ idempotency: 'yes' }, '/idempotency', 'must be true or false or a map of keys'],
    [{ idempotency: { requird: true } }, '/idempotency/requird', 'unknown key'],
    [{ idempotency: { ttl_ms: 0 } }, '/idempotency/ttl_ms', 'must be at least 1 ms'],
  ])('says of %j what is wrong with it', (config, pointer, problem) => {
    expect(problemsOf(schema.parse, { api_path: '/', http_method: 'POST', ...config })).toEqual([expect.objectContaining({ pointer, problem })]);
  });
  it('suggests the key that was meant', () => {
    expect(problemsOf(schema.parse, { api_path: '/', http_metod: 'GET' })).toMatchObject([{ pointer: '/http_metod', suggestion: 'http_method' }]);
  });
});

describe('the package', () => {
  const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
  it('has one version', () => expect(restVersion).toBe((JSON.parse(read('package.json')) as { version: string }).version));
  it('documents every option and every condition in its README', () => {
    const readme = read('README.md');
    const schemaKeys = Object.entries(restOptions.jsonSchema['properties'] as Record<string, { not?: unknown; properties?: object }>).flatMap(([key, value]) => ('not' in value ? [] : [key, ...Object.keys(value.properties ?? {})]));
    for (const key of [...schemaKeys, ...Object.keys(restErrors.$catalog)]) expect(readme).toContain(`\`${key}\``);
  });
});
