import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import express from 'express';
import { MotiaError } from '@motia/engine-core/contract';
import { ManualClock } from '@motia/engine-core/testing';
import { fakeQueue, fakeStreams, type FakeQueue } from './fixtures/fake-queue.js';
import { multipart } from './fixtures/multipart-form.js';
import { callPort, deferred, startRest, until, type Answer, type FixtureOptions, type Path, type RestFixture } from './fixtures/start-rest.js';

interface Status {
  readonly id: string;
  readonly state: string;
  readonly attempts: number;
  readonly response?: unknown;
  readonly error?: unknown;
}
const statusOf = async (rest: RestFixture, accepted: Answer): Promise<Status> => (await rest.call(`GET ${accepted.headers.location ?? ''}`)).json as unknown as Status;

async function started(options: FixtureOptions = {}, handler: (payload: never) => unknown = (payload) => ({ status: 201, headers: { 'x-a': ['1', '2'] }, body: { got: (payload as { body: unknown }).body } }), config: object = {}): Promise<{ readonly rest: RestFixture; readonly queue: FakeQueue }> {
  const queue = fakeQueue();
  const rest = await startRest({ ...options, beside: [queue.use, ...(options.beside ?? [])] });
  await rest.route('POST /reports/:id', handler as never, { respond: 'accepted', ...config });
  return { rest, queue };
}

/** Reads events until the server ends them. */
function events(rest: RestFixture, path: string): { readonly seen: Status[]; readonly closed: Promise<void>; readonly headers: Promise<Record<string, unknown>> } {
  const seen: Status[] = [];
  let tellHeaders!: (headers: Record<string, unknown>) => void;
  const headers = new Promise<Record<string, unknown>>((resolve) => (tellHeaders = resolve));
  const closed = new Promise<void>((resolve, reject) => {
    const sent = httpRequest({ host: '127.0.0.1', port: rest.port, path, agent: false, headers: { accept: 'text/event-stream' } }, (response) => {
      tellHeaders(response.headers);
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const [event = '', data = ''] = text.slice(0, end).split('\n');
          text = text.slice(end + 2);
          if (event === 'event: state') seen.push(JSON.parse(data.replace('data: ', '')) as Status);
        }
      });
      response.on('end', () => resolve());
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end();
  });
  return { seen, closed, headers };
}

it('events of a request are over with their connection, also while they wait behind another response', async () => {
  const { rest } = await started();
  const accepted = await rest.send('POST /reports/1', {});
  const hasBegun = deferred();
  await rest.route('GET /slow', (_payload, { signal }) => new Promise((_resolve, reject) => {
    hasBegun.resolve();
    signal.addEventListener('abort', () => reject(new Error('nobody waits')));
  }));
  const socket = connect(rest.port, '127.0.0.1');
  socket.write(`GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\nGET ${accepted.headers.location ?? ''} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n`);
  await hasBegun.promise;
  await rest.call('GET /healthz');
  socket.destroy();
  // It waits for whatever is open.
  await rest.host.stop({ drainTimeoutMs: 60_000 });
});

