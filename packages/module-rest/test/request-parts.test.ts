import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { incomingTrace, traceIdOf } from '../src/incoming-trace.js';
import { bodyKindOf } from '../src/media-type.js';
import { decodePathParams } from '../src/path-params.js';
import { parseQueryString } from '../src/query-string.js';
import { requestIdOf } from '../src/request-id.js';
import { parseRoutePattern } from '../src/route-pattern.js';

describe('parseQueryString', () => {
  it('gives text, and a list where a name is repeated', () => {
    expect({ ...parseQueryString('a=1&b=2&a=3&a=4&c&d=&=e') }).toEqual({ a: ['1', '3', '4'], b: '2', c: '', d: '', '': 'e' });
  });

  it('decodes percent-encodings and plus, and leaves malformed ones as they were sent', () => {
    expect({ ...parseQueryString('na%20me=a+b%26c&bad=%E0%A4&x=100%') }).toEqual({ 'na me': 'a b&c', bad: '%E0%A4', x: '100%' });
  });

  it('does not nest', () => {
    expect({ ...parseQueryString('a[b][c]=1&a[]=2') }).toEqual({ 'a[b][c]': '1', 'a[]': '2' });
  });

  it('has no prototype to pollute', () => {
    const query = parseQueryString('__proto__=x&constructor=y&toString=z');
    expect(Object.getPrototypeOf(query)).toBeNull();
    expect(Object.keys(query)).toEqual(['__proto__', 'constructor', 'toString']);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it('refuses the 1,001st parameter', () => {
    const query = (count: number): string => Array.from({ length: count }, (_, index) => `p${index}=1`).join('&');
    expect(Object.keys(parseQueryString(query(1000)))).toHaveLength(1000);
    expect(() => parseQueryString(query(1001))).toThrow(expect.objectContaining({ code: 'MOTIA_REST_TOO_MANY_PARAMS', status: 400 }));
  });

  it('reads what URLSearchParams writes', () => {
    fc.assert(fc.property(fc.uniqueArray(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })), { selector: ([name]) => name }), (pairs) => {
      const query = parseQueryString(new URLSearchParams(pairs).toString());
      expect(Object.entries(query).sort()).toEqual([...pairs].sort());
    }));
  });
});

describe('decodePathParams', () => {
  const decode = (pattern: string, ...raw: string[]): Record<string, string> => ({ ...decodePathParams(parseRoutePattern(pattern).segments, raw) });

  it('decodes and passes hostile text on as plain data', () => {
    expect(decode('/:a/:b/*c', '%2e%2e%2f', '__proto__', "x/%3Cscript%3E/'")).toEqual({ a: '../', b: '__proto__', c: "x/<script>/'" });
    expect(decode('/:a', 'a%252Fb')).toEqual({ a: 'a%2Fb' });
  });

  it.each(['%E0%A4%A', '%', '%zz', '%ff', 'caf\u00e9'])('refuses the malformed encoding %s', (raw) => {
    expect(() => decode('/:id', raw)).toThrow(expect.objectContaining({ code: 'MOTIA_REST_INVALID_PATH_ENCODING', status: 400 }));
  });

  it.each(['%00', 'a%0Ab', '%1b', '%7F', '%C2%80'])('refuses the control character %s', (raw) => {
    expect(() => decode('/:id', raw)).toThrow(expect.objectContaining({ code: 'MOTIA_REST_INVALID_PATH_PARAM', status: 400 }));
  });
});

describe('bodyKindOf', () => {
  it.each(['application/json', 'Application/JSON; charset=UTF-8', 'application/problem+json', 'application/vnd.api+json;charset="utf-8"'])('reads %s as JSON', (type) => {
    expect(bodyKindOf(type)).toEqual({ kind: 'json' });
  });
  it('reads text/plain as text', () => expect(bodyKindOf('text/plain; charset=us-ascii')).toEqual({ kind: 'text' }));
  it('reads both kinds of forms', () => {
    expect(bodyKindOf('Application/X-WWW-Form-Urlencoded; charset=UTF-8')).toEqual({ kind: 'form' });
    expect(bodyKindOf('multipart/form-data; boundary=x')).toEqual({ kind: 'multipart' });
  });
  it.each([undefined, '', 'application/xml', 'text/html; charset=utf-16', 'application/octet-stream', 'multipart/mixed', 'json', '+json'])('leaves %s to the handler', (type) => {
    expect(bodyKindOf(type)).toEqual({ kind: 'stream' });
  });
  it.each(['application/json; charset=utf-16', 'text/plain; charset=latin1', 'application/x-www-form-urlencoded; charset=utf-7'])('refuses %s', (type) => {
    expect(bodyKindOf(type)).toMatchObject({ kind: 'unsupported' });
  });
});

describe('incomingTrace', () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  it('takes a well-formed context with its companions', () => {
    const trace = incomingTrace({ traceparent, tracestate: 'a=1', baggage: 'k=v' });
    expect(trace).toEqual({ traceparent, tracestate: 'a=1', baggage: 'k=v' });
    expect(trace && traceIdOf(trace)).toBe('0af7651916cd43dd8448eb211c80319c');
  });
  it.each(['', 'x', '00-0-0-01', traceparent.toUpperCase(), `ff${traceparent.slice(2)}`, traceparent.replace('0af7651916cd43dd8448eb211c80319c', '0'.repeat(32)), `${traceparent}-x`, traceparent.replace('b7ad6b7169203331', '0'.repeat(16))])('ignores %j', (value) => {
    expect(incomingTrace({ traceparent: value })).toBeUndefined();
  });
  it('drops companions that are too long', () => {
    expect(incomingTrace({ traceparent, tracestate: 'a'.repeat(600), baggage: 'b'.repeat(9000) })).toEqual({ traceparent });
  });
});

describe('requestIdOf', () => {
  it('keeps a harmless id of the client', () => expect(requestIdOf('req-1_2.3:4/5')).toBe('req-1_2.3:4/5'));
  it.each([undefined, '', 'a b', 'a"b', '<script>', 'é', 'a'.repeat(129), '-x'])('replaces %j', (header) => {
    expect(requestIdOf(header)).toMatch(/^[\w-]+-[a-z\d]+$/);
  });
  it('never gives one id twice', () => expect(new Set(Array.from({ length: 1000 }, () => requestIdOf(undefined))).size).toBe(1000));
});
