import { describe, expect, it } from '@jest/globals';
import { noOptions } from '@motia/engine-core';
import { defineModule, StateServiceRef } from '@motia/engine-core/contract';
import { connectTestWorker, ManualClock, type TestWorker } from '@motia/engine-core/testing';
import { temporaryFolder } from '@motia/tools/testing';
import { KvStore } from '../src/index.js';
import { startStateEngine, type StateEngine, type StateEvent } from '../src/testing/index.js';

const place = { scope: 's', key: 'k' };

/** Engines that run one after the other on one folder, at one time. */
function engines(directory: string, support?: () => ReturnType<NonNullable<Parameters<typeof startStateEngine>[0]['support']>>) {
  const clock = new ManualClock();
  const subject = { adapter: KvStore, options: () => ({}), ...(support === undefined ? {} : { support }) };
  return { clock, start: (): Promise<StateEngine> => startStateEngine(subject, { store_method: 'file_based', file_path: directory }, {}, clock) };
}

/** A process of the app with a trigger, and what it got. */
async function app(engine: StateEngine, seen: StateEvent[], more: Parameters<typeof connectTestWorker>[1] = {}): Promise<TestWorker> {
  return connectTestWorker(engine.host, { functions: { watch: (payload) => void seen.push(payload as StateEvent) }, triggers: [{ type: 'state', functionId: 'watch', config: { scope: 's' } }], ...more });
}
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
const values = (seen: readonly StateEvent[]): unknown[] => seen.map(({ new_value }) => new_value);
/** A call and its answer go over memory: everything that is due is done after some turns. */
async function idle(): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('S6 changes while nobody is there to run their triggers', () => {
  it('of a process that crashed and comes back are owed to it', async () => {
    await using folder = temporaryFolder('state');
    await using engine = await engines(folder.path).start();
    const seen: StateEvent[] = [];
    const worker = await app(engine, seen, { owner: 'place', retain: true });
    worker.kill();
    await worker.handle.closed;
    await engine.call('state::set', { ...place, value: 1 });
    await using _back = await app(engine, seen, { owner: 'place', retain: true });
    await until(() => seen.length === 1);
  });

  it('of a reload are owed once each', async () => {
    await using folder = temporaryFolder('state');
    await using engine = await engines(folder.path).start();
    const seen: StateEvent[] = [];
    await using old = await app(engine, seen, { owner: 'old' });
    await using next = await app(engine, seen, { owner: 'next', activation: 'manual' });
    await next.handle.registered;
    const writing = (async () => {
      for (let n = 0; n < 50; n += 1) await engine.call('state::set', { ...place, value: n });
    })();
    await engine.host.workers.activate({ arriving: [next.handle], leaving: [old.handle] });
    await writing;
    await until(() => seen.length >= 50);
    expect(values(seen)).toEqual(Array.from({ length: 50 }, (_, n) => n));
  });

  it('of an engine that starts anew are owed to what was registered before it ended', async () => {
    await using folder = temporaryFolder('state');
    const { start } = engines(folder.path);
    const seen: StateEvent[] = [];
    {
      await using before = await start();
      await using _worker = await app(before, seen);
      await before.call('state::set', { ...place, value: 'before' });
      await until(() => seen.length === 1);
      await before.host.stop();
    }
    await using engine = await start();
    await engine.call('state::set', { ...place, value: 'early' });
    await engine.call('state::set', { scope: 'other', key: 'k', value: 'not theirs' });
    await using _worker = await app(engine, seen);
    await engine.call('state::set', { ...place, value: 'late' });
    await until(() => seen.length === 3);
    expect(values(seen)).toEqual(['before', 'early', 'late']);
  });

  it('of keys whose time came while the engine was down are owed as well', async () => {
    await using folder = temporaryFolder('state');
    const { start, clock } = engines(folder.path);
    const seen: StateEvent[] = [];
    {
      await using before = await start();
      await using _worker = await app(before, seen);
      await before.call('state::set', { ...place, value: 1, ttl_ms: 60_000 });
      await until(() => seen.length === 1);
      await before.host.stop();
    }
    await clock.advance('1h');
    await using engine = await start();
    await clock.advance('1s');
    expect(await engine.call('state::list', { scope: 's' })).toEqual([]);
    await using _worker = await app(engine, seen);
    await until(() => seen.length === 2);
    expect(seen[1]).toMatchObject({ event_type: 'state:deleted', key: 'k', expired: true });
  });

  it('of an engine that ends, made when their process has gone before it, are owed by the next one', async () => {
    await using folder = temporaryFolder('state');
    let leaving = async (): Promise<void> => undefined;
    const last = defineModule({
      name: 'last', version: '0.0.0', contract: 1, class: 'test::Last', options: noOptions, requires: { state: StateServiceRef }, startsLast: true,
      create: async (ctx) => ({
        services: {},
        async drain() {
          await leaving();
          await ctx.services.state.set('s', 'k', 'at the end');
        },
      }),
    });
    const { start } = engines(folder.path, () => [{ definition: last }]);
    const seen: StateEvent[] = [];
    {
      await using before = await start();
      const worker = await app(before, seen);
      leaving = async () => worker[Symbol.asyncDispose]();
      await before.host.stop();
      leaving = async () => undefined;
    }
    await using engine = await start();
    await using _worker = await app(engine, seen);
    await until(() => seen.length === 1);
    expect(values(seen)).toEqual(['at the end']);
  });

  it('are owed no longer when the app has been ready for a minute without the trigger, and what was owed waits for it', async () => {
    await using folder = temporaryFolder('state');
    const { start, clock } = engines(folder.path);
    const seen: StateEvent[] = [];
    {
      await using before = await start();
      await using _worker = await app(before, seen);
      await before.host.stop();
    }
    {
      await using without = await start();
      await clock.advance('59s');
      await without.call('state::set', { ...place, value: 'in time' });
      await clock.advance('3s');
      await without.call('state::set', { ...place, value: 'too late' });
      expect(without.host.logs.find('have not been registered again')).toMatchObject({ level: 'warn', fields: { type: 'state', functionIds: ['watch'] } });
      await without.host.stop();
    }
    // They are not remembered for ever, either.
    await using engine = await start();
    await engine.call('state::set', { ...place, value: 'much too late' });
    await using _worker = await app(engine, seen);
    await idle();
    expect(values(seen)).toEqual(['in time']);
  });

  it('are not owed to a trigger that its app took back while it was there', async () => {
    await using folder = temporaryFolder('state');
    const { start } = engines(folder.path);
    const seen: StateEvent[] = [];
    {
      await using before = await start();
      const worker = await app(before, seen);
      await worker[Symbol.asyncDispose]();
      await until(() => before.host.triggers.list().length === 0);
      await idle();
      await before.host.stop();
    }
    await using engine = await start();
    await engine.call('state::set', { ...place, value: 1 });
    await using _worker = await app(engine, seen);
    await idle();
    expect(seen).toEqual([]);
  });
});