describe.each<Path>(['listener', 'router'])('respond: accepted through the %s', (via) => {
  it('answers 202 with a status URL at once; the function runs from the queue with the same payload', async () => {
    const payloads: unknown[] = [];
    const { rest, queue } = await started({ via }, (payload) => void payloads.push(payload), { timeout_ms: 60_000 });
    await using _end = rest;
    const answer = await rest.send('POST /reports/7?deep=1', { year: 2026 }, { 'x-request-id': 'r-1', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' });
    const id = (answer.json as unknown as Status).id;
    expect(id).toMatch(/^req_[\w-]{22}$/);
    expect(answer).toMatchObject({ status: 202, headers: { location: `/__motia/requests/${id}`, 'cache-control': 'no-store', 'x-request-id': 'r-1' } });
    expect(answer.json).toEqual({ id, state: 'waiting', statusUrl: `/__motia/requests/${id}` });
    expect(queue.enqueued).toMatchObject([{ messageId: id, keepResult: true, timeoutMs: 60_000, traceparent: expect.stringContaining('0af7651916cd43dd8448eb211c80319c') }]);
    expect(queue.enqueued[0]).not.toHaveProperty('queue');
    expect(payloads).toEqual([]);
    expect(await statusOf(rest, answer)).toEqual({ id, state: 'waiting', attempts: 0 });
    await queue.run();
    expect(payloads).toEqual([expect.objectContaining({ body: { year: 2026 }, path_params: { id: '7' }, query_params: { deep: '1' }, request_id: 'r-1', trigger: { type: 'http', path: '/reports/:id', method: 'POST' } })]);
    expect(payloads[0]).not.toHaveProperty('response');
    expect(await statusOf(rest, answer)).toEqual({ id, state: 'completed', attempts: 1, response: { status: 204, headers: {} } });
  });

  it('shows what the handler returned as HTTP would have had it', async () => {
    const { rest, queue } = await started({ via });
    await using _end = rest;
    const answer = await rest.send('POST /reports/1', { a: [1] });
    await queue.run();
    expect(await statusOf(rest, answer)).toMatchObject({ state: 'completed', response: { status: 201, headers: { 'x-a': ['1', '2'] }, body: { got: { a: [1] } } } });
    const status = await rest.call(`GET ${answer.headers.location ?? ''}`);
    expect(status.headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
    expect(await rest.call(`HEAD ${answer.headers.location ?? ''}`)).toMatchObject({ status: 200, text: '' });
    expect(await rest.call(`POST ${answer.headers.location ?? ''}`)).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });

  it('tells of a failure for good, after its retries', async () => {
    const { rest, queue } = await started({ via }, () => {
      throw new MotiaError({ code: 'NO_PAPER', message: 'the printer is empty' });
    });
    await using _end = rest;
    const answer = await rest.send('POST /reports/1', {});
    await queue.run(2);
    expect(await statusOf(rest, answer)).toMatchObject({ state: 'failed', attempts: 3, error: { code: 'NO_PAPER', message: 'the printer is empty' } });
  });

  it('tells of every change as events, until the end', async () => {
    const { rest, queue } = await started({ via });
    await using _end = rest;
    const answer = await rest.send('POST /reports/1', {});
    const stream = events(rest, answer.headers.location ?? '');
    expect(await stream.headers).toMatchObject({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
    await until(() => stream.seen.length === 1);
    await queue.run();
    await stream.closed;
    expect(stream.seen.map(({ state }) => state)).toEqual(['waiting', 'completed']);
    const late = events(rest, answer.headers.location ?? '');
    await late.closed;
    expect(late.seen.map(({ state }) => state)).toEqual(['completed']);
  });

  it('knows nothing of ids that it did not give', async () => {
    const { rest, queue } = await started({ via });
    await using _end = rest;
    queue.set('somebody-elses-message', { state: 'completed', result: { secret: true } });
    for (const id of ['req_0123456789012345678901', 'somebody-elses-message', '', '..', 'req_short', 'req_0123456789012345678901/x']) {
      expect(await rest.call(`GET /__motia/requests/${id}`)).toMatchObject({ status: 404, json: { error: { code: 'MOTIA_REST_ACCEPTED_REQUEST_UNKNOWN' } } });
    }
  });

  it('refuses before it accepts: bodies that do not fit, conditions, middleware, bodies that are streamed', async () => {
    const { rest, queue } = await started({ via }, () => undefined, { body_schema: { type: 'object', required: ['year'] }, condition_function_id: 'open', middleware_function_ids: ['guard'] });
    await using _end = rest;
    let [isOpen, isAllowed] = [false, false];
    rest.host.functions.register({ id: 'open' }, () => isOpen);
    rest.host.functions.register({ id: 'guard' }, () => (isAllowed ? { action: 'continue', context: { user: 'ada' } } : { action: 'respond', response: { status_code: 401 } }));
    expect((await rest.send('POST /reports/1', {})).status).toBe(400);
    expect((await rest.send('POST /reports/1', { year: 1 })).status).toBe(401);
    isAllowed = true;
    expect((await rest.send('POST /reports/1', { year: 1 })).status).toBe(422);
    isOpen = true;
    const form = multipart([{ name: 'year', value: '1' }, { name: 'f', filename: 'f', value: 'x' }]);
    expect(await rest.call('POST /reports/1', { body: form.body, headers: { 'content-type': form.contentType } })).toMatchObject({ status: 415, json: { error: { code: 'MOTIA_REST_BODY_NOT_KEPT' } } });
    expect(queue.enqueued).toEqual([]);
    expect((await rest.call('POST /reports/1', { body: 'year=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } })).status).toBe(202);
    expect(queue.enqueued).toMatchObject([{ payload: { body: { year: '1' }, context: { user: 'ada' } } }]);
  });
});

describe('respond: accepted', () => {
  it('goes through the queue that it names', async () => {
    const { rest, queue } = await started({}, undefined, { respond: { mode: 'accepted', queue: 'reports' } });
    await using _end = rest;
    await rest.send('POST /reports/1', {});
    expect(queue.enqueued).toMatchObject([{ queue: 'reports' }]);
    expect(queue.enqueued[0]).not.toHaveProperty('timeoutMs');
  });

  it('hands on what the queue refuses', async () => {
    const { rest, queue } = await started();
    await using _end = rest;
    queue.refuseNext(new MotiaError({ code: 'MOTIA_QUEUE_QUEUE_FULL', message: 'full', status: 503, retryable: true }));
    expect(await rest.send('POST /reports/1', {})).toMatchObject({ status: 503, headers: { 'retry-after': '1' }, json: { error: { code: 'MOTIA_QUEUE_QUEUE_FULL' } } });
    queue.refuseNext(new MotiaError({ code: 'MOTIA_QUEUE_PAYLOAD_TOO_LARGE', message: 'large', status: 413 }));
    expect((await rest.send('POST /reports/1', {})).status).toBe(413);
    expect(queue.enqueued).toEqual([]);
  });

  it('R4 with an Idempotency-Key is accepted once, with one id, and known to the function by it', async () => {
    const { rest, queue } = await started({}, undefined, { idempotency: true });
    await using _end = rest;
    const [first, again] = [await rest.send('POST /reports/1', {}, { 'idempotency-key': 'k' }), await rest.send('POST /reports/1', {}, { 'idempotency-key': 'k' })];
    expect(again).toMatchObject({ status: 202, text: first.text, headers: { location: first.headers.location, 'idempotent-replayed': 'true' } });
    expect(queue.enqueued).toHaveLength(1);
    expect(first.json['id']).toMatch(/^req_[\w-]{43}$/);
    await queue.run();
    expect((await statusOf(rest, first)).state).toBe('completed');
    // Keys are often order numbers: who knows one must not find the result with it.
    const { rest: elsewhere } = await started({}, undefined, { idempotency: true });
    await using _elsewhere = elsewhere;
    expect((await elsewhere.send('POST /reports/1', {}, { 'idempotency-key': 'k' })).json['id']).not.toBe(first.json['id']);
  });

  it('is refused at registration while no module offers a queue', async () => {
    await using rest = await startRest();
    await expect(rest.route('POST /reports', () => undefined, { respond: 'accepted' })).rejects.toMatchObject({ code: 'MOTIA_REST_QUEUE_MISSING', message: expect.stringContaining('no module offers a queue') });
    expect((await rest.call('POST /reports')).status).toBe(404);
    expect((await rest.call('GET /__motia/requests/req_0123456789012345678901')).status).toBe(404);
  });

  it('says nothing of the inside in production', async () => {
    const { rest, queue } = await started({ mode: 'production' }, () => {
      throw new Error('password=hunter2');
    });
    await using _end = rest;
    const answer = await rest.send('POST /reports/1', {});
    await queue.run();
    const status = await statusOf(rest, answer);
    expect(status).toMatchObject({ state: 'failed', error: { code: 'MOTIA_ENGINE_HANDLER_FAILED', message: 'The handler failed.' } });
    expect(JSON.stringify(status)).not.toContain('hunter2');
  });

  it('shows a result that is no response as what HTTP would have said of it', async () => {
    const { rest, queue } = await started({}, () => ({ status: 42 }));
    await using _end = rest;
    const answer = await rest.send('POST /reports/1', {});
    await queue.run();
    expect(await statusOf(rest, answer)).toMatchObject({ state: 'completed', response: { status: 500, body: { error: { code: 'MOTIA_REST_INVALID_HANDLER_RESPONSE' } } } });
  });

  it('is not held against the schema of the response', async () => {
    const { rest, queue } = await started({}, undefined, { response_schema: { type: 'object', required: ['got'], additionalProperties: false, properties: { got: {} } } });
    await using _end = rest;
    const answer = await rest.send('POST /reports/1', { a: 1 });
    expect(answer.status).toBe(202);
    await queue.run();
    expect((await statusOf(rest, answer)).response).toMatchObject({ status: 201, body: { got: { a: 1 } } });
  });

  it('names the place where a host application has mounted the routes, and serves the status there', async () => {
    const queue = fakeQueue();
    await using rest = await startRest({ beside: [queue.use], options: { listen: false } });
    await rest.route('POST /reports', () => ({ body: 'done' }), { respond: 'accepted' });
    const app = express();
    app.use('/api', rest.service.router as express.RequestHandler);
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const answer = await callPort(port, 'POST /api/reports');
    expect(answer.headers.location).toMatch(/^\/api\/__motia\/requests\/req_/);
    await queue.run();
    expect((await callPort(port, `GET ${answer.headers.location ?? ''}`)).json).toMatchObject({ state: 'completed', response: { body: 'done' } });
    server.close();
  });

  it('moves its status URLs with system_routes', async () => {
    const { rest, queue } = await started({ options: { system_routes: '/_system' } });
    await using _end = rest;
    const answer = await rest.send('POST /reports/1', {});
    expect(answer.headers.location).toMatch(/^\/_system\/__motia\/requests\/req_/);
    await queue.run();
    expect((await statusOf(rest, answer)).state).toBe('completed');
  });

  it('looks at states on the way, says that it lives, and ends its events when the engine drains', async () => {
    const clock = new ManualClock();
    const { rest, queue } = await started({ clock });
    const answer = await rest.send('POST /reports/1', {});
    const id = (answer.json as unknown as Status).id;
    const stream = events(rest, answer.headers.location ?? '');
    await until(() => stream.seen.length === 1);
    queue.set(id, { state: 'running', attempts: 1 });
    await clock.advance(1_000);
    await until(() => stream.seen.length === 2);
    queue.set(id, { state: 'delayed' });
    await clock.advance(1_000);
    await until(() => stream.seen.length === 3);
    expect(stream.seen.map(({ state, attempts }) => [state, attempts])).toEqual([['waiting', 0], ['running', 1], ['delayed', 1]]);
    await rest.host.stop();
    await stream.closed;
  });

  it('tells the stream motia.requests of each end, where there is a stream module', async () => {
    const streams = fakeStreams();
    const { rest, queue } = await started({ beside: [streams.use] });
    await using _end = rest;
    const answer = await rest.send('POST /reports/1', {});
    expect(streams.sent).toEqual([]);
    await queue.run();
    await until(() => streams.sent.length === 1);
    expect(streams.sent[0]).toMatchObject([{ stream: 'motia.requests', group: answer.json['id'] }, { type: 'completed', data: { state: 'completed', response: { status: 201 } } }]);
  });
});
