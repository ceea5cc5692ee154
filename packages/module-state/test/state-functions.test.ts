import { describe, expect, it } from '@jest/globals';
import { KvStore } from '../src/index.js';
import { startStateEngine, type StateEngine } from '../src/testing/index.js';

const start = (more = {}): Promise<StateEngine> => startStateEngine({ adapter: KvStore, options: () => ({}) }, { store_method: 'in_memory' }, more);
const at = { scope: 's', key: 'k' };

describe('§3 scopes and keys', () => {
  it.each([
    ['a scope that is missing', { key: 'k' }, 'scope', 'missing'],
    ['a key that is missing', { scope: 's' }, 'key', 'missing'],
    ['an empty scope', { scope: '', key: 'k' }, 'scope', 'empty'],
    ['an empty key', { scope: 's', key: '' }, 'key', 'empty'],
    ['a number', { scope: 's', key: 7 }, 'key', 'not a text'],
    ['a key that is too long', { scope: 's', key: 'x'.repeat(513) }, 'key', 'more than 512 bytes'],
    ['a scope that is too long in bytes', { scope: 'é'.repeat(257), key: 'k' }, 'scope', 'more than 512 bytes'],
    ['half a surrogate pair', { scope: 's', key: 'a\ud800' }, 'key', 'well-formed'],
    ['a NUL character', { scope: 's', key: 'a\0b' }, 'key', 'NUL'],
  ])('%s is refused by every function', async (_what, place, what, problem) => {
    await using engine = await start();
    for (const [functionId, more] of [['state::get', {}], ['state::set', { value: 1 }], ['state::update', { ops: [] }], ['state::delete', {}], ['state::history', {}]] as const) {
      const { code, details } = await engine.failure(functionId, { ...place, ...more });
      expect([code, details['what'], details['problem'], details['legacyCode']]).toEqual(['MOTIA_STATE_INVALID_KEY', what, expect.stringContaining(problem), functionId === 'state::history' ? undefined : 'JSON_ERROR']);
    }
  });

  it('may be 512 bytes of anything else', async () => {
    await using engine = await start();
    for (const key of ['x'.repeat(512), 'é'.repeat(256), '__proto__', 'constructor', ' a/b%2f..\n', '🚲']) {
      await engine.call('state::set', { scope: key, key, value: key });
      expect(await engine.call('state::get', { scope: key, key })).toBe(key);
    }
    expect((await engine.call<{ groups: string[] }>('state::list_groups', {})).groups).toHaveLength(6);
  });
});

