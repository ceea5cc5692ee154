import { describe, expect, it } from '@jest/globals';
import { defineStoreProgram, StorePoolRef, type StoreDurability } from '@motia/engine-core/contract';
import { ManualClock, memoryLogger, startTestHost } from '@motia/engine-core/testing';
import { sqliteStore } from '@motia/store-sqlite';
import { temporaryFolder } from '@motia/tools/testing';
import { MemoryReplays } from '../src/idempotency/memory-replays.js';
import type { ClaimRequest, KeptResponse, ReplayStore } from '../src/idempotency/replay-store.js';
import { StoredReplays } from '../src/idempotency/stored-replays.js';

interface Opened extends AsyncDisposable {
  readonly store: ReplayStore;
  readonly clock: ManualClock;
}

const inStore = (durability: StoreDurability) => async (): Promise<Opened> => {
  const clock = new ManualClock();
  const folder = temporaryFolder('replays');
  const host = await startTestHost([sqliteStore({ data_dir: folder.path, writer: 'inline' })], { clock });
  const pool = host.service(StorePoolRef);
  return {
    clock,
    store: await StoredReplays.open(await pool.open(durability === 'memory' ? { durability } : {}), memoryLogger()),
    async [Symbol.asyncDispose]() {
      await host.stop();
      await folder.remove();
    },
  };
};
const inMemory = (): Promise<Opened> => {
  const clock = new ManualClock();
  return Promise.resolve({ clock, store: new MemoryReplays(clock, 1_000_000), [Symbol.asyncDispose]: () => Promise.resolve() });
};

const request = (more: Partial<ClaimRequest> = {}): ClaimRequest => ({ key: 'k', fingerprint: 'f', token: 't1', leaseMs: 1_000, ttlMs: 60_000, ...more });
const response: KeptResponse = { status: 201, headers: ['x-a', 'ä', 'set-cookie', 'b'], contentType: 'application/json', body: Buffer.from('{"id":"é"}') };

describe.each([['memory', inMemory], ['a store in memory', inStore('memory')], ['a store on disk', inStore('full')]] as const)('R4 replays in %s', (_name, open) => {
  it('give a key to whoever comes first, and tell the others', async () => {
    await using opened = await open();
    const { store } = opened;
    expect(await store.claim(request())).toEqual({ kind: 'run' });
    expect(await store.claim(request({ token: 't2' }))).toMatchObject({ kind: 'busy', leftMs: 1_000 });
    expect(await store.claim(request({ token: 't2', fingerprint: 'other' }))).toEqual({ kind: 'mismatch' });
    expect(await store.claim(request({ token: 't2', key: 'other' }))).toEqual({ kind: 'run' });
  });

  it('have a secret of their own', async () => {
    await using opened = await open();
    await using other = await open();
    expect(opened.store.secret).toMatch(/^[\w-]{43}$/);
    expect(other.store.secret).not.toBe(opened.store.secret);
  });

  it('give the response again as it was, with a body and without', async () => {
    await using opened = await open();
    const { store } = opened;
    for (const [key, kept] of [['full', response], ['empty', { status: 204, headers: [], contentType: undefined, body: undefined }], ['bare', { ...response, body: new Uint8Array(0) }]] as const) {
      await store.claim(request({ key }));
      await store.complete({ key, token: 't1' }, kept);
      const outcome = await store.claim(request({ key, token: 't2' }));
      expect(outcome.kind).toBe('replay');
      const given = (outcome as { readonly response: KeptResponse }).response;
      expect({ ...given, body: given.body && Buffer.from(given.body).toString() }).toEqual({ ...kept, body: kept.body && Buffer.from(kept.body).toString() });
      expect(await store.claim(request({ key, token: 't2', fingerprint: 'other' }))).toEqual({ kind: 'mismatch' });
    }
  });

  it('remember that a request was answered when there is nothing to give again', async () => {
    await using opened = await open();
    await opened.store.claim(request());
    await opened.store.complete(request(), undefined);
    expect(await opened.store.claim(request({ token: 't2' }))).toEqual({ kind: 'unkept' });
  });

  it('free a key that is released, and one whose time to run is over; late ends of that run change nothing', async () => {
    await using opened = await open();
    const { store, clock } = opened;
    await store.claim(request());
    await store.release(request());
    expect(await store.claim(request({ token: 't2' }))).toEqual({ kind: 'run' });
    await clock.advance(1_000);
    expect(await store.claim(request({ token: 't3' }))).toEqual({ kind: 'run' });
    await store.complete(request({ token: 't2' }), response);
    await store.release(request({ token: 't2' }));
    expect(await store.claim(request({ token: 't4' }))).toMatchObject({ kind: 'busy' });
    await store.complete(request({ token: 't3' }), response);
    await store.release(request({ token: 't3' }));
    await store.complete(request({ token: 't3' }), undefined);
    expect(await store.claim(request({ token: 't4' }))).toMatchObject({ kind: 'replay' });
  });

  it('forget a response after its time', async () => {
    await using opened = await open();
    const { store, clock } = opened;
    await store.claim(request({ ttlMs: 5_000 }));
    await store.complete(request(), response);
    await clock.advance(4_999);
    expect(await store.claim(request({ token: 't2' }))).toMatchObject({ kind: 'replay' });
    await clock.advance(1);
    expect(await store.claim(request({ token: 't2' }))).toEqual({ kind: 'run' });
  });
});

