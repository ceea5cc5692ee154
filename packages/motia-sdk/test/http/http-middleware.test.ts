import { describe, expect, it } from '@jest/globals';
import { httpMiddleware, isHttpMiddlewareTrigger, multiTriggerStep, step } from '../../src/index.js';
import { serving } from '../support/scripted-engine.js';

const input = {
  phase: 'preHandler',
  request: { path_params: { id: '7' }, query_params: { q: '1' }, headers: { a: 'b' }, method: 'GET', path: '/r/:id', request_id: 'r-1', client_address: '192.0.2.1', protocol: 'https' },
  context: { user: 'ada' },
};

describe('httpMiddleware()', () => {
  it('makes the trigger and its engine config', async () => {
    expect(httpMiddleware()).toEqual({ type: 'http_middleware' });
    const trigger = httpMiddleware({ path: '/admin', priority: 5, methods: ['POST'], timeoutMs: 100 }, () => true);
    expect(isHttpMiddlewareTrigger(trigger)).toBe(true);
    await using engine = await serving([step({ name: 'Guard', triggers: [trigger] }, () => ({ action: 'continue' }))], { triggerTypes: ['http_middleware'] });
    const [registered] = [...engine.triggers.values()];
    expect(registered).toMatchObject({
      type: 'http_middleware',
      functionId: 'steps::Guard::trigger::http_middleware(/admin)',
      config: { path: '/admin', priority: 5, methods: ['POST'], timeout_ms: 100, condition_function_id: 'steps::Guard::trigger::http_middleware(/admin)::conditions::0' },
    });
  });

  it('hands the request over with camelCase names, and sends the result as it is', async () => {
    const seen: unknown[] = [];
    const guard = step({ name: 'Guard', triggers: [httpMiddleware()] }, ({ phase, request, context }, ctx) => {
      seen.push(phase, request, context, ctx.trigger.type, ctx.is.http_middleware({}));
      return { action: 'respond', response: { status: 401, body: { error: 'no' } } };
    });
    await using engine = await serving([guard], { triggerTypes: ['http_middleware'] });
    expect(await engine.invoke('steps::Guard::trigger::http_middleware(/)', input)).toEqual({ action: 'respond', response: { status: 401, body: { error: 'no' } } });
    expect(seen).toEqual([
      'preHandler',
      { pathParams: { id: '7' }, queryParams: { q: '1' }, headers: { a: 'b' }, method: 'GET', path: '/r/:id', requestId: 'r-1', clientAddress: '192.0.2.1', protocol: 'https' },
      { user: 'ada' }, 'http_middleware', true,
    ]);
  });

  it('has a place in steps of several triggers', async () => {
    const many = multiTriggerStep({ name: 'Many', triggers: [httpMiddleware()] }).onHttpMiddleware(({ request }) => ({ action: 'continue', context: { path: request.path } })).handlers();
    await using engine = await serving([many], { triggerTypes: ['http_middleware'] });
    expect(await engine.invoke('steps::Many::trigger::http_middleware(/)', input)).toEqual({ action: 'continue', context: { path: '/r/:id' } });
  });

  it('leaves its context, the client and the protocol on the request of a handler', async () => {
    const route = step({ name: 'Route', triggers: [{ type: 'http', method: 'GET', path: '/r' }] }, (req) => ({ status: 200, body: [req.context, req.request.clientAddress, req.protocol] }));
    await using engine = await serving([route]);
    expect(await engine.invoke('steps::Route::trigger::http(GET /r)', { context: { user: 'ada' }, client_address: '192.0.2.1', protocol: 'https' })).toEqual({ status: 200, body: [{ user: 'ada' }, '192.0.2.1', 'https'] });
  });
});
