import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseRoutePattern, type RoutePattern } from '../src/route-pattern.js';
import { RouteTable } from '../src/route-table.js';

interface Entry {
  readonly method: string;
  readonly pattern: RoutePattern;
}
const route = (text: string): Entry => {
  const [method = '', path = ''] = text.split(' ');
  return { method, pattern: parseRoutePattern(path) };
};
const table = (...routes: string[]): RouteTable<Entry> => new RouteTable(routes.map(route));
const found = (from: RouteTable<Entry>, method: string, path: string): string | undefined => from.find(method, path)?.route.pattern.path;

describe('RouteTable', () => {
  it('prefers literals to parameters and parameters to the rest', () => {
    const routes = table('GET /users/me', 'GET /users/:id', 'GET /users/*rest', 'GET /*all');
    expect(found(routes, 'GET', '/users/me')).toBe('/users/me');
    expect(found(routes, 'GET', '/users/7')).toBe('/users/:id');
    expect(found(routes, 'GET', '/users/7/x')).toBe('/users/*rest');
    expect(found(routes, 'GET', '/other')).toBe('/*all');
  });

  it('goes back when a literal leads nowhere', () => {
    const routes = table('GET /a/b/d', 'GET /a/:x/c', 'GET /:r/b/:z/q');
    expect(routes.find('GET', '/a/b/c')).toMatchObject({ rawValues: ['b'] });
    expect(routes.find('GET', '/a/b/y/q')).toMatchObject({ rawValues: ['a', 'y'] });
    expect(routes.find('GET', '/a/b/e')).toBeUndefined();
  });

  it('hands over parameters of any length, still encoded', () => {
    const long = 'x'.repeat(7000);
    expect(table('GET /f/:id').find('GET', `/f/${long}`)?.rawValues).toEqual([long]);
    expect(table('GET /f/:id').find('GET', '/f/a%2Fb')?.rawValues).toEqual(['a%2Fb']);
    expect(table('GET /f/*p').find('GET', '/f/a/b%20c/d')?.rawValues).toEqual(['a/b%20c/d']);
  });

  it('matches no empty parameter', () => {
    expect(table('GET /f/:id').find('GET', '/f/')).toBeUndefined();
    expect(table('GET /:id').find('GET', '/')).toBeUndefined();
    expect(table('GET /f/:id/x').find('GET', '/f//x')).toBeUndefined();
  });

  it('minds letter case', () => {
    expect(table('GET /Users').find('GET', '/users')).toBeUndefined();
  });

  it('compares literals decoded', () => {
    const routes = table('GET /café/:id', 'GET /a+b', 'GET /x%2Fy');
    expect(found(routes, 'GET', '/caf%C3%A9/1')).toBe('/café/:id');
    expect(found(routes, 'GET', '/caf%c3%a9/1')).toBe('/café/:id');
    expect(found(routes, 'GET', '/%61+b')).toBe('/a+b');
    expect(found(routes, 'GET', '/x%2Fy')).toBe('/x%2Fy');
    expect(found(routes, 'GET', '/x/y')).toBeUndefined();
    expect(found(routes, 'GET', '/%E0%A4%A')).toBeUndefined();
  });

  it('ignores one trailing slash unless it is strict', () => {
    expect(found(table('GET /a', 'GET /u/:id'), 'GET', '/a/')).toBe('/a');
    expect(found(table('GET /a', 'GET /u/:id'), 'GET', '/u/1/')).toBe('/u/:id');
    expect(found(table('GET /a/'), 'GET', '/a')).toBe('/a/');
    expect(found(table('GET /a'), 'GET', '/a//')).toBeUndefined();
    const strict = new RouteTable([{ method: 'GET', pattern: parseRoutePattern('/a', { isTrailingSlashStrict: true }) }], { isTrailingSlashStrict: true });
    expect(strict.find('GET', '/a/')).toBeUndefined();
    expect(strict.find('GET', '/a')).toBeDefined();
  });

  it('treats dots and names of prototypes as plain text', () => {
    const routes = table('GET /a', 'GET /f/:id');
    expect(routes.find('GET', '/f/..')?.rawValues).toEqual(['..']);
    for (const path of ['/__proto__', '/constructor', '/toString', '/f/../a']) expect(routes.find('GET', path)).toBeUndefined();
  });

  it('names the methods of a path, HEAD with GET', () => {
    const routes = table('GET /a', 'POST /a', 'DELETE /:x');
    expect([...routes.methodsOf('/a')].sort()).toEqual(['DELETE', 'GET', 'HEAD', 'POST']);
    expect(routes.methodsOf('/a/b')).toEqual([]);
  });

  it('finds what a search through all patterns finds', () => {
    const segment = fc.constantFrom('a', 'b', 'c', ':x', ':y', '*r');
    const pattern = fc.array(segment, { maxLength: 4 }).map((parts) => {
      const rest = parts.indexOf('*r');
      const kept = rest === -1 ? parts : parts.slice(0, rest + 1);
      return `/${kept.map((part, index) => (part.startsWith(':') ? `${part}${index}` : part)).join('/')}`;
    });
    const path = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 5 }).map((parts) => `/${parts.join('/')}`);
    fc.assert(fc.property(fc.array(pattern, { maxLength: 12 }), path, (patterns, wanted) => {
      const unique = [...new Map(patterns.map((text) => [parseRoutePattern(text).shape, `GET ${text}`])).values()];
      const parts = wanted.slice(1).split('/').filter((part) => part !== '');
      const matching = unique.map(route).filter((entry) => matches(entry.pattern, parts)).sort((a, b) => rank(a.pattern).localeCompare(rank(b.pattern)));
      expect(found(table(...unique), 'GET', wanted)).toBe(matching[0]?.pattern.path);
    }), { numRuns: 2000 });
  });
});

function matches({ segments }: RoutePattern, parts: readonly string[]): boolean {
  for (const [index, segment] of segments.entries()) {
    if (segment.kind === 'rest') return parts.length > index;
    const part = parts[index];
    if (part === undefined || (segment.kind === 'literal' && segment.text !== part)) return false;
  }
  return parts.length === segments.length;
}

/** Earlier segments decide: literal before parameter before rest. */
function rank({ segments }: RoutePattern): string {
  return segments.map(({ kind }) => (kind === 'literal' ? '0' : kind === 'param' ? '1' : '2')).join('');
}
