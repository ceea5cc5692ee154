import { describe, expect, it } from '@jest/globals';
import { isMotiaError, type StoreDurability, type StoreService, type TransactionParticipant } from '@motia/engine-core/contract';
import { temporaryFolder } from '@motia/tools/testing';
import { noteErrors, notesProgram } from './fixtures/notes-program.js';
import { failureOf, openPool } from './fixtures/open.js';

const open = async (durability: StoreDurability = 'memory', options: Parameters<typeof openPool>[0] = {}) => {
  const folder = temporaryFolder('store');
  const running = await openPool({ data_dir: folder.path, durability, ...options });
  const store = await running.pool.open({});
  const notes = await store.open(notesProgram);
  const adding = (of: StoreService, note = notes): TransactionParticipant => ({
    store: () => of,
    run: async (payload, { tx }) => {
      const { key, text = '' } = payload as { readonly key: string; readonly text?: string };
      if (key === '') throw noteErrors.TAKEN({ key });
      return note.run('add', { key, text }, { tx });
    },
  });
  running.pool.join('notes::add', adding(store));
  return {
    ...running, store, notes, adding,
    transaction: (...operations: readonly unknown[]) => running.host.functions.invoke('engine::transaction', { operations }),
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      await folder.remove();
    },
  };
};
const add = (key: string) => ({ function_id: 'notes::add', payload: { key } });

describe('engine::transaction', () => {
  it('Q13 commits all operations together and answers what each function answers', async () => {
    await using test = await open();
    expect(await test.transaction(add('a'), add('b'))).toEqual({ results: [{ count: 1 }, { count: 2 }] });
    expect(test.notes.query('keys', undefined)).toEqual(['a', 'b']);
  });

  it('Q13 keeps nothing when one fails in the store, and says which one with its own error', async () => {
    await using test = await open();
    await test.notes.run('add', { key: 'b', text: '' });
    const failure = await failureOf(test.transaction(add('a'), add('b'), add('c')));
    expect(failure).toMatchObject({ code: 'MOTIA_NOTES_TAKEN', status: 409, details: { key: 'b', operation: 1, functionId: 'notes::add' } });
    expect(test.notes.query('keys', undefined)).toEqual(['b']);
  });

  it('Q13 keeps nothing when one is refused before it reaches the store', async () => {
    await using test = await open();
    expect(await failureOf(test.transaction(add('a'), add('b'), add('')))).toMatchObject({ code: 'MOTIA_NOTES_TAKEN', details: { key: '', operation: 2 } });
    expect(test.notes.query('keys', undefined)).toEqual([]);
  });

  it('tells of no operation when the commit failed for all of them', async () => {
    await using test = await open('full', { max_file_bytes: 1_048_576 });
    const big = { function_id: 'notes::add', payload: { key: 'big', text: 'x'.repeat(2_000_000) } };
    const failure = await failureOf(test.transaction(add('a'), big));
    expect(failure).toMatchObject({ code: 'MOTIA_STORE_FULL', status: 507 });
    expect(test.notes.query('keys', undefined)).toEqual([]);
  });

  it('TX_CROSS_STORE refuses operations of different stores by name, before anything is done', async () => {
    await using test = await open();
    const other = await test.pool.open({ durability: 'full' });
    test.pool.join('others::add', test.adding(other, await other.open(notesProgram)));
    test.pool.join('redis::add', { store: () => undefined, run: async () => undefined });
    const across = await failureOf(test.transaction(add('a'), { function_id: 'others::add', payload: { key: 'a' } }));
    expect(across).toMatchObject({ code: 'MOTIA_STORE_TX_CROSS_STORE', status: 400, details: { stores: ['notes::add (the store in memory)', `others::add (${other.file})`] } });
    const without = await failureOf(test.transaction({ function_id: 'redis::add' }, { function_id: 'redis::add' }));
    expect(without).toMatchObject({ code: 'MOTIA_STORE_TX_CROSS_STORE', details: { stores: ['redis::add (kept where there are no transactions)'] } });
    expect(test.notes.query('keys', undefined)).toEqual([]);
  });

  it('refuses functions that are not known and functions that cannot take part', async () => {
    await using test = await open();
    test.host.functions.register({ id: 'plain::function' }, () => 1);
    expect(await failureOf(test.transaction(add('a'), { function_id: 'note::add' }))).toMatchObject({ code: 'MOTIA_STORE_TX_FUNCTION_UNKNOWN', status: 404, details: { operation: 1, nearest: ['notes::add'] } });
    expect(await failureOf(test.transaction(add('a'), { function_id: 'plain::function' }))).toMatchObject({ code: 'MOTIA_STORE_TX_NOT_PARTICIPATING', details: { operation: 1, participants: ['notes::add'] } });
    expect(test.notes.query('keys', undefined)).toEqual([]);
  });

  it('of nothing answers nothing', async () => {
    await using test = await open();
    expect(await test.transaction()).toEqual({ results: [] });
  });

  it('takes 128 operations and refuses more', async () => {
    await using test = await open();
    const many = Array.from({ length: 129 }, (_, index) => add(String(index)));
    expect(await failureOf(test.transaction(...many))).toMatchObject({ code: 'MOTIA_STORE_TX_INVALID', status: 400, details: { pointer: '/operations' } });
    expect(await test.transaction(...many.slice(1))).toEqual({ results: Array.from({ length: 128 }, (_, index) => ({ count: index + 1 })) });
  });

  it.each([
    [undefined, '/operations'], [[], '/operations'], [{ operations: {} }, '/operations'],
    [{ operations: [null] }, '/operations/0/function_id'], [{ operations: [add('a'), { payload: 1 }] }, '/operations/1/function_id'], [{ operations: [[]] }, '/operations/0/function_id'],
  ])('refuses %j, pointing at %s', async (payload, pointer) => {
    await using test = await open();
    expect(await failureOf(test.host.functions.invoke('engine::transaction', payload))).toMatchObject({ code: 'MOTIA_STORE_TX_INVALID', details: { pointer } });
  });

  it('hands trace, trigger depth and the function that made the call to every participant', async () => {
    await using test = await open();
    const seen: unknown[] = [];
    const registration = test.pool.join('seen::add', { store: () => test.store, run: async (_, { trace, functionId, triggerDepth }) => void seen.push({ trace, functionId, triggerDepth }) });
    test.host.functions.register({ id: 'orders::place' }, (_, call) => test.host.functions.invoke('engine::transaction', { operations: [{ function_id: 'seen::add' }] }, { parent: call }));
    await test.host.functions.invoke('orders::place', undefined, { triggerDepth: 3 });
    expect(seen).toEqual([{ trace: expect.objectContaining({ traceparent: expect.any(String) }), functionId: 'orders::place', triggerDepth: 3 }]);
    registration.dispose();
    const failure: unknown = await failureOf(test.transaction({ function_id: 'seen::add' }));
    expect(isMotiaError(failure, 'MOTIA_STORE_TX_FUNCTION_UNKNOWN')).toBe(true);
  });
});
