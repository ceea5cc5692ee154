import { describe, expect, it } from '@jest/globals';
import type { Trigger } from '@motia/engine-core/contract';
import { RouteBinder } from '../src/route-binder.js';
import { httpTriggerOptions } from '../src/trigger-config.js';
import type { HttpTriggerConfig } from '../src/trigger-schema.js';

const triggerOptions = httpTriggerOptions({ isTrailingSlashStrict: false });
const binder = (): RouteBinder => new RouteBinder({ triggerOptions, isTrailingSlashStrict: false, defaultTimeoutMs: 30_000, reservedBy: () => undefined });
const trigger = (id: string, line: string, functionId: string, generation = 1, extra: object = {}): Trigger<HttpTriggerConfig> => {
  const [http_method, api_path] = line.split(' ');
  return { id, type: 'http', functionId, config: triggerOptions.schema.parse({ http_method, api_path, ...extra }), generation, owners: [`owner of ${functionId}`] };
};
const serving = (routes: RouteBinder, line: string): string | undefined => {
  const [method = '', path = ''] = line.split(' ');
  return routes.table.find(method, path)?.route.trigger.id;
};

describe('RouteBinder', () => {
  it('binds and unbinds, and tells what is bound', () => {
    const routes = binder();
    const one = trigger('t1', 'GET /a/:id', 'f');
    expect(routes.apply({ added: [one, trigger('t2', 'POST /a/:id', 'g')], removed: [] }).size).toBe(0);
    expect(routes.routes().map(({ functionId }) => functionId)).toEqual(['f', 'g']);
    routes.apply({ added: [], removed: [one] });
    expect([serving(routes, 'GET /a/1'), serving(routes, 'POST /a/1')]).toEqual([undefined, 't2']);
  });

  it('refuses another function on the same shape, naming both owners, and binds the rest', () => {
    const routes = binder();
    routes.apply({ added: [trigger('t1', 'GET /a/:id', 'f')], removed: [] });
    const rejections = routes.apply({ added: [trigger('t2', 'GET /a/:name/', 'g'), trigger('t3', 'GET /b', 'g')], removed: [] });
    expect([...rejections.keys()]).toEqual(['t2']);
    expect(rejections.get('t2')).toMatchObject({ code: 'MOTIA_REST_ROUTE_CONFLICT', message: expect.stringMatching(/"f" \(owner of f\)[^]*"g" \(owner of g\)/) });
    expect([serving(routes, 'GET /a/1'), serving(routes, 'GET /b')]).toEqual(['t1', 't3']);
  });

  it('says what it would refuse of a change, with each other and with what stays, and changes nothing', () => {
    const routes = new RouteBinder({ triggerOptions, isTrailingSlashStrict: false, defaultTimeoutMs: 30_000, reservedBy: (path) => (path === '/healthz' ? path : undefined) });
    const [goes, stays] = [trigger('goes', 'GET /a', 'f'), trigger('stays', 'GET /b', 'g')];
    routes.apply({ added: [goes, stays], removed: [] });
    const change = {
      removed: [goes],
      added: [trigger('freed', 'GET /a', 'n'), trigger('taken', 'GET /b', 'n'), trigger('first', 'GET /c/:x', 'n'), trigger('second', 'GET /c/:y', 'm'), trigger('reserved', 'GET /healthz', 'n'), trigger('again', 'GET /b', 'g', 2)],
    };
    const codes = [...routes.check(change)].map(([id, { code }]) => [id, code]);
    expect(codes).toEqual([['taken', 'MOTIA_REST_ROUTE_CONFLICT'], ['second', 'MOTIA_REST_ROUTE_CONFLICT'], ['reserved', 'MOTIA_REST_RESERVED_PATH']]);
    expect([serving(routes, 'GET /a'), serving(routes, 'GET /b'), serving(routes, 'GET /c/1')]).toEqual(['goes', 'stays', undefined]);
    expect([...routes.apply(change)].map(([id, { code }]) => [id, code])).toEqual(codes);
  });

  it('removes first: a function may take over a route in one change', () => {
    const routes = binder();
    const old = trigger('t1', 'GET /a', 'f');
    routes.apply({ added: [old], removed: [] });
    expect(routes.apply({ added: [trigger('t2', 'GET /a', 'g')], removed: [old] }).size).toBe(0);
    expect(serving(routes, 'GET /a')).toBe('t2');
  });

  it('lets the newest generation of one function serve, and an older one again when it leaves', () => {
    const routes = binder();
    const older = trigger('t1', 'GET /a', 'f', 1);
    const newer = trigger('t2', 'GET /a', 'f', 2, { timeout_ms: 5 });
    for (const order of [[older, newer], [newer, older]]) {
      for (const one of order) routes.apply({ added: [one], removed: [] });
      expect(serving(routes, 'GET /a')).toBe('t2');
      expect(routes.routes()).toHaveLength(1);
      routes.apply({ added: [], removed: [newer] });
      expect(serving(routes, 'GET /a')).toBe('t1');
      routes.apply({ added: [], removed: [older] });
      expect(serving(routes, 'GET /a')).toBeUndefined();
    }
  });

  it('a departing owner cannot remove the new one', () => {
    const routes = binder();
    const first = trigger('t1', 'GET /a', 'f');
    const refused = trigger('t2', 'GET /a', 'g');
    routes.apply({ added: [first], removed: [] });
    routes.apply({ added: [refused], removed: [] });
    routes.apply({ added: [], removed: [refused] });
    expect(serving(routes, 'GET /a')).toBe('t1');
  });

  it('swaps in one assignment: a table that was read before stays whole', () => {
    const routes = binder();
    const old = trigger('t1', 'GET /a', 'f');
    routes.apply({ added: [old], removed: [] });
    const before = routes.table;
    routes.apply({ added: [trigger('t2', 'GET /b', 'f')], removed: [old] });
    expect([before.find('GET', '/a')?.route.trigger.id, before.find('GET', '/b')]).toEqual(['t1', undefined]);
  });
});
