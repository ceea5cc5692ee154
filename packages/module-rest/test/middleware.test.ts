import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MotiaError, type FunctionHandler, type Registration } from '@motia/engine-core/contract';
import { connectTestWorker } from '@motia/engine-core/testing';
import { stopwatch } from '@motia/tools/stopwatch';
import { deferred, startRest, until, type Path, type RestFixture } from './fixtures/start-rest.js';

type Input = { readonly phase: string; readonly request: Readonly<Record<string, unknown>>; readonly context: Readonly<Record<string, unknown>> };
const body = (payload: unknown): { body: unknown } => ({ body: payload });

async function register(rest: RestFixture, id: string, handler: FunctionHandler, config: Readonly<Record<string, unknown>> = {}): Promise<Registration> {
  const fn = rest.host.functions.register({ id }, handler);
  const trigger = await rest.host.triggers.register({ type: 'http_middleware', functionId: id, config });
  return {
    dispose() {
      trigger.dispose();
      fn.dispose();
    },
  };
}

describe.each<Path>(['listener', 'router'])('engine-wide middleware through the %s', (via) => {
  let rest: RestFixture;
  beforeAll(async () => {
    rest = await startRest({ via });
    await rest.route('GET /open/:id', body);
    await rest.route('POST /typed', body, { bodySchema: { type: 'object', required: ['a'] } });
    await rest.route('GET /admin', body);
    await rest.route('GET /admin/users/:id', body);
    await rest.route('GET /:tenant/users', body);
  });
  afterAll(async () => rest[Symbol.asyncDispose]());

  it('gets phase, request and context, and lets requests on', async () => {
    const seen: Input[] = [];
    const middleware = await register(rest, 'sees', (input) => {
      seen.push(input as Input);
      return { action: 'continue' };
    });
    const answer = await rest.call('GET /open/a%20b?q=1&q=2', { headers: { 'x-custom': 'v', 'x-request-id': 'r-1' } });
    expect(answer.status).toBe(200);
    expect(answer.json).not.toHaveProperty('context');
    expect(seen).toEqual([{
      phase: 'preHandler',
      request: { path_params: { id: 'a b' }, query_params: { q: ['1', '2'] }, headers: expect.objectContaining({ 'x-custom': 'v' }), method: 'GET', path: '/open/:id', request_id: 'r-1', client_address: '127.0.0.1', protocol: 'http' },
      context: {},
    }]);
    middleware.dispose();
    await until(() => rest.host.triggers.list().every(({ type }) => type !== 'http_middleware'));
    await rest.call('GET /open/1');
    expect(seen).toHaveLength(1);
  });

  it('answers in place of the handler', async () => {
    const middleware = await register(rest, 'answers', () => ({ action: 'respond', response: { status_code: 401, headers: { 'www-authenticate': 'Bearer' }, body: { error: 'sign in' } } }));
    const answer = await rest.call('GET /open/1');
    expect([answer.status, answer.headers['www-authenticate'], answer.json]).toEqual([401, 'Bearer', { error: 'sign in' }]);
    expect(answer.headers['x-request-id']).toEqual(expect.any(String));
    expect((await rest.call('GET /nowhere')).status).toBe(404);
    middleware.dispose();
  });

  it('runs by priority, then by function id, and hands context on to the next and to the handler', async () => {
    const order: string[] = [];
    const add = (id: string, priority: number): Promise<Registration> =>
      register(rest, id, (input) => {
        order.push(`${id} ${JSON.stringify((input as Input).context)}`);
        return { action: 'continue', context: { [id]: true } };
      }, { priority });
    const all = [await add('c', 0), await add('last', 10), await add('b', 0), await add('first', -1)];
    const answer = await rest.call('GET /open/1');
    expect(order.map((line) => line.split(' ')[0])).toEqual(['first', 'b', 'c', 'last']);
    expect(order.at(-1)).toBe('last {"first":true,"b":true,"c":true}');
    expect(answer.json['context']).toEqual({ first: true, b: true, c: true, last: true });
    for (const one of all) one.dispose();
  });

  it('covers the routes at and below its path, and the methods it names', async () => {
    const denied = { action: 'respond', response: { status: 403 } };
    const admin = await register(rest, 'admin', () => denied, { path: '/admin' });
    const posts = await register(rest, 'posts', () => denied, { methods: ['post'] });
    const statusOf = async (line: string): Promise<number> => (await rest.send(line, { a: 1 })).status;
    expect(await statusOf('GET /admin')).toBe(403);
    expect(await statusOf('HEAD /admin')).toBe(403);
    expect(await statusOf('GET /%61dmin/users/7')).toBe(403);
    expect(await statusOf('GET /shop/users')).toBe(200);
    expect(await statusOf('GET /open/1')).toBe(200);
    expect(await statusOf('POST /typed')).toBe(403);
    admin.dispose();
    posts.dispose();
  });

  it('runs behind validation', async () => {
    let calls = 0;
    const middleware = await register(rest, 'counts', () => {
      calls += 1;
      return { action: 'continue' };
    });
    expect((await rest.send('POST /typed', {})).status).toBe(400);
    expect(calls).toBe(0);
    expect((await rest.send('POST /typed', { a: 1 })).status).toBe(200);
    expect(calls).toBe(1);
    middleware.dispose();
  });

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'the result'],
    ['text', 'continue', 'the result'],
    ['an unknown action', { action: 'next' }, 'action'],
    ['no response', { action: 'respond' }, 'response'],
    ['a bad context', { action: 'continue', context: [1] }, 'context'],
  ])('fails closed when it gives %s', async (_what, result, field) => {
    const middleware = await register(rest, 'odd', () => result);
    const answer = await rest.call('GET /open/1');
    expect([answer.status, answer.json.error.code]).toEqual([500, 'MOTIA_REST_INVALID_MIDDLEWARE_RESPONSE']);
    expect(answer.json.error.details).toMatchObject({ functionId: 'odd', field });
    middleware.dispose();
  });

  it('fails closed when it throws, and its coded errors are shown', async () => {
    const middleware = await register(rest, 'throws', () => {
      throw new MotiaError({ code: 'APP_NOT_PAID', message: 'pay first', status: 402 });
    });
    const answer = await rest.call('GET /open/1');
    expect([answer.status, answer.json.error.code]).toEqual([402, 'APP_NOT_PAID']);
    middleware.dispose();
  });

  it('that is too slow is 504 MIDDLEWARE_TIMEOUT, naming it', async () => {
    const middleware = await register(rest, 'slow', () => new Promise(() => undefined), { timeout_ms: 20 });
    const answer = await rest.call('GET /open/1');
    expect([answer.status, answer.json.error.code]).toEqual([504, 'MOTIA_REST_MIDDLEWARE_TIMEOUT']);
    expect(answer.json.error.details).toMatchObject({ functionId: 'slow', legacyCode: 'MIDDLEWARE_TIMEOUT' });
    middleware.dispose();
  });

  it('spends the time of the route', async () => {
    await rest.route('GET /hurry', () => new Promise(() => undefined), { timeout_ms: 60 });
    const middleware = await register(rest, 'dawdles', async () => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      return { action: 'continue' };
    });
    const watch = stopwatch();
    const answer = await rest.call('GET /hurry');
    expect([answer.status, answer.json.error.code]).toEqual([504, 'MOTIA_ENGINE_DEADLINE_EXCEEDED']);
    expect(watch.elapsedMs()).toBeLessThan(1_000);
    middleware.dispose();
  });

  it('does not run when its own condition says false', async () => {
    const condition = rest.host.functions.register({ id: 'only-b' }, (input) => ((input as Input).request['path_params'] as { id?: string }).id === 'b');
    const middleware = await register(rest, 'conditional', () => ({ action: 'respond', response: { status: 418 } }), { condition_function_id: 'only-b' });
    expect((await rest.call('GET /open/a')).status).toBe(200);
    expect((await rest.call('GET /open/b')).status).toBe(418);
    middleware.dispose();
    condition.dispose();
  });

  it('is cancelled when the client leaves, and the handler never runs', async () => {
    let ran = 0;
    await rest.route('GET /left', () => {
      ran += 1;
    });
    const began = deferred<AbortSignal>();
    const middleware = await register(rest, 'waits', (_input, call) => {
      began.resolve(call.signal);
      return new Promise((resolve) => call.signal.addEventListener('abort', () => resolve({ action: 'continue' })));
    });
    const controller = new AbortController();
    const call = rest.call('GET /left', { signal: controller.signal }).catch(() => undefined);
    const signal = await began.promise;
    controller.abort();
    await call;
    await until(() => signal.aborted);
    middleware.dispose();
    expect((await rest.call('GET /open/1')).status).toBe(200);
    expect(ran).toBe(0);
  });
});

