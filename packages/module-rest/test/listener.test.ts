import { Agent, createServer, request as httpRequest } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { noOptions } from '@motia/engine-core';
import { defineModule, isMotiaError, RestServiceRef, type MotiaError } from '@motia/engine-core/contract';
import { ManualClock, startTestHost } from '@motia/engine-core/testing';
import { rest as restModule } from '../src/index.js';
import { heldRoute } from './fixtures/held-route.js';
import { callPort, deferred, startRest, until } from './fixtures/start-rest.js';

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'));
const envelope = (answer: string): { code: string; message: string } => (JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as { error: { code: string; message: string } }).error;

/** Sends bytes and a reset right behind them. */
function resetAfter(port: number, bytes: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, () => socket.resetAndDestroy()));
    socket.on('error', () => undefined).on('close', () => resolve());
  });
}

async function startFailure(options: Parameters<typeof restModule>[0]): Promise<MotiaError> {
  const host = await startTestHost([restModule(options)], { start: false });
  const error: unknown = await host.start().then(() => undefined, (failure: unknown) => failure);
  await host.stop();
  let cause = error;
  while (cause instanceof Error) {
    if (isMotiaError(cause) && cause.code.startsWith('MOTIA_REST_')) return cause;
    cause = cause instanceof AggregateError ? cause.errors[0] : cause.cause;
  }
  throw new Error('the start did not fail as expected', { cause: error });
}

