import { describe, expect, it } from '@jest/globals';
import type { OptionsSchema } from '../../src/contract/options.js';
import type { Trigger, TriggerRejections, TriggerTypeDefinition } from '../../src/contract/triggers.js';
import { MotiaError } from '@motia/protocol';
import { connectTestWorker } from '../../src/testing/connect-test-worker.js';
import { ManualClock } from '../../src/testing/manual-clock.js';
import { failureOf, gate, startKernel, turns } from '../functions/start-kernel.js';

interface HttpConfig {
  readonly api_path: string;
  readonly http_method: string;
}
const httpConfig: OptionsSchema<HttpConfig> = {
  jsonSchema: { type: 'object' },
  parse(input) {
    const { api_path: path, http_method: method = 'GET', ...rest } = input as { api_path?: unknown; http_method?: string };
    if (typeof path !== 'string') throw new MotiaError({ code: 'MOTIA_ENGINE_OPTIONS_INVALID', message: 'Options are not valid: /api_path is missing.' });
    if (Object.keys(rest).length > 0) throw new MotiaError({ code: 'MOTIA_ENGINE_OPTIONS_INVALID', message: `Options are not valid: /${Object.keys(rest)[0]} is not known.` });
    return { api_path: path, http_method: method };
  },
};

/** Routes as a real type keeps them: one function per path, conflicts rejected. */
function routeType(): TriggerTypeDefinition<HttpConfig> & { readonly routes: Map<string, Trigger<HttpConfig>>; changes: number } {
  const routes = new Map<string, Trigger<HttpConfig>>();
  const definition = {
    type: 'http',
    config: httpConfig,
    routes,
    changes: 0,
    apply({ added, removed }: { added: readonly Trigger<HttpConfig>[]; removed: readonly Trigger<HttpConfig>[] }): TriggerRejections {
      definition.changes += 1;
      for (const { config } of removed) routes.delete(config.api_path);
      const rejections = new Map<string, MotiaError>();
      for (const trigger of added) {
        const taken = routes.get(trigger.config.api_path);
        if (taken === undefined) routes.set(trigger.config.api_path, trigger);
        else rejections.set(trigger.id, new MotiaError({ code: 'MOTIA_REST_ROUTE_CONFLICT', message: `taken by ${taken.functionId} of ${taken.owners.join(', ')}` }));
      }
      return rejections;
    },
  };
  return definition;
}

