import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { fakeQueue } from './fixtures/fake-queue.js';
import { heldRoute } from './fixtures/held-route.js';
import { deferred, startRest, until } from './fixtures/start-rest.js';

describe('responses that wait behind others of their connection', () => {
  it.each([
    ['whole', () => ({ body: 'x'.repeat(15_000_000) })],
    ['as a stream', () => ({ body: (async function* () {
      for (let sent = 0; sent < 240; sent += 1) yield await Promise.resolve('x'.repeat(65_536));
    })() })],
  ])('are limited once it is their turn: a client that does not take its second one is cut, %s', async (_name, handler) => {
    await using rest = await startRest({ options: { server: { write_timeout_ms: 100 } } });
    const first = deferred();
    await rest.route('GET /first', async () => {
      await first.promise;
      return { body: 'first' };
    });
    await rest.route('GET /big', handler);
    const socket = connect(rest.port, '127.0.0.1');
    socket.on('error', () => undefined);
    const hasBegun = new Promise<void>((resolve) => socket.once('data', () => {
      socket.pause();
      resolve();
    }));
    socket.write('GET /first HTTP/1.1\r\nHost: localhost\r\n\r\nGET /big HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await rest.call('GET /healthz');
    first.resolve();
    await hasBegun;
    // It waits for the second response, and has longer for it than the limit is.
    await rest.host.stop({ drainTimeoutMs: 60_000 });
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.resume();
    await closed;
  });

  it.each([
    ['/openapi.json', undefined],
    ['the state of an accepted request', 'application/json'],
    ['its events', 'text/event-stream'],
  ])('cut a client that does not take what the engine itself answers: %s', async (_name, accept) => {
    const queue = fakeQueue();
    await using rest = await startRest({ beside: [queue.use], options: { openapi: { description: 'x'.repeat(15_000_000) }, server: { write_timeout_ms: 100, max_connections: 1 } } });
    await rest.route('POST /reports', () => ({ body: 'x'.repeat(15_000_000) }), { respond: 'accepted' });
    const accepted = await rest.send('POST /reports', {});
    await queue.run();
    const socket = connect(rest.port, '127.0.0.1').on('error', () => undefined).pause();
    const path = accept === undefined ? '/openapi.json' : accepted.headers.location ?? '';
    await new Promise<void>((resolve) => socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: ${accept ?? '*/*'}\r\n\r\n`, () => resolve()));
    // There is room for one connection, and it is held until then.
    await expect(rest.call('GET /healthz')).rejects.toThrow();
    let status = 0;
    await until(() => {
      void rest.call('GET /healthz').then((answer) => (status = answer.status), () => undefined);
      return status === 200;
    });
    socket.destroy();
  });

  it('have their own time, though the one before it was large', async () => {
    await using rest = await startRest({ options: { server: { write_timeout_ms: 100 } } });
    await rest.route('GET /big', () => ({ body: 'x'.repeat(8_000_000) }));
    const { began, release } = await heldRoute(rest, 'GET /slow', 'slow');
    const socket = connect(rest.port, '127.0.0.1');
    let received = 0;
    let end = '';
    const closed = new Promise((resolve) => socket.on('error', () => undefined).on('close', resolve));
    socket.on('data', (chunk) => {
      received += chunk.length;
      end = (end + chunk.toString('latin1')).slice(-500);
    });
    socket.write('GET /big HTTP/1.1\r\nHost: localhost\r\n\r\nGET /slow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    await began;
    await until(() => received > 8_000_000);
    // Nothing moves for three times the limit, and nobody is to blame.
    setTimeout(release, 300);
    await closed;
    expect(end).toMatch(/xHTTP\/1\.1 200 OK[^]*slow$/);
  });
});
