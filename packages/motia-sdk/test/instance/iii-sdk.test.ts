import { afterEach, describe, expect, it } from '@jest/globals';
import { ChannelReader, ChannelWriter, getInstance, http, initIII, setupStepEndpoint, step } from '../../src/index.js';
import { shared } from '../../src/context/invocation-scope.js';
import { ScriptedEngine } from '../support/scripted-engine.js';

const sdk = getInstance();
const nothing = { steps: [], mode: 'development' } as const;
const undo: (() => void)[] = [];
const register: typeof sdk.registerFunction = (...args) => {
  const fn = sdk.registerFunction(...args);
  undo.push(() => fn.unregister());
  return fn;
};
const connected = async (options: ConstructorParameters<typeof ScriptedEngine>[0] = {}, app: object = nothing): Promise<ScriptedEngine> => {
  const engine = new ScriptedEngine(options);
  await engine.serve(app as typeof nothing, { isProcessConnection: true });
  return engine;
};

describe('a program that registers functions itself', () => {
  afterEach(() => {
    for (const one of undo.splice(0).reverse()) one();
  });

  it('offers them beside its Steps: those from before the connection, those that come later, and none that it took back', async () => {
    register({ id: 'acme::before', description: 'there from the start', metadata: { a: 1 } }, (payload: { n: number }) => payload.n + 1);
    const gone = register('acme::gone', () => 0);
    gone.unregister();
    await using engine = await connected({}, { ...nothing, steps: [{ filePath: 'a.step.ts', module: step({ name: 'A', triggers: [http('GET', '/a')] }, () => undefined) }] });
    expect([...engine.functions.keys()]).toEqual(['steps::A::trigger::http(GET /a)', 'acme::before']);
    expect(engine.functions.get('acme::before')).toMatchObject({ description: 'there from the start', metadata: { a: 1 } });
    expect(await engine.invoke('acme::before', { n: 1 })).toBe(2);
    const later = register('acme::later', () => 'late');
    await engine.until(() => engine.functions.has('acme::later'));
    expect(await engine.invoke('acme::later')).toBe('late');
    later.unregister();
    await engine.until(() => !engine.functions.has('acme::later'));
  });

  it('registers triggers, tells refusals by name, and puts everything in place again when it connects anew', async () => {
    register('acme::fn', () => 1);
    const trigger = sdk.registerTrigger({ type: 'http', function_id: 'acme::fn', config: { api_path: '/x', http_method: 'GET' } });
    undo.push(() => trigger.unregister());
    for (let connection = 0; connection < 2; connection += 1) {
      await using engine = await connected();
      expect([...engine.triggers.values()]).toMatchObject([{ type: 'http', functionId: 'acme::fn', config: { api_path: '/x', http_method: 'GET' } }]);
    }
    await using refusing = await connected({ rejectFunctions: { 'acme::bad': Object.assign(new Error(), { toWire: () => ({ code: 'MOTIA_ENGINE_RESERVED_NAME', message: 'no' }) }) as never } });
    register('acme::bad', () => 1);
    expect(await refusing.log(({ level }) => level === 'error')).toMatchObject({ message: 'acme::bad was not registered: MOTIA_ENGINE_RESERVED_NAME: no' });
  });

  it('implements kinds of triggers', async () => {
    const seen: unknown[] = [];
    sdk.registerTriggerType<{ every: number }>({ id: 'acme:tick' }, {
      registerTrigger: ({ function_id: functionId, config }) => {
        if (config.every < 1) throw new Error('too often');
        seen.push(['added', functionId, config.every]);
      },
      unregisterTrigger: ({ function_id: functionId, config }) => void seen.push(['removed', functionId, config.every]),
    });
    undo.push(() => sdk.unregisterTriggerType({ id: 'acme:tick' }));
    await using engine = await connected();
    expect(engine.types).toEqual(['acme:tick']);
    const added = [{ id: 't1', type: 'acme:tick', functionId: 'f', config: { every: 5 } }, { id: 't2', type: 'acme:tick', functionId: 'g', config: { every: 0 } }];
    expect(await engine.endpoint.request('triggers/changed', { type: 'acme:tick', added, removed: [] })).toMatchObject({ rejected: [{ id: 't2', error: { message: 'too often' } }] });
    expect(await engine.endpoint.request('triggers/changed', { type: 'acme:tick', added: [], removed: ['t1', 'unknown'] })).toEqual({ rejected: [] });
    expect(seen).toEqual([['added', 'f', 5], ['removed', 'f', 5]]);
  });

  it('calls functions, lists what there is, and keeps streams of its own', async () => {
    const stream = { get: async () => 'one', set: async () => null, delete: async () => null, list: async () => [], listGroups: async () => ['g'], update: async () => 'updated' };
    sdk.createStream('mine', stream);
    for (const operation of ['get', 'set', 'delete', 'list', 'list_groups', 'update']) undo.push(() => shared.registrations.removeFunction(`stream::${operation}(mine)`));
    const functions = { 'state::get': () => 'value', 'engine::functions::list': () => ({ functions: [1] }), 'engine::workers::list': () => ({ workers: [2] }), 'engine::triggers::list': () => ({ triggers: [3] }) };
    await using engine = await connected({ functions });
    expect(await engine.invoke('stream::get(mine)', {})).toBe('one');
    expect(await engine.invoke('stream::update(mine)', {})).toBe('updated');
    expect(await sdk.trigger({ function_id: 'state::get', payload: { scope: 's', key: 'k' }, timeoutMs: 500 })).toBe('value');
    expect(engine.calls[0]).toMatchObject({ payload: { scope: 's', key: 'k' }, params: { timeoutMs: 500 } });
    expect([await sdk.listFunctions(), await sdk.listWorkers(), await sdk.listTriggers()]).toEqual([[1], [2], [3]]);
  });

  it('is told of functions and log records as long as it wants', async () => {
    await using engine = await connected({ triggerTypes: ['http', 'log', 'engine::functions-available'] });
    const seen: unknown[] = [];
    const stop = [sdk.onFunctionsAvailable((functions) => seen.push(functions)), sdk.onLog((record) => seen.push(record), { level: 'warn' })];
    await engine.until(() => engine.triggers.size === 2);
    const [functions, log] = ['engine::functions-available', 'log'].map((type) => [...engine.triggers.values()].find((trigger) => trigger.type === type));
    expect(log?.config).toEqual({ level: 'warn' });
    await engine.invoke(functions?.functionId ?? '', { event: 'functions_changed', functions: ['f'] });
    await engine.invoke(log?.functionId ?? '', { body: 'line' });
    expect(seen).toEqual([['f'], { body: 'line' }]);
    for (const one of stop) one();
    await engine.until(() => engine.triggers.size === 0 && engine.functions.size === 0);
  });

  it('refuses what cannot be registered', () => {
    register('acme::once', () => 1);
    expect(() => sdk.registerFunction('acme::once', () => 2)).toThrow('The function "acme::once" is registered already');
    expect(() => sdk.registerFunction('', () => 2)).toThrow('has no id');
    expect(() => sdk.registerFunction('acme::url', { url: 'https://acme.example' } as never)).toThrow('functions behind a URL are not offered');
  });

  it('gets readers and writers in the places of channel references', async () => {
    let got: Record<string, unknown> = {};
    register('acme::channels', (payload: Record<string, unknown>) => {
      got = payload;
      return null;
    });
    await using engine = await connected();
    const ref = (direction: string): object => ({ channel_id: 'c', access_key: 'k', direction });
    await engine.invoke('acme::channels', { plain: 1, deep: [{ in: ref('read') }], out: ref('write') });
    expect(got['out']).toBeInstanceOf(ChannelWriter);
    expect((got['deep'] as { in: unknown }[])[0]?.in).toBeInstanceOf(ChannelReader);
    expect(got['plain']).toBe(1);
  });

  it('shows the source of a Step by its id, as a function and not as a route', async () => {
    setupStepEndpoint(sdk, new URL('../fixtures/app', import.meta.url).pathname);
    undo.push(() => shared.registrations.removeFunction('motia_step_get'));
    await using engine = await connected();
    const { generateStepId } = await import('../../src/index.js');
    expect(engine.triggers.size).toBe(0);
    expect(await engine.invoke('motia_step_get', { path_params: { stepId: generateStepId('steps/hello.step.ts') } })).toMatchObject({ status_code: 200, body: { content: expect.stringContaining("name: 'hello'") as unknown } });
    expect(await engine.invoke('motia_step_get', { path_params: { stepId: '../../package.json' } })).toMatchObject({ status_code: 404 });
  });

  it('initIII says what the process does about telemetry, and gives the same instance', async () => {
    try {
      expect(initIII({ enabled: false })).toBe(sdk);
      await using engine = await connected({ telemetry: true });
      expect(engine.initialized?.capabilities?.telemetry).toBeUndefined();
    } finally {
      shared.otelConfig = undefined;
    }
  });
});
