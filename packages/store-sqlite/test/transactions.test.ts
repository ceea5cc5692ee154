import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { notesProgram } from './fixtures/notes-program.js';
import { failureOf, openPool } from './fixtures/open.js';

describe('a transaction', () => {
  const open = async () => {
    const running = await openPool({ durability: 'memory' });
    const store = await running.pool.open({});
    return { ...running, store, notes: await store.open(notesProgram) };
  };

  it('commits everything that was handed over, and answers what its function answers', async () => {
    await using test = await open();
    const counts = await test.store.transaction((tx) => Promise.all(['a', 'b'].map((key) => test.notes.run('add', { key, text: '' }, { tx }))));
    expect(counts).toEqual([{ count: 1 }, { count: 2 }]);
    expect(test.notes.query('keys', undefined)).toEqual(['a', 'b']);
  });

  it('keeps nothing when one of them throws: that one tells why, the others that they were undone', async () => {
    await using test = await open();
    await test.notes.run('add', { key: 'b', text: '' });
    const each: Promise<unknown>[] = [];
    const whole = test.store.transaction((tx) => {
      each.push(...['a', 'b', 'c'].map((key) => test.notes.run('add', { key, text: '' }, { tx })));
    });
    expect(await failureOf(whole)).toMatchObject({ code: 'MOTIA_NOTES_TAKEN' });
    expect((await Promise.all(each.map(failureOf))).map(({ code }) => code)).toEqual(['MOTIA_STORE_TX_ABORTED', 'MOTIA_NOTES_TAKEN', 'MOTIA_STORE_TX_ABORTED']);
    expect(test.notes.query('keys', undefined)).toEqual(['b']);
  });

  it('keeps nothing when its function throws', async () => {
    await using test = await open();
    const problem = new Error('changed my mind');
    let adding: Promise<unknown> | undefined;
    const whole = test.store.transaction((tx) => {
      adding = test.notes.run('add', { key: 'a', text: '' }, { tx });
      throw problem;
    });
    expect(await failureOf(whole)).toBe(problem);
    expect(await failureOf(adding as Promise<unknown>)).toMatchObject({ code: 'MOTIA_STORE_TX_ABORTED', cause: problem });
    expect(test.notes.query('keys', undefined)).toEqual([]);
  });

  it('keeps nothing when a change was refused before it was handed over', async () => {
    await using test = await open();
    const refuse = async (): Promise<void> => {
      throw new RangeError('not valid');
    };
    const whole = test.store.transaction((tx) => Promise.all([test.notes.run('add', { key: 'a', text: '' }, { tx }), refuse()]));
    expect(await failureOf(whole)).toBeInstanceOf(RangeError);
    expect(test.notes.query('keys', undefined)).toEqual([]);
  });

  it('keeps nothing when it names a command that does not exist, even if nobody looks at that promise', async () => {
    await using test = await open();
    const whole = test.store.transaction((tx) => {
      void test.notes.run('add', { key: 'a', text: '' }, { tx });
      void test.notes.run('nothing' as never, undefined as never, { tx });
    });
    expect(await failureOf(whole)).toMatchObject({ code: 'MOTIA_STORE_COMMAND_UNKNOWN' });
    expect(test.notes.query('keys', undefined)).toEqual([]);
  });

  it('takes nothing after its function has returned', async () => {
    await using test = await open();
    let late: Promise<unknown> | undefined;
    await test.store.transaction((tx) => {
      late = failureOf(Promise.resolve().then(() => test.notes.run('add', { key: 'a', text: '' }, { tx })));
    }).catch(() => undefined);
    expect(await late).toMatchObject({ code: 'MOTIA_STORE_TX_CLOSED' });
    expect(test.notes.query('keys', undefined)).toEqual([]);
  });

  it('of another store is refused by name, and neither store keeps anything', async () => {
    await using folder = temporaryFolder('store');
    await using running = await openPool({ data_dir: folder.path });
    const memory = await running.pool.open({ durability: 'memory' });
    const file = await running.pool.open({});
    const [inMemory, onDisk] = [await memory.open(notesProgram), await file.open(notesProgram)];
    const whole = file.transaction((tx) => {
      void onDisk.run('add', { key: 'a', text: '' }, { tx });
      void inMemory.run('add', { key: 'a', text: '' }, { tx });
    });
    expect(await failureOf(whole)).toMatchObject({ code: 'MOTIA_STORE_TX_CROSS_STORE', details: { stores: [folder.file('motia.db'), 'the store in memory'] } });
    expect([inMemory.query('keys', undefined), onDisk.query('keys', undefined)]).toEqual([[], []]);
  });

  it('without changes only answers', async () => {
    await using test = await open();
    expect(await test.store.transaction(() => 7)).toBe(7);
  });
});