describe('triggers', () => {
  it('treats three replicas with the same trigger as one subscriber, until the last one leaves', async () => {
    await using host = startKernel();
    const type = routeType();
    await host.kernel.triggers.registerType(type);
    const replicas = await Promise.all(
      [0, 1, 2].map((index) =>
        connectTestWorker(host.kernel, { owner: `exec:0#${index}`, functions: { f: () => index }, triggers: [{ type: 'http', functionId: 'f', config: index === 1 ? { http_method: 'GET', api_path: '/a' } : { api_path: '/a', http_method: 'GET' } }] }),
      ),
    );
    expect(type.changes).toBe(1);
    expect(host.kernel.triggers.list()).toEqual([expect.objectContaining({ functionId: 'f', status: 'bound', owners: ['exec:0#0', 'exec:0#1', 'exec:0#2'] })]);
    expect([...type.routes.values()][0]!.owners).toHaveLength(3);
    for (const replica of replicas.slice(0, 2)) {
      replica.kill();
      await replica.handle.closed;
    }
    await turns();
    expect(type.changes).toBe(1);
    expect(type.routes.has('/a')).toBe(true);
    replicas[2]!.kill();
    await replicas[2]!.handle.closed;
    await turns();
    expect(type.routes.has('/a')).toBe(false);
    expect(host.kernel.triggers.list()).toEqual([]);
  });

  it('has the same identity for the same type, function and config, whatever the order of keys, and another one with another condition', async () => {
    const ids = async (config: object, functionId = 'f') => {
      await using host = startKernel();
      await host.kernel.triggers.register({ type: 'x', functionId, config });
      return host.kernel.triggers.list()[0]!.id;
    };
    const id = await ids({ a: 1, b: { c: 2, d: [1, 2] } });
    expect(id).toMatch(/^trg_[0-9a-f]{32}$/);
    expect(await ids({ b: { d: [1, 2], c: 2 }, a: 1 })).toBe(id);
    expect(await ids({ a: 1, b: { c: 2, d: [2, 1] } })).not.toBe(id);
    expect(await ids({ a: 1, b: { c: 2, d: [1, 2] }, condition_function_id: 'c' })).not.toBe(id);
    expect(await ids({ a: 1, b: { c: 2, d: [1, 2] } }, 'g')).not.toBe(id);
  });

  it('parks a trigger of an unknown type, reports it, and binds it when the type appears', async () => {
    await using host = startKernel();
    await using worker = await connectTestWorker(host.kernel, { owner: 'a', functions: { f: () => 1 }, triggers: [{ id: 't', type: 'http', functionId: 'f', config: { api_path: '/a' } }] });
    expect(worker.registered.triggers).toEqual({ accepted: [], parked: ['t'], rejected: [] });
    expect(worker.registered.ready).toEqual({ accepted: [], parked: ['t'], rejected: [] });
    expect(host.kernel.triggers.list()).toEqual([expect.objectContaining({ status: 'parked', reason: expect.stringContaining('http') })]);
    const type = routeType();
    const registration = await host.kernel.triggers.registerType(type);
    expect(type.routes.get('/a')!.config).toEqual({ api_path: '/a', http_method: 'GET' });
    expect(host.kernel.triggers.list()).toEqual([expect.objectContaining({ status: 'bound' })]);
    registration.dispose();
    await turns();
    expect(host.kernel.triggers.list()).toEqual([expect.objectContaining({ status: 'parked' })]);
    const again = routeType();
    await host.kernel.triggers.registerType(again);
    expect(again.routes.has('/a')).toBe(true);
  });

  it('rejects a bad config when it is registered, and one that turns out bad when its type appears', async () => {
    await using host = startKernel();
    await using early = await connectTestWorker(host.kernel, { owner: 'early', triggers: [{ id: 't', type: 'http', functionId: 'f', config: { path: '/a' } }] });
    expect(early.registered.ready?.parked).toEqual(['t']);
    await host.kernel.triggers.registerType(routeType());
    expect(host.kernel.triggers.list()).toEqual([expect.objectContaining({ status: 'rejected', reason: expect.stringContaining('/api_path is missing') })]);
    expect(host.log.find('A trigger cannot be bound')).toMatchObject({ level: 'error', fields: expect.objectContaining({ functionId: 'f', code: 'MOTIA_ENGINE_TRIGGER_CONFIG_INVALID' }) });
    await using late = await connectTestWorker(host.kernel, { owner: 'late', triggers: [{ id: 'u', type: 'http', functionId: 'g', config: { path: '/a' } }, { id: 'v', type: 'http', functionId: 'g', config: 'text' as never }] });
    expect(late.registered.triggers.rejected.map(({ id, error }) => [id, error.code])).toEqual([['u', 'MOTIA_ENGINE_TRIGGER_CONFIG_INVALID'], ['v', 'MOTIA_ENGINE_TRIGGER_CONFIG_INVALID']]);
    expect(await failureOf(host.kernel.triggers.register({ type: 'http', functionId: 'f', config: {} }))).toMatchObject({ code: 'MOTIA_ENGINE_TRIGGER_CONFIG_INVALID' });
  });

  it('passes on the code and the details with which a type refuses a config', async () => {
    await using host = startKernel();
    const refusal = new MotiaError({ code: 'MOTIA_TIDES_INVALID', message: 'no such moon.', details: { nearest: 'full' } });
    const parse = (): never => {
      throw refusal;
    };
    await host.kernel.triggers.registerType({ type: 'tide', config: { jsonSchema: {}, parse }, apply: () => undefined });
    expect(await failureOf(host.kernel.triggers.register({ type: 'tide', functionId: 'f', config: { moon: 'ful' } }))).toMatchObject({
      code: 'MOTIA_ENGINE_TRIGGER_CONFIG_INVALID',
      details: { type: 'tide', functionId: 'f', problem: 'no such moon', reasonCode: 'MOTIA_TIDES_INVALID', reasonDetails: { nearest: 'full' } },
    });
  });

  it('tells the worker which route another function has, and binds it when that one goes', async () => {
    await using host = startKernel();
    const type = routeType();
    await host.kernel.triggers.registerType(type);
    const holder = await connectTestWorker(host.kernel, { owner: 'holder', triggers: [{ type: 'http', functionId: 'first', config: { api_path: '/a' } }] });
    await using rival = await connectTestWorker(host.kernel, { owner: 'rival', triggers: [{ id: 't', type: 'http', functionId: 'second', config: { api_path: '/a' } }] });
    expect(rival.registered.ready).toEqual({ accepted: [], parked: [], rejected: [{ id: 't', error: expect.objectContaining({ code: 'MOTIA_REST_ROUTE_CONFLICT', message: 'taken by first of holder' }) }] });
    expect(rival.handle.state).toBe('ready');
    holder.kill();
    await holder.handle.closed;
    await turns();
    expect(type.routes.get('/a')!.functionId).toBe('second');
    expect(host.kernel.triggers.list()).toEqual([expect.objectContaining({ functionId: 'second', status: 'bound' })]);
  });

  it('never overlaps two changes of a type, and gathers what comes meanwhile into one', async () => {
    await using host = startKernel();
    const first = gate();
    let running = 0;
    let overlapped = false;
    const changes: string[][] = [];
    await host.kernel.triggers.registerType({
      type: 'x',
      config: { jsonSchema: {}, parse: (input) => input },
      async apply({ added }) {
        running += 1;
        overlapped ||= running > 1;
        changes.push(added.map(({ functionId }) => functionId));
        if (changes.length === 1) await first.promise;
        running -= 1;
      },
    });
    const registrations = ['a', 'b', 'c'].map((functionId) => host.kernel.triggers.register({ type: 'x', functionId, config: {} }));
    await turns();
    const more = ['d', 'e'].map((functionId) => host.kernel.triggers.register({ type: 'x', functionId, config: {} }));
    first.open();
    await Promise.all([...registrations, ...more]);
    expect(overlapped).toBe(false);
    expect(changes).toEqual([['a', 'b', 'c'], ['d', 'e']]);
  });

  it('mends a trigger that was taken back and registered again while its type was binding it', async () => {
    await using host = startKernel();
    const slow = gate();
    const bound: string[] = [];
    let applied = 0;
    await host.kernel.triggers.registerType({
      type: 'x',
      config: { jsonSchema: {}, parse: (input) => input },
      async apply({ added, removed }) {
        applied += 1;
        if (applied === 1) await slow.promise;
        for (const { functionId } of removed) bound.splice(bound.indexOf(functionId), 1);
        for (const { functionId } of added) bound.push(functionId);
      },
    });
    await using worker = await connectTestWorker(host.kernel, { owner: 'w' });
    const spec = { id: 't', type: 'x', functionId: 'f', config: {} };
    const pending = worker.endpoint.request('triggers/register', { triggers: [spec] });
    await turns();
    const removal = worker.endpoint.request('triggers/unregister', { ids: ['t'] });
    const again = worker.endpoint.request('triggers/register', { triggers: [{ ...spec, metadata: { round: 2 } }] });
    await turns();
    slow.open();
    await Promise.all([pending, removal, again]);
    expect(bound).toEqual(['f']);
    expect(host.kernel.triggers.list()).toEqual([expect.objectContaining({ functionId: 'f', status: 'bound', owners: ['w'] })]);
  });

  it('binds anew when the metadata of a trigger changes', async () => {
    await using host = startKernel();
    const seen: unknown[] = [];
    await host.kernel.triggers.registerType({ type: 'x', config: { jsonSchema: {}, parse: (input) => input }, apply: ({ added, removed }) => void seen.push([removed.map(({ metadata }) => metadata), added.map(({ metadata }) => metadata)]) });
    const trigger = (version: number) => ({ type: 'x', functionId: 'f', metadata: { version } });
    await using old = await connectTestWorker(host.kernel, { owner: 'a', triggers: [trigger(1)] });
    await using next = await connectTestWorker(host.kernel, { owner: 'a', activation: 'manual', triggers: [trigger(2)] });
    await next.handle.registered;
    await host.kernel.workers.activate({ arriving: [next.handle], leaving: [old.handle] });
    expect(seen).toEqual([[[], [{ version: 1 }]], [[{ version: 1 }], [{ version: 2 }]]]);
  });

  it('tells a type of five thousand triggers in one change, and of single ones beside them only what is new', async () => {
    await using host = startKernel();
    const changes: number[] = [];
    await host.kernel.triggers.registerType({ type: 'x', config: { jsonSchema: {}, parse: (input) => input }, apply: ({ added, removed }) => void changes.push(added.length, removed.length) });
    const metadata = { filePath: 'steps/a.step.ts', config: { name: 'a', triggers: Array.from({ length: 10 }, (_, index) => ({ index })) } };
    const triggers = Array.from({ length: 5000 }, (_, index) => ({ id: `t${index}`, type: 'x', functionId: `f${index}`, config: { index }, metadata }));
    await using worker = await connectTestWorker(host.kernel, { triggers });
    for (const late of [1, 2]) await worker.endpoint.request('triggers/register', { triggers: [{ ...triggers[0]!, id: `late${late}`, config: { late } }] });
    expect(changes).toEqual([5000, 0, 1, 0, 1, 0]);
  });

  it('reports a type whose apply throws, for each trigger, and goes on', async () => {
    await using host = startKernel();
    let isBroken = true;
    await host.kernel.triggers.registerType({
      type: 'x',
      config: { jsonSchema: {}, parse: (input) => input },
      apply() {
        if (isBroken) throw new Error('disk full');
      },
    });
    expect(await failureOf(host.kernel.triggers.register({ type: 'x', functionId: 'f', config: {} }))).toMatchObject({ code: 'MOTIA_ENGINE_TRIGGER_APPLY_FAILED', message: expect.stringContaining('disk full') });
    expect(host.kernel.triggers.list()).toEqual([]);
    isBroken = false;
    await expect(host.kernel.triggers.register({ type: 'x', functionId: 'f', config: {} })).resolves.toBeDefined();
  });

  it('is offered by one module only', async () => {
    await using host = startKernel();
    await host.kernel.scoped('rest').triggers.registerType(routeType());
    expect(await failureOf(host.kernel.scoped('other').triggers.registerType(routeType()))).toMatchObject({ code: 'MOTIA_ENGINE_TRIGGER_TYPE_CONFLICT', message: expect.stringContaining('rest') });
    await using worker = await connectTestWorker(host.kernel, { owner: 'a' });
    const { rejected } = await worker.endpoint.request('triggerTypes/register', { types: [{ id: 'http' }, { id: 'engine::x' }] });
    expect(rejected.map(({ error }) => error.code)).toEqual(['MOTIA_ENGINE_TRIGGER_TYPE_CONFLICT', 'MOTIA_ENGINE_RESERVED_NAME']);
  });
});

