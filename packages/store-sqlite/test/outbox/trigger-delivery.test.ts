import { describe, expect, it } from '@jest/globals';
import { MotiaError, type InvocationContext } from '@motia/engine-core/contract';
import { connectTestWorker, ManualClock, startTestHost, type TestHost, type TestWorker } from '@motia/engine-core/testing';
import { temporaryFolder } from '@motia/tools/testing';
import { sqliteStore } from '../../src/index.js';
import { items, ItemsRef, type Items } from '../fixtures/items-module.js';

interface Seen {
  readonly key: string;
  readonly value: string;
}
const start = (options: { directory?: string; jitter?: number; shared?: boolean } = {}, clock?: ManualClock): Promise<TestHost<ManualClock>> => {
  const { shared = false, ...own } = options;
  return startTestHost([sqliteStore({ shared }), items(own)], clock === undefined ? {} : { clock });
};
const itemsOf = (host: TestHost): Items => host.service(ItemsRef);

/** Collects what a function gets, and lets tests wait for it. */
function collector() {
  const seen: Seen[] = [];
  const calls: InvocationContext[] = [];
  let waiting: { readonly count: number; readonly resolve: () => void } | undefined;
  return {
    seen,
    calls,
    handler(payload: unknown, call: InvocationContext): void {
      seen.push(payload as Seen);
      calls.push(call);
      if (waiting !== undefined && seen.length >= waiting.count) waiting.resolve();
    },
    reached: (count: number): Promise<void> => (seen.length >= count ? Promise.resolve() : new Promise((resolve) => (waiting = { count, resolve }))),
  };
}
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
const gate = () => {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
};
async function subscribe(host: TestHost, functionId: string, config: Readonly<Record<string, unknown>> = {}) {
  return host.triggers.register({ type: 'item', functionId, config });
}

