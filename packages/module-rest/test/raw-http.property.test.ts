import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import express from 'express';
import fc from 'fast-check';
import { fakeQueue } from './fixtures/fake-queue.js';
import { startRest } from './fixtures/start-rest.js';

/** Sent in many places, and never to be seen in an answer. */
const mark = 'MARK<script>';
const together = 800;
const rounds = 13;
/** Connections that are opened at a time. More than the 511 that may wait to be taken would be tried again by the kernel, seconds later. */
const opened = 200;
/** Stands for the id of a request that was accepted and is done. */
const acceptedId = '{accepted}';

const method = fc.oneof({ weight: 4, arbitrary: fc.constantFrom('GET', 'POST', 'PUT', 'HEAD', 'OPTIONS', 'DELETE') }, fc.constantFrom('', 'get', 'BREW', 'CONNECT', 'PRI', 'TRACE', 'M-SEARCH', '\u0000', mark));
const target = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('/hello', '/echo', '/users/7', '/typed?page=2', '/healthz', '/openapi.json', '/guarded', '/guarded/7', '/fronted', '/optional') },
  fc.constantFrom('/pay', '/strict', '/reports', `/__motia/requests/${acceptedId}`),
  fc.constantFrom('', '*', '//', '/../..', 'http://localhost/hello', 'http://', 'hello', '/users/%E0%A4%A', '/users/%00', `/users/${mark}`, `/${mark}?${mark}`, `/typed?page=${mark}`, `/hello?${'a&'.repeat(1100)}`, `/${'x'.repeat(9000)}`, `/${'y'.repeat(20_000)}`, '/users/\u00ff\u0080', '/hello#x', '/users/a b', '/throws', '/%67uarded', '/fronted/../guarded', '/%66ronted?x', '//fronted', '/app/x', '/app/%E0%A4%A', '/express-throws', '/__motia', '/nowhere/at/all', '/__motia/requests', '/__motia/requests/', '/__motia/requests/%E0%A4%A', `/__motia/requests/${mark}`, `/__motia/requests/${acceptedId}/x`, `/__motia/requests/${acceptedId}%00`, '/reports/'),
);
const version = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(' HTTP/1.1', ' HTTP/1.0') }, fc.constantFrom('', ' HTTP/2.0', ' HTTP/9', ' HTTP/1.', ' FTP/1.1', '  HTTP/1.1'));
const headerLine = fc.constantFrom(
  'Host: localhost', `Host: ${mark}`, 'Host: evil.example', 'Host:', 'Content-Length: 7', 'Content-Length: 0', 'Content-Length: 10abc', 'Content-Length: -1', 'Content-Length: 9999999999999', 'Content-Length: 99999999999999999999999',
  'Transfer-Encoding: chunked', 'Transfer-Encoding: gzip', 'Transfer-Encoding: chunked, chunked', 'Transfer-Encoding: identity', 'Content-Type: application/json', 'Content-Type: text/plain', `Content-Type: ${mark}`, 'Content-Type: application/json; charset=utf-16',
  'Content-Type: application/x-www-form-urlencoded', 'Content-Type: multipart/form-data; boundary=b', 'Content-Type: multipart/form-data', `Content-Type: multipart/form-data; boundary=${'x'.repeat(300)}`, 'Content-Type: application/octet-stream', 'Content-Encoding: gzip, br', 'X-Forwarded-For: 1.2.3.4, nonsense', `X-Forwarded-For: ${mark}`, 'X-Forwarded-Proto: gopher', 'Accept: text/event-stream',
  'Content-Encoding: gzip', 'Content-Encoding: br', `Content-Encoding: ${mark}`, 'Expect: 100-continue', 'Expect: miracles', 'Connection: close', 'Connection: keep-alive', 'Connection: upgrade\r\nUpgrade: websocket', 'Bad Header: x', `${mark}: x`, ' folded', 'no colon at all', `X-Nul: a\u0000b`, 'X-Cr: a\rb',
  `X-Long: ${'x'.repeat(17_000)}`, Array.from({ length: 130 }, (_, index) => `X-${index}: 1`).join('\r\n'), 'traceparent: nonsense', `x-request-id: ${mark}`, `Origin: ${mark}`, 'Access-Control-Request-Method: GET', 'Trailer: x',
);
const keyLine = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('Idempotency-Key: a', 'Idempotency-Key: b', 'Idempotency-Key: "quoted \\"key\\""') },
  fc.constantFrom('Idempotency-Key: "open', 'Idempotency-Key:', 'Idempotency-Key: ""', `Idempotency-Key: ${mark}`, `Idempotency-Key: "${mark}"`, `Idempotency-Key: ${'x'.repeat(256)}`, 'Idempotency-Key: caf\u00e9', 'Idempotency-Key: a\u0000', 'Idempotency-Key: a, b', `Authorization: ${mark}`),
);
const body = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('', '{"a":1}', '7\r\n{"a":1}\r\n0\r\n\r\n') },
  fc.constantFrom('{', '{"a":', `{"${mark}"`, '{"__proto__":{"x":1}}', '['.repeat(5000), `[${'1,'.repeat(1000)}1]`, '\u001f\u008b\u0008\u0000broken', '\u0000\u0000', 'zz\r\n{"a":1}\r\n', '-1\r\n', 'ffffffffffffffff\r\nx', 'a=1&b=%E0%A4%A&a=2', `--b\r\nContent-Disposition: form-data; name="${mark}"\r\n\r\n1\r\n--b--\r\n`, '--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\nabc', '--b\r\nbroken', '7;ext=1\r\n{"a":1}\r\n0\r\nTrailer: x\r\n\r\n', '\ufeff{}', 'GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n'),
);
const splits = fc.array(fc.nat({ max: 400 }), { maxLength: 3 });
const leaves = fc.boolean();
const anyRequest = fc.record({
  method, target, version,
  headers: fc.tuple(fc.array(keyLine, { maxLength: 1 }), fc.array(headerLine, { maxLength: 5 })).map((lines) => lines.flat()),
  hasHost: fc.boolean(),
  ending: fc.oneof({ weight: 8, arbitrary: fc.constant('\r\n') }, fc.constantFrom('\n', '\r')),
  body, splits, leaves,
});
/** Sound but for what tells about the run, so that many get that far. */
const keyedRequest = fc.record({
  method: fc.constant('POST'),
  target: fc.constantFrom('/pay', '/pay?a=1', '/strict', '/reports'),
  version: fc.constant(' HTTP/1.1'),
  headers: fc.tuple(fc.array(keyLine, { maxLength: 2 }), fc.constantFrom('Content-Type: application/json', 'Content-Type: application/octet-stream', 'Accept: text/event-stream')).map(([keys, other]) => [...keys, other, 'Content-Length: 7']),
  hasHost: fc.constant(true),
  ending: fc.constant('\r\n'),
  body: fc.constantFrom('{"a":1}', '{"a":2}', '{"a":1'), splits, leaves,
});
const request = fc.oneof({ weight: 9, arbitrary: anyRequest }, keyedRequest);
type Request = typeof request extends fc.Arbitrary<infer R> ? R : never;

