import { describe, expect, it } from '@jest/globals';
import { http, step, type FlowContext, type StateManager } from '../../src/index.js';
import { serving } from '../support/scripted-engine.js';

type Answers = Readonly<Record<string, (payload: never) => unknown>>;

/** What a handler does with its state, what it got, and what went over the wire. */
async function withState(functions: Answers, use: (state: StateManager) => Promise<unknown>): Promise<{ got: unknown; calls: unknown[] }> {
  let got: unknown;
  const routed = step({ name: 'S', triggers: [http('GET', '/s')] }, async (_req, ctx: FlowContext<never, unknown>) => {
    got = await use(ctx.state);
  });
  await using engine = await serving([routed], { functions });
  await engine.http();
  return { got, calls: engine.calls.map(({ functionId, payload }) => [functionId, payload]) };
}

describe('the state of a handler', () => {
  it('S3 reads an entry with its version, and tells a stored null from a missing key', async () => {
    const stored: Readonly<Record<string, unknown>> = { full: { value: { n: 1 }, version: 3, updated_at_ms: 5, expires_at_ms: 9 }, empty: { value: null, version: 1, updated_at_ms: 5 } };
    const { got, calls } = await withState({ 'state::get': ({ key }: { key: string }) => stored[key] }, async (state) => [await state.getEntry('a', 'full'), await state.getEntry('a', 'empty'), await state.getEntry('a', 'none')]);
    expect(got).toEqual([{ key: 'full', value: { n: 1 }, version: 3, updatedAtMs: 5, expiresAtMs: 9 }, { key: 'empty', value: null, version: 1, updatedAtMs: 5 }, undefined]);
    expect(calls[0]).toEqual(['state::get', { scope: 'a', key: 'full', with_version: true }]);
  });

  it('S3 sends the condition and the lifetime of a write, and gives both spellings of its answer', async () => {
    const change = { old_value: 1, new_value: 2, version: 4 };
    const { got, calls } = await withState({ 'state::set': () => change, 'state::update': () => change, 'state::delete': () => 2 }, async (state) => [
      await state.set('a', 'k', 2, { ifVersion: 3, ttlMs: 1000 }),
      await state.update('a', 'k', [{ type: 'increment', path: '', by: 1 }], { ifVersion: 0 }),
      await state.delete('a', 'k', { ifVersion: 4 }),
    ]);
    expect(got).toEqual([{ ...change, oldValue: 1, newValue: 2 }, { ...change, oldValue: 1, newValue: 2 }, 2]);
    expect(calls).toEqual([
      ['state::set', { scope: 'a', key: 'k', value: 2, if_version: 3, ttl_ms: 1000 }],
      ['state::update', { scope: 'a', key: 'k', ops: [{ type: 'increment', path: '', by: 1 }], if_version: 0 }],
      ['state::delete', { scope: 'a', key: 'k', if_version: 4 }],
    ]);
  });

  it('lists with keys, one page or all of them', async () => {
    const pages: Readonly<Record<string, unknown>> = { first: { items: [{ key: 'a1', value: 1, version: 1, updated_at_ms: 1 }], cursor: 'next' }, next: { items: [{ key: 'a2', value: null, version: 2, updated_at_ms: 2 }], cursor: null } };
    const list = ({ cursor = 'first' }: { cursor?: string }): unknown => pages[cursor];
    const { got, calls } = await withState({ 'state::list': list }, async (state) => {
      const all = [];
      for await (const { key, value } of state.entries<number>('a', { prefix: 'a', limit: 1 })) all.push([key, value]);
      return [await state.listEntries('a', { limit: 1 }), all];
    });
    expect(got).toEqual([{ items: [{ key: 'a1', value: 1, version: 1, updatedAtMs: 1 }], cursor: 'next' }, [['a1', 1], ['a2', null]]]);
    expect(calls.slice(0, 2)).toEqual([
      ['state::list', { scope: 'a', with_keys: true, prefix: 'a', limit: 1 }],
      ['state::list', { scope: 'a', with_keys: true, prefix: 'a', limit: 1, cursor: 'next' }],
    ]);
  });

  it('names all scopes, however many answers that takes', async () => {
    const pages: Readonly<Record<string, unknown>> = { first: { groups: ['a', 'b'], cursor: 'b' }, b: { groups: ['c'] } };
    const { got, calls } = await withState({ 'state::list_groups': ({ cursor = 'first' }: { cursor?: string }) => pages[cursor] }, (state) => state.listGroups());
    expect(got).toEqual(['a', 'b', 'c']);
    expect(calls).toEqual([['state::list_groups', {}], ['state::list_groups', { cursor: 'b' }]]);
  });

  it('S5 reads the history of a key', async () => {
    const entries = [{ seq: 7, op: 'update', before: 1, after: 2, ops: [{ type: 'increment' }], version: 2, at_ms: 5, trace_id: 't', function_id: 'f' }, { seq: 3, op: 'set', after: 1, version: 1, at_ms: 4, trace_id: null, before_unknown: true }];
    const { got, calls } = await withState({ 'state::history': () => ({ entries, truncated: true, cursor: 'c' }) }, (state) => state.history('a', 'k', { limit: 2 }));
    expect(got).toEqual({
      entries: [{ seq: 7, operation: 'update', before: 1, after: 2, ops: [{ type: 'increment' }], version: 2, atMs: 5, traceId: 't', functionId: 'f' }, { seq: 3, operation: 'set', after: 1, version: 1, atMs: 4, isBeforeUnknown: true }],
      isTruncated: true,
      cursor: 'c',
    });
    expect(calls).toEqual([['state::history', { scope: 'a', key: 'k', limit: 2 }]]);
  });
});
