import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { MotiaError, type ChannelRef, type InvocationContext } from '@motia/engine-core/contract';
import { connectTestWorker, ManualClock } from '@motia/engine-core/testing';
import { sqliteStore } from '@motia/store-sqlite';
import { temporaryFolder } from '@motia/tools/testing';
import { heldRoute } from './fixtures/held-route.js';
import { heldStore } from './fixtures/held-store.js';
import { multipart } from './fixtures/multipart-form.js';
import { deferred, startRest, until, type Answer, type FixtureOptions, type Path, type RestFixture } from './fixtures/start-rest.js';
import { openResponse } from './fixtures/stream-client.js';

type Handler = (payload: { readonly body: unknown }, call: InvocationContext) => unknown;
const post = (rest: RestFixture, key: string | undefined, body: unknown = { amount: 5 }, headers: Readonly<Record<string, string>> = {}, path = '/pay'): Promise<Answer> =>
  rest.send(`POST ${path}`, body, { ...(key === undefined ? {} : { 'idempotency-key': key }), ...headers });
const codeOf = ({ status, json }: Answer): [number, string] => [status, json.error.code.replace('MOTIA_REST_', '')];

/** A route that counts its runs. */
async function counted(options: FixtureOptions = {}, handler: Handler = () => undefined, config: object = { idempotency: true }): Promise<{ readonly rest: RestFixture; readonly runs: InvocationContext[] }> {
  const rest = await startRest(options);
  const runs: InvocationContext[] = [];
  await rest.route('POST /pay', async (payload, call) => {
    runs.push(call);
    return (await handler(payload as never, call)) ?? { status: 201, headers: { 'x-run': String(runs.length), 'set-cookie': ['a=1', 'b=2'] }, body: { run: runs.length, got: (payload as { body: unknown }).body } };
  }, config as Record<string, unknown>);
  return { rest, runs };
}

