import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ChannelRef } from '@motia/engine-core/contract';
import { multipart, type Part } from './fixtures/multipart-form.js';
import { openRequest } from './fixtures/stream-client.js';
import { startRest, type Path, type RestFixture } from './fixtures/start-rest.js';

interface Received {
  readonly body: unknown;
  readonly files: readonly { readonly field: string; readonly filename: string; readonly contentType: string; readonly base64: string }[];
  readonly late: readonly (readonly [string, string])[];
}

describe.each<Path>(['listener', 'router'])('multipart forms through the %s', (via) => {
  let rest: RestFixture;
  const receive = async (payload: unknown): Promise<{ body: Received }> => {
    const { body, files: ref } = payload as { body: unknown; files?: ChannelRef };
    const files: { field: string; filename: string; contentType: string; base64: string }[] = [];
    const late: [string, string][] = [];
    let chunks: Buffer[] = [];
    if (ref !== undefined) {
      for await (const chunk of rest.host.channels.openReader(ref)) {
        if (typeof chunk !== 'string') {
          chunks.push(Buffer.from(chunk));
          continue;
        }
        const frame = JSON.parse(chunk) as Record<string, string>;
        if (frame['type'] === 'field') late.push([frame['name'] ?? '', frame['value'] ?? '']);
        else if (frame['type'] === 'file') files.push({ field: frame['field'] ?? '', filename: frame['filename'] ?? '', contentType: frame['content_type'] ?? '', base64: '' });
        else {
          const last = files[files.length - 1];
          if (last !== undefined) last.base64 = Buffer.concat(chunks).toString('base64');
          chunks = [];
        }
      }
    }
    return { body: { body, files, late } };
  };
  beforeAll(async () => {
    rest = await startRest({ via, options: { body_limit_bytes: 10_000, uploads: { limit_bytes: 3_000_000, file_limit_bytes: 1_000_000, field_limit_bytes: 5_000, max_files: 3, max_fields: 4 } } });
    await rest.route('POST /form', receive);
    await rest.route('POST /ignores', () => ({ status: 403, body: 'no' }));
    await rest.route('POST /files', receive, { files: { cover: { required: true, content_types: ['image/*'] }, more: { multiple: true } } });
    await rest.route('POST /late', receive, { body_schema: { type: 'object', additionalProperties: false, required: ['n'], properties: { n: { type: 'integer' }, flag: { type: 'boolean' }, tags: { type: 'array', items: { type: 'integer' } } } } });
    await rest.route('POST /typed', receive, { body_schema: { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } } });
  });
  afterAll(async () => rest[Symbol.asyncDispose]());

  const send = (parts: readonly Part[], path = '/form'): ReturnType<RestFixture['call']> => {
    const { body, contentType } = multipart(parts);
    return rest.call(`POST ${path}`, { body, headers: { 'content-type': contentType } });
  };
  const code = async (answer: ReturnType<RestFixture['call']>): Promise<[number, string]> => {
    const { status, json } = await answer;
    return [status, json.error.code.replace('MOTIA_REST_', '')];
  };

  it('give fields, files and late fields as they were sent', async () => {
    const answer = await send([
      { name: 'a', value: 'grüße' }, { name: 'a', value: '2' },
      { name: 'doc', filename: 'x.bin', contentType: 'image/png', value: Buffer.from([0, 13, 10, 45, 45, 255]) },
      { name: 'late', value: 'l' },
      { name: 'empty', filename: 'none.txt', contentType: 'text/plain', value: '' },
    ]);
    expect(answer.json).toEqual({
      body: { a: ['grüße', '2'] },
      files: [{ field: 'doc', filename: 'x.bin', contentType: 'image/png', base64: Buffer.from([0, 13, 10, 45, 45, 255]).toString('base64') }, { field: 'empty', filename: 'none.txt', contentType: 'text/plain', base64: '' }],
      late: [['late', 'l']],
    });
  });

  it('call the handler while the file is still on its way', async () => {
    const { body, contentType } = multipart([{ name: 'first', value: '1' }, { name: 'f', filename: 'f', value: Buffer.alloc(200_000, 'x') }]);
    const { sent, answer } = openRequest(rest.port, 'POST /ignores', { 'content-type': contentType, 'content-length': String(body.length) });
    sent.on('error', () => undefined);
    sent.write(body.subarray(0, 100_000));
    expect((await answer).status).toBe(403);
    sent.destroy();
  });

  it('are checked against the schema, coerced, before the handler runs', async () => {
    expect((await send([{ name: 'n', value: '7' }], '/typed')).json).toMatchObject({ body: { n: 7 } });
    expect((await send([{ name: 'n', value: 'seven' }], '/typed')).json.error).toMatchObject({ code: 'MOTIA_REST_VALIDATION_FAILED', details: [{ path: '/n', problem: 'must be integer' }] });
    expect((await send([{ name: 'f', filename: 'f', value: 'x' }, { name: 'n', value: '7' }], '/typed')).json.error).toMatchObject({ code: 'MOTIA_REST_VALIDATION_FAILED', details: [{ path: '/n', problem: 'is required before the first file of the form' }] });
  });

  it('have the fields behind a file checked and coerced too, with those before it', async () => {
    const late = (...fields: Part[]): ReturnType<typeof send> => send([{ name: 'n', value: '7' }, { name: 'f', filename: 'f', value: 'x' }, ...fields], '/late');
    expect((await late({ name: 'flag', value: 'true' }, { name: 'tags', value: '1' }, { name: 'tags', value: '2' })).json).toMatchObject({ body: { n: 7 }, late: [['flag', true], ['tags', 1], ['tags', 2]] });
    for (const [field, path, problem] of [[{ name: 'flag', value: 'maybe' }, '/flag', 'must be boolean'], [{ name: 'other', value: '1' }, '/other', 'is not allowed'], [{ name: 'n', value: '8' }, '/n', 'must be integer']] as const) {
      expect(await late(field)).toMatchObject({ status: 400, json: { error: { code: 'MOTIA_REST_VALIDATION_FAILED', details: [{ path, problem }] } } });
    }
  });

  it('bring the files that the route names, of the types that it names, and no others', async () => {
    const file = (name: string, contentType = 'image/png'): Part => ({ name, filename: 'f', contentType, value: 'x' });
    const upload = async (...parts: Part[]): Promise<unknown> => {
      const { status, json } = await send(parts, '/files');
      return status === 200 ? 200 : [status, json.error.code.replace('MOTIA_REST_', ''), json.error.details];
    };
    const refused = (path: string, problem: string): unknown => [400, 'VALIDATION_FAILED', [{ path, problem }]];
    expect(await upload(file('cover'), file('more', 'text/plain'), file('more', 'text/css'))).toBe(200);
    expect(await upload(file('cover', 'IMAGE/PNG; x=y'))).toBe(200);
    expect(await upload(file('cover'), file('cover'))).toEqual(refused('/cover', 'is one file only'));
    expect(await upload(file('cover', 'text/html'))).toEqual(refused('/cover', 'must be of type image/*'));
    expect(await upload(file('cover'), file('a/b~'))).toEqual(refused('/a~1b~0', 'is not a file of this form; it takes cover, more'));
    expect(await upload(file('more'))).toEqual(refused('/cover', 'is required: a file'));
    expect(await upload({ name: 'only', value: 'a field' })).toEqual(refused('/cover', 'is required: a file'));
    expect(await code(rest.call('POST /files'))).toEqual([400, 'VALIDATION_FAILED']);
    expect(await code(rest.send('POST /files', {}))).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    expect(await code(rest.call('POST /files', { body: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } }))).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    await rest.route('POST /files-or-json', receive, { files: { cover: { required: true } }, consumes: ['multipart/form-data', 'application/json'] });
    expect((await rest.send('POST /files-or-json', { a: 1 })).json).toMatchObject({ body: { a: 1 }, files: [] });
  });

  it('over a limit are 413, before or after the handler began', async () => {
    expect(await code(send([{ name: 'a', value: 'x'.repeat(5_001) }]))).toEqual([413, 'BODY_TOO_LARGE']);
    expect(await code(send(['a', 'b', 'c'].map((name) => ({ name, value: 'x'.repeat(4_000) }))))).toEqual([413, 'BODY_TOO_LARGE']);
    expect(await code(send(Array.from({ length: 5 }, (_, index) => ({ name: `n${index}`, value: '1' }))))).toEqual([413, 'TOO_MANY_PARTS']);
    expect(await code(send(Array.from({ length: 4 }, (_, index) => ({ name: `n${index}`, filename: 'f', value: '1' }))))).toEqual([413, 'TOO_MANY_PARTS']);
    expect(await code(send([{ name: 'f', filename: 'f', value: Buffer.alloc(1_000_001) }]))).toEqual([413, 'BODY_TOO_LARGE']);
    expect(await code(send([{ name: 'f', filename: 'f', value: Buffer.alloc(3_000_001) }]))).toEqual([413, 'BODY_TOO_LARGE']);
  });

  it('that are malformed are 400', async () => {
    const type = { 'content-type': 'multipart/form-data; boundary=b' };
    const head = '--b\r\nContent-Disposition: form-data; name="a"';
    const bodies = ['', 'no boundary at all', `${head}\r\n\r\nvalue`, `${head}; filename="f"\r\n\r\nvalue`, '--b', '--b\r\n', `${head}\r\n\r\nvalue\r\n--b`, '--b\r\nContent-Disposition: form-data\r\n\r\nvalue\r\n--b--\r\n'];
    for (const body of bodies.slice(1)) expect([body, ...(await code(rest.call('POST /form', { body, headers: type })))]).toEqual([body, 400, 'INVALID_BODY']);
    expect(await code(rest.call('POST /form', { body: `${head}\r\n\r\nx\r\n--b--\r\n`, headers: { 'content-type': 'multipart/form-data' } }))).toEqual([400, 'INVALID_BODY']);
    expect(await code(send([{ name: '__proto__', value: '1' }]))).toEqual([400, 'FORBIDDEN_KEY']);
  });

  it('arrive whole whatever is in them and wherever the network cuts them', async () => {
    const bytes = fc.uint8Array({ maxLength: 300 }).map((value) => Buffer.from(value));
    // What looks like a boundary, a line end or the start of either.
    const tricky = fc.array(fc.constantFrom('\r\n', '--', '\r\n--', '\r\n--b', '\r\n--boundar', 'boundary', '\r', '\n', '-', 'x', '\0'), { maxLength: 40 }).map((pieces) => Buffer.from(pieces.join('')));
    const file = fc.record({ name: fc.constantFrom('f', 'g h', 'ä'), filename: fc.constantFrom('a.txt', 'b b.bin', 'ü.png'), contentType: fc.constantFrom('text/plain', 'application/octet-stream'), value: fc.oneof(bytes, tricky) });
    const field = fc.record({ name: fc.constantFrom('a', 'b.c', 'ö'), value: fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => !text.includes('boundary')) });
    await fc.assert(
      fc.asyncProperty(fc.array(field, { maxLength: 3 }), fc.array(file, { maxLength: 3 }), fc.array(fc.nat({ max: 4000 }), { maxLength: 6 }), async (fields, files, cuts) => {
        const { body, contentType } = multipart([...fields, ...files]);
        const { sent, answer } = openRequest(rest.port, 'POST /form', { 'content-type': contentType, 'transfer-encoding': 'chunked' });
        let from = 0;
        for (const cut of [...cuts.map((place) => place % (body.length + 1)).sort((a, b) => a - b), body.length]) {
          if (cut > from) sent.write(body.subarray(from, cut));
          from = cut;
          await new Promise((resolve) => setImmediate(resolve));
        }
        sent.end();
        const expected: Record<string, string | string[]> = {};
        for (const { name, value } of fields) expected[name] = expected[name] === undefined ? value : [expected[name], value].flat();
        const received = JSON.parse((await (await answer).rest()).toString()) as Received;
        expect(received.body).toEqual(expected);
        expect(received.files).toEqual(files.map(({ name, filename, contentType: type, value }) => ({ field: name, filename, contentType: type, base64: value.toString('base64') })));
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});
