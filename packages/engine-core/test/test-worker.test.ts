import { describe, expect, it } from '@jest/globals';
import { connectTestWorker, startTestHost } from '../src/testing/index.js';

describe('connectTestWorker', () => {
  it('runs functions behind the real protocol', async () => {
    await using host = await startTestHost();
    await using worker = await connectTestWorker(host, {
      functions: { greet: (payload) => ({ hello: (payload as { name: string }).name }), described: { description: 'Says nothing.', handler: () => undefined } },
    });
    expect(worker.registered.functions).toMatchObject({ accepted: ['greet', 'described'], rejected: [] });
    expect(await host.functions.invoke('greet', { name: 'Ada' })).toEqual({ hello: 'Ada' });
    expect(host.functions.get('described')?.description).toBe('Says nothing.');
    expect(worker.calls).toEqual([expect.objectContaining({ functionId: 'greet', payload: { name: 'Ada' } })]);
  });

  it('calls functions of the engine, on behalf of the call that it is running', async () => {
    await using host = await startTestHost();
    host.functions.register({ id: 'add' }, (payload, call) => ({ sum: (payload as number[]).reduce((a, b) => a + b), depth: call.depth }));
    await using worker = await connectTestWorker(host, { functions: { outer: (_payload, call): Promise<unknown> => worker.invoke('add', [1, 2], { parent: call }) } });
    expect(await host.functions.invoke('outer', {})).toMatchObject({ sum: 3 });
    expect(await worker.invoke('add', [3, 4])).toMatchObject({ sum: 7 });
  });

  it('S5 S6 carries on which function made a call and how many triggers led to it, through a worker and past calls that want no answer', async () => {
    await using host = await startTestHost();
    const seen: unknown[] = [];
    host.functions.register({ id: 'look' }, (_payload, call) => void seen.push([call.triggerDepth, call.callerFunctionId]));
    await using worker = await connectTestWorker(host, {
      functions: {
        outer: async (_payload, call) => {
          await worker.invoke('look', {}, { parent: call, action: { type: 'void' } });
          await worker.invoke('look', {}, { parent: call });
        },
      },
    });
    await host.functions.invoke('outer', {}, { triggerDepth: 3 });
    await host.functions.invoke('outer', {});
    await worker.invoke('look', {});
    expect(seen).toEqual([[3, 'outer'], [3, 'outer'], [0, 'outer'], [0, 'outer'], [0, undefined]]);
  });

  it('fails its calls when it is killed', async () => {
    await using host = await startTestHost();
    await using worker = await connectTestWorker(host, { functions: { slow: () => new Promise(() => undefined) } });
    const call = host.functions.invoke('slow', {});
    const lost = call.then(() => undefined, (error: { code: string }) => error.code);
    while (worker.calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
    worker.kill();
    expect(await lost).toBe('MOTIA_ENGINE_WORKER_LOST');
    expect((await worker.handle.closed).reason).toBe('lost');
  });

  it('parks triggers of a type that nobody offers, and says so', async () => {
    await using host = await startTestHost();
    await using worker = await connectTestWorker(host, { functions: { fn: () => 1 }, triggers: [{ type: 'nobody', functionId: 'fn', config: { a: 1 } }] });
    expect(worker.registered.ready?.parked).toEqual(['t0']);
    expect(host.triggers.list()).toEqual([expect.objectContaining({ type: 'nobody', status: 'parked' })]);
  });

  it('sends logs that arrive with the others', async () => {
    await using host = await startTestHost();
    await using worker = await connectTestWorker(host, {});
    worker.log({ level: 'warn', message: 'from the worker' });
    expect(await host.logs.next((record) => record.message === 'from the worker')).toMatchObject({ level: 'warn', workerId: worker.handle.id });
  });
});