describe('S6 calls due to triggers', () => {
  it('are delivered after the commit, and leave nothing behind', async () => {
    await using host = await start();
    const { handler, seen, calls, reached } = collector();
    host.functions.register({ id: 'watch' }, handler);
    await subscribe(host, 'watch');
    await itemsOf(host).put('a', '1');
    await reached(1);
    expect(seen).toEqual([{ key: 'a', value: '1' }]);
    expect(calls[0]).toMatchObject({ triggerDepth: 1, attempt: 1, idempotencyKey: expect.stringMatching(/^item-trg_\w+-1$/) as unknown as string });
    await until(() => itemsOf(host).rows().length === 0);
  });

  it('keep the process while they run or are to be tried again, not while nobody is there to run them', async () => {
    const clock = new ManualClock();
    await using host = await start({ jitter: 1 }, clock);
    const { handler, seen, reached } = collector();
    let isFailing = true;
    const registration = host.functions.register({ id: 'watch' }, (payload, call) => {
      handler(payload, call);
      if (isFailing) throw new Error('not now');
    });
    await subscribe(host, 'watch');
    await itemsOf(host).put('a', '1');
    await reached(1);
    await clock.advance(1);
    expect(clock.holds).toBe(1);
    isFailing = false;
    await clock.advance('2s');
    await until(() => itemsOf(host).rows().length === 0 && clock.holds === 0);
    expect(seen).toHaveLength(2);
    registration.dispose();
    await itemsOf(host).put('a', '2');
    await clock.advance('1s');
    expect([itemsOf(host).rows().length, clock.holds]).toEqual([1, 0]);
  });

  it('are not there when the change was undone, alone or with its transaction', async () => {
    await using host = await start();
    const { handler, seen, reached } = collector();
    host.functions.register({ id: 'watch' }, handler);
    await subscribe(host, 'watch');
    const service = itemsOf(host);
    await expect(service.put('a', '1', { fails: true })).rejects.toMatchObject({ code: 'MOTIA_STORE_COMMAND_FAILED' });
    await expect(service.store.transaction((tx) => Promise.all([service.put('a', '2', { tx }), service.put('b', '2', { tx, fails: true })]))).rejects.toMatchObject({ code: 'MOTIA_STORE_COMMAND_FAILED' });
    expect(service.rows()).toEqual([]);
    await service.store.transaction((tx) => Promise.all([service.put('a', '3', { tx }), service.put('b', '3', { tx })]));
    await reached(2);
    expect(seen.map(({ key, value }) => `${key}${value}`)).toEqual(['a3', 'b3']);
  });

  it('of one key come in order, one at a time; another key does not wait for them', async () => {
    await using host = await start();
    const first = gate();
    const order: string[] = [];
    let running = 0;
    let most = 0;
    host.functions.register({ id: 'watch' }, async (payload) => {
      const { key, value } = payload as Seen;
      if (key === 'a') most = Math.max(most, (running += 1));
      if (key === 'a' && value === '0') await first.opened;
      order.push(key + value);
      if (key === 'a') running -= 1;
    });
    await subscribe(host, 'watch');
    const service = itemsOf(host);
    await Promise.all(Array.from({ length: 40 }, (_, at) => service.put('a', String(at))));
    await service.put('b', '0');
    await until(() => order.length === 1);
    expect(order).toEqual(['b0']);
    first.open();
    await until(() => order.length === 41);
    expect(order.slice(1)).toEqual(Array.from({ length: 40 }, (_, at) => `a${at}`));
    expect(most).toBe(1);
  });

  it('of keys that come and go, one right after the other, are all delivered', async () => {
    await using host = await start({}, new ManualClock());
    const { handler, seen, reached } = collector();
    host.functions.register({ id: 'watch' }, handler);
    await subscribe(host, 'watch');
    for (let n = 0; n < 100; n += 1) await itemsOf(host).put(n % 3 === 0 ? 'a' : `k${n}`, String(n));
    await reached(100);
    expect(seen.filter(({ key }) => key === 'a').map(({ value }) => Number(value))).toEqual(Array.from({ length: 34 }, (_, n) => n * 3));
  });

  it('of two triggers are independent: one that is slow, or fails, does not hold the other up', async () => {
    await using host = await start();
    const { handler, seen, reached } = collector();
    const never = gate();
    host.functions.register({ id: 'slow' }, () => never.opened);
    host.functions.register({ id: 'watch' }, handler);
    await subscribe(host, 'slow');
    await subscribe(host, 'watch');
    const service = itemsOf(host);
    for (const value of ['1', '2', '3']) await service.put('a', value);
    await reached(3);
    expect(seen.map(({ value }) => value)).toEqual(['1', '2', '3']);
    never.open();
    await until(() => service.rows().length === 0);
  });

  it('are one delivery for three replicas that register the same trigger', async () => {
    await using host = await start();
    const { handler, seen, reached } = collector();
    const replica = () => connectTestWorker(host, { functions: { watch: (payload) => handler(payload, {} as InvocationContext) }, triggers: [{ type: 'item', functionId: 'watch' }] });
    await using _first = await replica();
    await using _second = await replica();
    await using _third = await replica();
    const service = itemsOf(host);
    for (let at = 0; at < 30; at += 1) await service.put(`k${at}`, '1');
    await reached(30);
    await until(() => service.rows().length === 0);
    expect(seen.map(({ key }) => key).sort()).toEqual(Array.from({ length: 30 }, (_, at) => `k${at}`).sort());
  });

  it('run side by side up to a bound, and the rest waits in the store', async () => {
    await using host = await start();
    const all = gate();
    let running = 0;
    let most = 0;
    let done = 0;
    host.functions.register({ id: 'watch' }, async () => {
      most = Math.max(most, (running += 1));
      await all.opened;
      running -= 1;
      done += 1;
    });
    await subscribe(host, 'watch');
    const service = itemsOf(host);
    await Promise.all(Array.from({ length: 500 }, (_, at) => service.put(`k${at}`, '1')));
    await until(() => running === 64);
    expect(service.rows()).toHaveLength(500);
    all.open();
    await until(() => done === 500 && service.rows().length === 0);
    expect(most).toBe(64);
  });

  it('are skipped when the condition blocks them, looked at when they are delivered', async () => {
    await using host = await start();
    const { handler, seen, reached } = collector();
    host.functions.register({ id: 'watch' }, handler);
    host.functions.register({ id: 'is-even' }, (payload) => Number((payload as Seen).value) % 2 === 0);
    await subscribe(host, 'watch', { condition_function_id: 'is-even' });
    const service = itemsOf(host);
    for (const value of ['1', '2', '3', '4']) await service.put('a', value);
    await reached(2);
    expect(seen.map(({ value }) => value)).toEqual(['2', '4']);
    await until(() => service.rows().length === 0);
  });
});

