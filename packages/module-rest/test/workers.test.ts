import { describe, expect, it } from '@jest/globals';
import { WireValue } from '@motia/engine-core/contract';
import { connectTestWorker, type TestFunction, type TestWorker } from '@motia/engine-core/testing';
import { startRest, until, type RestFixture } from './fixtures/start-rest.js';

const worker = (rest: RestFixture, path: string, handler: TestFunction, options: Parameters<typeof connectTestWorker>[1] = {}): Promise<TestWorker> =>
  connectTestWorker(rest.host, {
    functions: { 'steps::one': handler },
    triggers: [{ type: 'http', functionId: 'steps::one', config: { api_path: path, http_method: 'POST' } }],
    owner: 'app', retain: true, ...options,
  });

describe('functions in workers', () => {
  it('get small and large bodies as they were sent, and answer with either', async () => {
    await using rest = await startRest();
    await using _w = await worker(rest, '/echo', (payload) => ({ status: 201, headers: { 'x-from': 'worker' }, body: (payload as { body: unknown }).body }));
    for (const value of [{ a: 1 }, { items: Array.from({ length: 3000 }, (_, index) => ({ index, text: 'é' })) }]) {
      const answer = await rest.send('POST /echo', value);
      expect(answer).toMatchObject({ status: 201, headers: { 'x-from': 'worker', 'content-type': 'application/json; charset=utf-8' } });
      expect(answer.json).toEqual(value);
    }
    const text = await rest.call('POST /echo', { body: 'ü'.repeat(5000), headers: { 'content-type': 'text/plain' } });
    expect(text.text).toBe('ü'.repeat(5000));
  });

  it('R2 get 64 large bodies at once, more than may wait for one worker: those that find no room wait a moment', async () => {
    await using rest = await startRest();
    await using _w = await worker(rest, '/large', (payload) => ({ body: { length: (payload as { body: string }).body.length } }));
    const body = 'x'.repeat(1_000_000);
    const answers = await Promise.all(Array.from({ length: 64 }, () => rest.call('POST /large', { body, headers: { 'content-type': 'text/plain' } })));
    expect(answers.map(({ status, text }) => [status, text])).toEqual(Array.from({ length: 64 }, () => [200, '{"length":1000000}']));
  });

  it('get the whole payload', async () => {
    await using rest = await startRest();
    await using w = await worker(rest, '/users/:id', () => undefined);
    expect((await rest.send('POST /users/a%20b?q=1&q=2', { x: [1] }, { 'x-request-id': 'r-1' })).status).toBe(204);
    expect(w.calls[0]?.payload).toEqual({
      query_params: { q: ['1', '2'] }, path_params: { id: 'a b' }, headers: expect.objectContaining({ 'content-type': 'application/json', 'x-request-id': 'r-1' }),
      path: '/users/:id', method: 'POST', body: { x: [1] }, trigger: { type: 'http', path: '/users/:id', method: 'POST' }, request_id: 'r-1', client_address: '127.0.0.1', protocol: 'http',
      response: { channel_id: expect.stringMatching(/^http-[\w-]{22}$/), access_key: expect.stringMatching(/^[\w-]{22}$/), direction: 'write' },
    });
  });

  it('may answer with raw bodies, which are forwarded byte for byte', async () => {
    await using rest = await startRest();
    const json = Buffer.from(`{ "spaces" :  "kept", "pad": "${'x'.repeat(10_000)}" }`);
    const image = Buffer.from([0, 255, 1, 254]);
    let raw: ConstructorParameters<typeof WireValue>[1] = { at: '/body', as: 'json', bytes: json };
    await using _w = await worker(rest, '/raw', () => new WireValue('{"status":200,"headers":{"x-a":"b"}}', raw));
    expect((await rest.call('POST /raw')).text).toBe(json.toString());
    raw = { at: '/body', as: 'bytes', bytes: image };
    const answer = await rest.call('POST /raw');
    expect(answer.headers).toMatchObject({ 'content-type': 'application/octet-stream', 'content-length': '4', 'x-a': 'b' });
  });

  it('R1 a worker that dies in the handler is 502 WORKER_LOST at once', async () => {
    await using rest = await startRest();
    const w = await worker(rest, '/dies', () => {
      w.kill();
      return new Promise(() => undefined);
    });
    const answer = await rest.call('POST /dies');
    expect(answer.status).toBe(502);
    expect(answer.json.error).toMatchObject({ code: 'MOTIA_ENGINE_WORKER_LOST', retryable: true });
  });

  it('R1 a client that leaves cancels the call in the worker', async () => {
    await using rest = await startRest();
    let signal: AbortSignal | undefined;
    await using _w = await worker(rest, '/left', (_payload, call) => {
      ({ signal } = call);
      return new Promise((resolve) => call.signal.addEventListener('abort', () => resolve(undefined)));
    });
    const controller = new AbortController();
    const call = rest.call('POST /left', { signal: controller.signal }).catch(() => undefined);
    await until(() => signal !== undefined);
    controller.abort();
    await call;
    await until(() => signal?.aborted === true);
  });

  it('R3 a request in a restart waits for the new worker; an unknown path is 404 at once', async () => {
    await using rest = await startRest();
    const old = await worker(rest, '/app', () => ({ body: 'old' }));
    expect((await rest.call('POST /app')).text).toBe('old');
    old.kill();
    await old.handle.closed;
    const parked = rest.call('POST /app');
    expect((await rest.call('POST /unknown')).status).toBe(404);
    await using _successor = await worker(rest, '/app', () => ({ body: 'new' }));
    expect((await parked).text).toBe('new');
  });

  it('R3 a request that no worker comes back for is 503 WORKER_UNAVAILABLE with Retry-After', async () => {
    await using rest = await startRest();
    const w = await connectTestWorker(rest.host, {
      functions: { 'steps::one': () => undefined }, owner: 'app', retain: true,
      triggers: [{ type: 'http', functionId: 'steps::one', config: { api_path: '/app', http_method: 'GET', timeout_ms: 20_000 } }],
    });
    w.kill();
    await w.handle.closed;
    const answer = await rest.call('GET /app');
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(answer.json.error).toMatchObject({ code: 'MOTIA_ENGINE_WORKER_UNAVAILABLE', retryable: true });
  }, 10_000);

  it('routes of a released owner are gone: 404', async () => {
    await using rest = await startRest();
    const w = await worker(rest, '/app', () => ({ body: 'x' }));
    w.kill();
    await w.handle.closed;
    await rest.host.workers.release('app');
    expect((await rest.call('POST /app')).status).toBe(404);
    expect(rest.service.routes()).toEqual([]);
  });

  it('three replicas that register one route are one route', async () => {
    await using rest = await startRest();
    const replicas = await Promise.all(['app#0', 'app#1', 'app#2'].map((owner) => worker(rest, '/app', () => ({ body: owner }), { owner })));
    expect(replicas.map(({ registered }) => registered.ready?.rejected)).toEqual([[], [], []]);
    expect(rest.service.routes()).toHaveLength(1);
    replicas[0]?.kill();
    await replicas[0]?.handle.closed;
    expect((await rest.call('POST /app')).status).toBe(200);
  });

  it('a second function on a route is ROUTE_CONFLICT naming both owners, and the first stays', async () => {
    await using rest = await startRest();
    await using _first = await worker(rest, '/app/:id', () => ({ body: 'first' }), { owner: 'first', label: 'first' });
    await using second = await connectTestWorker(rest.host, {
      functions: { 'steps::two': () => ({ body: 'second' }) }, owner: 'second', label: 'second',
      triggers: [{ type: 'http', functionId: 'steps::two', config: { api_path: 'app/:name', http_method: 'POST' } }],
    });
    const rejected = second.registered.ready?.rejected ?? [];
    expect(rejected).toMatchObject([{ error: { code: 'MOTIA_REST_ROUTE_CONFLICT' } }]);
    expect(rejected[0]?.error.message).toMatch(/steps::one[^]*first[^]*steps::two[^]*second/);
    expect((await rest.call('POST /app/1')).text).toBe('first');
  });

  it('a bad path, a bad schema and an unknown key are refused at registration', async () => {
    await using rest = await startRest();
    await using w = await connectTestWorker(rest.host, {
      functions: { f: () => undefined },
      triggers: [{ api_path: '/a/*' }, { api_path: '/b', bodySchema: { type: 'strin' } }, { api_path: '/c', http_methd: 'GET' }, { api_path: '/d', http_method: 'BREW' }, { http_method: 'GET' }, { api_path: '/e', respond: 'x' }, { api_path: '/ok' }].map((config) => ({ type: 'http', functionId: 'f', config })),
    });
    expect(w.registered.triggers.rejected.map(({ error }) => error.message)).toEqual([
      expect.stringContaining('write /a/*rest'), expect.stringContaining('bodySchema'), expect.stringContaining('http_methd'), expect.stringContaining('GET, POST'), expect.stringContaining('api_path'), expect.stringContaining('/respond must be "accepted" or "result"'),
    ]);
    expect(rest.service.routes().map(({ path }) => path)).toEqual(['/ok']);
  });

  it('a swap of generations loses no request', async () => {
    await using rest = await startRest();
    let current = await worker(rest, '/swap', () => ({ body: '0' }), { activation: 'manual', ready: true });
    await current.handle.registered;
    await rest.host.workers.activate({ arriving: [current.handle], leaving: [] });
    const seen = new Set<string>();
    let isLoading = true;
    const load = (async () => {
      while (isLoading) {
        const answer = await rest.call('POST /swap');
        expect(answer.status).toBe(200);
        seen.add(answer.text);
      }
    })();
    for (let generation = 1; generation <= 5; generation += 1) {
      const next = await worker(rest, '/swap', () => ({ body: String(generation) }), { activation: 'manual' });
      await next.handle.registered;
      await rest.host.workers.activate({ arriving: [next.handle], leaving: [current.handle] });
      await current.handle.drain(AbortSignal.timeout(1000));
      current.handle.close('left');
      current = next;
      await until(() => seen.has(String(generation)));
    }
    isLoading = false;
    await load;
    await current[Symbol.asyncDispose]();
  });
});
