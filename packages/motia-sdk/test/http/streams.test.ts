import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { http, sse, step } from '../../src/index.js';
import { createTestApp, type TestApp } from '../../src/testing/index.js';

const octets = { 'content-type': 'application/octet-stream' };
const gates = new Map<string, () => void>();
const gate = (name: string): Promise<void> => new Promise((resolve) => gates.set(name, resolve));
const open = async (name: string): Promise<void> => {
  await until(() => gates.has(name));
  gates.get(name)?.();
  gates.delete(name);
};
const until = async (condition: () => boolean): Promise<void> => {
  const deadline = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('the condition never held');
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
};
const seen: Record<string, unknown> = {};

const steps = [
  step({ name: 'Raw', triggers: [http('POST', '/raw')] }, async (req) => ({ status: 200, body: { body: req.body ?? null, text: await req.requestBody.text(), same: req.requestBody === req.request.requestBody } })),
  step({ name: 'Count', triggers: [http('POST', '/count')] }, async (req) => {
    let length = 0;
    for await (const chunk of req.requestBody) length += chunk.byteLength;
    return { status: 200, body: { length } };
  }),
  step({ name: 'Twice', triggers: [http('POST', '/twice')] }, async (req) => {
    await req.requestBody.bytes();
    return { status: 200, body: await req.requestBody.text() };
  }),
  step({ name: 'Slow', triggers: [http('POST', '/slow')] }, async (req) => {
    await gate('slow');
    return { status: 200, body: { length: (await req.requestBody.bytes()).byteLength } };
  }),
  step({ name: 'Left', triggers: [http('POST', '/left')] }, async (req, ctx) => {
    seen['signal'] = ctx.signal;
    try {
      seen['reading'] = true;
      await req.requestBody.text();
    } catch (error) {
      seen['error'] = error;
    }
  }),
  step({ name: 'Webhook', triggers: [http('POST', '/webhook', { rawBody: true, bodyLimitBytes: 1000 })] }, (req) => ({
    status: createHmac('sha256', 'secret').update(req.rawBody ?? '').digest('hex') === req.headers['x-signature'] ? 200 : 401,
    body: { id: (req.body as { id?: number }).id },
  })),
  step({ name: 'Upload', triggers: [http('POST', '/upload', { bodySchema: z.object({ title: z.string(), size: z.coerce.number() }).loose() })] }, async (req) => {
    const files: unknown[] = [];
    for await (const file of req.files) {
      files.push({ field: file.field, filename: file.filename, contentType: file.contentType, length: (await file.bytes()).byteLength });
    }
    return { status: 200, body: { fields: req.body, files } };
  }),
  step({ name: 'Skip', triggers: [http('POST', '/skip')] }, async (req) => {
    const names: string[] = [];
    for await (const file of req.files) names.push(file.filename);
    return { status: 200, body: names };
  }),
  step({ name: 'Writes', triggers: [http('GET', '/writes')] }, async ({ response }) => {
    response.status(201);
    response.headers({ 'content-type': 'text/plain', 'x-many': ['1', '2'] });
    await response.write('one ');
    await gate('writes');
    await response.write(Buffer.from('two'));
    response.close();
  }),
  step({ name: 'Pipes', triggers: [http('POST', '/pipes')] }, async ({ request, response }) => {
    response.headers({ 'content-type': 'application/octet-stream' });
    await pipeline(request.requestBody, response.stream);
  }),
  step({ name: 'PipesAndReturns', triggers: [http('GET', '/pipes-on')] }, ({ response }) => {
    Readable.from(['still ', 'here']).pipe(response.stream);
  }),
  step({ name: 'Generates', triggers: [http('GET', '/generates', { timeoutMs: 150 })] }, () => ({
    status: 200,
    headers: { 'content-type': 'text/csv' },
    body: (async function* () {
      yield 'a,b\n';
      await new Promise((resolve) => setTimeout(resolve, 300));
      yield new TextEncoder().encode('1,2\n');
    })(),
  })),
  step({ name: 'Web', triggers: [http('GET', '/web')] }, async () => ({ status: 200, body: new Blob(['from a blob']).stream() })),
  step({ name: 'Breaks', triggers: [http('GET', '/breaks')] }, (req) => ({
    status: 200,
    body: (async function* () {
      if (req.queryParams['early'] !== undefined) throw Object.assign(new Error('not today'), { expose: true, status: 418 });
      yield 'some';
      await gate('breaks');
      throw new Error('disk on fire');
    })(),
  })),
  step({ name: 'ThrowsLate', triggers: [http('GET', '/throws-late')] }, async ({ response }) => {
    await response.write('some');
    await gate('throws');
    throw new Error('too late');
  }),
  step({ name: 'WritesOn', triggers: [http('GET', '/writes-on')] }, async ({ response }, ctx) => {
    void response.write('first');
    await once(ctx.signal, 'abort');
    void response.write('nobody gets this');
    await new Promise((resolve) => setImmediate(resolve));
    seen['wroteOn'] = true;
  }),
  step({ name: 'PushesOn', triggers: [http('GET', '/pushes-on')] }, (req) =>
    sse(req, async ({ send, signal }) => {
      void send('first');
      await once(signal, 'abort');
      void send('nobody gets this');
      await new Promise((resolve) => setImmediate(resolve));
      seen['pushedOn'] = true;
    })),
  step({ name: 'ThrowsAtOnce', triggers: [http('GET', '/throws-at-once')] }, async ({ response }) => {
    response.stream.write('some');
    await Promise.resolve();
    throw new Error('too soon');
  }),
  step({ name: 'Buffers', triggers: [http('GET', '/buffers/:kind')] }, ({ pathParams }) => {
    const bytes = Uint8Array.from([0, 1, 254, 255]);
    return { status: 200, body: pathParams['kind'] === 'buffer' ? bytes.buffer : new DataView(bytes.buffer, 1, 2) };
  }),
  step({ name: 'Endless', triggers: [http('GET', '/endless')] }, (_req, ctx) => {
    seen['endless'] = ctx.signal;
    return {
      status: 200,
      body: (async function* () {
        try {
          yield 'first';
          await once(ctx.signal, 'abort');
        } finally {
          seen['endlessClosed'] = true;
        }
      })(),
    };
  }),
  step({ name: 'Ticks', triggers: [http('GET', '/ticks')] }, (req) =>
    sse(req, async function* ({ lastEventId }) {
      for (let n = Number(lastEventId ?? 0) + 1; n <= 3; n += 1) yield { event: 'tick', id: n, data: { n, text: 'two\nlines' } };
      yield 'bye';
    })),
  step({ name: 'Pushes', triggers: [http('GET', '/pushes')] }, (req) =>
    sse(req, async ({ send, signal }) => {
      await send({ data: 1 });
      await send({ data: 'a\r\nb\rc' });
      seen['pushSignal'] = signal;
      await once(signal, 'abort');
      await send('nobody gets this').catch((error: unknown) => (seen['pushError'] = error));
    }, { heartbeatMs: 20, retryMs: 1234 })),
  step({ name: 'Forever', triggers: [http('GET', '/forever')] }, (req) => sse(req, () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) }))),
];