describe('listening', () => {
  it('is on 127.0.0.1, and on ::1 where present, at one port', async () => {
    await using rest = await startRest();
    expect(rest.service.address()).toEqual({ host: '127.0.0.1', port: rest.port });
    expect((await callPort(rest.port, 'GET /healthz')).status).toBe(200);
    if (hasIpv6) expect((await callPort(rest.port, 'GET /healthz', {}, '::1')).status).toBe(200);
  });

  it('is not reachable from the network unless host says so', async () => {
    const outside = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []).find(({ internal, family }) => !internal && family === 'IPv4')?.address;
    await using closed = await startRest();
    if (outside !== undefined) await expect(callPort(closed.port, 'GET /healthz', {}, outside)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await using open = await startRest({ options: { host: '0.0.0.0' } });
    expect(open.service.address()?.host).toBe('0.0.0.0');
    if (outside !== undefined) expect((await callPort(open.port, 'GET /healthz', {}, outside)).status).toBe(200);
  });

  it('opens no port with listen: false', async () => {
    await using host = await startTestHost([restModule({ listen: false })]);
    expect(host.service(RestServiceRef).address()).toBeUndefined();
  });

  it('fails with PORT_IN_USE naming port, module and the process, and leaves nothing listening', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => holder.once('listening', resolve));
    const { port } = holder.address() as AddressInfo;
    const error = await startFailure({ port });
    expect(error.code).toBe('MOTIA_REST_PORT_IN_USE');
    expect(error.details).toMatchObject({ port, host: '127.0.0.1', module: 'rest', exitCode: 78, ...(process.platform === 'linux' ? { pid: process.pid } : {}) });
    await new Promise((resolve) => holder.close(resolve));
    await expect(callPort(port, 'GET /')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  (hasIpv6 ? it : it.skip)('fails with PORT_IN_USE when only ::1 is taken, and gives 127.0.0.1 back', async () => {
    const holder = createServer().listen({ port: 0, host: '::1', ipv6Only: true });
    await new Promise((resolve) => holder.once('listening', resolve));
    const { port } = holder.address() as AddressInfo;
    expect((await startFailure({ port })).code).toBe('MOTIA_REST_PORT_IN_USE');
    await expect(callPort(port, 'GET /')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await new Promise((resolve) => holder.close(resolve));
  });

  it('fails with LISTEN_FAILED for an address that is not ours', async () => {
    expect(await startFailure({ host: '192.0.2.1', port: 0 })).toMatchObject({ code: 'MOTIA_REST_LISTEN_FAILED', details: { host: '192.0.2.1', reason: 'EADDRNOTAVAIL', exitCode: 78 } });
  });
});

describe('Host header', () => {
  it('is checked in development: localhost and addresses pass, other names are 421', async () => {
    await using rest = await startRest({ options: { allowed_hosts: ['app.test'] } });
    for (const host of ['localhost:1', '127.0.0.1', '[::1]:3111', 'app.test']) expect((await rest.call('GET /healthz', { headers: { host } })).status).toBe(200);
    for (const host of ['evil.example', 'localhost.evil.example', '%%%']) {
      const answer = await rest.call('GET /healthz', { headers: { host } });
      expect(answer.status).toBe(421);
      expect(answer.json.error.code).toBe('MOTIA_REST_HOST_NOT_ALLOWED');
      expect(answer.text).not.toContain(host);
    }
  });
  it('is taken as it is in production unless allowed_hosts is set', async () => {
    await using open = await startRest({ mode: 'production' });
    expect((await open.call('GET /healthz', { headers: { host: 'shop.example' } })).status).toBe(200);
    await using closed = await startRest({ mode: 'production', options: { allowed_hosts: ['.shop.example'] } });
    expect((await closed.call('GET /healthz', { headers: { host: 'eu.shop.example' } })).status).toBe(200);
    expect((await closed.call('GET /healthz', { headers: { host: 'evil.example' } })).status).toBe(421);
  });
  it('is required by HTTP/1.1 and not by 1.0', async () => {
    await using rest = await startRest();
    const answer = await rest.raw('GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(envelope(answer).code).toBe('MOTIA_REST_MALFORMED_REQUEST');
    expect(await rest.raw('GET /healthz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
  });
  it.each(['HTTP/1.1', 'HTTP/1.0'])('stands once in a request of %s (RFC 9112 §3.2): a second one is 400 and ends the connection', async (version) => {
    await using rest = await startRest();
    const answer = await rest.raw(`GET /healthz ${version}\r\nHost: localhost\r\nhOST: localhost\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 [^]*\r\nConnection: close/i);
    expect(envelope(answer)).toMatchObject({ code: 'MOTIA_REST_MALFORMED_REQUEST', message: expect.stringContaining('more than one Host header') as unknown as string });
  });
});

describe('the HTTP parser', () => {
  it.each([
    ['Content-Length beside Transfer-Encoding', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400, 'MALFORMED_REQUEST'],
    ['a bad Content-Length', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10abc\r\n\r\n', 400, 'MALFORMED_REQUEST'],
    ['a negative Content-Length', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n', 400, 'MALFORMED_REQUEST'],
    ['a bare CR in a header value', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\rb: c\r\n\r\n', 400, 'MALFORMED_REQUEST'],
    ['NUL in a header value', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\u0000b\r\n\r\n', 400, 'MALFORMED_REQUEST'],
    ['no HTTP at all', '\u0016\u0003\u0001 hello\r\n\r\n', 400, 'MALFORMED_REQUEST'],
    ['an unknown method', 'BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'MALFORMED_REQUEST'],
    ['headers over 16 KiB', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
    ['a URL over the head limit', `GET /${'x'.repeat(17_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414, 'URI_TOO_LONG'],
    ['CONNECT', 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n', 405, 'METHOD_NOT_ALLOWED'],
  ])('answers %s with the envelope and closes the connection', async (_name, bytes, status, code) => {
    await using rest = await startRest();
    const answer = await rest.raw(bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toMatch(/Connection: close/i);
    expect(envelope(answer).code).toBe(`MOTIA_REST_${code}`);
  });

  it('survives clients that ask for a tunnel and reset the connection before they are answered', async () => {
    await using rest = await startRest();
    for (let count = 0; count < 50; count += 1) await resetAfter(rest.port, 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n');
    expect((await rest.call('GET /healthz')).status).toBe(200);
  });

  it('refuses more than 100 headers with 431', async () => {
    await using rest = await startRest();
    const answer = await rest.call('GET /healthz', { headers: Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`x-${index}`, '1'])) });
    expect(answer.status).toBe(431);
    expect(answer.json.error).toMatchObject({ code: 'MOTIA_REST_HEADERS_TOO_LARGE', details: { limitCount: 100 } });
  });

  it('answers an expectation it does not know with 417', async () => {
    await using rest = await startRest();
    expect(await rest.raw('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: miracles\r\n\r\n')).toMatch(/^HTTP\/1\.1 417 [^]*MOTIA_REST_EXPECTATION_FAILED/);
  });

  it('serves absolute request targets', async () => {
    await using rest = await startRest();
    await rest.route('GET /abs', (payload) => ({ body: (payload as { query_params: unknown }).query_params }));
    expect(await rest.raw('GET http://localhost/abs?a=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')).toContain('{"a":"1"}');
    expect(await rest.raw('OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 204 /);
  });
});

describe('slow and greedy clients', () => {
  const impatient = { server: { headers_timeout_ms: 100, request_timeout_ms: 200, connections_checking_interval_ms: 20 } };

  it('a head that does not come is 408', async () => {
    await using rest = await startRest({ options: impatient });
    const answer = await rest.raw('GET /healthz HTTP/1.1\r\nHost: localhost\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(envelope(answer).code).toBe('MOTIA_REST_REQUEST_TIMEOUT');
  });

  it('five hundred slow heads are ended in time, while others are served', async () => {
    await using rest = await startRest({ options: impatient });
    const slow = Array.from({ length: 500 }, () => rest.raw('GET /healthz HTTP/1.1\r\nX: '));
    expect((await rest.call('GET /healthz')).status).toBe(200);
    const answers = await Promise.all(slow);
    expect(answers.filter((answer) => answer.startsWith('HTTP/1.1 408 '))).toHaveLength(500);
  });

  it('a body that does not come is 408, and its exchange ends', async () => {
    await using rest = await startRest({ options: impatient });
    await rest.route('POST /echo', (payload) => ({ body: payload }));
    expect(await rest.raw('POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{')).toMatch(/^HTTP\/1\.1 408 /);
    await rest.host.stop();
    expect(rest.host.state).toBe('stopped');
  });

  it('a body has the time that its route gives it', async () => {
    await using rest = await startRest({ options: impatient });
    await rest.route('POST /hasty', (payload) => ({ body: payload }), { body_timeout_ms: 50 });
    await rest.route('POST /patient', (payload) => ({ body: payload }), { body_timeout_ms: 5_000 });
    const head = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{`;
    const answer = await rest.raw(head('/hasty'));
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(envelope(answer).code).toBe('MOTIA_REST_REQUEST_TIMEOUT');
    const late = await new Promise<string>((resolve) => {
      let got = '';
      const socket = connect(rest.port, '127.0.0.1', () => socket.write(head('/patient')));
      socket.on('data', (bytes) => (got += bytes.toString())).on('close', () => resolve(got));
      // Longer than the server gives a request.
      setTimeout(() => socket.write('}'), 500);
    });
    expect(late).toMatch(/^HTTP\/1\.1 200 /);
    await rest.host.stop();
    expect(rest.host.state).toBe('stopped');
  });

  it('an endless chunked body is 413 after the limit, and memory stays flat', async () => {
    await using rest = await startRest({ options: { body_limit_bytes: 100_000 } });
    await rest.route('POST /echo', (payload) => ({ body: payload }));
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536, 0x30), Buffer.from('\r\n')]);
    const before = process.memoryUsage().arrayBuffers;
    const { answer, sent, peak } = await new Promise<{ answer: string; sent: number; peak: number }>((resolve) => {
      const socket = connect(rest.port, '127.0.0.1');
      let got = '';
      let written = 0;
      let most = 0;
      const pump = (): void => {
        if (socket.destroyed || written > 512 * 1024 * 1024) return;
        written += chunk.length;
        most = Math.max(most, process.memoryUsage().arrayBuffers);
        if (socket.write(chunk)) setImmediate(pump);
        else socket.once('drain', pump);
      };
      socket.on('error', () => undefined);
      socket.on('data', (data) => (got += data.toString('latin1')));
      socket.on('close', () => resolve({ answer: got, sent: written, peak: most }));
      socket.write('POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n');
      pump();
    });
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(envelope(answer).code).toBe('MOTIA_REST_BODY_TOO_LARGE');
    expect(sent).toBeLessThan(100 * 1024 * 1024);
    expect(peak - before).toBeLessThan(64 * 1024 * 1024);
  });

  it('a body that is announced over the limit is refused before it is sent', async () => {
    await using rest = await startRest();
    let ran = false;
    await rest.route('POST /echo', () => void (ran = true));
    const answer = await rest.raw('POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\nExpect: 100-continue\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).not.toContain('100 Continue');
    expect(ran).toBe(false);
  });

  it('100 Continue is sent once the body is wanted', async () => {
    await using rest = await startRest();
    await rest.route('POST /echo', (payload) => ({ body: (payload as { body: unknown }).body }));
    const answer = await rest.raw('POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 7\r\nExpect: 100-continue\r\n\r\n', '{"a":1}');
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK[^]*\{"a":1\}$/);
  });

  it('a client that does not take its response is cut', async () => {
    await using rest = await startRest({ options: { server: { write_timeout_ms: 100 } } });
    await rest.route('GET /big', () => ({ body: 'x'.repeat(15_000_000) }));
    const socket = connect(rest.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.pause();
    socket.write('GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await rest.call('GET /healthz');
    await rest.host.stop();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.resume();
    await closed;
  });

  it('a client that takes its response slowly gets all of it', async () => {
    const clock = new ManualClock();
    await using rest = await startRest({ clock, options: { server: { write_timeout_ms: 30_000 } } });
    await rest.route('GET /big', () => ({ body: 'x'.repeat(12_000_000) }));
    const socket = connect(rest.port, '127.0.0.1');
    let received = 0;
    const done = new Promise((resolve, reject) => socket.on('error', reject).on('close', resolve));
    socket.on('data', (chunk) => {
      received += chunk.length;
      socket.pause();
      // Longer than the limit for each piece: only a connection on which nothing moves is cut.
      void clock.advance('1m').then(() => socket.resume());
    });
    socket.write('GET /big HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    await done;
    expect(received).toBeGreaterThan(12_000_000);
  });

  it('a connection carries so many requests and is then closed', async () => {
    await using rest = await startRest({ options: { server: { max_requests_per_socket: 3 } } });
    const one = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const answer = await rest.raw(one.repeat(3));
    expect(answer.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
    expect(answer.match(/^Connection: close/gm)).toHaveLength(1);
  });

  it('connections over the limit are closed', async () => {
    await using rest = await startRest({ options: { server: { max_connections: 1 } } });
    const agent = new Agent({ keepAlive: true });
    await new Promise<void>((resolve) => httpRequest({ port: rest.port, host: '127.0.0.1', path: '/healthz', agent }, (response) => response.resume().on('end', resolve)).end());
    await expect(rest.call('GET /healthz')).rejects.toMatchObject({ code: 'ECONNRESET' });
    agent.destroy();
  });
});

describe('admission', () => {
  it('R2 over the limit requests wait, and over the wait queue they are 503 OVERLOADED with Retry-After', async () => {
    await using rest = await startRest({ options: { concurrency_request_limit: 1 } });
    const gate = deferred();
    let running = 0;
    let most = 0;
    await rest.route('GET /slow', async () => {
      most = Math.max(most, ++running);
      await gate.promise;
      running -= 1;
      return { body: 'ok' };
    });
    const first = rest.call('GET /slow');
    await until(() => running === 1);
    const overloaded = await rest.call('GET /slow');
    expect(overloaded).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(overloaded.json.error).toMatchObject({ code: 'MOTIA_REST_OVERLOADED', retryable: true, details: { limit: 1 } });
    const second = rest.call('GET /slow');
    gate.resolve();
    expect([(await first).status, (await second).status, most]).toEqual([200, 200, 1]);
  });
});

describe('system routes', () => {
  it('/healthz says alive and /readyz says ready, without internals', async () => {
    await using rest = await startRest();
    expect((await rest.call('GET /healthz')).text).toBe('{"status":"ok"}');
    expect((await rest.call('GET /readyz')).text).toBe('{"status":"ready"}');
    expect((await rest.call('HEAD /healthz')).status).toBe(200);
    expect(await rest.call('POST /healthz')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });
  it('win over parameters, and are moved by system_routes', async () => {
    await using rest = await startRest({ options: { system_routes: '/_system' } });
    await rest.route('GET /:page', (payload) => ({ body: (payload as { path_params: unknown }).path_params }));
    await rest.route('GET /healthz', () => ({ body: 'mine' }));
    expect((await rest.call('GET /healthz')).text).toBe('mine');
    expect((await rest.call('GET /_system/healthz')).text).toBe('{"status":"ok"}');
    expect((await rest.call('GET /readyz')).json).toEqual({ page: 'readyz' });
    await expect(rest.route('GET /_system/readyz', () => undefined)).rejects.toMatchObject({ code: 'MOTIA_REST_RESERVED_PATH' });
  });
  it.each(['/healthz', '/readyz', '/openapi.json', '/__motia', '/__motia/step/:id', '/_console', '/_console/invoke'])('a route on %s is RESERVED_PATH', async (path) => {
    await using rest = await startRest();
    await expect(rest.route(`GET ${path}`, () => undefined)).rejects.toMatchObject({ code: 'MOTIA_REST_RESERVED_PATH', details: { path } });
  });
  it('a reserved path never reaches a parameter route', async () => {
    await using rest = await startRest();
    await rest.route('GET /:page', () => ({ body: 'page' }));
    expect((await rest.call('GET /openapi.json')).json).toMatchObject({ openapi: '3.1.0' });
    expect((await rest.call('GET /__motia')).status).toBe(404);
    expect((await rest.call('GET /healthz')).text).toBe('{"status":"ok"}');
  });
});

describe('draining', () => {
  it('lets requests in flight finish, closes idle connections, and takes no new ones', async () => {
    const rest = await startRest();
    const gate = deferred();
    let started = false;
    await rest.route('GET /slow', async () => {
      started = true;
      await gate.promise;
      return { body: 'finished' };
    });
    const agent = new Agent({ keepAlive: true });
    const idle = await new Promise<import('node:net').Socket>((resolve) => {
      const sent = httpRequest({ port: rest.port, host: '127.0.0.1', path: '/healthz', agent }, (response) => response.resume().on('end', () => resolve(sent.socket as import('node:net').Socket)));
      sent.end();
    });
    const idleClosed = new Promise((resolve) => idle.once('close', resolve));
    const inFlight = rest.raw('GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await until(() => started);
    const stopped = rest.host.stop();
    await idleClosed;
    await expect(rest.call('GET /healthz')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    gate.resolve();
    const answer = await inFlight;
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK[^]*Connection: close[^]*finished$/);
    await stopped;
    agent.destroy();
  });

  it('says not ready on connections that are still open', async () => {
    const rest = await startRest();
    const gate = deferred();
    let started = false;
    await rest.route('GET /slow', () => {
      started = true;
      return gate.promise;
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const socket = connect(rest.port, '127.0.0.1');
    const answers: string[] = [];
    socket.on('data', (data) => answers.push(data.toString()));
    const slow = rest.call('GET /slow');
    await until(() => started);
    socket.write('GET /readyz HTTP/1.1\r\n');
    await rest.call('GET /healthz');
    const stopped = rest.host.stop();
    socket.write('Host: localhost\r\n\r\n');
    await until(() => answers.length > 0);
    expect(answers.join('')).toMatch(/^HTTP\/1\.1 503 [^]*Connection: close[^]*\{"status":"not_ready"\}/);
    gate.resolve();
    await slow;
    await stopped;
    agent.destroy();
  });

  it('at the deadline cancels what is left and answers 503 (fault 48)', async () => {
    const rest = await startRest();
    let signal: AbortSignal | undefined;
    await rest.route('GET /forever', (_payload, call) => {
      ({ signal } = call);
      return new Promise(() => undefined);
    });
    const call = rest.call('GET /forever');
    await until(() => signal !== undefined);
    const stopped = rest.host.stop({ drainTimeoutMs: 50 });
    const answer = await call;
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(answer.json.error.code).toBe('MOTIA_REST_DRAINING');
    await stopped;
    expect(signal?.aborted).toBe(true);
  });
});

describe('pipelined requests', () => {
  const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

  it('are answered in their order', async () => {
    await using rest = await startRest();
    const { release } = await heldRoute(rest, 'GET /first', 'first');
    await rest.route('GET /second', () => {
      release();
      return { body: 'second', headers: { 'x-last': '1' } };
    });
    expect(await rest.raw(get('/first'), `${get('/second').slice(0, -2)}Connection: close\r\n\r\n`)).toMatch(/first[^]*second/);
  });

  it('R1 get their answer also when what comes behind them is no request: it is not answered in their place', async () => {
    await using rest = await startRest();
    const gate = deferred();
    await rest.route('POST /whole', async () => {
      await gate.promise;
      return { body: 'the whole' };
    });
    await rest.route('POST /streamed', () => ({ body: (async function* () {
      yield 'the ';
      await gate.promise;
      yield 'whole';
    })() }));
    const answers = ['/whole', '/streamed'].map((path) => new Promise<string>((resolve) => {
      let answer = '';
      const socket = connect(rest.port, '127.0.0.1', () => socket.write(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n${path === '/whole' ? 'what is this\r\n\r\n' : ''}`));
      socket.on('data', (data) => {
        if (answer === '' && path === '/streamed') socket.write('what is this\r\n\r\n', () => socket.write('and this\r\n\r\n'));
        answer += data.toString('latin1');
      });
      socket.on('error', () => undefined).on('close', () => resolve(answer));
    }));
    for (let asked = 0; asked < 5; asked += 1) await rest.call('GET /healthz');
    gate.resolve();
    const [whole, streamed] = await Promise.all(answers);
    expect(whole).toMatch(/^HTTP\/1\.1 200 [^]*\r\n\r\nthe whole$/);
    expect(streamed).toMatch(/^HTTP\/1\.1 200 [^]*\r\n\r\n4\r\nthe \r\n5\r\nwhole\r\n0\r\n\r\n$/);
  });

  it('R1 end with their connection, those that wait behind another too', async () => {
    const rest = await startRest();
    const signals: AbortSignal[] = [];
    await rest.route('GET /hangs', (_payload, call) => {
      signals.push(call.signal);
      return new Promise(() => undefined);
    });
    const socket = connect(rest.port, '127.0.0.1');
    socket.write(get('/hangs').repeat(20));
    await until(() => signals.length === 20);
    socket.destroy();
    await until(() => signals.every(({ aborted }) => aborted));
    const begunAt = Date.now();
    await rest.host.stop();
    expect(Date.now() - begunAt).toBeLessThan(2_000);
  });
});

describe('drain_delay_ms', () => {
  it('G1 serves new connections for that long, with readyz 503 and connections that end, and cuts it short when it is hurried', async () => {
    const clock = new ManualClock();
    await using rest = await startRest({ clock, options: { server: { drain_delay_ms: 5_000 } } });
    await rest.route('GET /hello', () => ({ body: 'hi' }));
    const stopped = rest.host.stop();
    expect((await rest.call('GET /readyz')).status).toBe(503);
    expect(await rest.call('GET /hello')).toMatchObject({ status: 200, text: 'hi', headers: { connection: 'close' } });
    await clock.advance(5_000);
    await stopped;
    await expect(rest.call('GET /hello')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await using hurried = await startRest({ options: { server: { drain_delay_ms: 600_000 } } });
    const begunAt = Date.now();
    const hurriedStop = hurried.host.stop();
    await hurried.host.stop({ drainTimeoutMs: 0 });
    await hurriedStop;
    expect(Date.now() - begunAt).toBeLessThan(5_000);
  });
});

describe('while the engine is starting', () => {
  it('an unknown path is 503 STARTING with Retry-After, and 404 once everything came up', async () => {
    const gate = deferred();
    const slow = defineModule({
      name: 'slow-starter', version: '0.0.0', contract: 1, class: 'test::SlowStarter', options: noOptions,
      create: async () => ({ services: {}, start: () => gate.promise }),
    });
    const host = await startTestHost([restModule({ port: 0 }), { definition: slow }], { start: false });
    const started = host.start();
    const { port } = await addressOf(host);
    const early = await callPort(port, 'GET /app');
    expect(early).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(early.json.error).toMatchObject({ code: 'MOTIA_REST_STARTING', retryable: true });
    expect((await callPort(port, 'GET /readyz')).status).toBe(503);
    gate.resolve();
    await started;
    expect((await callPort(port, 'GET /app')).status).toBe(404);
    expect((await callPort(port, 'GET /readyz')).status).toBe(200);
    await host.stop();
  });
});

async function addressOf(host: Awaited<ReturnType<typeof startTestHost>>): Promise<{ port: number }> {
  const find = (): { port: number } | undefined => {
    const record = host.logs.records.find(({ message }) => message === 'Listening');
    return record?.fields as { port: number } | undefined;
  };
  await until(() => find() !== undefined);
  return find() ?? { port: 0 };
}
