import { describe, expect, it } from '@jest/globals';
import { connectTestWorker } from '@motia/engine-core/testing';
import { KvStore } from '../src/index.js';
import { startStateEngine, type StateEngine, type StateEvent } from '../src/testing/index.js';

const start = (more = {}): Promise<StateEngine> => startStateEngine({ adapter: KvStore, options: () => ({}) }, { store_method: 'in_memory' }, more);
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

describe('S6 state triggers', () => {
  it('of three replicas run once for each change', async () => {
    await using engine = await start();
    const seen: StateEvent[] = [];
    const replica = () => connectTestWorker(engine.host, { functions: { watch: (payload) => void seen.push(payload as StateEvent) }, triggers: [{ type: 'state', functionId: 'watch', config: { scope: 's' } }] });
    await using _one = await replica();
    await using _two = await replica();
    await using _three = await replica();
    const last = await engine.watch();
    for (let n = 0; n < 20; n += 1) await engine.call('state::set', { scope: 's', key: `k${n}`, value: n });
    await last.reached(20);
    await until(() => seen.length >= 20);
    await engine.clock.advance('1h');
    expect(seen.map(({ key }) => key).sort()).toEqual(Array.from({ length: 20 }, (_, n) => `k${n}`).sort());
  });

  it('that write what triggers them are stopped 16 deep, with a coded error', async () => {
    await using engine = await start();
    let runs = 0;
    let failure: unknown;
    engine.host.functions.register({ id: 'loop' }, async (payload, call) => {
      runs += 1;
      const { scope, key, version } = payload as StateEvent;
      await engine.host.functions.invoke('state::set', { scope, key, value: version }, { parent: call }).catch((error: unknown) => { failure = error; });
    });
    await engine.host.triggers.register({ type: 'state', functionId: 'loop', config: { scope: 's' } });
    await engine.call('state::set', { scope: 's', key: 'k', value: 0 });
    await until(() => failure !== undefined);
    expect(failure).toMatchObject({ code: 'MOTIA_STATE_TRIGGER_LOOP', status: 508, details: { scope: 's', key: 'k', depth: 17, limit: 16, legacyCode: 'SET_ERROR' } });
    expect(runs).toBe(17);
  });

  it('that write another key through a worker go as deep as they are told, and no deeper', async () => {
    await using engine = await start();
    const failures: string[] = [];
    await using worker = await connectTestWorker(engine.host, {
      functions: {
        next: (payload, call): Promise<unknown> => {
          const { key } = payload as StateEvent;
          return worker.invoke('state::set', { scope: 's', key: String(Number(key) + 1), value: 1 }, { parent: call }).catch((error: { code: string }) => failures.push(error.code));
        },
      },
      triggers: [{ type: 'state', functionId: 'next', config: { scope: 's' } }],
    });
    await engine.call('state::set', { scope: 's', key: '0', value: 1 });
    await until(() => failures.length === 1);
    expect(failures).toEqual(['MOTIA_STATE_TRIGGER_LOOP']);
    expect(await engine.call('state::list', { scope: 's' })).toHaveLength(17);
  });

  it('carry on the trace of the change', async () => {
    await using engine = await start();
    const watcher = await engine.watch();
    await engine.host.functions.invoke('state::set', { scope: 's', key: 'k', value: 1 }, { trace: { traceparent: `00-${'e'.repeat(32)}-${'f'.repeat(16)}-01` } });
    await watcher.reached(1);
    expect(watcher.calls[0]?.trace.traceparent).toContain('e'.repeat(32));
  });

  it('are blocked by a condition that answers false', async () => {
    await using engine = await start();
    const watcher = await engine.watch({ condition_function_id: 'is-done' });
    engine.host.functions.register({ id: 'is-done' }, (payload) => (payload as { new_value: { left: number } }).new_value.left === 0);
    await engine.call('state::set', { scope: 's', key: 'k', value: { left: 3 } });
    for (let n = 0; n < 3; n += 1) await engine.call('state::update', { scope: 's', key: 'k', ops: [{ type: 'decrement', path: 'left', by: 1 }] });
    await watcher.reached(1);
    expect(watcher.seen.map(({ new_value }) => new_value)).toEqual([{ left: 0 }]);
  });

  it('refuse a config that they do not know', async () => {
    await using engine = await start();
    engine.host.functions.register({ id: 'f' }, () => 1);
    for (const config of [{ scop: 's' }, { scope: '' }, { key: 7 }]) {
      await expect(engine.host.triggers.register({ type: 'state', functionId: 'f', config })).rejects.toMatchObject({ code: 'MOTIA_ENGINE_TRIGGER_CONFIG_INVALID' });
    }
  });

  it('can be turned off: they are registered, and do not run', async () => {
    await using engine = await start({ triggers_enabled: false });
    const watcher = await engine.watch();
    await engine.call('state::set', { scope: 's', key: 'k', value: 1 });
    await engine.clock.advance('1m');
    expect(watcher.seen).toEqual([]);
    expect(engine.host.triggers.list()).toMatchObject([{ type: 'state', status: 'bound' }]);
  });
});