describe('§3 values', () => {
  it.each([
    ['no value', {}, '', 'undefined'],
    ['a function', { value: { f: () => 1 } }, '/f', 'a function'],
    ['a hole', { value: [1, undefined] }, '/1', 'undefined'],
    ['NaN', { value: { a: { b: Number.NaN } } }, '/a/b', 'NaN'],
    ['a big integer', { value: 1n }, '', 'a bigint'],
    ['a map', { value: { m: new Map() } }, '/m', 'an instance of Map'],
    ['the key __proto__', { value: JSON.parse('{"__proto__":{"admin":true}}') as unknown }, '/__proto__', 'the key "__proto__"'],
  ])('that hold %s are refused with the place', async (_what, payload, pointer, found) => {
    await using engine = await start();
    expect(await engine.failure('state::set', { ...at, ...payload })).toEqual({ code: 'MOTIA_STATE_NOT_SERIALIZABLE', details: { ...at, pointer, found, legacyCode: 'JSON_ERROR' } });
    expect(await engine.call('state::get', at)).toBeUndefined();
  });

  it('that go in circles, or too deep, are refused', async () => {
    await using engine = await start();
    const circle: { self?: unknown } = {};
    circle.self = circle;
    expect((await engine.failure('state::set', { ...at, value: circle })).details).toMatchObject({ pointer: '/self', found: 'a circle' });
    let deep: unknown = 1;
    for (let level = 0; level < 65; level += 1) deep = [deep];
    expect((await engine.failure('state::set', { ...at, value: deep })).details['found']).toContain('more than 64');
  });

  it('over the limit are refused with both sizes, counted in bytes', async () => {
    await using engine = await start();
    expect(await engine.failure('state::set', { ...at, value: 'x'.repeat(262_143) })).toEqual({ code: 'MOTIA_STATE_VALUE_TOO_LARGE', details: { ...at, bytes: 262_145, limit: 262_144, legacyCode: 'VALUE_TOO_LARGE' } });
    expect((await engine.failure('state::set', { ...at, value: 'é'.repeat(131_072) })).details['bytes']).toBe(262_146);
    await engine.call('state::set', { ...at, value: 'é'.repeat(131_071) });
  });

  it('with integers beyond 2^53 are taken with a warning, or refused when strict', async () => {
    await using engine = await start();
    for (const value of [2 ** 53, { a: [2 ** 60] }]) await engine.call('state::set', { ...at, value });
    await engine.call('state::update', { ...at, ops: [{ type: 'set', path: 'b', value: 2 ** 53 }] });
    expect(engine.host.logs.records.filter(({ message }) => message.includes('2^53'))).toMatchObject([{ level: 'warn', fields: { ...at, pointer: '' } }]);
    await engine.clock.advance('1m');
    await engine.call('state::set', { ...at, value: 2 ** 53 });
    expect(engine.host.logs.records.filter(({ message }) => message.includes('2^53'))).toHaveLength(2);

    await using strict = await start({ strict_integers: true });
    expect(await strict.failure('state::set', { ...at, value: { a: [2 ** 60] } })).toMatchObject({ code: 'MOTIA_STATE_UNSAFE_INTEGER', details: { pointer: '/a/0', legacyCode: 'SET_ERROR' } });
    expect(await strict.failure('state::update', { ...at, ops: [{ type: 'remove', path: 'a' }, { type: 'append', path: 'b', value: 2 ** 53 }] })).toMatchObject({ code: 'MOTIA_STATE_UNSAFE_INTEGER', details: { pointer: '/1/value' } });
    await strict.call('state::set', { ...at, value: 2 ** 53 - 1 });
  });

  it('may come as `data`, as older apps send them', async () => {
    await using engine = await start();
    expect(await engine.call('state::set', { ...at, data: { a: 1 } })).toMatchObject({ new_value: { a: 1 } });
    expect(await engine.call('state::set', { ...at, value: null, data: 2 })).toMatchObject({ new_value: null });
  });
});

