import { describe, expect, it } from '@jest/globals';
import { connectTestWorker, type TestWorker } from '@motia/engine-core/testing';
import { startRest, type Answer, type RestFixture } from './fixtures/start-rest.js';

type Options = NonNullable<Parameters<typeof connectTestWorker>[1]>;
const app = (rest: RestFixture, generation: number, options: Options = {}): Promise<TestWorker> =>
  connectTestWorker(rest.host, {
    functions: { 'app::page': () => ({ body: String(generation) }), 'app::only': () => ({ body: 'only' }), 'app::guard': () => ({ action: 'continue' }), 'app::condition': () => true },
    triggers: [
      { type: 'http', functionId: 'app::page', config: { api_path: '/page', http_method: 'GET' } },
      { type: 'http', functionId: 'app::page', config: { api_path: '/page/:id', http_method: 'GET', condition_function_id: 'app::condition', middleware_function_ids: ['app::guard'] } },
      { type: 'http', functionId: 'app::only', config: { api_path: `/only/${generation}`, http_method: 'GET' } },
    ],
    owner: 'app', retain: true, ...options,
  });

/** Asks for paths without pause from several connections until `isOver`; gives what was answered. */
async function load(rest: RestFixture, paths: readonly string[], isOver: () => boolean): Promise<Answer[]> {
  const answers: Answer[] = [];
  await Promise.all(Array.from({ length: 8 }, async (_, lane) => {
    for (let turn = lane; !isOver(); turn += 1) answers.push(await rest.call(`GET ${paths[turn % paths.length] ?? '/'}`));
  }));
  return answers;
}

describe('while routes are replaced (fault 70)', () => {
  it('E6 no request fails over twenty swaps, and each sees one generation or the next', async () => {
    await using rest = await startRest();
    let current = await app(rest, 0);
    let isOver = false;
    const loading = load(rest, ['/page', '/page/7'], () => isOver);
    for (let generation = 1; generation <= 20; generation += 1) {
      const next = await app(rest, generation, { activation: 'manual' });
      await next.handle.registered;
      await rest.host.workers.activate({ arriving: [next.handle], leaving: [current.handle] });
      await current.handle.drain(AbortSignal.timeout(5_000));
      await current[Symbol.asyncDispose]();
      current = next;
      expect((await rest.call('GET /page')).text).toBe(String(generation));
      expect((await rest.call(`GET /only/${generation}`)).text).toBe('only');
      expect((await rest.call(`GET /only/${generation - 1}`)).status).toBe(404);
    }
    isOver = true;
    const answers = await loading;
    expect(answers.length).toBeGreaterThan(100);
    expect(answers.filter(({ status }) => status !== 200).map(({ status, text }) => [status, text])).toEqual([]);
    await current[Symbol.asyncDispose]();
  });

  it('a second owner of a route is refused naming both, and neither its coming nor its going touches the first', async () => {
    await using rest = await startRest();
    await using first = await app(rest, 1);
    let isOver = false;
    const loading = load(rest, ['/page'], () => isOver);
    for (let round = 0; round < 10; round += 1) {
      const rival = await connectTestWorker(rest.host, {
        functions: { 'rival::page': () => ({ body: 'rival' }) },
        triggers: [{ type: 'http', functionId: 'rival::page', config: { api_path: '/page' } }],
        owner: 'rival',
      });
      const { ready, triggers } = rival.registered;
      const [rejection] = [...triggers.rejected, ...(ready?.rejected ?? [])];
      expect(rejection?.error.code).toBe('MOTIA_REST_ROUTE_CONFLICT');
      expect(rejection?.error.message).toMatch(/app::page[^]*rival::page/);
      await rival[Symbol.asyncDispose]();
    }
    isOver = true;
    expect(new Set((await loading).map(({ text }) => text))).toEqual(new Set(['1']));
    expect(first.calls.length).toBeGreaterThan(10);
  });
});

