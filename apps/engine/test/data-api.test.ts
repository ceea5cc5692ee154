import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { consoleModule } from '@motia/console';
import { ConsoleServiceRef, RestServiceRef } from '@motia/engine-core/contract';
import { connectTestWorker, startTestHost, type TestHost, type TestWorker } from '@motia/engine-core/testing';
import { cron } from '@motia/module-cron';
import { otel } from '@motia/module-otel';
import { queue } from '@motia/module-queue';
import { rest } from '@motia/module-rest';
import { state } from '@motia/module-state';
import { stream } from '@motia/module-stream';

const token = 'a-token-of-the-data-api-test';
const config = { store_method: 'in_memory' };

interface Answer {
  readonly status: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever the API answers: that is what is looked at
  readonly body: any;
}
interface Frame {
  readonly id: string;
  readonly epoch: string;
  readonly seq: number;
  readonly kind: string;
  readonly data: { readonly upsert: Record<string, unknown>; readonly code?: string };
}

describe('the data API over the standard modules', () => {
  let host: TestHost;
  let worker: TestWorker;
  let origin: string;
  let port: number;
  const headers = { authorization: `Bearer ${token}` };
  const ask = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const response = await fetch(`${origin}/api/v1${path}`, init);
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  };
  const get = (path: string): Promise<Answer> => ask(path, { headers });
  const post = (path: string, body: unknown = {}, more: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    ask(path, { method: 'POST', headers: { ...headers, 'x-console': '1', 'content-type': 'application/json', ...more }, body: JSON.stringify(body) });
  const spansOf = async (traceId: string): Promise<readonly { readonly span_id: string; readonly name: string }[]> => (await get(`/traces/${traceId}`)).body.spans as never;

  beforeAll(async () => {
    host = await startTestHost([
      rest({ port: 0 }), stream({ port: 0, adapter: { class: 'modules::stream::adapters::KvStore', config } }), state({ adapter: { class: 'modules::state::adapters::KvStore', config } }),
      queue({ adapter: { class: 'modules::queue::BuiltinQueueAdapter', config } }), cron({ adapter: { class: 'modules::cron::KvCronAdapter', config } }),
      otel({ exporter: 'memory', alerts: [{ name: 'a', metric: 'iii.invocations.error', threshold: 1_000, action: { type: 'webhook', url: 'https://hooks.example/s3cr3t' } }] }),
      consoleModule({ port: 0, token, refresh_interval_ms: 100 }),
    ]);
    port = host.service(ConsoleServiceRef).address()?.port ?? 0;
    origin = `http://127.0.0.1:${port}`;
    worker = await connectTestWorker(host, {
      owner: 'app', name: 'shop',
      functions: {
        'shop::show': () => ({ status: 200, body: { ok: true } }),
        'shop::charge': () => {
          throw new Error('no money');
        },
        'shop::nightly': () => undefined,
        'shop::buy': { requestSchema: { type: 'object', required: ['id'], properties: { id: { type: 'string' }, cents: { type: 'integer' } } }, handler: () => 'bought' },
        'shop::order': { requestSchema: { type: 'object', required: ['id'] }, handler: () => ({ status: 200, body: {} }) },
      },
      triggers: [
        { type: 'http', functionId: 'shop::show', config: { api_path: 'things/:id', http_method: 'GET' } },
        { type: 'http', functionId: 'shop::order', config: { api_path: 'orders', http_method: 'POST' } },
        { type: 'queue', functionId: 'shop::charge', config: { topic: 'charges', queue_config: { maxRetries: 0 } } },
        { type: 'cron', functionId: 'shop::nightly', config: { expression: '0 0 3 * * * *' } },
      ],
    });
  });
  afterAll(async () => {
    await worker[Symbol.asyncDispose]();
    await host.stop({ drainTimeoutMs: 200 });
  });

  it('§4.12 shows the configuration without secrets, with where each value comes from', async () => {
    const { status, body } = await get('/config');
    expect([status, body.file, body.restartNeeded]).toEqual([200, null, false]);
    const shown = body.modules.find(({ class: name }: { class: string }) => name === 'modules::console::ConsoleModule');
    expect(shown).toMatchObject({ options: { token: '[secret]', port: 0, max_live_connections: 64 }, origins: { '/token': 'code', '/max_live_connections': 'default' } });
    expect(JSON.stringify(body)).not.toMatch(new RegExp(`${token}|s3cr3t`));
  });

  it('gives the description of the HTTP API of the app', async () => {
    expect((await get('/openapi.json')).body).toMatchObject({ openapi: expect.stringMatching(/^3\./), paths: { '/things/{id}': { get: expect.anything() } } });
  });

  it('S5 gives the value that a key had at any change', async () => {
    const write = async (value: unknown): Promise<number> => {
      expect((await post('/state/shop/price', { value })).status).toBe(200);
      return (await get('/state/shop/price/history?limit=1')).body.items[0].seq as number;
    };
    const first = await write({ cents: 1 });
    const second = await write(null);
    await post('/state/shop/price/delete');
    const deleted = (await get('/state/shop/price/history?limit=1')).body.items[0].seq as number;
    const at = async (seq: number | string): Promise<unknown> => (await get(`/state/shop/price/at/${seq}`)).body as unknown;
    expect(await at(first)).toMatchObject({ scope: 'shop', key: 'price', is_known: true, exists: true, value: { cents: 1 }, seq: first, version: 1, trace_id: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(await at(second)).toMatchObject({ exists: true, value: null, seq: second });
    expect(await at(deleted + 1_000)).toMatchObject({ is_known: true, exists: false, seq: deleted });
    expect(await at(first - 1)).toEqual({ scope: 'shop', key: 'price', is_known: true, exists: false });
    expect((await get('/state/shop/price/at/x')).status).toBe(404);
    expect((await get('/state/shop/never/at/5')).body).toMatchObject({ is_known: true, exists: false });
  });

  it('shows one span by its ids', async () => {
    const { traceId } = (await post('/functions/shop%3A%3Ashow/invoke', { payload: {} })).body as { traceId: string };
    const [first] = await spansOf(traceId);
    expect((await get(`/traces/${traceId}/spans/${first?.span_id}`)).body).toMatchObject({ span_id: first?.span_id, trace_id: traceId, name: first?.name, attributes: expect.any(Array) });
    expect((await get(`/traces/${traceId}/spans/${'0'.repeat(15)}1`)).body.error.code).toBe('MOTIA_CONSOLE_RESOURCE_NOT_FOUND');
    expect((await get(`/traces/${traceId}/spans/abc`)).status).toBe(404);
  });

  it('counts what happened in a window, by what triggered it', async () => {
    const restPort = host.service(RestServiceRef).address()?.port;
    for (let n = 0; n < 3; n += 1) await fetch(`http://127.0.0.1:${restPort}/things/${n}`);
    const { body } = await get('/summary?window=5m');
    expect(body.window).toEqual({ ms: 300_000 });
    expect(body.activity).toEqual(expect.arrayContaining([expect.objectContaining({ triggerType: 'http', calls: 3, errors: 0, perSecond: 0.01 })]));
    expect(body.health.status).toBe('healthy');
    expect((await get('/summary?window=3h')).body.window).toEqual({ ms: 3_600_000, clamped: true });
    expect((await get('/summary?window=soon')).body.error.code).toBe('MOTIA_CONSOLE_QUERY_INVALID');
  });

  it('Q12 counts what a redrive would move before it moves anything', async () => {
    const { body } = await post('/queues/topic%3Acharges/publish', { data: { n: 1 } });
    expect(body).toMatchObject({ result: { messageReceiptId: expect.any(String) }, traceId: expect.stringMatching(/^[0-9a-f]{32}$/) });
    let dead: readonly unknown[] = [];
    while (dead.length === 0) dead = (await get('/queues/topic%3Acharges/dlq')).body.items as unknown[];
    expect((await post('/queues/topic%3Acharges/dlq/redrive', { dryRun: true })).body.result).toEqual({ moved: 0, total: 1, state: 'dryRun' });
    expect((await post('/queues/topic%3Acharges/dlq/redrive', {})).body.result).toEqual({ id: 'topic:charges', moved: 1, total: 1, state: 'done' });
    expect((await get('/queues/topic%3Acharges/dlq/redrive')).body).toMatchObject({ moves: [{ id: 'topic:charges', topic: 'charges', moved: 1, state: 'done' }] });
    expect((await get('/summary')).body.failing).toEqual([{ functionId: 'shop::charge', errors: expect.any(Number) }]);
  });

  it('refuses a call whose payload is not what the function takes, with the place of each problem', async () => {
    const calls = worker.calls.length;
    const invoke = async (id: string, payload: unknown): Promise<Answer> => post(`/functions/${encodeURIComponent(id)}/invoke`, { payload });
    const refused = await invoke('shop::buy', { cents: 'many' });
    expect([refused.status, refused.body.error.code]).toEqual([422, 'MOTIA_CONSOLE_BODY_INVALID']);
    expect(refused.body.error.details.problems).toEqual([{ pointer: '/payload/id', problem: expect.any(String) }, { pointer: '/payload/cents', problem: expect.stringMatching(/whole number/) }]);
    // What a route declares is the body of its requests.
    expect((await invoke('shop::order', { body: {} })).body.error.details.problems).toMatchObject([{ pointer: '/payload/body/id' }]);
    expect((await invoke('shop::order', undefined)).status).toBe(422);
    expect(worker.calls.length).toBe(calls);
    expect([(await invoke('shop::buy', { id: 'a', cents: 3 })).body.result, (await invoke('shop::order', { body: { id: 'a' } })).status]).toEqual(['bought', 200]);
  });

  it('makes a change once, however often it is asked for under one Idempotency-Key', async () => {
    const publish = (n: number, key: string): Promise<Answer> => post('/queues/topic%3Acharges/publish', { data: { n } }, { 'idempotency-key': key });
    const [first, again] = await Promise.all([publish(1, 'k'), publish(1, 'k')]);
    expect(again).toEqual(first);
    expect((await publish(2, 'k')).body.error).toMatchObject({ code: 'MOTIA_CONSOLE_KEY_REUSED' });
    expect((await publish(1, 'other')).body.traceId).not.toBe(first.body.traceId);
    // One that failed is no change: it may be tried again.
    const charge = (): Promise<Answer> => post('/functions/shop%3A%3Acharge/invoke', {}, { 'idempotency-key': 'c' });
    const before = worker.calls.length;
    expect([(await charge()).status, (await charge()).status]).toEqual([500, 500]);
    expect(worker.calls.length - before).toBeGreaterThanOrEqual(2);
  });

  it('names the trace that a change made, also of one that failed', async () => {
    const { status, body } = await post('/functions/shop%3A%3Acharge/invoke', { payload: {} });
    expect([status, body.error.message]).toEqual([500, 'no money']);
    expect((await spansOf(body.error.traceId as string)).map(({ name }) => name)).toContain('invoke shop::charge');
    expect(host.logs.records.at(-1)).toMatchObject({ message: 'A change through the data API failed', traceId: body.error.traceId, fields: { path: '/functions/shop%3A%3Acharge/invoke', code: body.error.code } });
    // What was refused before it was called made none.
    expect((await post('/functions/shop%3A%3Abuy/invoke', {})).body.error).not.toHaveProperty('traceId');
  });

  it('logs every change with its trace', async () => {
    const { body } = await post('/state/shop/audited', { value: 'not in the log' });
    expect(host.logs.records.at(-1)).toMatchObject({ level: 'info', message: 'Changed through the data API', traceId: body.traceId, fields: { path: '/state/shop/audited', caller: 'console' } });
    expect(JSON.stringify(host.logs.records)).not.toContain('not in the log');
  });

  it('sends what changes of a topic that a filter leaves, and says when a topic cannot be read', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/live`, { headers });
    await once(socket, 'open');
    const frames: Frame[] = [];
    const arrived = (wanted: (frame: Frame) => boolean): Promise<Frame> =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = frames.find(wanted);
          if (found === undefined) return void socket.once('message', () => setImmediate(look));
          resolve(found);
        };
        look();
      });
    socket.on('message', (data: Buffer) => void frames.push(JSON.parse(data.toString()) as Frame));
    for (const [id, topic, filter] of [['c', 'config'], ['s', 'state:shop', 'WANTED'], ['l', 'logs', 'needle'], ['q', 'queue:topic:nobody']] as const) socket.send(JSON.stringify({ op: 'sub', id, topic, filter }));
    expect(Object.keys((await arrived(({ id }) => id === 'c')).data.upsert)).toEqual(expect.arrayContaining(['engine', 'console', 'otel']));
    expect((await arrived(({ id, kind }) => id === 'q' && kind === 'error'))).toMatchObject({ epoch: expect.any(String), seq: 0, data: { code: expect.stringMatching(/^MOTIA_QUEUE_/) } });
    expect((await arrived(({ id }) => id === 's')).data.upsert).toEqual({});
    await arrived(({ id }) => id === 'l');
    await post('/state/shop/other', { value: 1 });
    await post('/state/shop/wanted', { value: 1 });
    host.logger.info('hay');
    host.logger.info('a needle in it');
    expect(Object.keys((await arrived(({ id, kind }) => id === 's' && kind === 'delta')).data.upsert)).toEqual(['wanted']);
    expect(Object.values((await arrived(({ id, kind }) => id === 'l' && kind === 'delta')).data.upsert)).toEqual([expect.objectContaining({ body: 'a needle in it' })]);
    socket.close();
    await once(socket, 'close');
  });

  it('§4.12 hides what stands under the name of a secret in stored data, shows it to who asks for it, and never stores the mark', async () => {
    const secret = 'hunter2-of-the-data-api';
    const { functions } = host;
    for (const value of [`${secret}-0`, secret]) await functions.invoke('state::set', { scope: 'sessions', key: 'api_token', value });
    await functions.invoke('state::set', { scope: 'sessions', key: 'ann', value: { name: 'Ann', login: { password: secret } } });
    await functions.invoke('stream::set', { stream_name: 'logins', group_id: 'g', item_id: 'ann', data: { access_token: secret, n: 1 } });
    await functions.invoke('enqueue', { topic: 'charges', data: { card: '4711', card_secret: secret } });
    await functions.invoke('enqueue', { topic: 'charges', data: { card_secret: secret }, delayMs: 3_600_000 });
    let dead: { readonly messageId: string } | undefined;
    while (dead === undefined) dead = ((await get('/queues/topic:charges/dlq')).body.items as { messageId: string; preview: string }[]).find(({ preview }) => preview.includes('4711'));
    const seq = ((await get('/state/sessions/api_token/history')).body.items as { seq: number }[])[0]!.seq;
    const lists = ['/state/sessions/keys', '/queues/topic:charges/dlq', '/queues/topic:charges/messages?state=delayed'];
    const places = [
      '/state/sessions/api_token', '/state/sessions/ann', '/state/sessions/api_token/history', '/state/sessions/ann/history', `/state/sessions/api_token/at/${seq}`,
      '/streams/logins/g/items', '/streams/logins/g/items/ann', `/messages/${encodeURIComponent(dead.messageId)}`,
    ];
    for (const place of [...lists, ...places]) {
      const { status, body } = await get(place);
      expect([place, status, JSON.stringify(body).includes(secret), JSON.stringify(body).includes('[redacted]')]).toEqual([place, 200, false, true]);
    }
    for (const place of places) expect([place, JSON.stringify((await get(`${place}?reveal=true`)).body).includes(secret)]).toEqual([place, true]);
    for (const topic of ['state:sessions', 'stream:logins/g', 'queue:topic:charges']) {
      const text = JSON.stringify((await get(`/live/poll?topic=${encodeURIComponent(topic)}`)).body);
      expect([topic, text.includes(secret), text.includes('[redacted]')]).toEqual([topic, false, true]);
    }
    const shown = (await get('/state/sessions/ann')).body as { value: unknown; version: number };
    const refused = { status: 422, body: { error: { code: 'MOTIA_CONSOLE_VALUE_HIDDEN' } } };
    expect(await post('/state/sessions/ann', { value: shown.value, ifVersion: shown.version })).toMatchObject(refused);
    expect(await post('/state/sessions/api_token', { value: '[redacted]' })).toMatchObject(refused);
    expect(await post('/queues/topic:charges/publish', { data: { card_secret: '[redacted]' } })).toMatchObject(refused);
    expect(await post('/queues/topic:charges/dlq/redrive', { messageId: dead.messageId, data: { card_secret: '[redacted]' } })).toMatchObject(refused);
    const written = await post('/state/sessions/api_token', { value: `${secret}-2` });
    expect([written.status, JSON.stringify(written.body).includes(secret)]).toEqual([200, false]);
    expect(await functions.invoke('state::get', { scope: 'sessions', key: 'api_token' })).toBe(`${secret}-2`);
  });

  it('takes a worker out of service, and restarts only what the engine itself started', async () => {
    const { id } = ((await get('/workers?filter=shop')).body.items as { id: string }[])[0] ?? { id: '' };
    expect((await post(`/workers/${id}/restart`)).body.error).toMatchObject({ code: 'MOTIA_CONSOLE_NOT_OURS' });
    const drained = (await post(`/workers/${id}/drain`)).body as { readonly result: unknown; readonly traceId: string };
    expect(drained.result).toMatchObject({ id, state: 'draining' });
    expect((await spansOf(drained.traceId)).map(({ name }) => name)).toEqual(['drain worker']);
    expect((await post('/functions/shop%3A%3Ashow/invoke', {})).status).toBe(404);
    expect((await post('/workers/w-nobody/drain')).status).toBe(404);
  });
});
