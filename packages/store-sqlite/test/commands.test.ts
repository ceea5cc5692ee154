import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '@motia/engine-core/testing';
import { temporaryFolder } from '@motia/tools/testing';
import { notesProgram } from './fixtures/notes-program.js';
import { failureOf, openPool } from './fixtures/open.js';

describe.each(['memory', 'full'] as const)('commands on a store with durability %s', (durability) => {
  const open = async () => {
    const folder = temporaryFolder('store');
    const running = await openPool({ data_dir: folder.path, durability });
    const store = await running.pool.open({});
    const notes = await store.open(notesProgram);
    return {
      ...running, store, notes,
      async [Symbol.asyncDispose]() {
        await running[Symbol.asyncDispose]();
        await folder.remove();
      },
    };
  };

  it('answer once they are committed, and a query sees them at once', async () => {
    await using test = await open();
    const adding = test.notes.run('add', { key: 'a', text: 'one' });
    expect(test.notes.query('keys', undefined)).toEqual([]);
    expect(await adding).toEqual({ count: 1 });
    expect(test.notes.query('keys', undefined)).toEqual(['a']);
  });

  it('run in the order in which they were handed in', async () => {
    await using test = await open();
    const counts = await Promise.all(['a', 'b', 'c'].map((key) => test.notes.run('add', { key, text: '' })));
    expect(counts.map(({ count }) => count)).toEqual([1, 2, 3]);
  });

  it('that throw leave nothing behind, and the others of the same turn are kept', async () => {
    await using test = await open();
    const outcomes = await Promise.allSettled([
      test.notes.run('add', { key: 'a', text: '' }),
      test.notes.run('addThenThrow', { key: 'b', problem: 'no' }),
      test.notes.run('add', { key: 'c', text: '' }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(test.notes.query('keys', undefined)).toEqual(['a', 'c']);
  });

  it('reject with the coded error they threw, and name themselves when it had no code', async () => {
    await using test = await open();
    await test.notes.run('add', { key: 'a', text: '' });
    expect(await failureOf(test.notes.run('add', { key: 'a', text: '' }))).toMatchObject({ code: 'MOTIA_NOTES_TAKEN', status: 409, details: { key: 'a' } });
    expect(await failureOf(test.notes.run('addThenThrow', { key: 'b', problem: 'no such thing' }))).toMatchObject({
      code: 'MOTIA_STORE_COMMAND_FAILED', details: { program: 'notes', command: 'addThenThrow', reason: 'no such thing' },
    });
  });

  it('that do not exist are refused by name', async () => {
    await using test = await open();
    expect(await failureOf(test.notes.run('toString' as never, undefined as never))).toMatchObject({ code: 'MOTIA_STORE_COMMAND_UNKNOWN', details: { program: 'notes', command: 'toString' } });
    expect(() => test.notes.query('nothing' as never, undefined as never)).toThrow(expect.objectContaining({ code: 'MOTIA_STORE_COMMAND_UNKNOWN' }));
  });

  it('that answer a promise are refused and undone', async () => {
    await using test = await open();
    expect(await failureOf(test.notes.run('later', undefined))).toMatchObject({ code: 'MOTIA_STORE_PROGRAM_INVALID' });
  });

  it.each([2 ** 53, -(2 ** 53), Number.NaN])('refuse the number %d instead of rounding it', async (value) => {
    await using test = await open();
    expect(await failureOf(test.notes.run('keep', value))).toMatchObject({ code: 'MOTIA_STORE_VALUE_INVALID', status: 400 });
    expect(test.notes.query('keys', undefined)).toEqual([]);
  });

  it.each(['COMMIT', 'rollback', ' savepoint x', 'PRAGMA synchronous = OFF', "ATTACH 'x' AS y", 'VACUUM'])('may not say %s', async (text) => {
    await using test = await open();
    expect(await failureOf(test.notes.run('statement', text))).toMatchObject({ code: 'MOTIA_STORE_STATEMENT_REFUSED' });
  });

  it('write, queries do not', async () => {
    await using test = await open();
    expect(() => test.notes.query('write', undefined)).toThrow(expect.objectContaining({ code: 'MOTIA_STORE_STATEMENT_REFUSED' }));
  });

  it('learn the time, the engine and its fencing token', async () => {
    await using test = await open();
    const { store } = test;
    expect(await test.notes.run('whoAmI', undefined)).toEqual({ engineId: store.engineId, fencingToken: store.fencingToken });
    expect(store.fencingToken).toBeGreaterThan(0);
  });

  it('of a closed store are refused', async () => {
    const test = await open();
    const last = test.notes.run('add', { key: 'a', text: '' });
    await test[Symbol.asyncDispose]();
    expect(await last).toEqual({ count: 1 });
    expect(await failureOf(test.notes.run('add', { key: 'b', text: '' }))).toMatchObject({ code: 'MOTIA_STORE_CLOSED' });
    expect(() => test.notes.query('keys', undefined)).toThrow(expect.objectContaining({ code: 'MOTIA_STORE_CLOSED' }));
    expect(await failureOf(test.store.transaction(() => undefined))).toMatchObject({ code: 'MOTIA_STORE_CLOSED' });
    expect(await failureOf(test.pool.open({}))).toMatchObject({ code: 'MOTIA_STORE_CLOSED' });
  });
});

it('commands get the time of the engine when they were handed in, and need no timer to be committed', async () => {
  const clock = new ManualClock();
  await using running = await openPool({ durability: 'memory' }, { clock });
  const notes = await (await running.pool.open({})).open(notesProgram);
  const nowMs = clock.now();
  const adding = notes.run('add', { key: 'a', text: '' });
  await clock.advance('1h');
  await adding;
  expect(notes.query('all', undefined)).toEqual([{ key: 'a', text: '', nowMs }]);
});

it('more commands than one batch holds are all committed, in order', async () => {
  await using running = await openPool({ durability: 'memory' });
  const notes = await (await running.pool.open({})).open(notesProgram);
  const counts = await Promise.all(Array.from({ length: 1_000 }, (_, index) => notes.run('add', { key: String(index), text: '' })));
  expect(counts.map(({ count }) => count)).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 1));
});
