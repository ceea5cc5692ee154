import { describe, expect, it } from '@jest/globals';
import { connectTestWorker } from '../../src/testing/connect-test-worker.js';
import { ManualClock } from '../../src/testing/manual-clock.js';
import { startKernel, turns } from '../functions/start-kernel.js';

describe('the engine’s own functions', () => {
  it('list functions in the inventoried form, internal ones only when asked', async () => {
    await using host = startKernel();
    host.kernel.functions.register({ id: 'plain' }, () => null);
    await using worker = await connectTestWorker(host.kernel, { functions: { rich: { description: 'd', requestSchema: { type: 'object' }, responseSchema: true, metadata: { flow: 'x' }, handler: () => null } } });
    const { functions } = (await worker.invoke('engine::functions::list', {})) as { functions: { function_id: string }[] };
    expect(functions).toEqual([
      { function_id: 'plain', description: null, request_format: null, response_format: null, metadata: null },
      { function_id: 'rich', description: 'd', request_format: { type: 'object' }, response_format: true, metadata: { flow: 'x' } },
    ]);
    const all = (await worker.invoke('engine::functions::list', { include_internal: true })) as { functions: { function_id: string }[] };
    expect(all.functions.map(({ function_id: id }) => id)).toEqual(expect.arrayContaining(['engine::workers::list', 'engine::channels::create', 'engine::log::info']));
  });

  it('list triggers with their state', async () => {
    await using host = startKernel();
    await host.kernel.triggers.register({ type: 'http', functionId: 'f', config: { api_path: '/a' } });
    await host.kernel.triggers.register({ type: 'http', functionId: 'engine::x', config: {} });
    const { functions } = host.kernel;
    await expect(functions.invoke('engine::triggers::list', {})).resolves.toEqual({
      triggers: [{ id: expect.stringMatching(/^trg_/), trigger_type: 'http', function_id: 'f', config: { api_path: '/a' }, status: 'parked', reason: expect.any(String), owners: ['engine'] }],
    });
    expect(((await functions.invoke('engine::triggers::list', { include_internal: true })) as { triggers: unknown[] }).triggers).toHaveLength(2);
  });

  it('list workers with what they run', async () => {
    const clock = new ManualClock();
    await using host = startKernel({ clock });
    await using busy = await connectTestWorker(host.kernel, { owner: 'exec:0', label: 'node app.js', name: 'app', pid: 42, heartbeatIntervalMs: 1000, functions: { f: () => new Promise(() => undefined) } });
    await using idle = await connectTestWorker(host.kernel, { owner: 'exec:1' });
    const call = host.kernel.functions.open('f', {}, { timeoutMs: 60_000 });
    void call.result.catch(() => undefined);
    await clock.advance(1000);
    await turns(8);
    const { workers, timestamp } = (await host.kernel.functions.invoke('engine::workers::list', {})) as { workers: Record<string, unknown>[]; timestamp: number };
    expect(timestamp).toBe(clock.now());
    expect(workers[0]).toMatchObject({
      id: busy.handle.id, name: 'app', runtime: 'node', version: '0.0.0', status: 'busy', pid: 42, function_count: 1, functions: ['f'], active_invocations: 1, latest_metrics: { inFlight: 1, uptimeMs: expect.any(Number) },
    });
    expect(workers[1]).toMatchObject({ status: 'available', function_count: 0 });
    const one = (await host.kernel.functions.invoke('engine::workers::list', { worker_id: idle.handle.id })) as { workers: unknown[] };
    expect(one.workers).toEqual([expect.objectContaining({ id: idle.handle.id })]);
  });

  it('answer health as the host reports it', async () => {
    const report = { status: 'healthy', ready: true, components: {}, version: '1', timestamp: 0 } as const;
    await using host = startKernel({ health: { report: () => report } });
    await expect(host.kernel.functions.invoke('engine::health::check', {})).resolves.toBe(report);
  });

  it('write log records on the trace of their call', async () => {
    await using host = startKernel();
    await using worker = await connectTestWorker(host.kernel, { owner: 'app' });
    await worker.invoke('engine::log::warn', { message: 'careful', data: { a: 1 } });
    expect(host.log.find('careful')).toMatchObject({ level: 'warn', source: 'app', workerId: worker.handle.id, traceId: expect.stringMatching(/^[0-9a-f]{32}$/), fields: { a: 1 } });
    await worker.invoke('engine::log::info', { message: 'elsewhere', trace_id: 'ab'.repeat(16), span_id: 'cd'.repeat(8), service_name: 'billing' });
    expect(host.log.find('elsewhere')).toMatchObject({ source: 'billing', traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) });
    await worker.invoke('engine::log::info', { message: 'forged', trace_id: 'no id', span_id: 'cd'.repeat(8) });
    expect(host.log.find('forged')?.traceId).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('the engine’s own triggers', () => {
  it('tell when the set of functions changed, once for changes made together', async () => {
    await using host = startKernel();
    const events: unknown[] = [];
    host.kernel.functions.register({ id: 'watch' }, (payload) => void events.push(payload));
    await host.kernel.triggers.register({ type: 'engine::functions-available', functionId: 'watch', config: {} });
    await turns();
    events.length = 0;
    const worker = await connectTestWorker(host.kernel, { functions: { a: () => 1, b: () => 2 } });
    await turns();
    expect(events).toEqual([{ event: 'functions_changed', functions: expect.arrayContaining([expect.objectContaining({ function_id: 'a' }), expect.objectContaining({ function_id: 'b' })]) }]);
    worker.kill();
    await worker.handle.closed;
    await turns();
    expect(events).toHaveLength(2);
  });

  it('tell when workers come and go, and respect conditions', async () => {
    await using host = startKernel();
    const events: unknown[] = [];
    const skipped: unknown[] = [];
    host.kernel.functions.register({ id: 'watch' }, (payload) => void events.push(payload));
    host.kernel.functions.register({ id: 'never' }, (payload) => void skipped.push(payload));
    host.kernel.functions.register({ id: 'no' }, () => false);
    await host.kernel.triggers.register({ type: 'engine::workers-available', functionId: 'watch', config: {} });
    await host.kernel.triggers.register({ type: 'engine::workers-available', functionId: 'never', config: { condition_function_id: 'no' } });
    const worker = await connectTestWorker(host.kernel, {});
    worker.kill();
    await worker.handle.closed;
    await turns();
    expect(events).toEqual(['worker_connected', 'worker_metadata_updated', 'worker_disconnected'].map((event) => ({ event, worker_id: worker.handle.id })));
    expect(skipped).toEqual([]);
  });
});
