import { gzipSync, brotliCompressSync, deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MotiaError } from '@motia/engine-core/contract';
import { startRest, until, type Path, type RestFixture } from './fixtures/start-rest.js';

const json = { 'content-type': 'application/json' };
const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

/** One suite, two ways in: what a client sees must not depend on whether Express stands in front. */
describe.each<Path>(['listener', 'router'])('HTTP through the %s', (via) => {
  let rest: RestFixture;
  beforeAll(async () => {
    rest = await startRest({ via });
    await rest.route('GET /hello', () => ({ status: 200, body: { message: 'hello' } }));
    await rest.route('GET /users/:id', (payload) => ({ body: payload }));
    await rest.route('POST /echo', (payload) => ({ body: payload }));
    await rest.route('DELETE /echo', (payload) => ({ body: (payload as { body: unknown }).body }));
  });
  afterAll(async () => rest[Symbol.asyncDispose]());

  const bodyOf = async (body: string | Buffer, headers: Record<string, string> = json): Promise<unknown> => {
    const answer = await rest.call('POST /echo', { body, headers });
    expect(answer.status).toBe(200);
    return (JSON.parse(answer.text) as { body: unknown }).body;
  };
  const refusal = async (line: string, options: Parameters<RestFixture['call']>[1] = {}): Promise<[number, string]> => {
    const answer = await rest.call(line, options);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.json.error).toMatchObject({ message: expect.any(String), hint: expect.any(String), retryable: expect.any(Boolean), requestId: answer.headers['x-request-id'], traceId: expect.stringMatching(/^[0-9a-f]{32}$/) });
    return [answer.status, answer.json.error.code.replace('MOTIA_REST_', '')];
  };

  describe('requests', () => {
    it('hand the inventoried payload to the function', async () => {
      const answer = await rest.call('GET /users/a%20b%2Fc?tag=x&tag=y&q=1', { headers: { 'X-Custom': 'v', 'x-twice': ['1', '2'], 'x-request-id': 'req-1' } });
      expect(JSON.parse(answer.text)).toEqual({
        query_params: { tag: ['x', 'y'], q: '1' },
        path_params: { id: 'a b/c' },
        headers: expect.objectContaining({ 'x-custom': 'v', 'x-twice': '1, 2' }),
        path: '/users/:id',
        method: 'GET',
        body: null,
        trigger: { type: 'http', path: '/users/:id', method: 'GET' },
        request_id: 'req-1',
        client_address: '127.0.0.1',
        protocol: 'http',
        response: { channel_id: expect.stringMatching(/^http-[\w-]{22}$/), access_key: expect.stringMatching(/^[\w-]{22}$/), direction: 'write' },
      });
      expect(answer.headers['x-request-id']).toBe('req-1');
    });

    it('carry JSON, large or small, with a byte order mark or without', async () => {
      expect(await bodyOf('{"a":[1,{"b":"é"}]}')).toEqual({ a: [1, { b: 'é' }] });
      expect(await bodyOf('\ufeff{"a":1}')).toEqual({ a: 1 });
      expect(await bodyOf('7')).toBe(7);
      const large = { items: Array.from({ length: 2000 }, (_, index) => ({ index, name: `näme ${index}` })) };
      expect(await bodyOf(JSON.stringify(large))).toEqual(large);
      expect(await bodyOf(`\ufeff${JSON.stringify(large)}`)).toEqual(large);
    });

    it('carry text, large or small', async () => {
      expect(await bodyOf('grüße', { 'content-type': 'text/plain; charset=utf-8' })).toBe('grüße');
      expect(await bodyOf('x'.repeat(10_000), { 'content-type': 'text/plain' })).toBe('x'.repeat(10_000));
    });

    it('carry compressed bodies', async () => {
      for (const [encoding, compress] of [['gzip', gzipSync], ['deflate', deflateSync], ['br', brotliCompressSync]] as const) {
        expect(await bodyOf(compress('{"a":1}'), { ...json, 'content-encoding': encoding })).toEqual({ a: 1 });
      }
    });

    it('carry chunked bodies', async () => {
      const answer = await rest.raw('POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n', '3\r\n:1}\r\n0\r\n\r\n');
      expect(answer).toContain('"body":{"a":1}');
    });

    it('need no body, even when their headers speak of JSON', async () => {
      expect((await rest.call('GET /hello', { headers: json })).status).toBe(200);
      expect((await rest.call('DELETE /echo', { headers: json })).text).toBe('null');
      expect((await rest.call('POST /echo')).status).toBe(200);
    });

    it('may bring a body with DELETE and GET', async () => {
      expect((await rest.call('DELETE /echo', { body: '{"a":1}', headers: json })).text).toBe('{"a":1}');
      expect((await rest.call('GET /users/1', { body: '{"a":1}', headers: json })).json).toMatchObject({ body: { a: 1 } });
    });

    it('begin or continue a trace', async () => {
      const seen: string[] = [];
      await rest.route(`GET /trace-${via}`, (_payload, call) => void seen.push(call.trace.traceparent));
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      await rest.call(`GET /trace-${via}`, { headers: { traceparent } });
      await rest.call(`GET /trace-${via}`, { headers: { traceparent: 'nonsense' } });
      await rest.call(`GET /trace-${via}`, { headers: { traceparent: '' } });
      expect(seen[0]).toContain('0af7651916cd43dd8448eb211c80319c');
      expect(new Set(seen.map((trace) => trace.slice(3, 35))).size).toBe(3);
    });
  });

  describe('responses', () => {
    it('are JSON with length and request id', async () => {
      const answer = await rest.call('GET /hello');
      expect(answer).toMatchObject({ status: 200, text: '{"message":"hello"}', headers: { 'content-type': 'application/json; charset=utf-8', 'content-length': '19' } });
      expect(answer.headers['x-request-id']).toMatch(/^[\w-]+$/);
    });

    it('carry the status, headers and bytes of the handler', async () => {
      await rest.route(`GET /image-${via}`, () => ({ status_code: 203, headers: ['Content-Type: image/png', 'set-cookie: a=1', 'Set-Cookie: b=2'], body: Buffer.from([1, 2, 3]) }));
      const answer = await rest.call(`GET /image-${via}`);
      expect(answer).toMatchObject({ status: 203, text: '\u0001\u0002\u0003', headers: { 'content-type': 'image/png', 'content-length': '3', 'set-cookie': ['a=1', 'b=2'] } });
    });

    it('are 204 for a handler that returns nothing', async () => {
      await rest.route(`GET /nothing-${via}`, () => undefined);
      const answer = await rest.call(`GET /nothing-${via}`);
      expect(answer).toMatchObject({ status: 204, text: '' });
      expect(answer.headers['content-length']).toBeUndefined();
    });

    it('answer HEAD from the GET route, without a body', async () => {
      const answer = await rest.call('HEAD /hello');
      expect(answer).toMatchObject({ status: 200, text: '', headers: { 'content-length': '19' } });
    });

    it('prefer a HEAD route where there is one', async () => {
      await rest.route(`GET /head-${via}`, () => ({ body: 'get' }));
      await rest.route(`HEAD /head-${via}`, () => ({ status: 202, headers: { 'x-is': 'head' } }));
      expect(await rest.call(`HEAD /head-${via}`)).toMatchObject({ status: 202, headers: { 'x-is': 'head' } });
    });

    it('answer OPTIONS with Allow, or from a route', async () => {
      expect(await rest.call('OPTIONS /hello')).toMatchObject({ status: 204, headers: { allow: 'GET, HEAD, OPTIONS' } });
      await rest.route(`OPTIONS /own-${via}`, () => ({ body: 'mine' }));
      expect((await rest.call(`OPTIONS /own-${via}`)).text).toBe('mine');
    });

    it('cannot be odd: status 999, LF in a header, BigInt, a cycle are INVALID_HANDLER_RESPONSE naming field and function', async () => {
      const cycle: Record<string, unknown> = {};
      cycle['c'] = cycle;
      const results: Record<string, unknown> = { status: { status: 999 }, 'headers["a"]': { headers: { a: 'x\ny' } }, 'body ': { body: 1n }, body: { body: cycle } };
      let current: unknown;
      await rest.route(`GET /odd-${via}`, () => current);
      for (const [field, result] of Object.entries(results)) {
        current = result;
        const answer = await rest.call(`GET /odd-${via}`);
        expect(answer.status).toBe(500);
        expect(answer.json.error).toMatchObject({ code: 'MOTIA_REST_INVALID_HANDLER_RESPONSE', details: { field: field.trim(), functionId: expect.stringMatching(/^test::/) } });
      }
    });
  });

  describe('bad input', () => {
    it('malformed JSON is 400 INVALID_JSON with line and column', async () => {
      expect(await refusal('POST /echo', { body: '{"a":\n 1,}', headers: json })).toEqual([400, 'INVALID_JSON']);
      expect((await rest.call('POST /echo', { body: '{"a":\n 1,}', headers: json })).json.error.details).toEqual({ line: 2, column: 4 });
    });
    it('an empty body with a JSON type is 400 INVALID_JSON', async () => {
      expect(await refusal('POST /echo', { body: '', headers: json })).toEqual([400, 'INVALID_JSON']);
      expect(await refusal('POST /echo', { headers: json })).toEqual([400, 'INVALID_JSON']);
      expect(await rest.raw('POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n')).toContain('INVALID_JSON');
    });
    it('no body at all where a schema wants one is told so, with a JSON type and without', async () => {
      await rest.route(`POST /wants-${via}`, () => ({ status: 200 }), { bodySchema: { type: 'object' } });
      const untyped = await rest.call(`POST /wants-${via}`);
      expect(untyped.json.error).toMatchObject({ code: 'MOTIA_REST_VALIDATION_FAILED', message: 'A JSON body is required.', details: [{ path: '', problem: 'A JSON body is required' }] });
      expect((await rest.call(`POST /wants-${via}`, { headers: json })).json.error).toMatchObject({ code: 'MOTIA_REST_INVALID_JSON', message: 'A JSON body is required.' });
      expect((await rest.send(`POST /wants-${via}`, null)).json.error.message).toBe('The request does not fit its schema: / must be object.');
    });
    it('bytes that are not UTF-8 are 400 INVALID_JSON', async () => {
      expect(await refusal('POST /echo', { body: Buffer.from([0x22, 0xff, 0x22]), headers: json })).toEqual([400, 'INVALID_JSON']);
    });
    it('a body over the limit is 413 BODY_TOO_LARGE with limit and received', async () => {
      const answer = await rest.call('POST /echo', { body: `"${'x'.repeat(1_048_577)}"`, headers: json });
      expect(answer.status).toBe(413);
      expect(answer.json.error).toMatchObject({ code: 'MOTIA_REST_BODY_TOO_LARGE', details: { limitBytes: 1_048_576, receivedBytes: 1_048_579 } });
    });
    it('a body that inflates over the limit is 413 BODY_TOO_LARGE', async () => {
      expect(await refusal('POST /echo', { body: gzipSync(`"${'x'.repeat(20_000_000)}"`), headers: { ...json, 'content-encoding': 'gzip' } })).toEqual([413, 'BODY_TOO_LARGE']);
    });
    it('a body that is not compressed as it says is 400', async () => {
      expect(await refusal('POST /echo', { body: '{"a":1}', headers: { ...json, 'content-encoding': 'gzip' } })).toEqual([400, 'INVALID_BODY']);
    });
    it('JSON nested deeper than 64 is 400 JSON_TOO_DEEP, large or small', async () => {
      expect(await refusal('POST /echo', { body: nested(65), headers: json })).toEqual([400, 'JSON_TOO_DEEP']);
      expect(await refusal('POST /echo', { body: nested(10_000), headers: json })).toEqual([400, 'JSON_TOO_DEEP']);
      expect(await bodyOf(nested(64))).toEqual(JSON.parse(nested(64)));
    });
    it('JSON of more than 100,000 values is 400 JSON_TOO_COMPLEX', async () => {
      expect(await refusal('POST /echo', { body: `[${'1,'.repeat(100_001)}1]`, headers: json })).toEqual([400, 'JSON_TOO_COMPLEX']);
    });
    it('keys that reach prototypes are 400 FORBIDDEN_KEY', async () => {
      for (const body of ['{"__proto__":{"x":1}}', '{"a":[{"constructor":{"prototype":{}}}]}', '{"\\u005f_proto__":1}']) expect(await refusal('POST /echo', { body, headers: json })).toEqual([400, 'FORBIDDEN_KEY']);
    });
    it('an unsupported charset or encoding is 415 UNSUPPORTED_MEDIA_TYPE', async () => {
      for (const headers of [{ 'content-type': 'application/json; charset=utf-16' }, { ...json, 'content-encoding': 'compress' }, { 'content-type': 'application/xml', 'content-encoding': 'gzip, br' }] as Record<string, string>[]) {
        expect(await refusal('POST /echo', { body: '{}', headers })).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
      }
    });
    it('a malformed path encoding is 400 INVALID_PATH_ENCODING', async () => {
      expect(await refusal('GET /users/%E0%A4%A')).toEqual([400, 'INVALID_PATH_ENCODING']);
    });
    it('NUL or a control character in a parameter is 400 INVALID_PATH_PARAM; dots and __proto__ are plain data', async () => {
      expect(await refusal('GET /users/%00')).toEqual([400, 'INVALID_PATH_PARAM']);
      expect(await refusal('GET /users/a%0Db')).toEqual([400, 'INVALID_PATH_PARAM']);
      expect((await rest.call('GET /users/%2e%2e%2fetc')).json).toMatchObject({ path_params: { id: '../etc' } });
      expect((await rest.call('GET /users/__proto__')).json).toMatchObject({ path_params: { id: '__proto__' } });
    });
    it('a duplicate query key is a list, 1,001 parameters are 400 TOO_MANY_PARAMS, and nothing nests', async () => {
      expect(await refusal(`GET /users/1?${'a&'.repeat(1001)}`)).toEqual([400, 'TOO_MANY_PARAMS']);
      expect((await rest.call('GET /users/1?a[b][c]=1&x=1&x=2')).json).toMatchObject({ query_params: { 'a[b][c]': '1', x: ['1', '2'] } });
    });
    it('a URL over 8 KiB is 414', async () => {
      expect(await refusal(`GET /users/${'x'.repeat(8200)}`)).toEqual([414, 'URI_TOO_LONG']);
    });
    it('an unknown path is 404, never the text of the path', async () => {
      const answer = await rest.call('GET /no/<script>/such');
      expect(answer.status).toBe(404);
      if (via === 'listener') expect(answer.text).not.toContain('script');
    });
    it('a wrong method is 405 with Allow', async () => {
      expect(await refusal('PUT /hello')).toEqual([405, 'METHOD_NOT_ALLOWED']);
      expect((await rest.call('PUT /hello')).headers.allow).toBe('GET, HEAD');
    });
    it('OPTIONS from a foreign origin is 204 without CORS headers', async () => {
      const answer = await rest.call('OPTIONS /hello', { headers: { origin: 'https://evil.example', 'access-control-request-method': 'GET' } });
      expect(answer.status).toBe(204);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    });
  });

  describe('media types', () => {
    it('that a route does not consume are 415, told which it takes; none is application/octet-stream', async () => {
      await rest.route(`POST /consumes-${via}`, (payload) => ({ body: typeof (payload as { body: unknown }).body }), { consumes: ['application/json', 'application/*+json', 'text/*'] });
      const send = (type: string | undefined): ReturnType<RestFixture['call']> => rest.call(`POST /consumes-${via}`, { body: '{}', headers: type === undefined ? {} : { 'content-type': type } });
      for (const type of ['application/json; charset=utf-8', 'application/problem+json', 'TEXT/plain']) expect((await send(type)).status).toBe(200);
      for (const type of ['application/xml', 'application/jsonp', undefined, 'nonsense']) {
        expect(await send(type)).toMatchObject({
          status: 415, headers: { accept: 'application/json, application/*+json, text/*' },
          json: { error: { code: 'MOTIA_REST_UNSUPPORTED_MEDIA_TYPE', message: 'This route takes application/json, application/*+json, text/*.', details: { accepted: ['application/json', 'application/*+json', 'text/*'] } } },
        });
      }
      expect((await rest.call(`POST /consumes-${via}`)).status).toBe(200);
    });
    it('that a route produces are those of text, bytes and streams whose handler names none', async () => {
      const typeOf = async (name: string, produces: string | string[], answer: () => unknown): Promise<string | undefined> => {
        await rest.route(`GET /${name}-${via}`, answer, { produces });
        return (await rest.call(`GET /${name}-${via}`)).headers['content-type'];
      };
      expect(await typeOf('csv', 'text/csv', () => ({ body: 'a,b' }))).toBe('text/csv; charset=utf-8');
      expect(await typeOf('latin', 'text/csv; charset=latin1', () => ({ body: Buffer.from('a,b') }))).toBe('text/csv; charset=latin1');
      expect(await typeOf('pdf', ['application/pdf', 'text/csv'], () => ({ body: Buffer.from('%PDF') }))).toBe('application/pdf');
      expect(await typeOf('own', 'text/csv', () => ({ headers: { 'Content-Type': 'text/tab-separated-values' }, body: 'a' }))).toBe('text/tab-separated-values');
      expect(await typeOf('json', 'text/csv', () => ({ status: 200, body: {} }))).toBe('application/json; charset=utf-8');
      expect(await typeOf('plus', 'application/problem+json', () => ({ status: 200, body: {} }))).toBe('application/problem+json');
      expect(await typeOf('rows', 'text/csv', () => ({ body: (async function* () { yield 'a,b'; })() }))).toBe('text/csv; charset=utf-8');
      expect(await typeOf('ticks', 'text/event-stream', () => ({ body: (async function* () { yield ':'; })() }))).toBe('text/event-stream');
      expect(await typeOf('stream', 'image/svg+xml', () => ({ body: (async function* () { yield '<svg/>'; })() }))).toBe('image/svg+xml');
      expect(await typeOf('empty', 'text/csv', () => undefined)).toBeUndefined();
    });
    it.each([{ consumes: [] }, { consumes: ['json'] }, { produces: 'text' }, { produces: 'text/*' }, { files: { f: { requird: true } } }, { files: { f: { content_types: ['x'] } } }])('of %j are refused at registration', async (config) => {
      await expect(rest.route(`POST /refused-${via}`, () => undefined, config)).rejects.toMatchObject({ code: 'MOTIA_ENGINE_TRIGGER_CONFIG_INVALID' });
    });
  });

  describe('schemas', () => {
    beforeAll(async () => {
      await rest.route('POST /people', (payload) => ({ body: (payload as { body: unknown }).body }), { bodySchema: { type: 'object', required: ['name'], properties: { name: { type: 'string' }, age: { type: 'integer' } } } });
      await rest.route('GET /pages', (payload) => ({ body: (payload as { query_params: unknown }).query_params }), { queryParams: { type: 'object', properties: { page: { type: 'integer', minimum: 1 } } } });
      await rest.route('GET /typed', () => ({ body: { when: new Date(0), n: 'x' } }), { responseSchema: { type: 'object', properties: { when: { type: 'string', format: 'date-time' }, n: { type: 'number' } } } });
    });
    it('refuse a body that does not fit, with JSON pointers', async () => {
      const answer = await rest.send('POST /people', { age: 'x' });
      expect(answer.status).toBe(400);
      expect(answer.json.error).toMatchObject({ code: 'MOTIA_REST_VALIDATION_FAILED', details: [{ path: '/name', problem: 'is required' }, { path: '/age', problem: 'must be integer' }] });
      expect((await rest.call('POST /people')).status).toBe(400);
    });
    it('let a body through that fits, large or small', async () => {
      const large = { name: 'x'.repeat(10_000) };
      expect((await rest.send('POST /people', large)).json).toEqual(large);
      expect((await rest.send('POST /people', { name: 'a', age: 3 })).json).toEqual({ name: 'a', age: 3 });
      expect((await rest.send('POST /people', { age: 'x', pad: 'x'.repeat(10_000) })).status).toBe(400);
    });
    it('coerce the query', async () => {
      expect((await rest.call('GET /pages?page=2&other=x')).json).toEqual({ page: 2, other: 'x' });
      expect((await rest.call('GET /pages?page=0')).json.error).toMatchObject({ code: 'MOTIA_REST_VALIDATION_FAILED', details: [{ path: '/query/page', problem: 'must be >= 1' }] });
    });
    it('make a response that does not fit an error in development', async () => {
      const answer = await rest.call('GET /typed');
      expect(answer.status).toBe(500);
      expect(answer.json.error).toMatchObject({ code: 'MOTIA_REST_RESPONSE_SCHEMA_MISMATCH', details: { problems: [{ path: '/n', problem: 'must be number' }] } });
    });
  });

  describe('conditions', () => {
    it('answer 422 with skipped when the condition is false, and run otherwise', async () => {
      let outcome: unknown = false;
      rest.host.functions.register({ id: `condition-${via}` }, (payload) => {
        expect(payload).toMatchObject({ method: 'GET', path: `/if-${via}` });
        if (outcome instanceof Error) throw outcome;
        return outcome;
      });
      await rest.route(`GET /if-${via}`, () => ({ body: 'ran' }), { condition_function_id: `condition-${via}` });
      const blocked = await rest.call(`GET /if-${via}`);
      expect(blocked.status).toBe(422);
      expect(blocked.json).toMatchObject({ skipped: true, error: { code: 'MOTIA_REST_CONDITION_NOT_MET' } });
      for (outcome of [true, null, 0, '', undefined]) expect((await rest.call(`GET /if-${via}`)).text).toBe('ran');
      outcome = new Error('broken');
      expect((await rest.call(`GET /if-${via}`)).status).toBe(500);
    });
  });

  describe('errors of handlers', () => {
    it('are 500 with the message in development, and never show a stack', async () => {
      await rest.route(`GET /throws-${via}`, () => {
        throw new Error('kaputt');
      });
      const answer = await rest.call(`GET /throws-${via}`);
      expect(answer.status).toBe(500);
      expect(answer.json.error.message).toContain('kaputt');
      expect(answer.text).not.toMatch(/at .*:\d+:\d+/);
    });
    it('keep the code and status that they carry', async () => {
      await rest.route(`GET /coded-${via}`, () => {
        throw new MotiaError({ code: 'OUT_OF_STOCK', message: 'none left', status: 409, details: { left: 0 } });
      });
      await rest.route(`GET /plain-coded-${via}`, () => {
        throw Object.assign(new Error('none left'), { expose: true, code: 'OUT_OF_STOCK', statusCode: 409 });
      });
      for (const path of ['coded', 'plain-coded']) {
        const answer = await rest.call(`GET /${path}-${via}`);
        expect(answer.status).toBe(409);
        expect(answer.json.error).toMatchObject({ code: 'OUT_OF_STOCK', message: 'none left' });
      }
    });
    it('that let the 404 or 409 of a call of their own through are 500: the client made no mistake', async () => {
      const { functions } = rest.host;
      functions.register({ id: `stock-${via}` }, () => {
        throw new MotiaError({ code: 'OUT_OF_STOCK', message: 'none left', status: 409 });
      });
      for (const [path, functionId, code] of [['stock', `stock-${via}`, 'OUT_OF_STOCK'], ['nobody', 'nobody', 'MOTIA_ENGINE_FUNCTION_NOT_FOUND']] as const) {
        await rest.route(`GET /lets-${path}-through-${via}`, () => functions.invoke(functionId, {}));
        expect(await rest.call(`GET /lets-${path}-through-${via}`)).toMatchObject({ status: 500, json: { error: { code } } });
        await rest.route(`GET /means-${path}-${via}`, () => functions.invoke(functionId, {}).catch((cause: unknown) => Promise.reject(new MotiaError({ code: 'GONE', message: 'gone', status: 410, cause }))));
        expect((await rest.call(`GET /means-${path}-${via}`)).status).toBe(410);
      }
    });
    it('are logged with the request id', async () => {
      await rest.route(`GET /logged-${via}`, () => {
        throw new Error('find me');
      });
      const answer = await rest.call(`GET /logged-${via}`);
      expect(rest.host.logs.records.filter(({ message, fields }) => message === 'Request failed' && fields?.['requestId'] === answer.json.error.requestId)).toHaveLength(1);
    });
  });

  describe('R1 one answer', () => {
    it('R1 a deadline is 504, tells the handler to stop, and drops the late result', async () => {
      let aborted = false;
      let finish: ((value: unknown) => void) | undefined;
      await rest.route(`GET /slow-${via}`, (_payload, call) => {
        call.signal.addEventListener('abort', () => (aborted = true));
        return new Promise((resolve) => (finish = resolve));
      }, { timeout_ms: 50 });
      const answer = await rest.call(`GET /slow-${via}`);
      expect(answer.status).toBe(504);
      expect(answer.json.error).toMatchObject({ code: 'MOTIA_ENGINE_DEADLINE_EXCEEDED', retryable: true });
      expect(aborted).toBe(true);
      finish?.({ body: 'late' });
      expect((await rest.call('GET /hello')).status).toBe(200);
    });

    it('R1 a client that leaves cancels the call', async () => {
      let signal: AbortSignal | undefined;
      await rest.route(`GET /left-${via}`, (_payload, call) => {
        ({ signal } = call);
        return new Promise(() => undefined);
      });
      const controller = new AbortController();
      const call = rest.call(`GET /left-${via}`, { signal: controller.signal }).catch((error: Error) => error.name);
      await until(() => signal !== undefined);
      controller.abort();
      expect(await call).toBe('AbortError');
      await until(() => signal?.aborted === true);
    });

    it('R1 a condition that takes the whole time is 504 too', async () => {
      rest.host.functions.register({ id: `never-${via}` }, () => new Promise(() => undefined));
      await rest.route(`GET /never-${via}`, () => ({ body: 'ran' }), { condition_function_id: `never-${via}`, timeout_ms: 50 });
      expect((await rest.call(`GET /never-${via}`)).status).toBe(504);
    });
  });
});
