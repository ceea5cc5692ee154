import { gzipSync } from 'node:zlib';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MotiaError, type ChannelReader, type ChannelRef, type ChannelWriter } from '@motia/engine-core/contract';
import { stopwatch } from '@motia/tools/stopwatch';
import { multipart } from './fixtures/multipart-form.js';
import { openRequest, openResponse } from './fixtures/stream-client.js';
import { deferred, startRest, until, type Path, type RestFixture } from './fixtures/start-rest.js';

interface Payload {
  readonly body: unknown;
  readonly response: ChannelRef;
  readonly request_body?: ChannelRef;
  readonly files?: ChannelRef;
  readonly raw_body?: string;
}

const octets = { 'content-type': 'application/octet-stream' };
const megabyte = Buffer.alloc(1024 * 1024, 'x');

describe.each<Path>(['listener', 'router'])('streams through the %s', (via) => {
  let rest: RestFixture;
  beforeAll(async () => {
    rest = await startRest({ via, options: { uploads: { limit_bytes: 20_000_000 }, server: { write_timeout_ms: 300, request_timeout_ms: 400, connections_checking_interval_ms: 50 } } });
  });
  afterAll(async () => rest[Symbol.asyncDispose]());

  let paths = 0;
  const path = (): string => `/${via}-${(paths += 1)}`;
  const readerOf = (payload: unknown): ChannelReader => rest.host.channels.openReader((payload as Payload).request_body as ChannelRef);
  const writerOf = (payload: unknown): ChannelWriter => rest.host.channels.openWriter((payload as Payload).response);
  const allOf = async (reader: ChannelReader): Promise<Buffer> => {
    const chunks: Buffer[] = [];
    for await (const chunk of reader) chunks.push(Buffer.from(chunk as Uint8Array));
    return Buffer.concat(chunks);
  };

  describe('request bodies', () => {
    it('of any other type reach the handler as a stream of the exact bytes', async () => {
      const at = path();
      await rest.route(`POST ${at}`, async (payload) => ({ body: { body: (payload as Payload).body, text: (await allOf(readerOf(payload))).toString('latin1') } }));
      for (const headers of [octets, { 'content-type': 'application/xml' }, {}] as Record<string, string>[]) {
        const answer = await rest.call(`POST ${at}`, { body: Buffer.from([0, 255, 13, 10]), headers });
        expect(answer.json).toEqual({ body: null, text: '\u0000\u00ff\r\n' });
      }
    });

    it('are inflated, and the limit holds for the inflated bytes', async () => {
      const at = path();
      await rest.route(`POST ${at}`, async (payload) => ({ body: { length: (await allOf(readerOf(payload))).length } }));
      const encoded = { ...octets, 'content-encoding': 'gzip' };
      expect((await rest.call(`POST ${at}`, { body: gzipSync(megabyte), headers: encoded })).json).toEqual({ length: megabyte.length });
      const bomb = await rest.call(`POST ${at}`, { body: gzipSync(Buffer.alloc(40_000_000)), headers: encoded });
      expect([bomb.status, bomb.json.error.code]).toEqual([413, 'MOTIA_REST_BODY_TOO_LARGE']);
      const broken = await rest.call(`POST ${at}`, { body: 'not gzip at all', headers: encoded });
      expect([broken.status, broken.json.error.code]).toEqual([400, 'MOTIA_REST_INVALID_BODY']);
      const unknown = await rest.call(`POST ${at}`, { body: 'x', headers: { ...octets, 'content-encoding': 'zstd' } });
      expect([unknown.status, unknown.json.error.code]).toEqual([415, 'MOTIA_REST_UNSUPPORTED_MEDIA_TYPE']);
    });

    it('stop the socket while the handler does not read, and go on when it does', async () => {
      const at = path();
      const mayRead = deferred();
      await rest.route(`POST ${at}`, async (payload) => {
        await mayRead.promise;
        return { body: { length: (await allOf(readerOf(payload))).length } };
      });
      const { sent, answer } = openRequest(rest.port, `POST ${at}`, { ...octets, 'transfer-encoding': 'chunked' });
      let written = 0;
      const total = 16;
      const push = (): void => {
        while (written < total) {
          written += 1;
          if (!sent.write(megabyte)) return void sent.once('drain', push);
        }
        sent.end();
      };
      push();
      let seen = -1;
      let quiet = 0;
      await until(() => {
        quiet = written === seen ? quiet + 1 : 0;
        seen = written;
        return quiet > 2_000;
      });
      expect(written).toBeLessThan(total);
      mayRead.resolve();
      expect(JSON.parse((await (await answer).rest()).toString())).toEqual({ length: total * megabyte.length });
    });

    it('over the limit are 413, announced or not', async () => {
      const at = path();
      await rest.route(`POST ${at}`, async (payload) => ({ body: { length: (await allOf(readerOf(payload))).length } }), { body_limit_bytes: 1000 });
      const announced = await rest.call(`POST ${at}`, { body: Buffer.alloc(1001), headers: octets });
      expect(announced.json.error).toMatchObject({ code: 'MOTIA_REST_BODY_TOO_LARGE', details: { limitBytes: 1000, receivedBytes: 1001 } });
      const { sent, answer } = openRequest(rest.port, `POST ${at}`, { ...octets, 'transfer-encoding': 'chunked' });
      sent.end(Buffer.alloc(100_000));
      expect((await answer).status).toBe(413);
      expect((await rest.call(`POST ${at}`, { body: Buffer.alloc(1000), headers: octets })).json).toEqual({ length: 1000 });
      expect((await rest.call(`POST ${at}`, { body: `"${'x'.repeat(1000)}"`, headers: { 'content-type': 'application/json' } })).status).toBe(413);
    });

    it('that nobody reads do not keep the answer from the client', async () => {
      const at = path();
      await rest.route(`POST ${at}`, () => ({ status: 401, body: 'who are you?' }));
      const small = await rest.call(`POST ${at}`, { body: Buffer.alloc(2000), headers: octets });
      expect([small.status, small.text]).toEqual([401, 'who are you?']);
      const { sent, answer } = openRequest(rest.port, `POST ${at}`, { ...octets, 'transfer-encoding': 'chunked' });
      sent.on('error', () => undefined);
      for (let index = 0; index < 8; index += 1) sent.write(megabyte);
      sent.end();
      const large = await answer;
      expect([large.status, (await large.rest()).toString(), large.headers.connection]).toEqual([401, 'who are you?', 'close']);
    });

    it('that nobody reads hold no channel once the answer is given, whole or half sent, file or not', async () => {
      const at = path();
      const refs: ChannelRef[] = [];
      await rest.route(`POST ${at}`, async (payload) => {
        const { request_body: body, files } = payload as { request_body?: ChannelRef; files?: ChannelRef };
        refs.push((body ?? files) as ChannelRef);
        return { body: 'unread' };
      });
      const form = multipart([{ name: 'f', filename: 'f', value: 'x'.repeat(5000) }]);
      await rest.call(`POST ${at}`, { body: Buffer.alloc(2000), headers: octets });
      await rest.call(`POST ${at}`, { body: megabyte, headers: octets });
      await rest.call(`POST ${at}`, { body: form.body, headers: { 'content-type': form.contentType } });
      expect(refs).toHaveLength(3);
      for (const ref of refs) expect(() => rest.host.channels.openReader(ref)).toThrow(expect.objectContaining({ code: 'MOTIA_REST_BODY_ABANDONED' }));
    });

    it('for which no channel is left are 503 with Retry-After, and the engine goes on', async () => {
      const at = path();
      await rest.route(`POST ${at}`, () => ({ body: 'ok' }));
      const taken: ChannelRef[] = [];
      expect(() => {
        for (;;) taken.push(rest.host.channels.create().writer);
      }).toThrow(expect.objectContaining({ code: 'MOTIA_ENGINE_CHANNELS_EXHAUSTED' }));
      try {
        const form = multipart([{ name: 'f', filename: 'f', value: 'x' }]);
        for (const request of [{ body: Buffer.alloc(2000), headers: octets }, { body: form.body, headers: { 'content-type': form.contentType } }]) {
          const { status, headers, json } = await rest.call(`POST ${at}`, request);
          expect([status, headers['retry-after'], json.error.code, json.error.retryable]).toEqual([503, '1', 'MOTIA_ENGINE_CHANNELS_EXHAUSTED', true]);
        }
      } finally {
        for (const ref of taken) rest.host.channels.openWriter(ref).abort(new MotiaError({ code: 'TEST_OVER', message: 'over' }));
      }
      expect((await rest.call(`POST ${at}`, { body: Buffer.alloc(2000), headers: octets })).text).toBe('ok');
    });

    it('end with an error for their reader when the client leaves, and the call is cancelled', async () => {
      const at = path();
      const seen = deferred<unknown>();
      let isCancelled = false;
      await rest.route(`POST ${at}`, async (payload, call) => {
        call.signal.addEventListener('abort', () => (isCancelled = true));
        await allOf(readerOf(payload)).catch((error: unknown) => seen.resolve(error));
      });
      const { sent } = openRequest(rest.port, `POST ${at}`, { ...octets, 'content-length': '1000' });
      sent.on('error', () => undefined);
      sent.write('some');
      await until(() => rest.host.functions.list().some(({ stats }) => stats.inFlight > 0));
      sent.destroy();
      expect(await seen.promise).toMatchObject({ code: 'MOTIA_REST_CLIENT_DISCONNECTED' });
      await until(() => isCancelled);
    });

    it('whose client stops sending are 408', async () => {
      const at = path();
      await rest.route(`POST ${at}`, async (payload) => ({ body: { length: (await allOf(readerOf(payload))).length } }));
      const { sent, answer } = openRequest(rest.port, `POST ${at}`, { ...octets, 'content-length': '1000' });
      sent.on('error', () => undefined);
      sent.write('some');
      expect((await answer).status).toBe(408);
    });

    it('whose client is silent for longer than the route allows are 408', async () => {
      const at = path();
      await rest.route(`POST ${at}`, async (payload) => ({ body: { length: (await allOf(readerOf(payload))).length } }), { body_timeout_ms: 40 });
      const { sent, answer } = openRequest(rest.port, `POST ${at}`, { ...octets, 'content-length': '1000' });
      sent.on('error', () => undefined);
      sent.write('some');
      const watch = stopwatch();
      expect((await answer).status).toBe(408);
      // The server's own time is 400 ms.
      expect(watch.elapsedMs()).toBeLessThan(350);
    });

    it('may take longer than a request may, as long as they move', async () => {
      const at = path();
      await rest.route(`POST ${at}`, async (payload) => ({ body: { length: (await allOf(readerOf(payload))).length } }));
      const { sent, answer } = openRequest(rest.port, `POST ${at}`, { ...octets, 'content-length': '9' });
      const startedAtMs = Date.now();
      for (let index = 0; index < 9; index += 1) {
        sent.write('x');
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      expect((await answer).status).toBe(200);
      expect(Date.now() - startedAtMs).toBeGreaterThan(800);
    });

    it('are asked for with 100 Continue, and refused before they are sent', async () => {
      const at = path();
      await rest.route(`POST ${at}`, async (payload) => ({ body: { length: (await allOf(readerOf(payload))).length } }));
      const head = (length: number): string => `POST ${at} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/octet-stream\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`;
      if (via === 'listener') expect(await rest.raw(head(3), 'abc')).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK[^]*{"length":3}$/);
      const refused = await rest.raw(head(30_000_000));
      expect(refused).toContain('413 Payload Too Large');
      if (via === 'listener') expect(refused).not.toContain('100 Continue');
    });

    it('come as exact bytes beside the parsed body where a route asks for them', async () => {
      const at = path();
      await rest.route(`POST ${at}`, (payload) => ({ body: { body: (payload as Payload).body, raw: Buffer.from((payload as Payload).raw_body ?? '', 'base64').toString(), streamed: (payload as Payload).request_body !== undefined } }), { raw_body: true });
      const json = '{ "a" :  1.0 }';
      expect((await rest.call(`POST ${at}`, { body: json, headers: { 'content-type': 'application/json' } })).json).toEqual({ body: { a: 1 }, raw: json, streamed: false });
      expect((await rest.call(`POST ${at}`, { body: 'a=1&a=2', headers: { 'content-type': 'application/x-www-form-urlencoded' } })).json).toEqual({ body: { a: ['1', '2'] }, raw: 'a=1&a=2', streamed: false });
      expect((await rest.call(`POST ${at}`, { body: 'bytes', headers: octets })).json).toEqual({ body: null, raw: 'bytes', streamed: false });
    });

    it('are not opened for conditions', async () => {
      const at = path();
      let seen: unknown;
      rest.host.functions.register({ id: `sees-${via}` }, (payload) => void (seen = payload));
      await rest.route(`POST ${at}`, async (payload) => ({ body: { length: (await allOf(readerOf(payload))).length } }), { condition_function_id: `sees-${via}` });
      expect((await rest.call(`POST ${at}`, { body: 'abc', headers: octets })).json).toEqual({ length: 3 });
      expect(seen).not.toHaveProperty('request_body');
      expect(seen).not.toHaveProperty('response');
    });
  });

  describe('forms', () => {
    beforeAll(async () => {
      await rest.route('POST /form', (payload) => ({ body: (payload as Payload).body }));
      await rest.route('POST /typed-form', (payload) => ({ body: (payload as Payload).body }), { body_schema: { type: 'object', required: ['age'], properties: { age: { type: 'integer' }, tags: { type: 'array', items: { type: 'string' } } } } });
    });
    const urlencoded = { 'content-type': 'application/x-www-form-urlencoded' };

    it('that are urlencoded give their fields, lists for repeated names', async () => {
      expect((await rest.call('POST /form', { body: 'a=1&b=x+y%20%C3%A9&a=2&c', headers: urlencoded })).json).toEqual({ a: ['1', '2'], b: 'x y é', c: '' });
      expect((await rest.call('POST /form', { body: '', headers: urlencoded })).text).toBe('null');
    });
    it('are coerced to their schema and checked', async () => {
      expect((await rest.call('POST /typed-form', { body: 'age=7&tags=one', headers: urlencoded })).json).toEqual({ age: 7, tags: ['one'] });
      const refused = await rest.call('POST /typed-form', { body: 'age=old', headers: urlencoded });
      expect(refused.json.error).toMatchObject({ code: 'MOTIA_REST_VALIDATION_FAILED', details: [{ path: '/age', problem: 'must be integer' }] });
    });
    it('cannot reach prototypes or bring a thousand fields and one', async () => {
      expect((await rest.call('POST /form', { body: '__proto__=1', headers: urlencoded })).json.error.code).toBe('MOTIA_REST_FORBIDDEN_KEY');
      expect((await rest.call('POST /form', { body: 'a&'.repeat(1001), headers: urlencoded })).json.error.code).toBe('MOTIA_REST_TOO_MANY_PARAMS');
      expect((await rest.call('POST /form', { body: Buffer.from([0x61, 0x3d, 0xff]), headers: urlencoded })).status).toBe(415);
    });
  });

  describe('responses', () => {
    it('are written through the channel of the request: status, headers, then bytes as they come', async () => {
      const at = path();
      const more = deferred();
      await rest.route(`GET ${at}`, async (payload) => {
        const writer = writerOf(payload);
        await writer.write('{"type":"set_status","status_code":203}');
        await writer.write('{"type":"set_headers","headers":{"Content-Type":"text/csv","x-a":["1","2"]}}');
        await writer.write(Buffer.from('one,'));
        await more.promise;
        await writer.write('{"type":"set_status","status_code":500}');
        await writer.write(Buffer.from('two'));
        writer.close();
      });
      const answer = await openResponse(rest.port, `GET ${at}`);
      expect(answer).toMatchObject({ status: 203, headers: { 'content-type': 'text/csv', 'x-a': '1, 2', 'transfer-encoding': 'chunked', 'x-request-id': expect.any(String) } });
      expect(await answer.next()).toBe('one,');
      more.resolve();
      expect((await answer.rest()).toString()).toBe('two');
    });

    it('may be empty: status and headers alone', async () => {
      const at = path();
      await rest.route(`GET ${at}`, async (payload) => {
        const writer = writerOf(payload);
        await writer.write('{"type":"set_status","status_code":202}');
        writer.close();
      });
      expect(await rest.call(`GET ${at}`)).toMatchObject({ status: 202, text: '' });
    });

    it('may be returned as a web stream, a Node stream or an async iterable', async () => {
      const at = path();
      const bodies: Record<string, () => unknown> = {
        web: () => new Response('hello').body,
        node: () => Readable.from([Buffer.from('hel'), 'lo']),
        async *generator() {
          yield 'hel';
          yield new Uint8Array([108, 111]);
        },
      };
      let body: unknown;
      await rest.route(`GET ${at}`, () => ({ status: 201, headers: { 'content-type': 'text/plain' }, body }));
      for (const make of Object.values(bodies)) {
        body = make();
        expect(await rest.call(`GET ${at}`)).toMatchObject({ status: 201, text: 'hello', headers: { 'content-type': 'text/plain' } });
      }
    });

    it('keep a content-length that is true, and break the connection over one that is not', async () => {
      const at = path();
      let length = '5';
      await rest.route(`GET ${at}`, () => ({ headers: { 'Content-Length': length }, body: Readable.from(['hello']) }));
      expect(await rest.call(`GET ${at}`)).toMatchObject({ text: 'hello', headers: { 'content-length': '5' } });
      length = '6';
      await expect(rest.call(`GET ${at}`)).rejects.toThrow();
      length = '4';
      await expect(rest.call(`GET ${at}`)).rejects.toThrow();
      length = 'many';
      expect((await rest.call(`GET ${at}`)).json.error.code).toBe('MOTIA_REST_INVALID_HANDLER_RESPONSE');
    });

    it('slow their producer down when the client reads slowly', async () => {
      const at = path();
      let produced = 0;
      let isClosed = false;
      await rest.route(`GET ${at}`, () => ({
        body: (async function* () {
          try {
            for (; produced < 64; produced += 1) yield megabyte;
          } finally {
            isClosed = true;
          }
        })(),
      }));
      const answer = await openResponse(rest.port, `GET ${at}`);
      await answer.next();
      let seen = -1;
      let quiet = 0;
      await until(() => {
        quiet = produced === seen ? quiet + 1 : 0;
        seen = produced;
        return quiet > 500;
      });
      expect(produced).toBeLessThan(64);
      // Nothing moves for write_timeout_ms: the connection is cut, and the producer hears of it.
      await until(() => isClosed);
      await expect(answer.rest()).rejects.toThrow();
    });

    it('stop when the client leaves', async () => {
      const at = path();
      const ended = deferred<unknown>();
      await rest.route(`GET ${at}`, async (payload) => {
        const writer = writerOf(payload);
        void writer.closed.then(ended.resolve);
        await writer.write(Buffer.from('first'));
      });
      const answer = await openResponse(rest.port, `GET ${at}`);
      expect(await answer.next()).toBe('first');
      answer.leave();
      expect(await ended.promise).toMatchObject({ code: 'MOTIA_REST_CLIENT_DISCONNECTED' });
    });

    it('that fail before the first byte are error answers, and after it a cut connection and a log line', async () => {
      const at = path();
      let isLate = false;
      const hasArrived = deferred();
      await rest.route(`GET ${at}`, async (payload) => {
        const writer = writerOf(payload);
        if (isLate) {
          await writer.write(Buffer.from('some'));
          await hasArrived.promise;
        }
        throw new Error('disk on fire');
      });
      expect(await rest.call(`GET ${at}`)).toMatchObject({ status: 500, json: { error: { message: expect.stringContaining('disk on fire') } } });
      isLate = true;
      const answer = await openResponse(rest.port, `GET ${at}`);
      expect(await answer.next()).toBe('some');
      hasArrived.resolve();
      await expect(answer.rest()).rejects.toThrow();
      await until(() => rest.host.logs.records.some(({ message, fields }) => message === 'A response broke off' && fields?.['route'] === `GET ${at}`));
    });

    it('outlast the deadline of the call once they have begun', async () => {
      const at = path();
      await rest.route(`GET ${at}`, async (payload) => {
        const writer = writerOf(payload);
        await writer.write(Buffer.from('a'));
        void (async () => {
          await new Promise((resolve) => setTimeout(resolve, 150));
          await writer.write(Buffer.from('b'));
          writer.close();
        })();
      }, { timeout_ms: 50 });
      expect((await (await openResponse(rest.port, `GET ${at}`)).rest()).toString()).toBe('ab');
    });

    it('answer HEAD with their head alone, and HTTP/1.0 without chunks', async () => {
      const at = path();
      let wasCancelled = false;
      await rest.route(`GET ${at}`, () => ({
        headers: { 'x-kind': 'stream' },
        body: (async function* () {
          try {
            for (let index = 0; index < 3; index += 1) yield 'part ';
          } finally {
            wasCancelled = true;
          }
        })(),
      }));
      expect(await rest.call(`HEAD ${at}`)).toMatchObject({ status: 200, text: '', headers: { 'x-kind': 'stream' } });
      await until(() => wasCancelled);
      const old = await rest.raw(`GET ${at} HTTP/1.0\r\nHost: localhost\r\n\r\n`);
      expect(old).toMatch(/^HTTP\/1.1 200 OK\r\n/);
      expect(old).not.toMatch(/transfer-encoding/i);
      expect(old).toMatch(/\r\n\r\npart part part $/);
    });

    it('with an odd head are INVALID_HANDLER_RESPONSE', async () => {
      const at = path();
      let frame = '';
      await rest.route(`GET ${at}`, async (payload) => {
        const writer = writerOf(payload);
        await writer.write(frame);
        writer.close();
      });
      for (frame of ['{"type":"set_status","status_code":99}', '{"type":"set_headers","headers":{"a":"x\\ny"}}', 'not json', '{"type":"other"}', '[]']) {
        const answer = await rest.call(`GET ${at}`);
        expect([answer.status, answer.json.error.code]).toEqual([500, 'MOTIA_REST_INVALID_HANDLER_RESPONSE']);
      }
    });

    it('can be claimed once, by who has the key, while the request lasts', async () => {
      const at = path();
      const refs: ChannelRef[] = [];
      await rest.route(`GET ${at}`, async (payload) => {
        const ref = (payload as Payload).response;
        refs.push(ref);
        const { channels } = rest.host;
        expect(() => channels.openWriter({ ...ref, access_key: 'guess' })).toThrow('does not exist');
        const writer = channels.openWriter(ref);
        expect(() => channels.openWriter(ref)).toThrow();
        await writer.write(Buffer.from('ok'));
        writer.close();
      });
      expect((await rest.call(`GET ${at}`)).text).toBe('ok');
      expect(() => rest.host.channels.openWriter(refs[0] as ChannelRef)).toThrow();
    });

    it('echo a request body as it arrives', async () => {
      const at = path();
      await rest.route(`POST ${at}`, async (payload) => {
        const writer = writerOf(payload);
        for await (const chunk of readerOf(payload)) await writer.write(chunk);
        writer.close();
      });
      const { sent, answer } = openRequest(rest.port, `POST ${at}`, { ...octets, 'transfer-encoding': 'chunked' });
      sent.write('one');
      const response = await answer;
      expect(await response.next()).toBe('one');
      sent.end('two');
      expect((await response.rest()).toString()).toBe('two');
    });
  });
});