describe('S6 when a call cannot be delivered', () => {
  it('a failing function is tried four times with growing pauses, its key waits, and then it is given up with a log that says which', async () => {
    const clock = new ManualClock();
    await using host = await start({ jitter: 1 }, clock);
    const attempts: string[] = [];
    host.functions.register({ id: 'watch' }, (payload, call) => {
      const { key, value } = payload as Seen;
      attempts.push(`${key}${value}#${call.attempt}@${clock.monotonicMs() / 1000}`);
      if (value === 'bad') throw new Error('no good');
    });
    await subscribe(host, 'watch');
    const service = itemsOf(host);
    await service.put('a', 'bad');
    await service.put('a', 'good');
    await service.put('b', 'good');
    await until(() => attempts.length === 2);
    await clock.advance('1m');
    await until(() => service.rows().length === 0);
    expect(attempts).toEqual(['abad#1@0', 'bgood#1@0', 'abad#2@1', 'abad#3@3', 'abad#4@7', 'agood#1@7']);
    const given = host.logs.records.filter(({ level }) => level === 'error');
    expect(given).toEqual([expect.objectContaining({ message: 'A trigger call is given up: 4 attempts failed', fields: expect.objectContaining({ functionId: 'watch', key: 'a', triggerId: expect.stringMatching(/^trg_/) as unknown as string, reason: expect.stringContaining('no good') as unknown as string }) as unknown as object })]);
    expect(host.logs.messages('warn')).toHaveLength(3);
  });

  it('a function decides itself: not again, or not before', async () => {
    const clock = new ManualClock();
    await using host = await start({}, clock);
    const attempts: string[] = [];
    host.functions.register({ id: 'watch' }, (payload) => {
      const { value } = payload as Seen;
      attempts.push(`${value}@${clock.monotonicMs() / 1000}`);
      if (value === 'hopeless') throw new MotiaError({ code: 'MOTIA_SDK_NON_RETRYABLE', message: 'gone', retryable: false });
      if (attempts.length < 3) throw new MotiaError({ code: 'MOTIA_SDK_RETRY_AFTER', message: 'later', retryable: true, details: { retryAfterMs: 90_000 } });
    });
    await subscribe(host, 'watch');
    await itemsOf(host).put('a', 'hopeless');
    await until(() => attempts.length === 1 && itemsOf(host).rows().length === 0);
    await itemsOf(host).put('a', 'later');
    await until(() => attempts.length === 2);
    await clock.advance('2m');
    await until(() => itemsOf(host).rows().length === 0);
    expect(attempts).toEqual(['hopeless@0', 'later@0', 'later@90']);
  });

  it('a lost process leaves it due, however often, until it must be the cause', async () => {
    const clock = new ManualClock();
    await using host = await start({}, clock);
    let deaths = 0;
    let worker: TestWorker;
    const connect = async (): Promise<void> => {
      const connected = gate();
      worker = await connectTestWorker(host, {
        owner: 'place', retain: true,
        functions: { watch: () => connected.opened.then(() => new Promise(() => { deaths += 1; worker.kill(); })) },
        triggers: [{ type: 'item', functionId: 'watch' }],
      });
      connected.open();
    };
    await connect();
    await itemsOf(host).put('a', '1');
    for (let time = 1; time <= 10; time += 1) {
      await until(() => deaths === time);
      await worker!.handle.closed;
      await connect();
      await clock.advance('2m');
    }
    await until(() => itemsOf(host).rows().length === 0);
    expect(deaths).toBe(10);
    expect(host.logs.find('given up: 10 processes were lost')).toMatchObject({ level: 'error' });
    await worker![Symbol.asyncDispose]();
  });

  it('nobody there to run it leaves it due without an attempt spent, and it runs when somebody comes', async () => {
    await using host = await start();
    const { handler, seen, calls, reached } = collector();
    await subscribe(host, 'later');
    const service = itemsOf(host);
    for (let at = 0; at < 100; at += 1) await service.put(`k${at}`, '1');
    await until(() => service.rows().every(({ owned }) => owned === 0));
    expect(service.rows()).toHaveLength(100);
    expect(host.logs.messages('error')).toEqual([]);
    host.functions.register({ id: 'later' }, handler);
    await reached(100);
    expect(new Set(seen.map(({ key }) => key)).size).toBe(100);
    expect(calls.every(({ attempt }) => attempt === 1)).toBe(true);
  });

  it('an error of a call that the function made is its own failure, also when that function is missing', async () => {
    const clock = new ManualClock();
    await using host = await start({}, clock);
    let attempts = 0;
    host.functions.register({ id: 'watch' }, async (_payload, call) => {
      attempts += 1;
      await host.functions.invoke('missing', {}, { parent: call });
    });
    await subscribe(host, 'watch');
    await itemsOf(host).put('a', '1');
    await until(() => attempts === 1 && itemsOf(host).rows().length === 0);
    expect(host.logs.find('given up: the function said')).toBeDefined();
  });

  it('a row that was damaged in the store is dropped with a log, and the next of its key is delivered', async () => {
    await using host = await start();
    const { handler, seen, reached } = collector();
    const registration = await subscribe(host, 'watch');
    const service = itemsOf(host);
    await service.put('a', '1');
    await service.put('a', '2');
    registration.dispose();
    await until(() => service.rows().every(({ owned }) => owned === 0));
    await service.damage('a');
    host.functions.register({ id: 'watch' }, handler);
    await subscribe(host, 'watch');
    await reached(1);
    expect(seen).toEqual([{ key: 'a', value: '2' }]);
    expect(host.logs.find('was damaged in the store')).toMatchObject({ level: 'error', fields: { functionId: 'watch', lane: 'a' } });
    await until(() => service.rows().length === 0);
  });

  it('for 7 days is given up with a log, and so is what belongs to a trigger that is gone', async () => {
    const clock = new ManualClock();
    await using host = await start({}, clock);
    const registration = await subscribe(host, 'gone');
    await itemsOf(host).put('a', '1');
    registration.dispose();
    await clock.advance('6d');
    expect(itemsOf(host).rows()).toHaveLength(1);
    await clock.advance('25h');
    expect(itemsOf(host).rows()).toEqual([]);
    expect(host.logs.find('nobody took it for 7 days')).toMatchObject({ level: 'error', fields: { functionId: 'gone', key: 'a', dueSince: '2026-01-01T00:00:00.000Z' } });
  });
});

