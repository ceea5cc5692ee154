import { describe, expect, it } from '@jest/globals';
import { ManualClock, memoryLogger } from '@motia/engine-core/testing';
import { temporaryFolder } from '@motia/tools/testing';
import { openDueCalls } from '../../src/outbox/index.js';
import { storeProgram as outboxProgram } from '../../src/outbox/outbox-program.js';
import { flipBitIn } from '../fixtures/data-folder.js';
import { itemsProgram } from '../fixtures/items-module.js';
import { openPool } from '../fixtures/open.js';

const trigger = { id: 'trg_1', functionId: 'watch' };
const wanted = [{ triggerId: trigger.id, limit: 10 }];

/** One engine's end of an outbox in a folder that several may share. */
async function open(folder: string, clock: ManualClock, shared = true) {
  const running = await openPool({ data_dir: folder, shared }, { clock });
  const store = await running.pool.open({});
  const calls = await openDueCalls({ store, kind: 'item', clock, logger: memoryLogger() });
  const items = await store.open(itemsProgram);
  return {
    calls, store,
    put: (key: string, value: string) => items.run('put', { key, value, triggers: [trigger] }),
    moveCall: (from: string, to: string) => items.run('moveCall', { from, to }),
    putClaimed: async (key: string, value: string) => (await items.run('put', { key, value, triggers: [trigger], claim: calls.terms })).claimed,
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}
const keysOf = ({ calls }: { readonly calls: readonly { readonly lane: string; readonly payload: string }[] }): string[] => calls.map(({ payload }) => { const { key, value } = JSON.parse(payload) as { key: string; value: string }; return key + value; });

describe('#14 a due call whose lane is not what was written', () => {
  it.each([
    ['trigger, by a bit that flipped on the disk', 'trg_1watcha'],
    ['key, by a bit that flipped on the disk', 'a\u0001'],
  ])('has another %s: it is taken out, and the calls of others are delivered', async (_what, place) => {
    await using folder = temporaryFolder('outbox');
    const clock = new ManualClock();
    {
      await using before = await open(folder.path, clock, false);
      await before.put('a', '1');
      await before.put('b', '1');
    }
    flipBitIn(folder.file('motia.db'), place);
    await using after = await open(folder.path, clock, false);
    await after.calls.adopt();
    const answer = await after.calls.claim(wanted);
    expect([keysOf(answer), answer.damaged]).toEqual([['b1'], [expect.objectContaining({ callId: 1 })]]);
    await after.put('a', '2');
    expect(keysOf(await after.calls.claim(wanted))).toEqual(['a2']);
  });

  it('is that of another call: it is taken out', async () => {
    await using folder = temporaryFolder('outbox');
    await using test = await open(folder.path, new ManualClock(), false);
    await test.put('a', '1');
    await test.put('b', '1');
    await test.moveCall('a', 'b');
    const answer = await test.calls.claim(wanted);
    expect([keysOf(answer), answer.damaged]).toEqual([['b1'], [expect.objectContaining({ callId: 1 })]]);
  });

  it('was kept by a version that did not look at lanes: it is delivered when it is whole', async () => {
    await using folder = temporaryFolder('outbox');
    const clock = new ManualClock();
    {
      await using running = await openPool({ data_dir: folder.path }, { clock });
      const store = await running.pool.open({});
      await store.open({ ...outboxProgram, migrations: outboxProgram.migrations.slice(0, 2) });
      const items = await store.open(itemsProgram);
      for (const key of ['a', 'b']) await items.run('put', { key, value: '1', triggers: [trigger] });
      await items.run('sealWithoutLanes', undefined);
      await items.run('damage', 'b');
    }
    await using after = await open(folder.path, clock, false);
    const answer = await after.calls.claim(wanted);
    expect([keysOf(answer), answer.damaged]).toEqual([['a1'], [expect.objectContaining({ lane: 'b' })]]);
  });
});

describe('claims of due calls', () => {
  it('give the first call of each lane, oldest lanes first, to one engine', async () => {
    await using folder = temporaryFolder('outbox');
    const clock = new ManualClock();
    await using one = await open(folder.path, clock);
    await using two = await open(folder.path, clock);
    for (const [key, value] of [['a', '1'], ['a', '2'], ['b', '1'], ['c', '1']] as const) {
      await one.put(key, value);
      await clock.advance(1);
    }
    const first = await one.calls.claim([{ triggerId: trigger.id, limit: 2 }]);
    expect(keysOf(first)).toEqual(['a1', 'b1']);
    const second = await two.calls.claim(wanted);
    expect(keysOf(second)).toEqual(['c1']);
    expect(keysOf(await two.calls.claim(wanted))).toEqual([]);
    const [a1] = first.calls;
    expect(await one.calls.settle(a1!)).toMatchObject({ lane: 'a', payload: expect.stringContaining('"2"') as unknown as string });
  });

  it('end with their lease where engines share a store, and whoever held one has no say any more', async () => {
    await using folder = temporaryFolder('outbox');
    const clock = new ManualClock();
    await using one = await open(folder.path, clock);
    await using two = await open(folder.path, clock);
    const [held] = await one.putClaimed('a', '1');
    await one.put('a', '2');
    await clock.advance(9_999);
    expect(keysOf(await two.calls.claim(wanted))).toEqual([]);
    expect(await one.calls.renew([held!.laneId])).toEqual([]);
    await clock.advance(9_999);
    expect(keysOf(await two.calls.claim(wanted))).toEqual([]);
    await clock.advance(1);
    // Its own lease has ended as well, and it does not give the lane to itself a second time.
    expect(keysOf(await one.calls.claim(wanted))).toEqual([]);
    const taken = await two.calls.claim(wanted);
    expect(keysOf(taken)).toEqual(['a1']);
    expect(await one.calls.renew([held!.laneId])).toEqual([held!.laneId]);
    expect(await one.calls.settle(held!)).toBeUndefined();
    await one.calls.postpone(held!, { delayMs: 0, failures: 3, losses: 3 });
    await one.calls.release([held!.laneId]);
    expect(keysOf(await one.calls.claim(wanted))).toEqual([]);
    expect(await two.calls.settle(taken.calls[0]!)).toMatchObject({ failures: 0, losses: 0, payload: expect.stringContaining('"2"') as unknown as string });
  });

  it('end with their engine where engines share a store: what it held is given out within a second of its end', async () => {
    await using folder = temporaryFolder('outbox');
    const clock = new ManualClock();
    await using two = await open(folder.path, clock);
    let told = 0;
    two.calls.onForeignChange(() => (told += 1));
    {
      await using one = await open(folder.path, clock);
      expect(await one.putClaimed('a', '1')).toHaveLength(1);
      await clock.advance('1s');
      expect(keysOf(await two.calls.claim(wanted))).toEqual([]);
    }
    told = 0;
    await clock.advance('1s');
    expect(told).toBeGreaterThan(0);
    expect(keysOf(await two.calls.claim(wanted))).toEqual(['a1']);
  });

  it('of an engine that is gone are given out at the start of the next one', async () => {
    await using folder = temporaryFolder('outbox');
    const clock = new ManualClock();
    {
      await using one = await open(folder.path, clock);
      expect(await one.putClaimed('a', '1')).toHaveLength(1);
    }
    await using two = await open(folder.path, clock);
    await two.calls.adopt();
    expect(keysOf(await two.calls.claim(wanted))).toEqual(['a1']);
  });

  it('have no end where one engine has the store alone; what a former one held is given out at the next start', async () => {
    await using folder = temporaryFolder('outbox');
    const clock = new ManualClock();
    {
      await using before = await open(folder.path, clock, false);
      expect(await before.putClaimed('a', '1')).toHaveLength(1);
      await clock.advance('3d');
      expect(keysOf(await before.calls.claim(wanted))).toEqual([]);
      expect(await before.calls.nextReadyAtMs([trigger.id])).toBeUndefined();
    }
    await using after = await open(folder.path, clock, false);
    expect(keysOf(await after.calls.claim(wanted))).toEqual([]);
    await after.calls.adopt();
    expect(keysOf(await after.calls.claim(wanted))).toEqual(['a1']);
  });

  it('#62 are not put off by a clock that goes back: a pause that would last longer than any is over', async () => {
    await using folder = temporaryFolder('outbox');
    const clock = new ManualClock('2030-01-01');
    await using one = await open(folder.path, clock, false);
    const [held] = await one.putClaimed('a', '1');
    await one.calls.postpone(held!, { delayMs: 60_000, failures: 1, losses: 0 });
    expect(await one.calls.nextReadyAtMs([trigger.id])).toBe(clock.now() + 60_000);
    clock.jump('2020-01-01');
    expect(await one.calls.nextReadyAtMs([trigger.id])).toBe(clock.now());
    expect((await one.calls.claim(wanted)).calls).toMatchObject([{ lane: 'a', failures: 1 }]);
  });

  it('are counted, and expire when they are old and nobody’s', async () => {
    await using folder = temporaryFolder('outbox');
    const clock = new ManualClock();
    await using one = await open(folder.path, clock, false);
    await one.putClaimed('held', '1');
    await one.put('old', '1');
    await clock.advance('1d');
    await one.put('old', '2');
    await one.put('new', '1');
    expect(one.calls.count()).toBe(4);
    expect(await one.calls.expire(clock.now())).toMatchObject([{ lane: 'old', functionId: 'watch' }]);
    expect(one.calls.count()).toBe(3);
    expect(keysOf(await one.calls.claim(wanted))).toEqual(expect.arrayContaining(['old2', 'new1']));
  });
});