describe.each<Path>(['listener', 'router'])('R4 an Idempotency-Key through the %s', (via) => {
  it('is free again when what the function returned cannot be read', async () => {
    const broken = (): object => ({
      get body() {
        throw new Error('gone');
      },
    });
    const { rest, runs } = await counted({ via }, () => (runs.length === 1 ? broken() : undefined));
    await using _end = rest;
    expect((await post(rest, 'k-1')).status).toBe(500);
    expect((await post(rest, 'k-1')).json).toMatchObject({ run: 2 });
  });

  it('makes a repetition get the response of the first request, and the function run once', async () => {
    const { rest, runs } = await counted({ via });
    await using _end = rest;
    const [first, again] = [await post(rest, 'k-1'), await post(rest, 'k-1')];
    expect(first).toMatchObject({ status: 201, json: { run: 1 } });
    expect(first.headers['idempotent-replayed']).toBeUndefined();
    expect(again).toMatchObject({ status: 201, text: first.text, headers: { 'x-run': '1', 'set-cookie': ['a=1', 'b=2'], 'content-type': first.headers['content-type'], 'content-length': first.headers['content-length'], 'idempotent-replayed': 'true' } });
    expect(again.headers['x-request-id']).not.toBe(first.headers['x-request-id']);
    expect((await post(rest, '"k-1"')).headers['idempotent-replayed']).toBe('true');
    expect(runs).toHaveLength(1);
  });

  it('with another body or query is 422, on another path, of another client or with another key it is another request', async () => {
    const { rest, runs } = await counted({ via });
    await using _end = rest;
    await rest.route('POST /other', () => ({ body: 'other' }), { idempotency: true });
    await post(rest, 'k');
    expect(codeOf(await post(rest, 'k', { amount: 6 }))).toEqual([422, 'IDEMPOTENCY_MISMATCH']);
    expect(codeOf(await post(rest, 'k', { amount: 5 }, {}, '/pay?dry=1'))).toEqual([422, 'IDEMPOTENCY_MISMATCH']);
    expect((await post(rest, 'k', { amount: 5 }, {}, '/other')).text).toBe('other');
    expect((await post(rest, 'k', { amount: 6 }, { authorization: 'Bearer ada' })).json).toMatchObject({ run: 2 });
    expect((await post(rest, 'k', { amount: 6 }, { authorization: 'Bearer eve' })).json).toMatchObject({ run: 3 });
    expect((await post(rest, 'k2', { amount: 6 })).json).toMatchObject({ run: 4 });
    expect(runs).toHaveLength(4);
  });

  it('is not needed, unless the route says so', async () => {
    const { rest, runs } = await counted({ via });
    await using _end = rest;
    expect([(await post(rest, undefined)).json, (await post(rest, undefined)).json]).toMatchObject([{ run: 1 }, { run: 2 }]);
    await rest.route('POST /strict', () => ({ body: 'ok' }), { idempotency: { required: true } });
    expect(codeOf(await post(rest, undefined, {}, {}, '/strict'))).toEqual([400, 'IDEMPOTENCY_KEY_MISSING']);
    expect((await post(rest, 'k', {}, {}, '/strict')).status).toBe(200);
    expect(runs).toHaveLength(2);
  });

  it.each([['', 'empty'], ['""', 'empty'], ['x'.repeat(256), 'longer'], ['ключ', 'ASCII'], ['a\u0080', 'ASCII']])('that reads %j is 400', async (key, problem) => {
    const { rest, runs } = await counted({ via });
    await using _end = rest;
    const answer = await post(rest, Buffer.from(key).toString('latin1'));
    expect(codeOf(answer)).toEqual([400, 'IDEMPOTENCY_KEY_INVALID']);
    expect(answer.json.error.message).toContain(problem);
    expect(runs).toEqual([]);
  });

  it('that comes twice in one request is 400', async () => {
    const { rest } = await counted({ via });
    await using _end = rest;
    expect(codeOf(await rest.call('POST /pay', { headers: { 'idempotency-key': ['a', 'b'] } }))).toEqual([400, 'IDEMPOTENCY_KEY_INVALID']);
  });

  it('makes a repetition wait while the first request runs', async () => {
    const gate = deferred();
    const { rest, runs } = await counted({ via }, () => gate.promise);
    await using _end = rest;
    const calls = [post(rest, 'k'), post(rest, 'k'), post(rest, 'k')];
    await until(() => runs.length === 1);
    expect(codeOf(await post(rest, 'k', { amount: 6 }))).toEqual([422, 'IDEMPOTENCY_MISMATCH']);
    gate.resolve();
    const answers = await Promise.all(calls);
    expect(answers.map(({ status, json }) => [status, (json as { run?: number }).run])).toEqual([[201, 1], [201, 1], [201, 1]]);
    expect(answers.filter(({ headers }) => headers['idempotent-replayed'] === 'true')).toHaveLength(2);
  });

  it('lets the run go on when its client leaves, and gives the answer to whoever asks again', async () => {
    const gate = deferred();
    const { rest, runs } = await counted({ via }, () => gate.promise);
    await using _end = rest;
    const leaving = new AbortController();
    const first = rest.call('POST /pay', { body: '{}', headers: { 'content-type': 'application/json', 'idempotency-key': 'k' }, signal: leaving.signal }).catch((error: Error) => error.name);
    await until(() => runs.length === 1);
    leaving.abort();
    expect(await first).toBe('AbortError');
    const again = post(rest, 'k', {});
    gate.resolve();
    expect((await again).json).toMatchObject({ run: 1 });
    expect([runs.length, runs[0]?.signal.aborted]).toEqual([1, false]);
  });

  it('keeps what the function returned below 500, and no failure: then it runs again, known by the same key', async () => {
    const outcomes: (() => unknown)[] = [
      () => { throw new Error('once'); },
      () => { throw new MotiaError({ code: 'SOLD_OUT', message: 'none left', status: 409 }); },
      () => ({ status: 503, body: 'later' }),
      () => ({ status: 999 }),
      () => ({ status: 409, body: 'final' }),
    ];
    const { rest, runs } = await counted({ via }, (_payload, _call) => outcomes[runs.length - 1]?.());
    await using _end = rest;
    const statuses: number[] = [];
    for (let count = 0; count < 7; count += 1) statuses.push((await post(rest, 'k')).status);
    expect(statuses).toEqual([500, 409, 503, 500, 409, 409, 409]);
    expect(runs).toHaveLength(5);
    expect(new Set(runs.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
    expect(runs[0]?.idempotencyKey).toMatch(/^[\w-]{43}$/);
    await post(rest, undefined);
    expect(runs[5]?.idempotencyKey).toBeUndefined();
  });

  it('is free again after the time of the route', async () => {
    const { rest, runs } = await counted({ via }, () => (runs.length === 1 ? new Promise(() => undefined) : undefined), { idempotency: true, timeout_ms: 40 });
    await using _end = rest;
    const [first, waiting] = [post(rest, 'k'), post(rest, 'k')];
    expect((await first).status).toBe(504);
    // It waited for the first, and had no time left of its own or ran itself.
    expect([201, 409]).toContain((await waiting).status);
    expect((await post(rest, 'k')).status).toBe(201);
  });

  it('of a streamed or large response is remembered without it: 409, and no second run', async () => {
    const { rest, runs } = await counted({ via, options: { idempotency: { max_response_bytes: 100 } } }, ({ body }) =>
      (body as { kind: string }).kind === 'large' ? { body: 'x'.repeat(101) } : { body: (async function* () { yield 'a'; yield 'b'; })() });
    await using _end = rest;
    for (const kind of ['large', 'stream']) {
      expect((await post(rest, kind, { kind })).status).toBe(200);
      expect(codeOf(await post(rest, kind, { kind }))).toEqual([409, 'IDEMPOTENCY_NOT_REPLAYABLE']);
    }
    expect(runs).toHaveLength(2);
  });
});

describe('R4 an Idempotency-Key', () => {
  it('of a response that a worker streams is remembered from its first bytes on', async () => {
    await using rest = await startRest();
    let runs = 0;
    await using worker = await connectTestWorker(rest.host, {
      functions: {
        streams: async (payload) => {
          runs += 1;
          const { response } = payload as { response: { channel_id: string; access_key: string } };
          await worker.endpoint.request('channels/open', { channelId: response.channel_id, accessKey: response.access_key, direction: 'write' } as never);
          worker.endpoint.notify('channels/write', { channelId: response.channel_id, text: '{"type":"set_status","status_code":201}' });
          worker.endpoint.notify('channels/close', { channelId: response.channel_id });
          return undefined;
        },
      },
      triggers: [{ type: 'http', functionId: 'streams', config: { api_path: '/pay', http_method: 'POST', idempotency: true } }],
    });
    expect((await post(rest, 'k')).status).toBe(201);
    expect(codeOf(await post(rest, 'k'))).toEqual([409, 'IDEMPOTENCY_NOT_REPLAYABLE']);
    expect(runs).toBe(1);
  });

  it('of a streamed response whose client leaves while it is being noted lets the engine wait for the requests of others', async () => {
    const noted = deferred();
    const rest = await startRest({ beside: [heldStore(noted.promise)], options: { idempotency: { store_method: 'file_based' } } });
    await rest.route('POST /pay', async (payload) => {
      const writer = rest.host.channels.openWriter((payload as { response: ChannelRef }).response);
      await writer.write(Buffer.from('some'));
    }, { idempotency: true });
    const { began, release } = await heldRoute(rest, 'GET /held', 'held');
    const held = rest.call('GET /held');
    await began;
    const streamed = await openResponse(rest.port, 'POST /pay', { 'idempotency-key': 'k' });
    expect(await streamed.next()).toBe('some');
    streamed.leave();
    await rest.call('GET /healthz');
    noted.resolve();
    const stopped = rest.host.stop();
    await rest.call('GET /healthz').catch(() => undefined);
    release();
    expect((await held).text).toBe('held');
    await stopped;
  });

  it('comes behind middleware and before the condition: who may not, gets nothing again', async () => {
    const { rest, runs } = await counted({}, () => undefined, { idempotency: true, condition_function_id: 'open', middleware_function_ids: ['guard'] });
    await using _end = rest;
    let [isOpen, isAllowed] = [false, true];
    rest.host.functions.register({ id: 'open' }, () => isOpen);
    rest.host.functions.register({ id: 'guard' }, () => (isAllowed ? { action: 'continue' } : { action: 'respond', response: { status_code: 401 } }));
    expect((await post(rest, 'k')).status).toBe(422);
    isOpen = true;
    expect((await post(rest, 'k')).json).toMatchObject({ run: 1 });
    isOpen = false;
    expect((await post(rest, 'k')).json).toMatchObject({ run: 1 });
    isAllowed = false;
    expect((await post(rest, 'k')).status).toBe(401);
    expect(runs).toHaveLength(1);
  });

  it('stands for bodies of every kind: large, text, forms; of streams type and length count', async () => {
    const { rest, runs } = await counted();
    await using _end = rest;
    const send = (key: string, body: string | Buffer, type: string): Promise<Answer> => rest.call('POST /pay', { body, headers: { 'content-type': type, 'idempotency-key': key } });
    const large = (fill: string): string => JSON.stringify({ fill: fill.repeat(5_000) });
    const form = multipart([{ name: 'a', value: '1' }, { name: 'f', filename: 'f', value: 'x' }]);
    const kinds: [string, string | Buffer, string | Buffer | undefined, string][] = [
      ['large', large('a'), large('b'), 'application/json'], ['text', 'a', 'b', 'text/plain'], ['form', 'a=1', 'a=2', 'application/x-www-form-urlencoded'],
      ['stream', 'abc', 'abcd', 'application/octet-stream'], ['multipart', form.body, undefined, form.contentType],
    ];
    for (const [key, body, other, type] of kinds) {
      expect((await send(key, body, type)).status).toBe(201);
      expect((await send(key, body, type)).headers['idempotent-replayed']).toBe('true');
      if (other !== undefined) expect(codeOf(await send(key, other, type))).toEqual([422, 'IDEMPOTENCY_MISMATCH']);
    }
    expect(codeOf(await send('text', 'a', 'text/plain; charset=utf-8'))).toEqual([422, 'IDEMPOTENCY_MISMATCH']);
    expect(runs).toHaveLength(5);
  });

  it('knows a form again whose boundary is another one, and exact bytes that are not the same', async () => {
    const { rest, runs } = await counted();
    await using _end = rest;
    const send = (path: string, key: string, { body, contentType }: { body: string | Buffer; contentType: string }): Promise<Answer> => rest.call(`POST ${path}`, { body, headers: { 'content-type': contentType, 'idempotency-key': key } });
    const parts = [{ name: 'a', value: '1' }, { name: 'f', filename: 'f', value: 'x' }];
    expect((await send('/pay', 'form', multipart(parts, 'first'))).status).toBe(201);
    expect((await send('/pay', 'form', multipart(parts, 'other'))).headers['idempotent-replayed']).toBe('true');
    expect(runs).toHaveLength(1);
    await rest.route('POST /signed', () => ({ body: 'signed' }), { idempotency: true, raw_body: true });
    const bytes = (text: string): { body: string; contentType: string } => ({ body: text, contentType: 'application/octet-stream' });
    expect((await send('/signed', 'bytes', bytes('one'))).text).toBe('signed');
    expect((await send('/signed', 'bytes', bytes('one'))).headers['idempotent-replayed']).toBe('true');
    expect(codeOf(await send('/signed', 'bytes', bytes('two')))).toEqual([422, 'IDEMPOTENCY_MISMATCH']);
  });

  it('is waited for by sixteen; the next is told at once that it is under way', async () => {
    const gate = deferred();
    const { rest, runs } = await counted({}, () => gate.promise);
    await using _end = rest;
    const first = post(rest, 'k');
    await until(() => runs.length === 1);
    const refused: Answer[] = [];
    const waiting = Array.from({ length: 18 }, async () => {
      const answer = await post(rest, 'k');
      if (answer.status === 409) refused.push(answer);
      return answer;
    });
    await until(() => refused.length === 2);
    expect(refused.map((answer) => [...codeOf(answer), answer.json.error.retryable])).toEqual([[409, 'IDEMPOTENCY_IN_PROGRESS', true], [409, 'IDEMPOTENCY_IN_PROGRESS', true]]);
    gate.resolve();
    const statuses = (await Promise.all([first, ...waiting])).map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(17);
    expect(runs).toHaveLength(1);
  });

  it('is remembered for ttl_ms, and scope_headers tell clients apart', async () => {
    const clock = new ManualClock();
    const { rest } = await counted({ clock }, () => undefined, { idempotency: { ttl_ms: 60_000, scope_headers: ['X-Tenant'] } });
    await using _end = rest;
    const run = async (headers = {}): Promise<unknown> => (await post(rest, 'k', {}, headers)).json['run'];
    expect([await run(), await run({ authorization: 'Bearer x' }), await run({ 'x-tenant': 'a' }), await run({ 'x-tenant': 'a' })]).toEqual([1, 1, 2, 2]);
    await clock.advance(60_000);
    expect(await run()).toBe(3);
  });

  it.each(['GET', 'HEAD', 'OPTIONS'])('has no place on %s, nor have answers before the run', async (method) => {
    await using rest = await startRest();
    for (const [key, value] of [['idempotency', true], ['respond', 'accepted']] as const) {
      await expect(rest.route(`${method} /x`, () => undefined, { [key]: value })).rejects.toMatchObject({ code: 'MOTIA_ENGINE_TRIGGER_CONFIG_INVALID', message: expect.stringContaining(`\`${key}\` cannot be used here: ${method} changes nothing`) });
    }
    await rest.route(`${method} /y`, () => undefined, { idempotency: false, respond: 'result' });
  });

  it('is waited for by the end of the engine, also without its client', async () => {
    const gate = deferred();
    const { rest, runs } = await counted({}, () => gate.promise);
    const leaving = new AbortController();
    const first = rest.call('POST /pay', { headers: { 'idempotency-key': 'k' }, signal: leaving.signal }).catch(() => 'left');
    await until(() => runs.length === 1);
    leaving.abort();
    await first;
    let isStopped = false;
    const stopped = rest.host.stop().then(() => (isStopped = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect([isStopped, runs[0]?.signal.aborted]).toEqual([false, false]);
    gate.resolve();
    await stopped;
  });

  it('is kept in memory with a notice where nothing else is said, in files where a config and a store are', async () => {
    const { rest } = await counted();
    await using _end = rest;
    expect(rest.host.logs.records.filter(({ message }) => message.startsWith('Idempotency keys are kept in memory'))).toHaveLength(1);
    const meant = await counted({ options: { idempotency: { store_method: 'in_memory' } } });
    await using _meant = meant.rest;
    expect(meant.rest.host.logs.records.filter(({ message }) => message.startsWith('Idempotency keys'))).toEqual([]);
    await expect(startRest({ options: { idempotency: { store_method: 'file_based' } } })).rejects.toMatchObject({ details: { codes: ['MOTIA_REST_REPLAY_STORE_MISSING'] } });
  });

  it('survives the engine in a store, in the folder that file_path names', async () => {
    await using folder = temporaryFolder('keys');
    const start = (): ReturnType<typeof counted> => counted({ beside: [sqliteStore({ writer: 'inline' })], options: { idempotency: { store_method: 'file_based', file_path: folder.path } } });
    const first = await start();
    const answer = await post(first.rest, 'k');
    await first.rest.host.stop();
    const second = await start();
    await using _end = second.rest;
    expect(await post(second.rest, 'k')).toMatchObject({ status: 201, text: answer.text, headers: { 'idempotent-replayed': 'true' } });
    expect(second.runs).toEqual([]);
    expect(second.rest.host.logs.records.filter(({ message }) => message.startsWith('Idempotency keys'))).toEqual([]);
  });

  it('does not let a route be served whose answers cannot be kept', async () => {
    await using folder = temporaryFolder('keys');
    writeFileSync(folder.file('blocked'), '');
    await using rest = await startRest({ beside: [sqliteStore({ writer: 'inline' })], options: { idempotency: { store_method: 'file_based', file_path: folder.file('blocked/deeper') } } });
    await expect(rest.route('POST /pay', () => undefined, { idempotency: true })).rejects.toMatchObject({ code: expect.stringMatching(/^MOTIA_STORE_/) });
    await rest.route('POST /plain', () => ({ body: 'ok' }));
    expect((await rest.send('POST /plain', {})).text).toBe('ok');
    expect((await rest.send('POST /pay', {})).status).toBe(404);
  });

  it('of a request is what its function knows it by: the same for the same client, path and key', async () => {
    const { rest, runs } = await counted();
    await using _end = rest;
    await post(rest, 'k');
    expect(runs[0]?.idempotencyKey).toBe(createHash('sha256').update(JSON.stringify(['POST', '/pay', [null], 'k'])).digest('base64url'));
  });
});
