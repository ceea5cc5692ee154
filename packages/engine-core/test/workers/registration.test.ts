import { describe, expect, it } from '@jest/globals';
import { connectTestWorker } from '../../src/testing/connect-test-worker.js';
import { failureOf, startKernel } from '../functions/start-kernel.js';

describe('what workers register', () => {
  it('refuses each wrong entry with its reason and keeps the others of the batch', async () => {
    await using host = startKernel({ limits: { maxDescriptionBytes: 100 } });
    host.kernel.functions.register({ id: 'state::get' }, () => null);
    await using worker = await connectTestWorker(host.kernel, { owner: 'a' });
    const { accepted, rejected } = await worker.endpoint.request('functions/register', {
      functions: [
        { id: 'fine' },
        { id: 'fine' },
        { id: 'engine::functions::list' },
        { id: 'state::get' },
        { id: 'talkative', description: 'x'.repeat(101) },
        { id: '' },
        { id: 'odd', requestSchema: 'string' as never },
        null as never,
      ],
    });
    expect(accepted).toEqual(['fine']);
    expect(rejected.map(({ id, error }) => [id, error.code])).toEqual([
      ['fine', 'MOTIA_ENGINE_FUNCTION_CONFLICT'],
      ['engine::functions::list', 'MOTIA_ENGINE_RESERVED_NAME'],
      ['state::get', 'MOTIA_ENGINE_FUNCTION_CONFLICT'],
      ['talkative', 'MOTIA_ENGINE_LIMIT'],
      ['', 'MOTIA_ENGINE_INVALID_NAME'],
      ['odd', 'MOTIA_ENGINE_INVALID_REGISTRATION'],
      ['', 'MOTIA_ENGINE_INVALID_REGISTRATION'],
    ]);
    expect(host.kernel.functions.has('fine')).toBe(true);
  });

  it('refuses the ten thousand and first function', async () => {
    await using host = startKernel();
    await using worker = await connectTestWorker(host.kernel, { owner: 'a' });
    const functions = Array.from({ length: 10_001 }, (_, index) => ({ id: `f${index}` }));
    const { accepted, rejected } = await worker.endpoint.request('functions/register', { functions });
    expect(accepted).toHaveLength(10_000);
    expect(rejected).toEqual([{ id: 'f10000', error: expect.objectContaining({ code: 'MOTIA_ENGINE_LIMIT' }) }]);
  });

  it('keeps ids of workers from functions of the engine process and the other way round', async () => {
    await using host = startKernel();
    await using worker = await connectTestWorker(host.kernel, { owner: 'a', functions: { taken: () => 1 } });
    expect(() => host.kernel.functions.register({ id: 'taken' }, () => 2)).toThrow(expect.objectContaining({ code: 'MOTIA_ENGINE_FUNCTION_CONFLICT' }));
    await expect(host.kernel.functions.invoke('taken', {})).resolves.toBe(1);
    expect(worker.calls).toHaveLength(1);
  });

  it('reports an id that was taken while the worker stood by', async () => {
    await using host = startKernel();
    await using worker = await connectTestWorker(host.kernel, { owner: 'a', activation: 'manual', functions: { late: () => 1, fine: () => 2 } });
    await worker.handle.registered;
    host.kernel.functions.register({ id: 'late' }, () => 'engine');
    await host.kernel.workers.activate({ arriving: [worker.handle], leaving: [] });
    await expect(host.kernel.functions.invoke('late', {})).resolves.toBe('engine');
    await expect(host.kernel.functions.invoke('fine', {})).resolves.toBe(2);
    expect(worker.registered.ready?.rejected).toEqual([{ id: 'late', error: expect.objectContaining({ code: 'MOTIA_ENGINE_FUNCTION_CONFLICT' }) }]);
  });

  it('lets only the worker that registered a function or trigger take it back', async () => {
    await using host = startKernel();
    await using owner = await connectTestWorker(host.kernel, { owner: 'a', functions: { mine: () => 1 }, triggers: [{ id: 't1', type: 'http', functionId: 'mine' }] });
    await using thief = await connectTestWorker(host.kernel, { owner: 'b' });
    const functions = await thief.endpoint.request('functions/unregister', { ids: ['mine'] });
    expect(functions).toMatchObject({ accepted: [], rejected: [{ id: 'mine', error: { code: 'MOTIA_ENGINE_FUNCTION_NOT_OWNED' } }] });
    const triggers = await thief.endpoint.request('triggers/unregister', { ids: ['t1'] });
    expect(triggers).toMatchObject({ accepted: [], rejected: [{ id: 't1', error: { code: 'MOTIA_ENGINE_TRIGGER_NOT_FOUND' } }] });
    expect(host.kernel.triggers.list()).toHaveLength(1);
    await expect(host.kernel.functions.invoke('mine', {})).resolves.toBe(1);
    await owner.endpoint.request('functions/unregister', { ids: ['mine'] });
    await owner.endpoint.request('triggers/unregister', { ids: ['t1'] });
    expect(host.kernel.functions.has('mine')).toBe(false);
    expect(host.kernel.triggers.list()).toEqual([]);
  });

  it('publishes the description and schemas of the newest ready generation', async () => {
    await using host = startKernel();
    const spec = (description: string) => ({ f: { description, requestSchema: { title: description }, handler: () => description } });
    await using old = await connectTestWorker(host.kernel, { owner: 'a', functions: spec('old') });
    const newer = await connectTestWorker(host.kernel, { owner: 'b', functions: spec('new') });
    expect(host.kernel.functions.get('f')).toMatchObject({ description: 'new', requestSchema: { title: 'new' }, workerIds: [old.handle.id, newer.handle.id] });
    newer.kill();
    await newer.handle.closed;
    expect(host.kernel.functions.get('f')).toMatchObject({ description: 'old', requestSchema: { title: 'old' }, workerIds: [old.handle.id] });
  });

  it('never removes what another worker serves when one leaves', async () => {
    await using host = startKernel();
    await using stays = await connectTestWorker(host.kernel, { owner: 'a', functions: { shared: () => 'a' }, triggers: [{ type: 'http', functionId: 'shared', config: { p: 1 } }] });
    const leaves = await connectTestWorker(host.kernel, { owner: 'b', functions: { shared: () => 'b', own: () => 'b' }, triggers: [{ type: 'http', functionId: 'shared', config: { p: 1 } }] });
    leaves.kill();
    await leaves.handle.closed;
    await expect(host.kernel.functions.invoke('shared', {})).resolves.toBe('a');
    expect(await failureOf(host.kernel.functions.invoke('own', {}))).toMatchObject({ code: 'MOTIA_ENGINE_FUNCTION_NOT_FOUND' });
    expect(host.kernel.triggers.list()).toEqual([expect.objectContaining({ functionId: 'shared', owners: ['a'] })]);
    expect(stays.handle.state).toBe('ready');
  });

  it('refuses registrations while draining', async () => {
    await using host = startKernel();
    await using worker = await connectTestWorker(host.kernel, { owner: 'a' });
    await worker.handle.drain(AbortSignal.timeout(1000));
    expect(await failureOf(worker.endpoint.request('functions/register', { functions: [{ id: 'x' }] }))).toMatchObject({ code: 'MOTIA_ENGINE_WORKER_CLOSED' });
  });

  it('survives params of the wrong form', async () => {
    await using host = startKernel();
    await using worker = await connectTestWorker(host.kernel, { owner: 'a', functions: { f: () => 1 } });
    const { endpoint } = worker;
    for (const method of ['functions/register', 'functions/unregister', 'triggers/register', 'triggers/unregister', 'triggerTypes/register', 'triggerTypes/unregister'] as const) {
      expect(await failureOf(endpoint.request(method, {} as never))).toMatchObject({ code: expect.stringMatching(/PARAMS_INVALID/) });
    }
    endpoint.notify('logs/emit', { entries: 'x' } as never);
    endpoint.notify('telemetry/emit', {} as never);
    await expect(worker.invoke('f')).resolves.toBe(1);
    expect(worker.handle.state).toBe('ready');
  });
});