describe('S6 across a restart', () => {
  it('what was due is delivered by the next engine once its trigger is there, in the order of its key', async () => {
    await using folder = temporaryFolder('outbox');
    const before = await start({ directory: folder.path });
    const registration = await subscribe(before, 'watch');
    for (const value of ['1', '2', '3']) await itemsOf(before).put('a', value);
    await itemsOf(before).put('b', '1');
    registration.dispose();
    await before.stop();

    await using after = await start({ directory: folder.path });
    const { handler, seen, reached } = collector();
    expect(itemsOf(after).rows()).toEqual([{ lane: 'a', calls: 3, owned: 0 }, { lane: 'b', calls: 1, owned: 0 }]);
    after.functions.register({ id: 'watch' }, handler);
    await subscribe(after, 'watch');
    await reached(4);
    expect(seen.filter(({ key }) => key === 'a').map(({ value }) => value)).toEqual(['1', '2', '3']);
    await until(() => itemsOf(after).rows().length === 0);
  });

  it('#48 a stop waits for what runs; what is still running at the deadline is cancelled and stays due, with no attempt spent', async () => {
    await using folder = temporaryFolder('outbox');
    const before = await start({ directory: folder.path });
    let started = 0;
    before.functions.register({ id: 'watch' }, () => {
      started += 1;
      return new Promise(() => undefined);
    });
    await subscribe(before, 'watch');
    await itemsOf(before).put('a', '1');
    await until(() => started === 1);
    await before.stop({ drainTimeoutMs: 50 });

    await using after = await start({ directory: folder.path });
    const { handler, calls, reached } = collector();
    after.functions.register({ id: 'watch' }, handler);
    await subscribe(after, 'watch');
    await reached(1);
    expect(calls[0]).toMatchObject({ attempt: 1 });
  });
});