describe('conditions', () => {
  it.each([
    [false, 'blocked'],
    [true, 'passed'],
    [null, 'passed'],
    [0, 'passed'],
    ['', 'passed'],
    [undefined, 'passed'],
    ['false', 'passed'],
  ])('a condition that answers %j has %s', async (answer, outcome) => {
    await using host = startKernel();
    const { functions, triggers } = host.kernel;
    functions.register({ id: 'condition' }, () => answer);
    let trigger: Trigger | undefined;
    await triggers.registerType({ type: 'x', config: { jsonSchema: {}, parse: (input) => input }, apply: ({ added }) => void (trigger = added[0]) });
    await triggers.register({ type: 'x', functionId: 'f', config: { a: 1, condition_function_id: 'condition' } });
    expect(trigger).toMatchObject({ conditionFunctionId: 'condition', config: { a: 1 } });
    expect(trigger!.config).not.toHaveProperty('condition_function_id');
    await expect(triggers.checkCondition(trigger!, {})).resolves.toBe(outcome);
  });

  it('throws what the condition function throws, and refuses a condition that is no id', async () => {
    await using host = startKernel();
    const { triggers } = host.kernel;
    let trigger: Trigger | undefined;
    await triggers.registerType({ type: 'x', config: { jsonSchema: {}, parse: (input) => input }, apply: ({ added }) => void (trigger = added[0]) });
    await triggers.register({ type: 'x', functionId: 'f', config: { condition_function_id: 'missing' } });
    expect(await failureOf(triggers.checkCondition(trigger!, {}))).toMatchObject({ code: 'MOTIA_ENGINE_FUNCTION_NOT_FOUND' });
    expect(await failureOf(triggers.register({ type: 'x', functionId: 'f', config: { condition_function_id: 7 } }))).toMatchObject({ code: 'MOTIA_ENGINE_TRIGGER_CONFIG_INVALID' });
  });
});