describe('§3 options', () => {
  it.each([
    ['state::set', { value: 1, if_version: -1 }, 'if_version'],
    ['state::set', { value: 1, if_version: 1.5 }, 'if_version'],
    ['state::set', { value: 1, ttl_ms: 0 }, 'ttl_ms'],
    ['state::set', { value: 1, ttlMs: '5' }, 'ttl_ms'],
    ['state::update', { ops: [], ttl_ms: Number.POSITIVE_INFINITY }, 'ttl_ms'],
    ['state::delete', { ifVersion: '1' }, 'if_version'],
    ['state::get', { with_version: 'yes' }, 'with_version'],
    ['state::list', { limit: 0 }, 'limit'],
    ['state::list', { limit: 1_001 }, 'limit'],
    ['state::list', { cursor: 5 }, 'cursor'],
    ['state::list', { with_keys: 1 }, 'with_keys'],
    ['state::list_groups', { limit: 1e9 }, 'limit'],
    ['state::history', { limit: 501 }, 'limit'],
    ['state::history', { cursor: 'x' }, 'cursor'],
  ])('%s with %j is refused', async (functionId, payload, option) => {
    await using engine = await start();
    expect(await engine.failure(functionId, { ...at, ...payload })).toMatchObject({ code: 'MOTIA_STATE_INVALID_OPTION', details: { option } });
  });

  it.each([[null], [7], ['text'], [[]]])('a payload that is %j is refused', async (payload) => {
    await using engine = await start();
    for (const functionId of ['state::get', 'state::set', 'state::update', 'state::delete', 'state::list', 'state::list_groups', 'state::history']) {
      expect(await engine.failure(functionId, payload)).toMatchObject({ code: 'MOTIA_STATE_INVALID_OPTION', details: { option: 'payload' } });
    }
  });

  it('in camelCase are the same', async () => {
    await using engine = await start();
    await engine.call('state::set', { ...at, value: 1, ttlMs: 1_000, ifVersion: 0 });
    expect(await engine.call('state::get', { ...at, withVersion: true })).toEqual({ value: 1, version: 1, updated_at_ms: engine.clock.now(), expires_at_ms: engine.clock.now() + 1_000 });
    await engine.call('state::update', { ...at, ops: [{ type: 'set', path: '', value: 1 }], ttlMs: null });
    expect(await engine.call('state::get', { ...at, withVersion: true })).toEqual({ value: 1, version: 2, updated_at_ms: engine.clock.now() });
    expect(await engine.failure('state::set', { ...at, value: 1, ifVersion: 7 })).toMatchObject({ code: 'MOTIA_STATE_VERSION_CONFLICT' });
    expect(await engine.call('state::list', { scope: 's', withKeys: true })).toMatchObject({ items: [{ key: 'k', version: 2 }] });
  });

  it.each([
    ['ops that are no list', undefined, 'ops.not_a_list', undefined],
    ['an unknown operation', [{ type: 'set', path: 'a', value: 1 }, { type: 'multiply' }], 'ops.unknown_type', 1],
    ['a forbidden key', [{ type: 'set', path: ['a', '__proto__'], value: 1 }], 'set.path.proto_polluted', 0],
    ['a path that is too deep', [{ type: 'remove', path: Array.from({ length: 33 }, () => 'a') }], 'remove.path.too_deep', 0],
    ['an increment of a text', [{ type: 'increment', path: 'text', by: 1 }], 'increment.not_number', 0],
    ['an append to an object', [{ type: 'increment', path: 'n', by: 1 }, { type: 'append', path: 'o', value: 1 }], 'append.type_mismatch', 1],
    ['a path through a scalar', [{ type: 'set', path: ['text', 'a'], value: 1 }], 'set.target_not_object', 0],
  ])('S2 %s is refused by code and place, and nothing is applied', async (_what, ops, code, opIndex) => {
    await using engine = await start();
    await engine.call('state::set', { ...at, value: { text: 'a', n: 1, o: {} } });
    expect(await engine.failure('state::update', { ...at, ops })).toMatchObject({ code: 'MOTIA_STATE_UPDATE_REFUSED', details: { ...at, code, ...(opIndex === undefined ? {} : { op_index: opIndex }), legacyCode: 'UPDATE_ERROR' } });
    expect(await engine.call('state::get', { ...at, with_version: true })).toMatchObject({ value: { text: 'a', n: 1, o: {} }, version: 1 });
  });
});

describe('lists', () => {
  it('of more than can be answered at once are refused, never cut without a word; pages give all of it', async () => {
    await using engine = await start({ history: { max_entries_per_key: 0 } });
    const large = 'x'.repeat(250_000);
    await Promise.all(Array.from({ length: 40 }, (_, n) => engine.call('state::set', { scope: 'large', key: String(n).padStart(2, '0'), value: large })));
    expect(await engine.failure('state::list', { scope: 'large' })).toMatchObject({ code: 'MOTIA_STATE_LIST_TOO_LARGE', details: { scope: 'large', legacyCode: 'LIST_ERROR' } });
    expect(await engine.call('state::list', { scope: 'large', limit: 2 })).toHaveLength(2);
    const keys: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await engine.call<{ items: { key: string }[]; cursor?: string }>('state::list', { scope: 'large', with_keys: true, cursor });
      expect(page.items.length).toBeLessThanOrEqual(16);
      keys.push(...page.items.map(({ key }) => key));
      if (page.cursor === undefined) break;
      cursor = page.cursor;
    }
    expect(keys).toEqual(Array.from({ length: 40 }, (_, n) => String(n).padStart(2, '0')));
  });

  it('skip what was deleted, however much of it there is', async () => {
    await using engine = await start({ history: { max_entries_per_key: 0 } });
    for (let n = 0; n < 600; n += 1) await engine.call('state::set', { ...at, scope: 's', key: `k${n}`, value: n });
    for (let n = 0; n < 599; n += 1) await engine.call('state::delete', { scope: 's', key: `k${n}` });
    expect(await engine.call('state::list', { scope: 's' })).toEqual([599]);
    expect(await engine.call('state::list', { scope: 's', with_keys: true, limit: 1 })).toMatchObject({ items: [{ key: 'k599' }] });
    expect(await engine.call('state::list_groups', {})).toEqual({ groups: ['s'] });
  });
});

