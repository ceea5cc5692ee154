import type { TestRunner } from '@motia/engine-core/testing';
import { startStateEngine, type StateEngine, type StateStoreSubject } from './state-engine.js';
import { seededRandom, walkState } from './state-walk.js';

export interface StateStoreConformanceOptions extends StateStoreSubject {
  /** Of the random walks. Default: a new one each time, named by what fails. */
  readonly seed?: number;
}

/**
 * What every store of state promises, as tests of the adapter's own suite:
 * `stateStoreConformance({ describe, it, expect }, { adapter: RedisState, options: () => ({ prefix: randomUUID() }) })`.
 */
export function stateStoreConformance({ describe, it, expect }: TestRunner, subject: StateStoreConformanceOptions): void {
  const { adapter, options, seed = Math.floor(Math.random() * 1_000_000) } = subject;
  const capabilities = new Set(subject.capabilities ?? (adapter.capabilities as readonly string[]));
  const start = (more = {}): Promise<StateEngine> => startStateEngine(subject, options(), more);

  describe(`${adapter.name} as a store of state`, () => {
    describe('keeps values', () => {
      it('and gives them back as they were, a stored null apart from nothing', async () => {
        await using engine = await start();
        const values = [null, false, 0, '', 'ü🚲\u0000', [1, [null]], { a: { b: ['c'] } }, 1e21, -0.5];
        for (const value of values) {
          await engine.call('state::set', { scope: 's', key: 'k', value });
          expect(await engine.call('state::get', { scope: 's', key: 'k' })).toEqual(value);
        }
        expect(await engine.call('state::get', { scope: 's', key: 'other' })).toEqual(undefined);
        expect(await engine.call('state::get', { scope: 'other', key: 'k' })).toEqual(undefined);
      });

      it('S1 with versions that grow by one, deletions included', async () => {
        await using engine = await start();
        const at = { scope: 's', key: 'k' };
        expect(await engine.call('state::set', { ...at, value: 1 })).toEqual({ old_value: null, new_value: 1, version: 1 });
        expect(await engine.call('state::set', { ...at, value: 1 })).toEqual({ old_value: 1, new_value: 1, version: 2 });
        expect(await engine.call('state::delete', at)).toEqual(1);
        expect(await engine.call('state::delete', at)).toEqual(undefined);
        expect(await engine.call('state::set', { ...at, value: 2 })).toEqual({ old_value: null, new_value: 2, version: 4 });
      });

      it('S1 with reads that see what was acknowledged before', async () => {
        await using engine = await start();
        for (let n = 0; n < 50; n += 1) {
          await engine.call('state::set', { scope: 's', key: 'k', value: n });
          expect(await engine.call('state::get', { scope: 's', key: 'k' })).toEqual(n);
        }
      });

      it('S3 unless a version is named that the key does not have', async () => {
        await using engine = await start();
        const at = { scope: 's', key: 'k' };
        expect(await engine.failure('state::set', { ...at, value: 1, if_version: 1 })).toEqual({ code: 'MOTIA_STATE_VERSION_CONFLICT', details: { ...at, ifVersion: 1, version: 0, legacyCode: 'SET_ERROR' } });
        await engine.call('state::set', { ...at, value: 1, if_version: 0 });
        await engine.call('state::update', { ...at, ops: [{ type: 'increment', path: '', by: 1 }], if_version: 1 });
        for (const [functionId, payload] of [['state::set', { value: 3 }], ['state::update', { ops: [] }], ['state::delete', {}]] as const) {
          const { code, details } = await engine.failure(functionId, { ...at, ...payload, if_version: 1 });
          expect([code, details['version']]).toEqual(['MOTIA_STATE_VERSION_CONFLICT', 2]);
        }
        expect(await engine.call('state::get', at)).toEqual(2);
        expect(await engine.call('state::delete', { ...at, if_version: 2 })).toEqual(2);
      });

      it('S3 for one of 64 who write the same version at once', async () => {
        await using engine = await start();
        await engine.call('state::set', { scope: 's', key: 'k', value: 'old' });
        const outcomes = await Promise.all(Array.from({ length: 64 }, (_, writer) => engine.call('state::set', { scope: 's', key: 'k', value: writer, if_version: 1 }).then(() => [writer], () => [])));
        const winners = outcomes.flat();
        expect(winners.length).toEqual(1);
        expect(await engine.call('state::get', { scope: 's', key: 'k' })).toEqual(winners[0]);
      });
    });

    describe('S2 applies update operations', () => {
      it('all or none of them, with the place and the code of what does not fit', async () => {
        await using engine = await start();
        const at = { scope: 's', key: 'k' };
        await engine.call('state::set', { ...at, value: { count: 1, name: 'a' } });
        const ops = [{ type: 'increment', path: 'count', by: 1 }, { type: 'merge', path: 'name', value: { first: 'b' } }];
        const { code, details } = await engine.failure('state::update', { ...at, ops });
        expect([code, details['code'], details['op_index'], details['legacyCode']]).toEqual(['MOTIA_STATE_UPDATE_REFUSED', 'merge.target_not_object', 1, 'UPDATE_ERROR']);
        expect(await engine.call<{ value: unknown; version: number }>('state::get', { ...at, with_version: true }).then(({ value, version }) => ({ value, version }))).toEqual({ value: { count: 1, name: 'a' }, version: 1 });
        expect(await engine.call('state::update', { ...at, ops: ops.slice(0, 1) })).toEqual({ old_value: { count: 1, name: 'a' }, new_value: { count: 2, name: 'a' }, version: 2 });
      });

      it('of 64 writers at once without losing any', async () => {
        await using engine = await start();
        const ops = [{ type: 'increment', path: 'count', by: 1 }, { type: 'append', path: 'log', value: 'x' }];
        await Promise.all(Array.from({ length: 64 }, async () => {
          for (let n = 0; n < 10; n += 1) await engine.call('state::update', { scope: 's', key: 'k', ops });
        }));
        const { count, log } = await engine.call<{ count: number; log: string }>('state::get', { scope: 's', key: 'k' });
        expect([count, log.length]).toEqual([640, 640]);
      });

      it('only to values of a size that is allowed', async () => {
        await using engine = await start({ max_value_bytes: 1_024 });
        const at = { scope: 's', key: 'k' };
        await engine.call('state::set', { ...at, value: 'é'.repeat(500) });
        const { code, details } = await engine.failure('state::update', { ...at, ops: [{ type: 'append', path: '', value: 'é'.repeat(20) }] });
        expect([code, details['bytes'], details['limit']]).toEqual(['MOTIA_STATE_VALUE_TOO_LARGE', 1_042, 1_024]);
        expect(await engine.call('state::get', at)).toEqual('é'.repeat(500));
      });
    });

    describe('ends keys', () => {
      it('for readers at that moment, and as a change of its own', async () => {
        await using engine = await start();
        const watcher = await engine.watch();
        const at = { scope: 's', key: 'k' };
        await engine.call('state::set', { ...at, value: 1, ttl_ms: 1_000 });
        engine.clock.jump(engine.clock.now() + 999);
        expect(await engine.call('state::get', at)).toEqual(1);
        engine.clock.jump(engine.clock.now() + 1);
        expect(await engine.call('state::get', at)).toEqual(undefined);
        expect(await engine.call('state::list', { scope: 's' })).toEqual([]);
        expect(await engine.call('state::list_groups', {})).toEqual({ groups: [] });
        await engine.clock.advance('2m');
        await watcher.reached(2);
        expect(watcher.seen.map(({ event_type, old_value, new_value, version, expired }) => [event_type, old_value, new_value, version, expired])).toEqual([['state:created', null, 1, 1, undefined], ['state:deleted', 1, null, 2, true]]);
      });

      it('before somebody writes them anew, also when nobody has swept', async () => {
        await using engine = await start();
        const watcher = await engine.watch();
        const at = { scope: 's', key: 'k' };
        await engine.call('state::set', { ...at, value: 1, ttl_ms: 1_000 });
        engine.clock.jump(engine.clock.now() + 5_000);
        expect(await engine.call('state::update', { ...at, ops: [{ type: 'increment', path: '', by: 1 }], if_version: 0 })).toEqual({ old_value: null, new_value: 1, version: 3 });
        await watcher.reached(3);
        expect(watcher.seen.map(({ event_type, version }) => [event_type, version])).toEqual([['state:created', 1], ['state:deleted', 2], ['state:created', 3]]);
      });

      it('at the time that was named last: an update keeps it, another value does not', async () => {
        await using engine = await start();
        const expiry = async (): Promise<number | undefined> => (await engine.call<{ expires_at_ms?: number }>('state::get', { scope: 's', key: 'k', with_version: true })).expires_at_ms;
        const at = { scope: 's', key: 'k' };
        const now = engine.clock.now();
        await engine.call('state::set', { ...at, value: {}, ttl_ms: 5_000 });
        await engine.call('state::update', { ...at, ops: [] });
        expect(await expiry()).toEqual(now + 5_000);
        await engine.call('state::update', { ...at, ops: [], ttl_ms: 9_000 });
        expect(await expiry()).toEqual(now + 9_000);
        await engine.call('state::update', { ...at, ops: [], ttl_ms: null });
        expect(await expiry()).toEqual(undefined);
        await engine.call('state::set', { ...at, value: 1, ttl_ms: 5_000 });
        await engine.call('state::set', { ...at, value: 2 });
        expect(await expiry()).toEqual(undefined);
      });
    });

    describe('lists', () => {
      it('a scope by key, by prefix and in pages', async () => {
        await using engine = await start();
        const keys = ['a', 'a/1', 'a/2', 'b', 'ä', '🚲', 'ﬀ'];
        for (const key of [...keys].reverse()) await engine.call('state::set', { scope: 's', key, value: key });
        await engine.call('state::set', { scope: 't', key: 'a', value: 'elsewhere' });
        expect(await engine.call('state::list', { scope: 's' })).toEqual(['a', 'a/1', 'a/2', 'b', 'ä', 'ﬀ', '🚲']);
        expect(await engine.call('state::list', { scope: 's', prefix: 'a/' })).toEqual(['a/1', 'a/2']);
        expect(await engine.call('state::list', { scope: 's', limit: 2 })).toEqual(['a', 'a/1']);
        const page = await engine.call<{ items: Record<string, unknown>[]; cursor: string }>('state::list', { scope: 's', prefix: 'a', limit: 2, with_keys: true });
        expect(page.items.map(({ key, value, version }) => [key, value, version])).toEqual([['a', 'a', 1], ['a/1', 'a/1', 1]]);
        expect((await engine.call<{ items: { key: string }[] }>('state::list', { scope: 's', prefix: 'a', cursor: page.cursor })).items.map(({ key }) => key)).toEqual(['a/2']);
        expect(await engine.call('state::list', { scope: 'nobody' })).toEqual([]);
      });

      it('scopes that hold something', async () => {
        await using engine = await start();
        for (const scope of ['b', 'a', 'c', 'ä']) await engine.call('state::set', { scope, key: 'k', value: 1 });
        await engine.call('state::delete', { scope: 'b', key: 'k' });
        expect(await engine.call('state::list_groups', {})).toEqual({ groups: ['a', 'c', 'ä'] });
        expect(await engine.call('state::list_groups', { limit: 2 })).toEqual({ groups: ['a', 'c'], cursor: 'c' });
        expect(await engine.call('state::list_groups', { cursor: 'c' })).toEqual({ groups: ['ä'] });
      });
    });

    describe('S5 tells what happened to a key', () => {
      it('with values before and after, operations, trace and function, newest first', async () => {
        await using engine = await start();
        const at = { scope: 's', key: 'k' };
        const ops = [{ type: 'increment', path: '', by: 2 }];
        engine.host.functions.register({ id: 'writer' }, async (_payload, call) => {
          await engine.host.functions.invoke('state::set', { ...at, value: 1 }, { parent: call });
          await engine.host.functions.invoke('state::update', { ...at, ops }, { parent: call });
        });
        await engine.host.functions.invoke('writer', {}, { trace: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` } });
        await engine.call('state::delete', at);
        const { entries, truncated } = await engine.call<{ entries: Record<string, unknown>[]; truncated: boolean }>('state::history', at);
        expect(entries.map(({ op, version, before, after, ops: kept, function_id }) => ({ op, version, before, after, ops: kept, function_id }))).toEqual([
          { op: 'delete', version: 3, before: 3, after: undefined, ops: undefined, function_id: undefined },
          { op: 'update', version: 2, before: 1, after: 3, ops: [{ type: 'increment', path: [], by: 2 }], function_id: 'writer' },
          { op: 'set', version: 1, before: undefined, after: 1, ops: undefined, function_id: 'writer' },
        ]);
        expect([entries[1]?.['trace_id'], entries[2]?.['trace_id'], truncated]).toEqual(['a'.repeat(32), 'a'.repeat(32), false]);
      });

      it('in pages, for one key or for all', async () => {
        await using engine = await start();
        for (const key of ['a', 'b', 'a', 'b']) await engine.call('state::set', { scope: 's', key, value: key });
        type Page = { entries: { key: string; version: number }[]; cursor?: string };
        const first = await engine.call<Page>('state::history', { limit: 3 });
        expect(first.entries.map(({ key, version }) => [key, version])).toEqual([['b', 2], ['a', 2], ['b', 1]]);
        const rest = await engine.call<Page>('state::history', { limit: 3, cursor: first.cursor });
        expect([rest.entries.map(({ key, version }) => [key, version]), rest.cursor]).toEqual([[['a', 1]], undefined]);
        expect((await engine.call<Page>('state::history', { scope: 's', key: 'a' })).entries.map(({ version }) => version)).toEqual([2, 1]);
      });

      it('up to a number and a size, and says that there was more', async () => {
        await using engine = await start({ history: { max_entries_per_key: 3 } });
        for (let n = 1; n <= 10; n += 1) await engine.call('state::set', { scope: 's', key: 'k', value: n });
        type Page = { entries: Record<string, unknown>[]; truncated: boolean };
        const { entries, truncated } = await engine.call<Page>('state::history', { scope: 's', key: 'k' });
        expect([entries.map(({ after }) => after), truncated]).toEqual([[10, 9, 8], true]);
        expect([entries[2]?.['before_unknown'], entries[1]?.['before']]).toEqual([true, 8]);
        await using none = await start({ history: { max_entries_per_key: 0 } });
        await none.call('state::set', { scope: 's', key: 'k', value: 1 });
        expect((await none.call<Page>('state::history', { scope: 's', key: 'k' })).entries).toEqual([]);
        await using small = await start({ history: { max_bytes_per_key: 1_024 } });
        for (const value of ['a'.repeat(100), 'b'.repeat(2_000), 'c'.repeat(100)]) await small.call('state::set', { scope: 's', key: 'k', value });
        const large = await small.call<Page>('state::history', { scope: 's', key: 'k' });
        expect(large.entries.map(({ version, after_unknown, before_unknown }) => [version, after_unknown, before_unknown])).toEqual([[3, undefined, true], [2, true, undefined], [1, undefined, undefined]]);
      });
    });

    describe('S6 runs triggers', () => {
      it('after changes, with both names of everything', async () => {
        await using engine = await start();
        const watcher = await engine.watch();
        const at = { scope: 's', key: 'k' };
        await engine.call('state::set', { ...at, value: { a: 1 } });
        await engine.call('state::update', { ...at, ops: [{ type: 'set', path: 'a', value: 2 }] });
        await engine.call('state::delete', at);
        await engine.call('state::delete', at);
        await watcher.reached(3);
        const common = { type: 'state', ...at, group_id: 's', item_id: 'k' };
        expect(watcher.seen).toEqual([
          { ...common, event_type: 'state:created', old_value: null, new_value: { a: 1 }, version: 1 },
          { ...common, event_type: 'state:updated', old_value: { a: 1 }, new_value: { a: 2 }, version: 2 },
          { ...common, event_type: 'state:deleted', old_value: { a: 2 }, new_value: null, version: 3 },
        ]);
      });

      it('of the scope and key that they name, and not for changes that were refused', async () => {
        await using engine = await start();
        const [all, scoped, exact] = [await engine.watch(), await engine.watch({ scope: 's' }), await engine.watch({ scope: 's', key: 'k' })];
        for (const [scope, key] of [['s', 'k'], ['s', 'l'], ['t', 'k']]) await engine.call('state::set', { scope, key, value: 1 });
        await engine.failure('state::set', { scope: 's', key: 'k', value: 2, if_version: 9 });
        await engine.call('state::set', { scope: 's', key: 'k', value: 3 });
        await Promise.all([all.reached(4), scoped.reached(3), exact.reached(2)]);
        expect([all.seen.length, scoped.seen.map(({ key }) => key), exact.seen.map(({ new_value }) => new_value)]).toEqual([4, ['k', 'l', 'k'], [1, 3]]);
      });
    });

    describe('agrees with the plain model', () => {
      const random = seededRandom(seed);
      for (let walk = 0; walk < 4; walk += 1) {
        const own = Math.floor(random() * 2 ** 32);
        it(`on a random walk (seed ${own})`, async () => {
          await using engine = await start();
          for await (const { asked, got, expected } of walkState(engine, { seed: own, steps: 250 })) expect({ asked, got }).toEqual({ asked, got: expected });
        });
      }
    });

    if (capabilities.has('durable')) {
      describe('is durable', () => {
        it('S4 what was acknowledged is there after a restart: values, versions, ends, history and due triggers', async () => {
          const place = options();
          const before = await startStateEngine(subject, place);
          await before.host.triggers.register({ type: 'state', functionId: 'nobody-yet', config: {} });
          await before.call('state::set', { scope: 's', key: 'k', value: { a: 1 } });
          await before.call('state::update', { scope: 's', key: 'k', ops: [{ type: 'increment', path: 'a', by: 1 }], ttl_ms: 60_000 });
          const expected = await before.call('state::get', { scope: 's', key: 'k', with_version: true });
          await before.host.stop();
          await using after = await startStateEngine(subject, place, {}, before.clock);
          expect(await after.call('state::get', { scope: 's', key: 'k', with_version: true })).toEqual(expected);
          expect((await after.call<{ entries: unknown[] }>('state::history', { scope: 's', key: 'k' })).entries.length).toEqual(2);
          const seen: unknown[] = [];
          const done = new Promise<void>((resolve) => after.host.functions.register({ id: 'nobody-yet' }, (payload) => {
            seen.push((payload as { version: number }).version);
            if (seen.length === 2) resolve();
          }));
          await after.host.triggers.register({ type: 'state', functionId: 'nobody-yet', config: {} });
          await done;
          expect(seen).toEqual([1, 2]);
        });
      });
    }

    if (capabilities.has('transactions')) {
      describe('takes part in transactions', () => {
        it('Q13 changes are committed together or not at all, with their triggers', async () => {
          await using engine = await start();
          const watcher = await engine.watch();
          const { service } = engine;
          if (service.store === undefined) throw new Error('the adapter claims transactions and has no store');
          await service.set('s', 'b', 1);
          const failed = service.store.transaction((tx) => Promise.all([service.set('s', 'a', 1, { tx }), service.update('s', 'b', [{ type: 'append', path: '', value: 1 }], { tx }), service.set('s', 'c', 1, { tx })]));
          expect(await failed.then(() => 'committed', (error: { code: string }) => error.code)).toEqual('MOTIA_STATE_UPDATE_REFUSED');
          expect(await engine.call('state::list', { scope: 's' })).toEqual([1]);
          await service.store.transaction((tx) => Promise.all([service.set('s', 'a', 2, { tx }), service.update('s', 'b', [{ type: 'increment', path: '', by: 1 }], { tx }), service.delete('s', 'c', { tx })]));
          expect(await engine.call('state::list', { scope: 's' })).toEqual([2, 2]);
          await watcher.reached(3);
          expect(watcher.seen.map(({ key, new_value }) => [key, new_value])).toEqual([['b', 1], ['a', 2], ['b', 2]]);
        });
      });
    }
  });
}