describe('trigger types of workers', () => {
  const trigger = { type: 'kafka', functionId: 'f', config: { topic: 'a' } };

  it('forwards triggers to the worker that offers their type, and reports what it refuses', async () => {
    await using host = startKernel();
    await using provider = await connectTestWorker(host.kernel, { owner: 'provider' });
    const changes: unknown[] = [];
    provider.endpoint.onRequest('triggers/changed', (params) => {
      changes.push(params);
      return { rejected: params.added.filter(({ config }) => config['topic'] === 'bad').map(({ id }) => ({ id, error: { code: 'MY_TOPIC', message: 'no such topic' } })) };
    });
    await host.kernel.triggers.register(trigger);
    await provider.endpoint.request('triggerTypes/register', { types: [{ id: 'kafka', description: 'Kafka', configSchema: { type: 'object', required: ['topic'], properties: { topic: { type: 'string' } } } }] });
    expect(changes).toEqual([{ type: 'kafka', added: [{ id: expect.stringMatching(/^trg_/), ...trigger }], removed: [] }]);
    expect(host.kernel.triggers.types()).toContainEqual(expect.objectContaining({ type: 'kafka', description: 'Kafka', configSchema: expect.objectContaining({ required: ['topic'] }) }));
    expect(await failureOf(host.kernel.triggers.register({ ...trigger, config: { topic: 'bad' } }))).toMatchObject({ code: 'MY_TOPIC', message: 'no such topic' });
    expect(await failureOf(host.kernel.triggers.register({ ...trigger, config: {} }))).toMatchObject({ code: 'MOTIA_ENGINE_TRIGGER_CONFIG_INVALID' });
  });

  it('rejects triggers whose provider does not answer within ten seconds, and is not blocked by it', async () => {
    const clock = new ManualClock();
    await using host = startKernel({ clock });
    await using provider = await connectTestWorker(host.kernel, { owner: 'provider', heartbeatIntervalMs: 0 });
    let isSilent = true;
    provider.endpoint.onRequest('triggers/changed', () => (isSilent ? new Promise(() => undefined) : { rejected: [] }));
    await provider.endpoint.request('triggerTypes/register', { types: [{ id: 'kafka' }] });
    const failure = failureOf(host.kernel.triggers.register(trigger));
    await clock.advance('10s');
    expect(await failure).toMatchObject({ code: 'MOTIA_ENGINE_TRIGGER_APPLY_FAILED', message: expect.stringContaining('did not answer within 10000 ms') });
    isSilent = false;
    await expect(host.kernel.triggers.register({ ...trigger, functionId: 'g' })).resolves.toBeDefined();
  });

  it('refuses a type whose config schema does not compile', async () => {
    await using host = startKernel();
    await using provider = await connectTestWorker(host.kernel, { owner: 'provider' });
    const { rejected } = await provider.endpoint.request('triggerTypes/register', { types: [{ id: 'kafka', configSchema: { $ref: '#/nowhere' } }] });
    expect(rejected).toEqual([{ id: 'kafka', error: expect.objectContaining({ code: 'MOTIA_ENGINE_INVALID_REGISTRATION' }) }]);
  });

  it('parks the triggers of a type when its worker goes and gives them to its successor', async () => {
    await using host = startKernel();
    await host.kernel.triggers.register(trigger);
    const offer = async (owner: string, added: number[]) => {
      const worker = await connectTestWorker(host.kernel, { owner });
      worker.endpoint.onRequest('triggers/changed', (params) => (added.push(params.added.length - params.removed.length), { rejected: [] }));
      await worker.endpoint.request('triggerTypes/register', { types: [{ id: 'kafka' }] });
      return worker;
    };
    const counts: [number[], number[]] = [[], []];
    const first = await offer('a', counts[0]);
    expect(host.kernel.triggers.list()[0]).toMatchObject({ status: 'bound' });
    first.kill();
    await first.handle.closed;
    await turns();
    expect(host.kernel.triggers.list()[0]).toMatchObject({ status: 'parked' });
    await using second = await offer('b', counts[1]);
    expect(host.kernel.triggers.list()[0]).toMatchObject({ status: 'bound' });
    const third: number[] = [];
    await using newest = await offer('c', third);
    expect([counts[0], counts[1], third]).toEqual([[1], [1, -1], [1]]);
    await newest.endpoint.request('triggerTypes/unregister', { ids: ['kafka'] });
    expect(counts[1]).toEqual([1, -1, 1]);
    expect(second.handle.state).toBe('ready');
  });
});
