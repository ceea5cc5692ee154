import { describe, expect, it } from '@jest/globals';
import { defineStoreProgram, type StoreMigration } from '@motia/engine-core/contract';
import { temporaryFolder } from '@motia/tools/testing';
import { notesProgram } from './fixtures/notes-program.js';
import { failureOf, openPool } from './fixtures/open.js';

describe('a store', () => {
  it('in memory is one per engine, whoever asks', async () => {
    await using running = await openPool();
    await using other = await openPool();
    const [first, second] = [await running.pool.open({ durability: 'memory' }), await running.pool.open({ durability: 'memory', directory: 'ignored' })];
    expect(second).toBe(first);
    expect(first).toMatchObject({ file: undefined, durability: 'memory', isShared: false });
    expect(await other.pool.open({ durability: 'memory' })).not.toBe(first);
  });

  it('on disk is one per folder, however it is named', async () => {
    await using folder = temporaryFolder('store');
    await using running = await openPool({ data_dir: 'data' }, { baseDir: folder.path });
    const [first, second, third] = [await running.pool.open({}), await running.pool.open({ directory: './data/../data' }), await running.pool.open({ directory: 'other' })];
    expect(first).toMatchObject({ file: folder.file('data', 'motia.db'), durability: 'full' });
    expect(second).toBe(first);
    expect(third.file).toBe(folder.file('other', 'motia.db'));
  });

  it('of another name lies beside, with an owner and a durability of its own', async () => {
    await using folder = temporaryFolder('store');
    await using running = await openPool({ data_dir: folder.path });
    const [store, beside, again] = [await running.pool.open({}), await running.pool.open({ name: 'telemetry', durability: 'normal' }), await running.pool.open({ name: 'telemetry', durability: 'normal' })];
    expect(beside).toMatchObject({ file: folder.file('telemetry.db'), durability: 'normal' });
    expect(again).toBe(beside);
    expect(store).toMatchObject({ file: folder.file('motia.db'), durability: 'full' });
    await (await beside.open(notesProgram)).run('add', { key: 'beside', text: '' });
    expect((await store.open(notesProgram)).query('keys', undefined)).toEqual([]);
    await using other = await openPool({ data_dir: folder.path });
    expect(await failureOf(other.pool.open({ name: 'telemetry' }))).toMatchObject({ code: 'MOTIA_STORE_OWNED' });
    expect(await other.pool.open({ name: 'third' })).toMatchObject({ file: folder.file('third.db') });
  });

  it('keeps what was committed, and each opening has a larger fencing token', async () => {
    await using folder = temporaryFolder('store');
    const tokens: number[] = [];
    for (const key of ['a', 'b']) {
      await using running = await openPool({ data_dir: folder.path });
      const store = await running.pool.open({});
      const notes = await store.open(notesProgram);
      await notes.run('add', { key, text: '' });
      tokens.push(store.fencingToken);
      if (key === 'b') expect(notes.query('keys', undefined)).toEqual(['a', 'b']);
    }
    expect(tokens[1]).toBeGreaterThan(tokens[0] as number);
  });

  it('gives the same handle for the same program, and refuses another one of that name', async () => {
    await using running = await openPool({ durability: 'memory' });
    const store = await running.pool.open({});
    expect(await store.open(notesProgram)).toBe(await store.open({ ...notesProgram }));
    expect(await failureOf(store.open({ ...notesProgram, source: { specifier: 'other', from: '' } }))).toMatchObject({ code: 'MOTIA_STORE_PROGRAM_INVALID' });
  });
});

describe('migrations', () => {
  const program = (migrations: readonly StoreMigration[], name = 'demo') => defineStoreProgram({ name, source: { specifier: './demo.js', from: '' }, migrations, commands: {}, queries: {} });
  const table = (version: number, name: string): StoreMigration => ({ version, up: (sql) => void sql.run(`CREATE TABLE ${name} (id INTEGER PRIMARY KEY) STRICT`) });

  it('run once, each when the file needs it', async () => {
    await using folder = temporaryFolder('store');
    const runs: number[] = [];
    const counted = (version: number): StoreMigration => ({ version, up: () => void runs.push(version) });
    for (const migrations of [[counted(1)], [counted(1), counted(2), counted(3)], [counted(1), counted(2), counted(3)]]) {
      await using running = await openPool({ data_dir: folder.path });
      await (await running.pool.open({})).open(program(migrations));
    }
    expect(runs).toEqual([1, 2, 3]);
  });

  it('that throw are undone, and what was there before stays', async () => {
    await using folder = temporaryFolder('store');
    await using running = await openPool({ data_dir: folder.path });
    const store = await running.pool.open({});
    const broken: StoreMigration = { version: 2, up: (sql) => void (sql.run('CREATE TABLE demo_b (id INTEGER PRIMARY KEY) STRICT'), sql.run('SELECT nonsense')) };
    expect(await failureOf(store.open(program([table(1, 'demo_a'), broken])))).toMatchObject({ code: 'MOTIA_STORE_MIGRATION_FAILED', details: { program: 'demo', version: 2 } });
    await store.open(program([table(1, 'demo_a'), table(2, 'demo_b')]));
  });

  it.each([
    ['a hole', program([table(1, 'demo_a'), table(3, 'demo_b')])],
    ['a table of another name', program([table(1, 'state_a')])],
    ['a name that cannot be a prefix', program([], 'Demo-1')],
    ['the name of SQLite itself', program([], 'sqlite')],
    ['the name of the store itself', program([], 'store')],
  ])('with %s are refused', async (_, wrong) => {
    await using running = await openPool({ durability: 'memory' });
    const store = await running.pool.open({});
    expect(await failureOf(store.open(wrong))).toMatchObject({ code: 'MOTIA_STORE_PROGRAM_INVALID' });
  });

  it('of a newer version are refused', async () => {
    await using folder = temporaryFolder('store');
    for (const [count, expected] of [[2, undefined], [1, 'MOTIA_STORE_SCHEMA_NEWER']] as const) {
      await using running = await openPool({ data_dir: folder.path });
      const store = await running.pool.open({});
      const opening = store.open(program([table(1, 'demo_a'), table(2, 'demo_b')].slice(0, count)));
      expect(await opening.then(() => undefined, ({ code }: { code: string }) => code)).toBe(expected);
    }
  });
});
