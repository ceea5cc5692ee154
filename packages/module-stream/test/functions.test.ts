import { describe, expect, it } from '@jest/globals';
import { connectTestWorker } from '@motia/engine-core/testing';
import { legacyCodes } from '../src/functions/legacy-codes.js';
import { startStream, todo } from './fixtures/start-stream.js';

const at = (item = 'a', group = 'inbox') => ({ stream_name: todo, group_id: group, item_id: item });

describe('stream::*', () => {
  it('answer as inventoried', async () => {
    await using streams = await startStream();
    const { call } = streams;
    expect(await call('stream::get', at())).toBeNull();
    expect(await call('stream::set', { ...at(), data: { id: 'a', n: 1 } })).toEqual({ old_value: null, new_value: { id: 'a', n: 1 } });
    expect(await call('stream::set', { ...at(), data: { id: 'a', n: 2 } })).toEqual({ old_value: { id: 'a', n: 1 }, new_value: { id: 'a', n: 2 } });
    expect(await call('stream::get', at())).toEqual({ id: 'a', n: 2 });
    expect(await call('stream::update', { ...at(), ops: [{ type: 'increment', path: 'n', by: 3 }, { type: 'set', path: ['tags', 'x'], value: true }] })).toEqual({ old_value: { id: 'a', n: 2 }, new_value: { id: 'a', n: 5, tags: { x: true } } });
    expect(await call('stream::update', { ...at('new'), ops: [{ type: 'merge', value: { n: 1 } }] })).toEqual({ old_value: null, new_value: { n: 1 } });
    await call('stream::set', { ...at('b', 'later'), data: null });
    expect(await call('stream::list', { stream_name: todo, group_id: 'inbox' })).toEqual([{ id: 'a', n: 5, tags: { x: true } }, { n: 1 }]);
    expect(await call('stream::list', { stream_name: todo, group_id: 'nothing' })).toEqual([]);
    expect(await call('stream::list_groups', { stream_name: todo })).toEqual(['inbox', 'later']);
    expect(await call('stream::list_groups', { stream_name: 'nothing' })).toEqual([]);
    expect(await call('stream::list_all', {})).toEqual({ stream: [{ id: todo, groups: ['inbox', 'later'] }], count: 1 });
    expect(await call('stream::send', { stream_name: todo, group_id: 'inbox', type: 'typing', data: { who: 'Ada' } })).toBeNull();
    expect(await call('stream::delete', at())).toEqual({ old_value: { id: 'a', n: 5, tags: { x: true } } });
    expect(await call('stream::delete', at())).toEqual({ old_value: null });
  });

  it.each([
    ['stream::set', { ...at(), stream_name: '', data: 1 }, 'MOTIA_STREAM_INVALID_INPUT', 'JSON_ERROR', 'stream_name'],
    ['stream::set', { stream_name: todo, item_id: 'a', data: 1 }, 'MOTIA_STREAM_INVALID_INPUT', 'JSON_ERROR', 'group_id'],
    ['stream::set', { ...at('x'.repeat(257)), data: 1 }, 'MOTIA_STREAM_INVALID_INPUT', 'JSON_ERROR', 'item_id'],
    ['stream::set', { ...at('\ud800'), data: 1 }, 'MOTIA_STREAM_INVALID_INPUT', 'JSON_ERROR', 'item_id'],
    ['stream::set', at(), 'MOTIA_STREAM_NOT_SERIALIZABLE', 'JSON_ERROR', 'data'],
    ['stream::set', { ...at(), data: { f: () => 1 } }, 'MOTIA_STREAM_NOT_SERIALIZABLE', 'JSON_ERROR', 'data'],
    ['stream::set', { ...at(), data: { n: Number.NaN } }, 'MOTIA_STREAM_NOT_SERIALIZABLE', 'JSON_ERROR', 'data'],
    ['stream::set', { ...at(), data: JSON.parse('{"__proto__":1}') as unknown }, 'MOTIA_STREAM_NOT_SERIALIZABLE', 'JSON_ERROR', 'data'],
    ['stream::set', { ...at(), data: 'x'.repeat(262_144) }, 'MOTIA_STREAM_VALUE_TOO_LARGE', 'STREAM_SET_ERROR', undefined],
    ['stream::set', { ...at(), data: 'ä'.repeat(140_000) }, 'MOTIA_STREAM_VALUE_TOO_LARGE', 'STREAM_SET_ERROR', undefined],
    ['stream::set', 'text', 'MOTIA_STREAM_INVALID_INPUT', 'JSON_ERROR', 'the input'],
    ['stream::get', { ...at(), item_id: 7 }, 'MOTIA_STREAM_INVALID_INPUT', 'JSON_ERROR', 'item_id'],
    ['stream::update', { ...at(), ops: 'increment' }, 'MOTIA_STREAM_UPDATE_REFUSED', 'STREAM_UPDATE_ERROR', undefined],
    ['stream::update', { ...at(), ops: [{ type: 'increment', path: 'text', by: 1 }] }, 'MOTIA_STREAM_UPDATE_REFUSED', 'STREAM_UPDATE_ERROR', undefined],
    ['stream::delete', { stream_name: todo, group_id: 'inbox' }, 'MOTIA_STREAM_INVALID_INPUT', 'JSON_ERROR', 'item_id'],
    ['stream::list', { stream_name: todo }, 'MOTIA_STREAM_INVALID_INPUT', 'JSON_ERROR', 'group_id'],
    ...[{ limit: 0 }, { limit: 1_001 }, { limit: '5' }, { cursor: 5 }, { cursor: 'x' }, { with_ids: 'yes' }].map((wrong) => ['stream::list', { stream_name: todo, group_id: 'inbox', ...wrong }, 'MOTIA_STREAM_INVALID_INPUT', 'JSON_ERROR', Object.keys(wrong)[0]] as const),
    ['stream::list_groups', {}, 'MOTIA_STREAM_INVALID_INPUT', 'JSON_ERROR', 'stream_name'],
    ...[{ limit: 0 }, { limit: 1_001 }, { cursor: 5 }, { with_cursor: 1 }].map((wrong) => ['stream::list_groups', { stream_name: todo, ...wrong }, 'MOTIA_STREAM_INVALID_INPUT', 'JSON_ERROR', Object.keys(wrong)[0]] as const),
    ...[{ limit: 1_001 }, { cursor: 'x' }].map((wrong) => ['stream::list_all', wrong, 'MOTIA_STREAM_INVALID_INPUT', 'JSON_ERROR', Object.keys(wrong)[0]] as const),
    ['stream::send', { stream_name: todo, group_id: 'inbox', data: 1 }, 'MOTIA_STREAM_INVALID_INPUT', 'JSON_ERROR', 'type'],
    ['stream::send', { stream_name: todo, group_id: 'inbox', type: 't', id: 5 }, 'MOTIA_STREAM_INVALID_INPUT', 'JSON_ERROR', 'id'],
  ])('%s of %j is refused with %s', async (functionId, payload, code, legacyCode, field) => {
    await using streams = await startStream();
    await streams.set('inbox', 'a', { text: 'x' });
    await expect(streams.host.functions.invoke(functionId, payload)).rejects.toMatchObject({ code, details: { legacyCode, ...(field === undefined ? {} : { field }) } });
    expect(await streams.call('stream::get', at())).toEqual({ text: 'x' });
  });

  it('stream::list gives the first so many, or pages with ids', async () => {
    await using streams = await startStream();
    for (const item of ['a', 'b', 'c']) await streams.set('inbox', item, { text: item });
    const list = (more: object) => streams.call('stream::list', { stream_name: todo, group_id: 'inbox', ...more });
    expect(await list({ limit: 2 })).toEqual([{ text: 'a' }, { text: 'b' }]);
    const first = (await list({ limit: 2, with_ids: true })) as { items: unknown[]; cursor: string };
    expect(first).toEqual({ items: [{ id: 'a', value: { text: 'a' } }, { id: 'b', value: { text: 'b' } }], cursor: expect.any(String) as unknown });
    await streams.call('stream::delete', at('b'));
    expect(await list({ limit: 2, cursor: first.cursor })).toEqual({ items: [{ id: 'c', value: { text: 'c' } }] });
    expect(await list({ withIds: true })).toEqual({ items: [{ id: 'a', value: { text: 'a' } }, { id: 'c', value: { text: 'c' } }] });
  });

  it('stream::list refuses a group that is too large for one answer, and gives its pages', async () => {
    await using streams = await startStream();
    const large = 'x'.repeat(250_000);
    for (let n = 0; n < 40; n += 1) await streams.set('inbox', `i${n}`, large);
    const list = (more: object = {}) => streams.call('stream::list', { stream_name: todo, group_id: 'inbox', ...more });
    await expect(list()).rejects.toMatchObject({ code: 'MOTIA_STREAM_LIST_TOO_LARGE', status: 413, details: { group: 'inbox', legacyCode: 'STREAM_GET_GROUP_ERROR' } });
    const ids: string[] = [];
    for (let cursor: string | undefined, pages = 0; pages < 10; pages += 1) {
      const page = (await list({ with_ids: true, ...(cursor === undefined ? {} : { cursor }) })) as { items: { id: string }[]; cursor?: string };
      ids.push(...page.items.map(({ id }) => id));
      ({ cursor } = page);
      if (cursor === undefined) break;
    }
    expect(ids).toEqual(Array.from({ length: 40 }, (_, n) => `i${n}`));
  });

  it('stream::list_groups and stream::list_all give the first so many, or pages, also when the last group of one is gone', async () => {
    await using streams = await startStream();
    for (const group of ['a', 'b', 'c']) await streams.set(group, 'i', 1);
    await streams.call('stream::set', { ...at('i', 'z'), stream_name: 'chat', data: 1 });
    const groups = (more: object) => streams.call('stream::list_groups', { stream_name: todo, ...more });
    expect(await groups({ limit: 2 })).toEqual(['a', 'b']);
    expect(await groups({ limit: 2, with_cursor: true })).toEqual({ groups: ['a', 'b'], cursor: 'b' });
    const all = (await streams.call('stream::list_all', { limit: 3 })) as { cursor: string };
    expect(all).toEqual({ stream: [{ id: 'chat', groups: ['z'] }, { id: todo, groups: ['a', 'b'] }], count: 2, cursor: expect.any(String) as unknown });
    await streams.call('stream::delete', at('i', 'b'));
    expect(await groups({ limit: 2, cursor: 'b' })).toEqual({ groups: ['c'] });
    expect(await streams.call('stream::list_all', { cursor: all.cursor })).toEqual({ stream: [{ id: todo, groups: ['c'] }], count: 1 });
  });

  it('stream::list_groups refuses a list that would not be whole; stream::list_all says where it goes on', async () => {
    await using streams = await startStream();
    const names = Array.from({ length: 10_001 }, (_, n) => `g${String(n).padStart(5, '0')}`);
    await Promise.all(names.map((group) => streams.set(group, 'i', 1)));
    await expect(streams.call('stream::list_groups', { stream_name: todo })).rejects.toMatchObject({ code: 'MOTIA_STREAM_LIST_TOO_LARGE', status: 413, details: { pages: 'with_cursor', legacyCode: 'STREAM_LIST_GROUPS_ERROR' } });
    const all = (await streams.call('stream::list_all', {})) as { stream: { groups: string[] }[]; cursor: string };
    expect(all.stream[0]?.groups).toEqual(names.slice(0, 10_000));
    expect(await streams.call('stream::list_all', { cursor: all.cursor })).toEqual({ stream: [{ id: todo, groups: names.slice(10_000) }], count: 1 });
  });

  it('S2 name the operation that an update was refused for', async () => {
    await using streams = await startStream();
    await streams.set('inbox', 'a', { n: 1, text: 'x' });
    await expect(streams.call('stream::update', { ...at(), ops: [{ type: 'increment', path: 'n', by: 1 }, { type: 'merge', path: 'text', value: {} }] })).rejects.toMatchObject({
      code: 'MOTIA_STREAM_UPDATE_REFUSED', status: 409, details: { opIndex: 1, code: 'merge.target_not_object' },
    });
    expect(await streams.call('stream::get', at())).toEqual({ n: 1, text: 'x' });
  });

  it('S1 64 writers that increment one item lose nothing', async () => {
    await using streams = await startStream();
    await Promise.all(Array.from({ length: 64 }, async () => {
      for (let n = 0; n < 20; n += 1) await streams.call('stream::update', { ...at(), ops: [{ type: 'increment', path: 'n', by: 1 }] });
    }));
    expect(await streams.call('stream::get', at())).toEqual({ n: 1_280 });
  });

  it('are what a worker calls, and name the function that failed as the reference does', async () => {
    await using streams = await startStream();
    await using worker = await connectTestWorker(streams.host);
    expect(await worker.invoke('stream::set', { ...at(), data: 1 })).toEqual({ old_value: null, new_value: 1 });
    await expect(worker.invoke('stream::get', {})).rejects.toMatchObject({ code: 'MOTIA_STREAM_INVALID_INPUT' });
    expect(Object.keys(legacyCodes).every((id) => streams.host.functions.has(id))).toBe(true);
    expect(streams.host.functions.get('stream::update')?.requestSchema).toMatchObject({ required: ['stream_name', 'group_id', 'item_id', 'ops'] });
  });

  it('S6 a change by triggers that lead to one another without end is refused', async () => {
    await using streams = await startStream();
    await expect(streams.host.functions.invoke('stream::set', { ...at(), data: 1 }, { triggerDepth: 17 })).rejects.toMatchObject({ code: 'MOTIA_STREAM_TRIGGER_DEPTH', details: { legacyCode: 'STREAM_SET_ERROR' } });
    await streams.host.functions.invoke('stream::set', { ...at(), data: 1 }, { triggerDepth: 16 });
  });

  it('the service refuses the same as the functions', async () => {
    await using streams = await startStream();
    const { service } = streams;
    const item = { stream: todo, group: 'inbox', item: 'a' };
    expect(await service.set(item, { n: 1 })).toEqual({ oldValue: undefined, newValue: { n: 1 }, seq: 1 });
    expect(await service.update(item, [{ type: 'increment', path: 'n', by: 1 }])).toEqual({ oldValue: { n: 1 }, newValue: { n: 2 }, seq: 2 });
    expect(await service.get(item)).toEqual({ n: 2 });
    expect(await service.delete(item)).toMatchObject({ oldValue: { n: 2 }, seq: 3 });
    expect(await service.delete(item)).toBeUndefined();
    expect(() => service.set({ ...item, group: '' }, 1)).toThrow(expect.objectContaining({ code: 'MOTIA_STREAM_INVALID_INPUT' }));
    expect(() => service.send({ stream: todo, group: 'g' }, { type: '', data: 1 })).toThrow(expect.objectContaining({ code: 'MOTIA_STREAM_INVALID_INPUT' }));
  });
});