describe('replays in memory', () => {
  it('stay within their bytes: the oldest answers make room, what runs stays', async () => {
    const store = new MemoryReplays(new ManualClock(), 10_000);
    await store.claim(request({ key: 'runs' }));
    for (let index = 0; index < 20; index += 1) {
      await store.claim(request({ key: `k${index}` }));
      await store.complete({ key: `k${index}`, token: 't1' }, { ...response, body: Buffer.alloc(1_000) });
      expect(store.heldBytes).toBeLessThanOrEqual(10_000);
    }
    expect(await store.claim(request({ key: 'k0', token: 't2' }))).toEqual({ kind: 'run' });
    expect(await store.claim(request({ key: 'k19', token: 't2' }))).toMatchObject({ kind: 'replay' });
    expect(await store.claim(request({ key: 'runs', token: 't2' }))).toMatchObject({ kind: 'busy' });
  });
});

describe('replays on disk', () => {
  it('survive the engine; what it left running is free at the next start', async () => {
    await using folder = temporaryFolder('replays');
    const start = async (): Promise<{ readonly store: StoredReplays; stop(): Promise<void> }> => {
      const host = await startTestHost([sqliteStore({ data_dir: folder.path, writer: 'inline' })]);
      return { store: await StoredReplays.open(await host.service(StorePoolRef).open({}), memoryLogger()), stop: () => host.stop() };
    };
    const first = await start();
    await first.store.claim(request({ key: 'done' }));
    await first.store.complete(request({ key: 'done' }), response);
    await first.store.claim(request({ key: 'cut off', leaseMs: 3_600_000 }));
    await first.stop();
    const second = await start();
    expect(await second.store.claim(request({ key: 'done', token: 't2' }))).toMatchObject({ kind: 'replay', response: { status: 201 } });
    expect(await second.store.claim(request({ key: 'cut off', token: 't2' }))).toEqual({ kind: 'run' });
    expect(second.store.secret).toBe(first.store.secret);
    await second.stop();
  });

  it('take a damaged response for none', async () => {
    await using folder = temporaryFolder('replays');
    const host = await startTestHost([sqliteStore({ data_dir: folder.path, writer: 'inline' })]);
    const service = await host.service(StorePoolRef).open({});
    const store = await StoredReplays.open(service, memoryLogger());
    await store.claim(request());
    await store.complete(request(), response);
    const vandal = await service.open(defineStoreProgram({
      name: 'vandal', source: { specifier: 'vandal', from: import.meta.url }, migrations: [], queries: {},
      commands: { flip: (sql, _input: undefined) => void sql.run("UPDATE rest_replays SET body = x'00'") },
    }));
    await vandal.run('flip', undefined);
    expect(await store.claim(request({ token: 't2' }))).toEqual({ kind: 'unkept' });
    await host.stop();
  });

  it('sweep rows whose time is over', async () => {
    await using folder = temporaryFolder('replays');
    const clock = new ManualClock();
    const host = await startTestHost([sqliteStore({ data_dir: folder.path, writer: 'inline' })], { clock });
    const service = await host.service(StorePoolRef).open({});
    const store = await StoredReplays.open(service, memoryLogger());
    for (let index = 0; index < 16; index += 1) await store.claim(request({ key: `old ${index}`, ttlMs: 1_000 }));
    await clock.advance(2_000);
    for (let index = 0; index < 3; index += 1) await store.claim(request({ key: `new ${index}` }));
    const counter = await service.open(defineStoreProgram({
      name: 'counter', source: { specifier: 'counter', from: import.meta.url }, migrations: [], commands: {},
      queries: { count: (sql, _input: undefined) => sql.get<{ readonly n: number }>('SELECT count(*) AS n FROM rest_replays')?.n },
    }));
    expect(counter.query('count', undefined)).toBe(3);
    await host.stop();
  });
});