describe('a new generation with a route that another function has', () => {
  const rivalRoute = { type: 'http', functionId: 'app::rival', config: { api_path: '/taken' } };

  it('E6 is refused whole where it must bind all, and the old one serves on', async () => {
    await using rest = await startRest();
    await rest.route('GET /taken', () => ({ body: 'theirs' }));
    await using old = await app(rest, 1);
    const next = await app(rest, 2, { activation: 'manual', functions: { 'app::page': () => ({ body: '2' }), 'app::rival': () => ({ body: 'rival' }) }, triggers: [rivalRoute, { type: 'http', functionId: 'app::page', config: { api_path: '/page' } }] });
    await next.handle.registered;
    const swap = { arriving: [next.handle], leaving: [old.handle] };
    await expect(rest.host.workers.activate({ ...swap, mustBindAll: true })).rejects.toMatchObject({ code: 'MOTIA_ENGINE_SWAP_REFUSED', message: expect.stringMatching(/GET \/taken.*app::rival/) });
    for (const [line, text] of [['GET /page', '1'], ['GET /only/1', 'only'], ['GET /taken', 'theirs']] as const) expect((await rest.call(line)).text).toBe(text);
    // Whoever does not ask for it gets what can be bound.
    await rest.host.workers.activate(swap);
    expect([(await rest.call('GET /page')).text, (await rest.call('GET /taken')).text, (await rest.call('GET /only/1')).status]).toEqual(['2', 'theirs', 404]);
    await next[Symbol.asyncDispose]();
  });

  it('is let in when the old one was refused that route already: that is not news', async () => {
    await using rest = await startRest();
    await rest.route('GET /taken', () => ({ body: 'theirs' }));
    const options = { functions: { 'app::rival': () => ({ body: 'rival' }) }, triggers: [rivalRoute] };
    await using old = await app(rest, 1, options);
    await using next = await app(rest, 2, { ...options, activation: 'manual' });
    await next.handle.registered;
    await rest.host.workers.activate({ arriving: [next.handle], leaving: [old.handle], mustBindAll: true });
    expect(next.handle.state).toBe('ready');
  });

  it('may take over what leaves with the old one, and what came and went is told in one line', async () => {
    await using rest = await startRest();
    await using old = await app(rest, 1);
    const page = { type: 'http', functionId: 'app::renamed', config: { api_path: '/page', http_method: 'GET' } };
    const fresh = { type: 'http', functionId: 'app::renamed', config: { api_path: '/fresh', http_method: 'POST' } };
    await rest.host.logs.next(({ message }) => message.startsWith('Routes changed'));
    await using next = await app(rest, 2, { activation: 'manual', functions: { 'app::renamed': () => ({ body: 'renamed' }) }, triggers: [page, fresh] });
    await next.handle.registered;
    const seen = rest.host.logs.records.length;
    await rest.host.workers.activate({ arriving: [next.handle], leaving: [old.handle], mustBindAll: true });
    expect((await rest.call('GET /page')).text).toBe('renamed');
    const news = (await rest.host.logs.next((record) => rest.host.logs.records.indexOf(record) >= seen && record.message.startsWith('Routes changed')));
    expect(news).toMatchObject({ level: 'info', message: 'Routes changed: + POST /fresh, - GET /page/:id, - GET /only/1', fields: { added: 1, removed: 2 } });
    await rest.host.stop();
    expect(rest.host.logs.records.filter(({ message }) => message.startsWith('Routes changed')).at(-1)).toBe(news);
  });
});

describe('while a worker restarts', () => {
  it('R3 requests wait: for the handler, for its condition and for its middleware', async () => {
    await using rest = await startRest();
    const old = await app(rest, 1);
    old.kill();
    await old.handle.closed;
    const parked = [rest.call('GET /page'), rest.call('GET /page/7'), rest.call('GET /only/1')];
    expect((await rest.call('GET /unknown')).status).toBe(404);
    await using _next = await app(rest, 2);
    const answers = await Promise.all(parked);
    expect(answers.slice(0, 2).map(({ status, text }) => [status, text])).toEqual([[200, '2'], [200, '2']]);
  });

  it('R3 a route that its next generation does not have is 404 afterwards, not an endless wait', async () => {
    await using rest = await startRest();
    const old = await app(rest, 1);
    old.kill();
    await old.handle.closed;
    await using _next = await app(rest, 2);
    expect((await rest.call('GET /only/1')).status).toBe(404);
    expect((await rest.call('GET /only/2')).text).toBe('only');
  });
});

describe('conditions of routes', () => {
  const conditional = async (rest: RestFixture, condition: () => unknown, mode = {}): Promise<Answer> => {
    rest.host.functions.register({ id: 'condition' }, condition);
    await rest.route('GET /if', () => ({ body: 'ran' }), { condition_function_id: 'condition', ...mode });
    return rest.call('GET /if');
  };

  it.each([true, undefined, null, 0, '', 'false', {}])('only a literal false blocks: %p runs the handler', async (value) => {
    await using rest = await startRest();
    expect((await conditional(rest, () => value)).text).toBe('ran');
  });

  it('false is 422 with skipped: true', async () => {
    await using rest = await startRest();
    expect(await conditional(rest, () => false)).toMatchObject({ status: 422, json: { skipped: true, error: { code: 'MOTIA_REST_CONDITION_NOT_MET', retryable: false } } });
  });

  it('errors are the answer, as those of handlers are: 500, or with their own code and status', async () => {
    await using rest = await startRest({ mode: 'production' });
    const failed = await conditional(rest, () => {
      throw new Error('secret');
    });
    expect([failed.status, failed.text.includes('secret'), failed.json.skipped]).toEqual([500, false, undefined]);
    await using other = await startRest();
    const refused = await conditional(other, () => {
      throw Object.assign(new Error('pay first'), { code: 'APP_NOT_PAID', status: 402, expose: true });
    });
    expect([refused.status, refused.json.error.code]).toEqual([402, 'APP_NOT_PAID']);
  });

  it('spend the time of the route, and one that is missing fails the request', async () => {
    await using rest = await startRest();
    expect((await conditional(rest, () => new Promise(() => undefined), { timeout_ms: 30 })).status).toBe(504);
    await rest.route('GET /missing', () => ({ body: 'ran' }), { condition_function_id: 'nobody' });
    expect((await rest.call('GET /missing')).status).toBeGreaterThanOrEqual(500);
  });
});