function bytesOf({ method: verb, target: path, version: protocol, headers, hasHost, ending, body: text }: Request, id: string): Buffer {
  const lines = [`${verb} ${path.replace(acceptedId, id)}${protocol}`, ...(hasHost ? ['Host: localhost'] : []), ...headers];
  return Buffer.from(`${lines.join(ending)}${ending}${ending}${text}`, 'latin1');
}

interface Exchange {
  /** Resolves when the connection is there, or has failed. */
  readonly connected: Promise<void>;
  /** What came back until the connection closed, or that it did not. */
  readonly answer: Promise<string>;
}

function send(port: number, bytes: Buffer, { splits, leaves }: Request): Exchange {
  const socket = connect(port, '127.0.0.1');
  const connected = new Promise<void>((resolve) => socket.once('connect', resolve).once('close', () => resolve()));
  const answer = new Promise<string>((resolve, reject) => {
    const hang = setTimeout(() => reject(new Error(`no end for ${JSON.stringify(bytes.toString('latin1').slice(0, 300))}`)), 8_000);
    let answer = '';
    socket.on('data', (data) => (answer += data.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(hang);
      resolve(answer);
    });
    socket.on('connect', () => {
      let start = 0;
      for (const split of [...splits].sort((a, b) => a - b)) {
        socket.write(bytes.subarray(start, split));
        start = Math.max(start, split);
      }
      socket.write(bytes.subarray(start));
      if (leaves && splits.length === 0) socket.destroy();
    });
  });
  answer.catch(() => undefined);
  return { connected, answer };
}

