import { describe, expect, it } from '@jest/globals';
import { isMotiaError, WireValue } from '@motia/engine-core/contract';
import { readHandlerResponse } from '../src/handler-response.js';

const read = (result: unknown, limit = 1000): ReturnType<typeof readHandlerResponse> => readHandlerResponse('steps::hello', result, limit);
const fieldOf = (result: unknown, limit?: number): string => {
  try {
    read(result, limit);
  } catch (error) {
    if (isMotiaError(error, 'MOTIA_REST_INVALID_HANDLER_RESPONSE')) {
      expect(error.status).toBe(500);
      expect(error.message).toContain('steps::hello');
      return (error.details as { field: string }).field;
    }
    throw error;
  }
  throw new Error('was accepted');
};
const cycle: Record<string, unknown> = {};
cycle['self'] = cycle;

describe('readHandlerResponse', () => {
  it.each([undefined, null])('makes 204 of %s', (result) => {
    expect(read(result)).toMatchObject({ status: 204, body: undefined, contentType: undefined });
  });

  it.each([[{ a: 1 }, '{"a":1}'], [[1], '[1]'], [7, '7'], [false, 'false'], [null, 'null']])('sends %j as JSON', (body, text) => {
    expect(read({ body })).toMatchObject({ status: 200, body: text, contentType: 'application/json; charset=utf-8' });
  });

  it('sends a string as it is, as text unless a content type says otherwise', () => {
    expect(read({ body: 'hi' })).toMatchObject({ body: 'hi', contentType: 'text/plain; charset=utf-8' });
    expect(read({ body: '{"a":1}', headers: { 'Content-Type': 'application/json' } })).toMatchObject({ body: '{"a":1}', contentType: undefined, headers: ['content-type', 'application/json'] });
  });

  it('sends bytes as they are', () => {
    expect(read({ body: Buffer.from([1, 2]) })).toMatchObject({ body: Buffer.from([1, 2]), contentType: 'application/octet-stream' });
    expect(read({ body: new Uint16Array([1]) }).body).toEqual(new Uint8Array([1, 0]));
    expect(read({ body: new Uint8Array([9]).buffer }).body).toEqual(new Uint8Array([9]));
  });

  it('sends nothing for an absent body and for statuses that have none', () => {
    expect(read({ status: 201 })).toMatchObject({ status: 201, body: '', contentType: undefined });
    for (const status of [204, 205, 304]) expect(read({ status, body: { a: 1 } }).body).toBeUndefined();
  });

  it('takes status_code and status', () => {
    expect(read({ status_code: 202, status: 500 }).status).toBe(202);
    expect(read({ status: 418, body: '' }).status).toBe(418);
  });

  it('takes headers as a map, with lists, and as lines', () => {
    expect(read({ headers: { 'X-A': 1, b: true, 'Set-Cookie': ['a=1', 'b=2'], gone: undefined } }).headers).toEqual(['x-a', '1', 'b', 'true', 'set-cookie', 'a=1', 'set-cookie', 'b=2']);
    expect(read({ headers: ['X-A: 1', 'location: http://x/y?z=1'] }).headers).toEqual(['x-a', '1', 'location', 'http://x/y?z=1']);
  });

  it('leaves the framing of the message to itself', () => {
    expect(read({ headers: { 'content-length': 99, 'Transfer-Encoding': 'chunked', connection: 'close', 'x-request-id': 'mine', a: 'b' } }).headers).toEqual(['a', 'b']);
  });

  it('forwards a raw body and parses only the rest', () => {
    const bytes = Buffer.from('{"not":"looked at"}');
    const response = read(new WireValue('{"status":201,"headers":{"a":"b"}}', { at: '/body', as: 'json', bytes }));
    expect(response).toMatchObject({ status: 201, headers: ['a', 'b'], contentType: 'application/json; charset=utf-8' });
    expect(response.body).toBe(bytes);
    expect(read(new WireValue('{}', { at: '/body', as: 'text', bytes })).contentType).toBe('text/plain; charset=utf-8');
    expect(read(new WireValue('{"status":200,"body":{"a":1}}')).body).toBe('{"a":1}');
    expect(read(new WireValue('null')).status).toBe(204);
  });

  it.each([
    ['a string', 'x', 'the result'], ['a number', 7, 'the result'], ['a list', [1], 'the result'], ['an object with other keys', { message: 'x' }, 'the result'],
    ['status 999', { status: 999 }, 'status'], ['status 100', { status: 100 }, 'status'], ['status "200"', { status: '200' }, 'status'], ['status 200.5', { status_code: 200.5 }, 'status_code'], ['status NaN', { status: NaN }, 'status'],
    ['a header with a line feed', { headers: { a: 'x\ny' } }, 'headers["a"]'], ['a header with CRLF', { headers: ['a: x\r\nset-cookie: y'] }, 'headers[0]'], ['a header with an emoji', { headers: { a: '😀' } }, 'headers["a"]'],
    ['a header of an object', { headers: { a: {} } }, 'headers["a"]'], ['headers of text', { headers: 'a: b' }, 'headers'], ['a header line without a colon', { headers: ['a'] }, 'headers[0]'], ['a header name with a space', { headers: { 'a b': 'c' } }, '"headers[\\"a b\\"]"'],
    ['a BigInt', { body: { n: 1n } }, 'body'], ['a cycle', { body: cycle }, 'body'], ['a function', { body: () => 1 }, 'body'], ['a symbol', { body: Symbol('x') }, 'body'],
    ['a throwing toJSON', { body: { toJSON() { throw new Error('no'); } } }, 'body'],
  ])('refuses %s, naming field and function', (_name, result, field) => {
    expect(fieldOf(result)).toBe(field);
  });

  it('refuses a body over the limit, counted in bytes', () => {
    expect(read({ body: 'é'.repeat(500) }).body).toHaveLength(500);
    expect(fieldOf({ body: 'é'.repeat(501) })).toBe('body');
    expect(fieldOf({ body: Buffer.alloc(1001) })).toBe('body');
    expect(fieldOf(new WireValue('{}', { at: '/body', as: 'bytes', bytes: Buffer.alloc(1001) }))).toBe('body');
  });
});