describe('S5 history', () => {
  it('of all keys together has a size: the oldest changes go first, whoever wrote them', async () => {
    await using engine = await start({ history: { max_bytes: 65_536 } });
    await engine.call('state::set', { scope: 's', key: 'first', value: 'x'.repeat(1_000) });
    for (let n = 0; n < 200; n += 1) await engine.call('state::set', { scope: 's', key: `k${n}`, value: 'x'.repeat(1_000) });
    expect(await engine.call('state::history', { scope: 's', key: 'first' })).toMatchObject({ entries: [] });
    const { entries, truncated } = await engine.call<{ entries: { key: string }[]; truncated: boolean }>('state::history', { limit: 500 });
    expect([entries[0]?.key, truncated]).toEqual(['k199', true]);
    expect(entries.length).toBeGreaterThan(40);
    // It is looked at with every sixteenth change.
    expect(entries.length).toBeLessThan(75);
    await engine.call('state::set', { scope: 's', key: 'first', value: 2 });
    expect(await engine.call('state::history', { scope: 's', key: 'first' })).toMatchObject({ entries: [{ op: 'set', version: 2, after: 2, before_unknown: true }], truncated: true });
  });

  it('of a key that was deleted is there, and versions go on for an hour', async () => {
    await using engine = await start();
    await engine.call('state::set', { ...at, value: 1 });
    await engine.call('state::delete', at);
    await engine.clock.advance('59m');
    expect(await engine.call('state::set', { ...at, value: 2 })).toMatchObject({ version: 3 });
    await engine.call('state::delete', at);
    await engine.clock.advance('62m');
    expect(await engine.call('state::set', { ...at, value: 3 })).toMatchObject({ version: 1 });
    expect((await engine.call<{ entries: { op: string }[] }>('state::history', at)).entries.map(({ op }) => op)).toEqual(['set', 'delete', 'set', 'delete', 'set']);
  });

  it('names the function and the trace also inside a transaction', async () => {
    await using engine = await start();
    engine.host.functions.register({ id: 'writer' }, (_payload, call) => engine.host.functions.invoke('engine::transaction', { operations: [{ function_id: 'state::set', payload: { ...at, value: 1 } }, { function_id: 'state::update', payload: { ...at, key: 'l', ops: [{ type: 'increment', path: '', by: 1 }] } }] }, { parent: call }));
    expect(await engine.host.functions.invoke('writer', {}, { trace: { traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01` } })).toEqual({ results: [{ old_value: null, new_value: 1, version: 1 }, { old_value: null, new_value: 1, version: 1 }] });
    expect(await engine.call('state::history', at)).toMatchObject({ entries: [{ function_id: 'writer', trace_id: 'c'.repeat(32) }] });
    const refused = await engine.failure('engine::transaction', { operations: [{ function_id: 'state::set', payload: { ...at, value: 2 } }, { function_id: 'state::set', payload: { ...at, value: 3, if_version: 9 } }] });
    expect(refused).toMatchObject({ code: 'MOTIA_STATE_VERSION_CONFLICT', details: { operation: 1, version: 2 } });
    expect(await engine.call('state::get', at)).toBe(1);
  });
});
