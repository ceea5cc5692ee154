import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import express from 'express';
import fc from 'fast-check';
import { startRest } from './fixtures/start-rest.js';

/** Sent in many places, and never to be seen in an answer. */
const mark = 'MARK<script>';
const together = 800;
const rounds = 13;

const method = fc.oneof({ weight: 4, arbitrary: fc.constantFrom('GET', 'POST', 'PUT', 'HEAD', 'OPTIONS', 'DELETE') }, fc.constantFrom('', 'get', 'BREW', 'CONNECT', 'PRI', 'TRACE', 'M-SEARCH', '\u0000', mark));
const target = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('/hello', '/echo', '/users/7', '/typed?page=2', '/healthz', '/openapi.json', '/guarded', '/guarded/7', '/fronted', '/optional') },
  fc.constantFrom('', '*', '//', '/../..', 'http://localhost/hello', 'http://', 'hello', '/users/%E0%A4%A', '/users/%00', `/users/${mark}`, `/${mark}?${mark}`, `/typed?page=${mark}`, `/hello?${'a&'.repeat(1100)}`, `/${'x'.repeat(9000)}`, `/${'y'.repeat(20_000)}`, '/users/\u00ff\u0080', '/hello#x', '/users/a b', '/throws', '/%67uarded', '/fronted/../guarded', '/%66ronted?x', '//fronted', '/app/x', '/app/%E0%A4%A', '/express-throws', '/__motia', '/nowhere/at/all'),
);
const version = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(' HTTP/1.1', ' HTTP/1.0') }, fc.constantFrom('', ' HTTP/2.0', ' HTTP/9', ' HTTP/1.', ' FTP/1.1', '  HTTP/1.1'));
const headerLine = fc.constantFrom(
  'Host: localhost', `Host: ${mark}`, 'Host: evil.example', 'Host:', 'Content-Length: 7', 'Content-Length: 0', 'Content-Length: 10abc', 'Content-Length: -1', 'Content-Length: 9999999999999', 'Content-Length: 99999999999999999999999',
  'Transfer-Encoding: chunked', 'Transfer-Encoding: gzip', 'Transfer-Encoding: chunked, chunked', 'Transfer-Encoding: identity', 'Content-Type: application/json', 'Content-Type: text/plain', `Content-Type: ${mark}`, 'Content-Type: application/json; charset=utf-16',
  'Content-Type: application/x-www-form-urlencoded', 'Content-Type: multipart/form-data; boundary=b', 'Content-Type: multipart/form-data', `Content-Type: multipart/form-data; boundary=${'x'.repeat(300)}`, 'Content-Type: application/octet-stream', 'Content-Encoding: gzip, br', 'X-Forwarded-For: 1.2.3.4, nonsense', `X-Forwarded-For: ${mark}`, 'X-Forwarded-Proto: gopher', 'Accept: text/event-stream',
  'Content-Encoding: gzip', 'Content-Encoding: br', `Content-Encoding: ${mark}`, 'Expect: 100-continue', 'Expect: miracles', 'Connection: close', 'Connection: keep-alive', 'Connection: upgrade\r\nUpgrade: websocket', 'Bad Header: x', `${mark}: x`, ' folded', 'no colon at all', `X-Nul: a\u0000b`, 'X-Cr: a\rb',
  `X-Long: ${'x'.repeat(17_000)}`, Array.from({ length: 130 }, (_, index) => `X-${index}: 1`).join('\r\n'), 'traceparent: nonsense', `x-request-id: ${mark}`, `Origin: ${mark}`, 'Access-Control-Request-Method: GET', 'Trailer: x',
);
const body = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('', '{"a":1}', '7\r\n{"a":1}\r\n0\r\n\r\n') },
  fc.constantFrom('{', '{"a":', `{"${mark}"`, '{"__proto__":{"x":1}}', '['.repeat(5000), `[${'1,'.repeat(1000)}1]`, '\u001f\u008b\u0008\u0000broken', '\u0000\u0000', 'zz\r\n{"a":1}\r\n', '-1\r\n', 'ffffffffffffffff\r\nx', 'a=1&b=%E0%A4%A&a=2', `--b\r\nContent-Disposition: form-data; name="${mark}"\r\n\r\n1\r\n--b--\r\n`, '--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\nabc', '--b\r\nbroken', '7;ext=1\r\n{"a":1}\r\n0\r\nTrailer: x\r\n\r\n', '\ufeff{}', 'GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n'),
);
const request = fc.record({
  method, target, version,
  headers: fc.array(headerLine, { maxLength: 5 }),
  hasHost: fc.boolean(),
  ending: fc.oneof({ weight: 8, arbitrary: fc.constant('\r\n') }, fc.constantFrom('\n', '\r')),
  body,
  splits: fc.array(fc.nat({ max: 400 }), { maxLength: 3 }),
  leaves: fc.boolean(),
});
type Request = typeof request extends fc.Arbitrary<infer R> ? R : never;