describe('S6 G2 engines that share a store', () => {
  it('deliver each call once, in the order of its key, whoever made the change', async () => {
    await using folder = temporaryFolder('outbox');
    await using one = await start({ directory: folder.path, shared: true });
    await using two = await start({ directory: folder.path, shared: true });
    const seen: string[] = [];
    const by = new Set<string>();
    for (const [name, host] of [['one', one], ['two', two]] as const) {
      host.functions.register({ id: 'watch' }, async (payload) => {
        seen.push(`${(payload as Seen).key}${(payload as Seen).value}`);
        by.add(name);
        await new Promise((resolve) => setImmediate(resolve));
      });
      await subscribe(host, 'watch');
    }
    await Promise.all([one, two].map(async (host, at) => {
      for (let n = 0; n < 30; n += 1) await itemsOf(host).put(`k${at}`, String(n));
    }));
    await until(() => seen.length >= 60);
    await until(() => itemsOf(one).rows().length === 0);
    for (const key of ['k0', 'k1']) expect(seen.filter((name) => name.startsWith(key))).toEqual(Array.from({ length: 30 }, (_, n) => `${key}${n}`));
    expect(by).toEqual(new Set(['one', 'two']));
  });

  it('owe calls to triggers that only another engine has, if their filter fits, and that engine delivers them soon', async () => {
    await using folder = temporaryFolder('outbox');
    await using one = await start({ directory: folder.path, shared: true });
    await using two = await start({ directory: folder.path, shared: true });
    const { handler, seen, reached } = collector();
    one.functions.register({ id: 'watch' }, handler);
    await subscribe(one, 'watch', { key: 'b' });
    for (const key of ['a', 'b', 'c', 'b']) await itemsOf(two).put(key, '1');
    await reached(2);
    expect(seen).toEqual([{ key: 'b', value: '1' }, { key: 'b', value: '1' }]);
    await until(() => itemsOf(two).rows().length === 0);
  });

  it('owe calls to triggers of one that is gone, stopped or killed, for a minute: it may be back by then', async () => {
    await using folder = temporaryFolder('outbox');
    const clock = new ManualClock();
    const left = await start({ directory: folder.path, shared: true }, clock);
    await subscribe(left, 'watch-left');
    await using two = await start({ directory: folder.path, shared: true }, clock);
    const service = itemsOf(two);
    await left.stop();
    // Nobody has noticed yet.
    await service.put('a', '1');
    await clock.advance('2s');
    await service.put('a', '2');
    expect(service.rows()).toEqual([{ lane: 'a', calls: 2, owned: 0 }]);
    await service.pretendKilled('watch-killed');
    await service.put('b', '1');
    expect(service.rows().filter(({ lane }) => lane === 'b')).toHaveLength(2);
    await clock.advance('2s');
    await until(() => clock.holds === 0);
    await service.put('c', '1');
    expect(service.rows().filter(({ lane }) => lane === 'c')).toHaveLength(2);
    await clock.advance('62s');
    await service.put('d', '1');
    expect(service.rows().filter(({ lane }) => lane === 'd')).toEqual([]);
  });

  it('owe calls once to a trigger that they have themselves when another one that had it is gone', async () => {
    await using folder = temporaryFolder('outbox');
    const clock = new ManualClock();
    const left = await start({ directory: folder.path, shared: true }, clock);
    await using two = await start({ directory: folder.path, shared: true }, clock);
    const { handler, seen, reached } = collector();
    for (const host of [left, two]) {
      host.functions.register({ id: 'watch' }, handler);
      await subscribe(host, 'watch');
    }
    await left.stop();
    for (const value of ['1', '2']) {
      await itemsOf(two).put('a', value);
      await clock.advance('2s');
    }
    await reached(2);
    await until(() => itemsOf(two).rows().length === 0);
    expect(seen).toHaveLength(2);
    await clock.advance('2m');
    expect(two.logs.find('have not been registered again')).toBeUndefined();
  });

  it('leave alone what another one is running, however long that takes', async () => {
    await using folder = temporaryFolder('outbox');
    const clock = new ManualClock();
    await using one = await start({ directory: folder.path, shared: true }, clock);
    await using two = await start({ directory: folder.path, shared: true }, clock);
    const slow = gate();
    let begun = 0;
    one.functions.register({ id: 'watch' }, async () => {
      begun += 1;
      await slow.opened;
    });
    await subscribe(one, 'watch');
    await itemsOf(one).put('a', '1');
    await until(() => begun === 1);
    const { handler, seen } = collector();
    two.functions.register({ id: 'watch' }, handler);
    await subscribe(two, 'watch');
    await clock.advance('25s');
    slow.open();
    await until(() => itemsOf(two).rows().length === 0);
    expect([seen, begun]).toEqual([[], 1]);
  });
});
