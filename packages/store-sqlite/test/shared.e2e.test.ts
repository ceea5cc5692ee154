import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { StorePoolRef } from '@motia/engine-core/contract';
import { ManualClock } from '@motia/engine-core/testing';
import { temporaryFolder } from '@motia/tools/testing';
import { openPool } from './fixtures/open.js';
import { OpeningEngine } from './fixtures/opening-engine.js';
import { storeProgram as counterProgram } from './fixtures/programs/counter-program.mjs';

describe.each(['thread', 'inline'] as const)('engines that share a store, writing from %s', (writer) => {
  it('both write, and both see everything', async () => {
    await using folder = temporaryFolder('store-shared');
    const options = { data_dir: folder.path, shared: true, writer };
    await using first = new OpeningEngine({ options });
    await using second = new OpeningEngine({ options });
    const tokens = [await first.line('opened'), await second.line('opened')].map((line) => line?.['fencingToken']);
    expect(tokens.sort()).toEqual([1, 2]);
    for (let round = 0; round < 50; round += 1) await Promise.all([first.run('add', { name: 'a', by: 1 }), second.run('add', { name: 'a', by: 1 })]);
    expect(await first.run('add', { name: 'a', by: 0 })).toBe(100);
    expect(await second.run('add', { name: 'a', by: 0 })).toBe(100);
  });

  it('each is told of what the other commits', async () => {
    await using folder = temporaryFolder('store-shared');
    const options = { data_dir: folder.path, shared: true, writer };
    await using first = new OpeningEngine({ options });
    await first.line('opened');
    await using second = new OpeningEngine({ options });
    await second.line('opened');
    await first.run('add', { name: 'a', by: 7 });
    await second.line('foreignCommit', ({ seen }) => seen === 7);
    await second.run('add', { name: 'a', by: 1 });
    expect(await first.line('foreignCommit', ({ seen }) => seen === 8)).toBeDefined();
  });

  it('one that is killed while it writes leaves the other going', async () => {
    await using folder = temporaryFolder('store-shared');
    const options = { data_dir: folder.path, shared: true, writer };
    await using first = new OpeningEngine({ options });
    await using second = new OpeningEngine({ options });
    await Promise.all([first.line('opened'), second.line('opened')]);
    expect(await first.run('add', { name: 'a', by: 1 })).toBe(1);
    void first.run('add', { name: 'a', by: 1 });
    await first.kill();
    expect([2, 3]).toContain(await second.run('add', { name: 'a', by: 1 }));
    await using third = new OpeningEngine({ options });
    expect(await third.line('opened')).toMatchObject({ fencingToken: 3 });
  });
});

it('an engine knows who else has the store, who left and who was last seen when', async () => {
  await using folder = temporaryFolder('store-shared');
  const options = { data_dir: folder.path, shared: true };
  await using first = new OpeningEngine({ options });
  await first.line('opened');
  await using second = new OpeningEngine({ options });
  await second.line('opened');
  await second.stop();
  await using own = await openPool(options);
  const store = (await own.host.service(StorePoolRef).open({})) as unknown as { engines(): readonly { readonly pid: number; readonly endedAtMs: number | null; readonly seenAtMs: number; readonly startedAtMs: number }[] };
  expect(store.engines()).toMatchObject([
    { pid: process.pid, endedAtMs: null, fencingToken: 3 },
    { pid: second.pid, endedAtMs: expect.any(Number), fencingToken: 2 },
    { pid: first.pid, endedAtMs: null, fencingToken: 1 },
  ]);
});

it('foreign commits are noticed within 50 ms by the clock, own ones never, and nobody looks where nothing is shared', async () => {
  await using folder = temporaryFolder('store-shared');
  const clock = new ManualClock();
  await using first = await openPool({ data_dir: folder.path, shared: true }, { clock });
  await using second = await openPool({ data_dir: folder.path, shared: true }, { clock });
  await using alone = await openPool({ durability: 'memory' }, { clock });
  const stores = [await first.pool.open({}), await second.pool.open({}), await alone.pool.open({})] as const;
  const [counter, , inMemory] = [await stores[0].open(counterProgram), await stores[1].open(counterProgram), await stores[2].open(counterProgram)];
  await clock.advance(50);
  const noticed = [0, 0, 0];
  stores.forEach((store, index) => store.onForeignCommit(() => (noticed[index] = (noticed[index] as number) + 1)));
  await Promise.all([counter.run('add', { name: 'a', by: 1 }), inMemory.run('add', { name: 'a', by: 1 })]);
  await clock.advance(50);
  expect(noticed).toEqual([0, 1, 0]);
  await clock.advance(500);
  expect(noticed).toEqual([0, 1, 0]);
});