describe('streams of Steps', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await createTestApp({ steps });
  });
  afterAll(() => app.stop());

  describe('request bodies', () => {
    it('arrive as bytes of any type, by input and by input.request', async () => {
      const answer = await app.http.post('/raw', { body: 'plain bytes', headers: octets });
      expect(answer.body).toEqual({ body: null, text: 'plain bytes', same: true });
      expect((await app.http.post('/raw', { body: '<x/>', headers: { 'content-type': 'application/xml' } })).body).toMatchObject({ text: '<x/>' });
    });
    it('of parsed types can be read as bytes, too', async () => {
      expect((await app.http.post('/raw', { body: { a: 1 } })).body).toEqual({ body: { a: 1 }, text: '{"a":1}', same: true });
      expect((await app.http.post('/raw', { body: 'text', headers: { 'content-type': 'text/plain' } })).body).toMatchObject({ body: 'text', text: 'text' });
      expect((await app.http.post('/raw')).body).toMatchObject({ body: null, text: '' });
      const large = JSON.stringify({ items: Array.from({ length: 1000 }, (_, index) => index) });
      expect((await app.http.post('/raw', { body: large, headers: { 'content-type': 'application/json' } })).body).toMatchObject({ text: large });
    });
    it('of many megabytes pass through, read slowly or fast', async () => {
      const piece = Buffer.alloc(1024 * 1024, 'x');
      const body = (): AsyncIterable<Uint8Array> => Readable.from(Array.from({ length: 20 }, () => piece));
      expect((await app.http.post('/count', { body: body(), headers: octets })).body).toEqual({ length: 20 * piece.length });
      const slow = app.http.post('/slow', { body: body(), headers: octets });
      await open('slow');
      expect((await slow).body).toEqual({ length: 20 * piece.length });
    });
    it('can be read once', async () => {
      const answer = await app.http.post<{ error: { code: string } }>('/twice', { body: 'x', headers: octets });
      expect(answer.body.error.code).toBe('MOTIA_SDK_BODY_ALREADY_READ');
    });
    it('fail their reader and abort ctx.signal when the client leaves', async () => {
      const controller = new AbortController();
      const never = new ReadableStream<Uint8Array>({ start: (source) => source.enqueue(Buffer.from('some')) });
      const call = app.http.post('/left', { body: never, headers: octets, signal: controller.signal }).catch((error: Error) => error.name);
      await until(() => seen['reading'] === true);
      controller.abort();
      expect(await call).toBe('AbortError');
      await until(() => (seen['signal'] as AbortSignal).aborted && seen['error'] !== undefined);
      expect(seen['error']).toMatchObject({ code: 'MOTIA_REST_CLIENT_DISCONNECTED' });
    });
    it('are there as exact bytes for signatures where a route asks for them', async () => {
      const body = '{ "id":   7.0 }';
      const headers = { 'content-type': 'application/json', 'x-signature': createHmac('sha256', 'secret').update(body).digest('hex') };
      expect(await app.http.post('/webhook', { body, headers })).toMatchObject({ status: 200, body: { id: 7 } });
      expect((await app.http.post('/webhook', { body: '{ "id": 7.0 }', headers })).status).toBe(401);
      expect((await app.http.post('/webhook', { body: { pad: 'x'.repeat(1000) } })).status).toBe(413);
    });
  });

  describe('forms', () => {
    const form = (...entries: (readonly [string, string | Blob, string?])[]): FormData => {
      const data = new FormData();
      for (const [name, value, filename] of entries) {
        if (typeof value === 'string') data.append(name, value);
        else data.append(name, value, filename);
      }
      return data;
    };
    it('give their fields in the body, checked and parsed, and their files one after another', async () => {
      const body = form(['title', 'Holidays'], ['size', '2'], ['photo', new Blob([Buffer.alloc(300_000)], { type: 'image/png' }), 'beach.png'], ['late', 'yes'], ['note', new Blob(['hi'], { type: 'text/plain' }), '../ünicode.txt']);
      expect((await app.http.post('/upload', { body })).body).toEqual({
        fields: { title: 'Holidays', size: 2, late: 'yes' },
        files: [{ field: 'photo', filename: 'beach.png', contentType: 'image/png', length: 300_000 }, { field: 'note', filename: 'ünicode.txt', contentType: 'text/plain', length: 2 }],
      });
    });
    it('without files have none, and fields that do not fit are refused before the handler', async () => {
      expect((await app.http.post('/upload', { body: form(['title', 'x'], ['size', '1']) })).body).toEqual({ fields: { title: 'x', size: 1 }, files: [] });
      const refused = await app.http.post<{ error: { code: string } }>('/upload', { body: form(['size', '1']) });
      expect([refused.status, refused.body.error.code]).toEqual([400, 'MOTIA_REST_VALIDATION_FAILED']);
    });
    it('may have their files skipped', async () => {
      expect((await app.http.post('/skip', { body: form(['a', new Blob([Buffer.alloc(500_000)]), 'a.bin'], ['b', new Blob(['x']), 'b.bin']) })).body).toEqual(['a.bin', 'b.bin']);
    });
    it('that are urlencoded give their fields', async () => {
      expect((await app.http.post('/upload', { body: new URLSearchParams({ title: 'a b', size: '3' }) })).body).toEqual({ fields: { title: 'a b', size: 3 }, files: [] });
    });
  });

  describe('responses', () => {
    it('are written piece by piece', async () => {
      const answer = await app.http.stream('GET', '/writes');
      expect([answer.status, answer.headers.get('content-type'), answer.headers.get('x-many')]).toEqual([201, 'text/plain', '1, 2']);
      const pieces = answer.body[Symbol.asyncIterator]();
      expect(Buffer.from((await pieces.next()).value as Uint8Array).toString()).toBe('one ');
      await open('writes');
      expect(Buffer.from((await pieces.next()).value as Uint8Array).toString()).toBe('two');
      expect((await pieces.next()).done).toBe(true);
    });
    it('are a Node stream to pipe into, also from the request', async () => {
      const answer = await app.http.post('/pipes', { body: Buffer.alloc(3_000_000, 'y'), headers: octets });
      expect(answer.text).toBe('y'.repeat(3_000_000));
      expect((await app.http.get('/pipes-on')).text).toBe('still here');
    });
    it('may be returned as generators and web streams, and outlast the time of the route', async () => {
      const csv = await app.http.get('/generates');
      expect([csv.headers.get('content-type'), csv.text]).toEqual(['text/csv', 'a,b\n1,2\n']);
      expect((await app.http.get('/web')).text).toBe('from a blob');
    });
    it('that fail before the first byte are errors, and after it break off with the error in the log', async () => {
      expect((await app.http.get('/breaks?early=1')).status).toBe(418);
      for (const [path, name, message] of [['/breaks', 'breaks', 'disk on fire'], ['/throws-late', 'throws', 'too late']] as const) {
        const answer = await app.http.stream('GET', path);
        expect(answer.status).toBe(200);
        await open(name);
        await expect(answer.text()).rejects.toThrow();
        const record = await app.waitForLog(({ message: text, fields }) => text === 'A response broke off' && fields?.['route'] === `GET ${path}`);
        expect(record.fields?.['error']).toMatchObject({ message });
      }
    });
    it('that fail while they are being begun are errors', async () => {
      const answer = await app.http.get('/throws-at-once');
      expect([answer.status, answer.body]).toMatchObject([500, { error: { message: 'too soon' } }]);
    });
    it('are the bytes of any buffer that is returned', async () => {
      for (const [kind, bytes] of [['buffer', [0, 1, 254, 255]], ['view', [1, 254]]] as const) {
        const answer = await app.http.stream('GET', `/buffers/${kind}`);
        const pieces: Uint8Array[] = [];
        for await (const piece of answer.body) pieces.push(piece);
        expect([answer.headers.get('content-type'), [...Buffer.concat(pieces)]]).toEqual(['application/octet-stream', bytes]);
      }
    });
    it('end when the client leaves: ctx.signal aborts and generators are closed', async () => {
      const answer = await app.http.stream('GET', '/endless');
      await answer.body[Symbol.asyncIterator]().next();
      expect((seen['endless'] as AbortSignal).aborted).toBe(false);
      answer.close();
      await until(() => (seen['endless'] as AbortSignal).aborted && seen['endlessClosed'] === true);
      expect((seen['endless'] as AbortSignal).reason).toMatchObject({ code: 'MOTIA_REST_CLIENT_DISCONNECTED' });
    });
    it.each([['/writes-on', 'wroteOn'], ['/pushes-on', 'pushedOn']])('that go on without awaiting when the client has left do not end the process: %s', async (path, mark) => {
      const answer = await app.http.stream('GET', path);
      await answer.body[Symbol.asyncIterator]().next();
      answer.close();
      await until(() => seen[mark] === true);
    });
    it('cannot be streamed to a caller that is no HTTP client', async () => {
      await expect(app.invoke('Web', {})).rejects.toMatchObject({ code: 'MOTIA_SDK_STREAMING_UNAVAILABLE' });
      await expect(app.invoke('Writes', {})).rejects.toMatchObject({ code: 'MOTIA_SDK_STREAMING_UNAVAILABLE' });
    });
  });

  describe('server-sent events', () => {
    it('carry name, id and data, and go on from Last-Event-ID', async () => {
      const answer = await app.http.stream('GET', '/ticks', { headers: { 'last-event-id': '1' } });
      expect([answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([200, 'text/event-stream; charset=utf-8', 'no-cache, no-transform']);
      const events = [];
      for await (const event of answer.events()) events.push(event);
      expect(events).toEqual([
        { event: 'tick', id: '2', data: '{"n":2,"text":"two\\nlines"}' },
        { event: 'tick', id: '3', data: '{"n":3,"text":"two\\nlines"}' },
        { event: 'message', id: '3', data: 'bye' },
      ]);
    });
    it('may be pushed; silence is filled with comments, and a client that leaves aborts the signal', async () => {
      const answer = await app.http.stream('GET', '/pushes');
      let text = '';
      for await (const chunk of answer.body) {
        text += Buffer.from(chunk).toString();
        if (/\n:\n\n:\n\n/.test(text)) break;
      }
      expect(text).toMatch(/^retry: 1234\n\ndata: 1\n\ndata: a\ndata: b\ndata: c\n\n:\n\n/);
      answer.close();
      await until(() => (seen['pushSignal'] as AbortSignal | undefined)?.aborted === true && seen['pushError'] !== undefined);
    });
    it('end when the process of the Steps is to finish, so that clients come back to the next one', async () => {
      const answer = await app.http.stream('GET', '/forever');
      const text = answer.text();
      await app.engine.stop({ drainTimeoutMs: 5_000 });
      expect(await text).toBe(':\n\n');
    });
  });
});