function bytesOf({ method: verb, target: path, version: protocol, headers, hasHost, ending, body: text }: Request): Buffer {
  const lines = [`${verb} ${path}${protocol}`, ...(hasHost ? ['Host: localhost'] : []), ...headers];
  return Buffer.from(`${lines.join(ending)}${ending}${ending}${text}`, 'latin1');
}

/** What came back until the connection closed, or that it did not. */
function send(port: number, bytes: Buffer, { splits, leaves }: Request): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
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
}

const statuses = new Set([100, 200, 204, 400, 403, 404, 405, 408, 413, 414, 415, 417, 421, 422, 431, 500]);

function check(answer: string): number {
  expect(answer).not.toContain(mark);
  expect(answer).not.toMatch(/<html|<!doctype|<pre>|\n\s+at |node:internal|\.ts:\d|\.js:\d/i);
  let count = 0;
  let rest = answer;
  while (rest !== '') {
    const head = /^HTTP\/1\.1 (\d{3}) [^\r\n]+\r\n((?:[!-9;-~]+:[^\r\n]*\r\n)*)\r\n/.exec(rest);
    expect(head === null ? rest.slice(0, 200) : 'a response').toBe('a response');
    if (head === null) break;
    const status = Number(head[1]);
    expect(statuses).toContain(status);
    const length = Number(/^content-length: (\d+)\r$/im.exec(head[2] ?? '')?.[1] ?? 0);
    rest = rest.slice(head[0].length);
    // HEAD answers announce a length and bring nothing.
    const text = rest.startsWith('HTTP/1.1 ') ? '' : rest.slice(0, length);
    rest = rest.slice(text.length);
    if (status >= 400 && text !== '' && text !== 'missing') {
      expect(JSON.parse(text)).toMatchObject({ error: { code: expect.stringMatching(/^MOTIA_REST_|^MOTIA_ENGINE_/), requestId: expect.any(String) } });
    }
    count += 1;
  }
  return count;
}

describe('raw HTTP', () => {
  it(`survives ${together * rounds} requests of valid and broken parts: no stack, no HTML, no echo, no hang`, async () => {
    await using rest = await startRest({ options: { not_found_function: 'fuzz::missing', trust_proxy: true, middleware: [{ function_id: 'fuzz::guard', path: '/guarded' }], server: { headers_timeout_ms: 150, request_timeout_ms: 150, connections_checking_interval_ms: 20, keep_alive_timeout_ms: 50 } } });
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
    let sent = 0;
    let answered = 0;
    await fc.assert(fc.asyncProperty(fc.array(request, { minLength: together, maxLength: together }), async (requests) => {
      const answers = await Promise.all(requests.map((one) => send(rest.port, bytesOf(one), one)));
      sent += requests.length;
      for (const answer of answers) answered += check(answer);
      expect((await rest.call('GET /hello')).text).toBe('hello');
    }), { numRuns: rounds, endOnFailure: true });
    expect(sent).toBeGreaterThanOrEqual(10_000);
    expect(answered).toBeGreaterThan(sent / 3);
    const isMeant = (fields: Readonly<Record<string, unknown>> | undefined): boolean =>
      fields?.['code'] === 'MOTIA_ENGINE_HANDLER_FAILED' || fields?.['code'] === 'MOTIA_REST_INVALID_MIDDLEWARE_RESPONSE' || (fields?.['error'] as Error | undefined)?.message === 'boom';
    expect(rest.host.logs.records.filter(({ level, fields }) => level === 'error' && !isMeant(fields)).slice(0, 3)).toEqual([]);
    // Every exchange has ended: nothing is left to wait for.
    const begunAt = Date.now();
    await rest.host.stop();
    expect(Date.now() - begunAt).toBeLessThan(5_000);
  }, 180_000);
});