/** All of them at the same time. */
async function sendAll(port: number, requests: readonly Request[], id: string): Promise<readonly string[]> {
  const exchanges: Exchange[] = [];
  for (const one of requests) {
    exchanges.push(send(port, bytesOf(one, id), one));
    if (exchanges.length % opened === 0) await Promise.all(exchanges.slice(-opened).map(({ connected }) => connected));
  }
  return Promise.all(exchanges.map(({ answer }) => answer));
}

const statuses = new Set([100, 200, 201, 202, 204, 400, 403, 404, 405, 408, 409, 413, 414, 415, 417, 421, 422, 431, 500]);

/** How much of the text is a body in chunks; all of it where that is cut off. */
function chunkedLength(text: string): number {
  let at = 0;
  for (let size = /^[\da-f]+(?=\r\n)/i.exec(text); size !== null; size = /^[\da-f]+(?=\r\n)/i.exec(text.slice(at))) {
    const bytes = Number.parseInt(size[0], 16);
    at += size[0].length + 2 + bytes + 2;
    if (bytes === 0) return at;
  }
  return text.length;
}

/** A stream for a client of HTTP/1.0 announces none, and lasts as long as its connection. */
function announcedLength(head: string): number | undefined {
  const length = /^content-length: (\d+)\r$/im.exec(head)?.[1];
  return length === undefined ? undefined : Number(length);
}

/** Holds an answer, or several of one connection, against what every answer must be. Gives what each was: its code, or its status. */
function check(answer: string): readonly string[] {
  expect(answer).not.toContain(mark);
  expect(answer).not.toMatch(/<html|<!doctype|<pre>|\n\s+at |node:internal|\.ts:\d|\.js:\d/i);
  const kinds: string[] = [];
  let rest = answer;
  while (rest !== '') {
    const head = /^HTTP\/1\.1 (\d{3}) [^\r\n]+\r\n((?:[!-9;-~]+:[^\r\n]*\r\n)*)\r\n/.exec(rest);
    expect(head === null ? rest.slice(0, 200) : 'a response').toBe('a response');
    if (head === null) break;
    const status = Number(head[1]);
    expect(statuses).toContain(status);
    rest = rest.slice(head[0].length);
    const length = /^transfer-encoding: chunked\r$/im.test(head[2] ?? '') ? chunkedLength(rest) : announcedLength(head[2] ?? '') ?? (status < 200 || status === 204 ? 0 : rest.length);
    // HEAD answers announce a length and bring nothing.
    const text = rest.startsWith('HTTP/1.1 ') ? '' : rest.slice(0, length);
    rest = rest.slice(text.length);
    kinds.push(/^idempotent-replayed: true\r$/im.test(head[2] ?? '') ? 'replayed' : String(status));
    if (status >= 400 && text !== '' && text !== 'missing') {
      const problem = JSON.parse(text) as { readonly error: { readonly code: string } };
      expect(problem).toMatchObject({ error: { code: expect.stringMatching(/^MOTIA_REST_|^MOTIA_ENGINE_/), requestId: expect.any(String) } });
      kinds.push(problem.error.code);
    }
  }
  return kinds;
}

