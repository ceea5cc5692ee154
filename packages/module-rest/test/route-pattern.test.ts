import { describe, expect, it } from '@jest/globals';
import { isMotiaError } from '@motia/engine-core/contract';
import { parseRoutePattern } from '../src/route-pattern.js';

const problemOf = (path: string): { problem: string; use?: string } => {
  try {
    parseRoutePattern(path);
  } catch (error) {
    if (isMotiaError(error, 'MOTIA_REST_INVALID_ROUTE')) return error.details as { problem: string; use?: string };
    throw error;
  }
  throw new Error(`${path} was accepted`);
};

describe('parseRoutePattern', () => {
  it('reads literals, parameters and a trailing rest', () => {
    expect(parseRoutePattern('/users/:id/files/*path')).toEqual({
      path: '/users/:id/files/*path',
      segments: [{ kind: 'literal', text: 'users' }, { kind: 'param', name: 'id' }, { kind: 'literal', text: 'files' }, { kind: 'rest', name: 'path' }],
      shape: '/users/:/files/*',
    });
  });

  it('takes the leading slash as given', () => {
    expect(parseRoutePattern('users/:id').path).toBe('/users/:id');
    expect(parseRoutePattern('/').segments).toEqual([]);
    expect(parseRoutePattern('').path).toBe('/');
  });

  it('gives patterns that match the same paths the same shape', () => {
    expect(parseRoutePattern('/users/:id').shape).toBe(parseRoutePattern('users/:userId/').shape);
    expect(parseRoutePattern('/caf%C3%A9').shape).toBe(parseRoutePattern('/café').shape);
    expect(parseRoutePattern('/users/:id').shape).not.toBe(parseRoutePattern('/users/id').shape);
  });

  it('keeps a trailing slash apart when it is strict', () => {
    expect(parseRoutePattern('/a/', { isTrailingSlashStrict: true }).shape).not.toBe(parseRoutePattern('/a', { isTrailingSlashStrict: true }).shape);
  });

  it.each([
    ['/a/*', 'a wildcard needs a name', '/a/*rest'],
    ['/a/**', 'a wildcard needs a name', '/a/*rest'],
    ['/a/:x?', 'optional parameters are not supported', 'two triggers, /a and /a/:x'],
    ['/:x?', 'optional parameters are not supported', 'two triggers, / and /:x'],
    ['/x/:id(\\d+)', 'regular expressions are not supported', '/x/:id, and check it in the handler'],
    ['/x/:path*', 'repeated parameters are not supported', '/x/*path'],
    ['/:a-:b-:c', 'a segment holds more than one parameter', '/:a/:b/:c'],
    ['/files/:name.json', 'a parameter must be a whole segment', '/files/:name'],
    ['/files/v:version', 'a parameter must be a whole segment', '/files/:version'],
    ['/a{/:b}', 'optional groups are not supported', 'one trigger for each path'],
    ['/a/*rest/b', '"*" must be the last segment', '/a/*rest'],
    ['/a/b*', '"*" must be the start of the last segment', '/a/b/*rest'],
    ['/a//b', 'it has an empty segment', '/a/b'],
    ['/a?x=1', 'a path has no query string or fragment', '/a'],
  ])('refuses %s and says what to write', (path, problem, use) => {
    expect(problemOf(path)).toMatchObject({ problem, use });
  });

  it.each(['/:1a', '/:', '/a b', '/a\u0000', '/a\\b', '/%E0%A4%A', '/:__proto__', '/:constructor', '/:a/:a', '/(a|b)', `/${'a'.repeat(3000)}`, '/\ud800'])('refuses %j', (path) => {
    expect(problemOf(path).problem).not.toBe('');
  });

  it('takes the characters that real paths have', () => {
    for (const path of ['/.well-known/x', '/@scope/name', '/a+b', '/v1.2/x_y', "/o'clock", '/a,b;c=d', '/~me', '/100%25']) expect(parseRoutePattern(path).path).toBe(path);
  });
});
