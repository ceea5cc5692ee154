import { describe, expect, it } from '@jest/globals';
import { curlLine, renderBanner, type BannerRoute } from '../src/cli/banner.js';

const route = (method: string, path: string, extra: Partial<BannerRoute> = {}): BannerRoute => ({ method, path, functionId: `fn ${path}`, ...extra });

describe('curlLine', () => {
  it('prefers a GET route without parameters', () => {
    expect(curlLine('http://localhost:3111', [route('POST', '/orders'), route('GET', '/orders/:id'), route('GET', '/hello')])).toBe('curl http://localhost:3111/hello');
  });

  it('fills parameters in', () => {
    expect(curlLine('http://localhost:1', [route('GET', '/a/:id/b/:other')])).toBe('curl http://localhost:1/a/1/b/1');
  });

  it('sends a body that the schema of the route accepts', () => {
    const bodySchema = { type: 'object', required: ['name', 'age'], properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 18 } } };
    expect(curlLine('http://localhost:1', [route('POST', '/users', { bodySchema })])).toBe(
      `curl -X POST http://localhost:1/users -H 'content-type: application/json' -d '{"name":"text","age":18}'`,
    );
  });

  it('quotes for the shell', () => {
    const bodySchema = { type: 'object', required: ['q'], properties: { q: { const: "it's" } } };
    expect(curlLine('http://localhost:1', [route('PUT', '/q', { bodySchema })])).toContain(`-d '{"q":"it'\\''s"}'`);
  });

  it('has nothing to say without routes', () => {
    expect(curlLine('http://localhost:1', [])).toBeUndefined();
  });
});

describe('renderBanner', () => {
  it('shows ports, routes, troubles and the curl line', () => {
    const text = renderBanner({
      version: '1.2.3',
      readyInMs: 512.4,
      listeners: [{ name: 'REST', url: 'http://localhost:3111' }],
      routes: [route('GET', '/hello')],
      processes: [{ command: 'motia dev', state: 'ready', pid: 4711 }],
      troubles: [{ component: 'exec', reason: 'the build failed' }],
    });
    for (const part of ['iii 1.2.3', '512 ms', 'http://localhost:3111', 'GET', '/hello', 'fn /hello', 'exec: the build failed', 'motia dev', '4711', 'curl http://localhost:3111/hello']) expect(text).toContain(part);
  });

  it('cuts a very long list of routes and says how many are left', () => {
    const routes = Array.from({ length: 100 }, (_, index) => route('GET', `/r${index}`));
    const text = renderBanner({ version: '1', readyInMs: 1, listeners: [], routes, processes: [], troubles: [] });
    expect(text).toContain('and 60 more');
    expect(text).not.toContain('/r41');
  });
});