describe('raw HTTP', () => {
  it(`survives ${together * rounds} requests of valid and broken parts: no stack, no HTML, no echo, no hang`, async () => {
    const queue = fakeQueue();
    await using rest = await startRest({ beside: [queue.use], options: { not_found_function: 'fuzz::missing', trust_proxy: true, middleware: [{ function_id: 'fuzz::guard', path: '/guarded' }], server: { headers_timeout_ms: 150, request_timeout_ms: 150, connections_checking_interval_ms: 20, keep_alive_timeout_ms: 50 } } });
    await rest.route('GET /hello', () => ({ body: 'hello' }));
    await rest.route('POST /echo', () => ({ body: { ok: true } }));
    await rest.route('PUT /users/:id', () => ({ status: 204 }));
    await rest.route('GET /users/:id', () => ({ body: null }));
    await rest.route('GET /typed', () => ({ body: 1 }), { queryParams: { type: 'object', properties: { page: { type: 'integer' } } } });
    await rest.route('GET /throws', () => {
      throw new TypeError('boom');
    });
    rest.host.functions.register({ id: 'fuzz::missing' }, () => ({ body: 'missing' }));
    rest.host.functions.register({ id: 'fuzz::guard' }, (input) => {
      const { method: verb, path_params: params } = (input as { request: { method: string; path_params: Record<string, string> } }).request;
      if (verb === 'POST') return { action: 'respond', response: { status: 403 } };
      return params['id'] === '7' ? 'nonsense' : { action: 'continue', context: { guarded: true } };
    });
    for (const line of ['GET /guarded', 'GET /guarded/:id', 'POST /guarded', 'GET /fronted', 'POST /fronted', 'OPTIONS /optional', 'POST /optional']) await rest.route(line, () => ({ body: 'new' }));
    rest.service.before('/fronted', express.json(), (_request: express.Request, _response: express.Response, next: express.NextFunction) => next());
    rest.service.use('/app', express.text(), (_request: express.Request, response: express.Response) => void response.send('app'));
    rest.service.use('/express-throws', () => {
      throw new TypeError('boom');
    });
    await rest.route('POST /pay', () => ({ status: 201, body: 'paid' }), { idempotency: true });
    await rest.route('POST /strict', () => ({ status: 201 }), { idempotency: { required: true } });
    await rest.route('POST /reports', () => ({ body: 'report' }), { respond: 'accepted', idempotency: true });
    const { id } = (await rest.send('POST /reports', 1)).json as unknown as { readonly id: string };
    await queue.run();
    let sent = 0;
    let answered = 0;
    const seen = new Set<string>();
    await fc.assert(fc.asyncProperty(fc.array(request, { minLength: together, maxLength: together }), async (requests) => {
      const answers = await sendAll(rest.port, requests, id);
      sent += requests.length;
      for (const answer of answers) {
        const kinds = check(answer);
        if (kinds.length > 0) answered += 1;
        for (const kind of kinds) seen.add(kind);
      }
      expect((await rest.call('GET /hello')).text).toBe('hello');
    }), { numRuns: rounds, endOnFailure: true });
    expect(sent).toBeGreaterThanOrEqual(10_000);
    expect(answered).toBeGreaterThan(sent / 3);
    expect([...seen]).toEqual(expect.arrayContaining(['202', 'replayed', 'MOTIA_REST_IDEMPOTENCY_KEY_INVALID', 'MOTIA_REST_IDEMPOTENCY_KEY_MISSING', 'MOTIA_REST_IDEMPOTENCY_MISMATCH', 'MOTIA_REST_ACCEPTED_REQUEST_UNKNOWN']));
    const isMeant = (fields: Readonly<Record<string, unknown>> | undefined): boolean =>
      fields?.['code'] === 'MOTIA_ENGINE_HANDLER_FAILED' || fields?.['code'] === 'MOTIA_REST_INVALID_MIDDLEWARE_RESPONSE' || (fields?.['error'] as Error | undefined)?.message === 'boom';
    expect(rest.host.logs.records.filter(({ level, fields }) => level === 'error' && !isMeant(fields)).slice(0, 3)).toEqual([]);
    // Every exchange has ended: nothing is left to wait for.
    const begunAt = Date.now();
    await rest.host.stop();
    expect(Date.now() - begunAt).toBeLessThan(5_000);
  }, 180_000);
});