it('engines that all make the same new store at once all open it', async () => {
  await using folder = temporaryFolder('store-shared');
  const engines = Array.from({ length: 5 }, (_, index) => new OpeningEngine({ options: { data_dir: folder.path, shared: true, writer: index % 2 === 0 ? 'inline' : 'thread' }, program: './growing-program.mjs' }));
  const opened = await Promise.all(engines.map((engine) => engine.line('opened')));
  expect(opened.map((line) => line?.['fencingToken']).sort()).toEqual([1, 2, 3, 4, 5]);
  for (const line of opened) expect(line).toMatchObject({ texts: ['FIRST', 'SECOND'] });
  await Promise.all(engines.map((engine) => engine.kill()));
});

it('an engine says that it lives every two seconds', async () => {
  await using folder = temporaryFolder('store-shared');
  const clock = new ManualClock();
  await using running = await openPool({ data_dir: folder.path, shared: true }, { clock });
  const store = (await running.pool.open({})) as unknown as { engines(): readonly { readonly seenAtMs: number; readonly startedAtMs: number }[] };
  const [before] = store.engines();
  expect(before?.seenAtMs).toBe(before?.startedAtMs);
  await clock.advance('4s');
  const [after] = store.engines();
  expect((after?.seenAtMs as number) - (before?.startedAtMs as number)).toBe(4_000);
});

describe('whether another engine is gone', () => {
  const signs = (folder: string): readonly string[] => readdirSync(folder).filter((name) => /\.engine-.*\.lock$/.test(name));

  it('is known for certain: once its process has ended or it has left, and not while it merely stands still', async () => {
    await using folder = temporaryFolder('store-shared');
    const options = { data_dir: folder.path, shared: true };
    await using here = await openPool(options);
    const store = await here.pool.open({});
    await using leaving = new OpeningEngine({ options });
    await leaving.line('opened');
    await using dying = new OpeningEngine({ options });
    await dying.line('opened');
    const isGone = (): readonly boolean[] => [store.fencingToken, store.engineId, 2, 3, 99, 'never-heard-of'].map((engine) => store.isGone(engine));
    expect(isGone()).toEqual([false, false, false, false, true, true]);
    process.kill(dying.pid, 'SIGSTOP');
    expect(isGone()).toEqual([false, false, false, false, true, true]);
    await leaving.stop();
    expect(isGone()).toEqual([false, false, true, false, true, true]);
    await dying.kill();
    expect(isGone()).toEqual([false, false, true, true, true, true]);
  });

  it('is told within a second of its death, once, and written down for all', async () => {
    await using folder = temporaryFolder('store-shared');
    const options = { data_dir: folder.path, shared: true };
    const clock = new ManualClock();
    await using here = await openPool(options, { clock });
    const store = (await here.pool.open({})) as Awaited<ReturnType<typeof here.pool.open>> & { engines(): readonly { readonly endedAtMs: number | null }[] };
    await using other = new OpeningEngine({ options });
    await other.line('opened');
    let told = 0;
    store.onEngineGone(() => (told += 1));
    await clock.advance('5s');
    expect([told, signs(folder.path).length]).toEqual([0, 2]);
    await other.kill();
    await clock.advance('1s');
    expect(told).toBe(1);
    await clock.advance('5s');
    expect(told).toBe(1);
    expect(store.engines()).toMatchObject([{ endedAtMs: expect.any(Number) }, { endedAtMs: null }]);
    expect(signs(folder.path)).toHaveLength(1);
  });

  it('leaves no files behind, also of engines that nobody outlived', async () => {
    await using folder = temporaryFolder('store-shared');
    await using killed = new OpeningEngine({ options: { data_dir: folder.path, shared: true } });
    await killed.line('opened');
    await killed.kill();
    expect(signs(folder.path)).toHaveLength(1);
    {
      await using alone = await openPool({ data_dir: folder.path });
      const store = await alone.pool.open({});
      expect([store.isGone(1), store.isGone(store.fencingToken), signs(folder.path)]).toEqual([true, false, []]);
    }
    {
      await using sharing = await openPool({ data_dir: folder.path, shared: true });
      await sharing.pool.open({});
      expect(signs(folder.path)).toHaveLength(1);
    }
    expect(signs(folder.path)).toEqual([]);
  });
});