describe('middleware named by function id', () => {
  it('in the config stands before all routes, and requests fail while it is missing', async () => {
    await using rest = await startRest({ options: { middleware: [{ function_id: 'guard', path: '/safe' }] } });
    await rest.route('GET /safe', () => ({ body: 'in' }));
    await rest.route('GET /other', () => ({ body: 'other' }));
    expect((await rest.call('GET /safe')).status).toBeGreaterThanOrEqual(500);
    expect((await rest.call('GET /other')).text).toBe('other');
    rest.host.functions.register({ id: 'guard' }, () => ({ action: 'continue' }));
    expect((await rest.call('GET /safe')).text).toBe('in');
  });

  it('on a trigger runs after the engine-wide, each function once', async () => {
    await using rest = await startRest({ options: { middleware: [{ function_id: 'both' }] } });
    const order: string[] = [];
    for (const id of ['own', 'both']) {
      rest.host.functions.register({ id }, () => {
        order.push(id);
        return { action: 'continue' };
      });
    }
    await rest.route('GET /a', () => ({ body: 'a' }), { middleware_function_ids: ['own', 'both'] });
    await rest.route('GET /b', () => ({ body: 'b' }));
    expect((await rest.call('GET /a')).text).toBe('a');
    expect((await rest.call('GET /b')).text).toBe('b');
    expect(order).toEqual(['both', 'own', 'both']);
  });

  it('refuses phases and paths that do not exist', async () => {
    await using rest = await startRest();
    rest.host.functions.register({ id: 'm' }, () => ({ action: 'continue' }));
    const registering = (config: Readonly<Record<string, unknown>>): Promise<Registration> => rest.host.triggers.register({ type: 'http_middleware', functionId: 'm', config });
    await expect(registering({ phase: 'afterwards' })).rejects.toMatchObject({ code: 'MOTIA_ENGINE_TRIGGER_CONFIG_INVALID' });
    await expect(registering({ path: '/a/:x?' })).rejects.toMatchObject({ code: 'MOTIA_ENGINE_TRIGGER_CONFIG_INVALID' });
    await expect(registering({ pathe: '/a' })).rejects.toMatchObject({ code: 'MOTIA_ENGINE_TRIGGER_CONFIG_INVALID' });
  });
});

describe('middleware of a worker', () => {
  it('comes with the routes of its worker: no request ever gets past it', async () => {
    await using rest = await startRest();
    let isPast = false;
    let isOver = false;
    const statuses = new Map<number, number>();
    const load = (async () => {
      while (!isOver) {
        const { status, text } = await rest.call('GET /secret');
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (text === 'secret') isPast = true;
      }
    })();
    for (let round = 0; round < 20; round += 1) {
      const worker = await connectTestWorker(rest.host, {
        functions: { 'app::secret': () => ({ body: 'secret' }), 'app::guard': () => ({ action: 'respond', response: { status: 401 } }) },
        triggers: [
          { type: 'http', functionId: 'app::secret', config: { api_path: '/secret' } },
          { type: 'http_middleware', functionId: 'app::guard', config: {} },
        ],
        owner: `app-${round}`,
      });
      await rest.call('GET /secret');
      await worker[Symbol.asyncDispose]();
    }
    isOver = true;
    await load;
    expect(isPast).toBe(false);
    expect(statuses.get(401)).toBeGreaterThan(0);
  });
});
