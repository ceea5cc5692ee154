import { mkdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { temporaryFolder, type TemporaryFolder } from '@motia/tools/testing';
import { fillFolder, hashesOf, overwrite } from './fixtures/data-folder.js';
import { notesProgram } from './fixtures/notes-program.js';
import { failureOf, openPool } from './fixtures/open.js';

const openingOf = async (folder: string): Promise<{ readonly code: string; readonly message: string; readonly details: unknown }> => {
  await using running = await openPool({ data_dir: folder });
  return (await failureOf(running.pool.open({}))) as never;
};

const damages: readonly (readonly [string, (folder: TemporaryFolder) => void, string, string])[] = [
  ['#11 a header that was overwritten', (folder) => overwrite(folder.file('motia.db'), 0, new Uint8Array(100).fill(7)), 'UNREADABLE', 'not a database'],
  ['#12 a file that was cut in half', (folder) => truncateSync(folder.file('motia.db'), Math.floor(statSync(folder.file('motia.db')).size / 2)), 'UNREADABLE', 'malformed'],
  ['a page in the middle that was overwritten', (folder) => overwrite(folder.file('motia.db'), 4096 * 9, new Uint8Array(4096).fill(0xaa)), 'UNREADABLE', ''],
  ['#13 an empty file where there was data', (folder) => truncateSync(folder.file('motia.db'), 0), 'UNREADABLE', 'it is empty'],
  ['a missing file where there was data', (folder) => rmSync(folder.file('motia.db')), 'UNREADABLE', 'it is missing'],
  ['a log without its database', (folder) => (rmSync(folder.file('motia.db')), rmSync(folder.file('motia.db-marker')), writeFileSync(folder.file('motia.db-wal'), 'x'.repeat(5_000))), 'UNREADABLE', 'there are changes for it'],
  ['#18 the format of a newer version', (folder) => settings(folder, 'user_version = 99'), 'SCHEMA_NEWER', 'the file has version 99'],
  ['a database of another program', (folder) => settings(folder, 'application_id = 1234'), 'UNREADABLE', 'another program'],
  ['a database with tables that nobody said is ours', (folder) => settings(folder, 'application_id = 0'), 'UNREADABLE', 'another program'],
];

function settings(folder: TemporaryFolder, pragma: string): void {
  const db = new Database(folder.file('motia.db'));
  db.pragma(pragma);
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}

describe('a store does not start, names the file and changes nothing, on', () => {
  it.each(damages)('%s', async (_, damage, condition, reason) => {
    await using folder = temporaryFolder('store');
    await fillFolder(folder.path);
    damage(folder);
    const before = hashesOf(folder.path);
    const failure = await openingOf(folder.path);
    expect(failure).toMatchObject({ code: `MOTIA_STORE_${condition}`, message: expect.stringContaining(folder.file('motia.db')) });
    expect(failure.message).toContain(reason);
    expect(hashesOf(folder.path)).toEqual(before);
  });

  it('#18 tables of a newer version of a module', async () => {
    await using folder = temporaryFolder('store');
    await fillFolder(folder.path);
    await using running = await openPool({ data_dir: folder.path });
    const store = await running.pool.open({});
    const older = { ...notesProgram, migrations: notesProgram.migrations.slice(0, 1) };
    expect(await failureOf(store.open(older))).toMatchObject({ code: 'MOTIA_STORE_SCHEMA_NEWER', details: { part: '"notes"', found: 2, known: 1 } });
  });

  it('a path that is a file', async () => {
    await using folder = temporaryFolder('store');
    writeFileSync(folder.file('taken'), '');
    expect(await openingOf(folder.file('taken'))).toMatchObject({ code: 'MOTIA_STORE_UNREADABLE', message: expect.stringContaining('it is not a folder') });
    expect(await openingOf(folder.file('taken', 'below'))).toMatchObject({ code: 'MOTIA_STORE_UNREADABLE', message: expect.stringContaining('it is not a folder') });
  });
});

describe('a store starts', () => {
  it('empty again after `motia.db*` was deleted on purpose', async () => {
    await using folder = temporaryFolder('store');
    await fillFolder(folder.path);
    for (const name of Object.keys(hashesOf(folder.path))) rmSync(folder.file(name));
    await fillFolder(folder.path, { only: '' });
  });

  it('on what a start that broke off early has left', async () => {
    await using folder = temporaryFolder('store');
    writeFileSync(folder.file('motia.db'), '');
    await fillFolder(folder.path, { a: '' });
    await using other = temporaryFolder('store');
    const db = new Database(other.file('motia.db'));
    db.pragma('journal_mode = WAL');
    db.close();
    await fillFolder(other.path, { a: '' });
  });

  it('with files and a folder that only their owner may read', async () => {
    await using folder = temporaryFolder('store');
    const path = folder.file('data');
    await using running = await openPool({ data_dir: path });
    const notes = await (await running.pool.open({})).open(notesProgram);
    await notes.run('add', { key: 'a', text: '' });
    const modes = ['', 'motia.db', 'motia.db-wal', 'motia.db-shm', 'motia.db-marker', 'motia.lock', 'motia.owner.json'].map((name) => (statSync(folder.file('data', name)).mode & 0o777).toString(8));
    expect(modes).toEqual(['700', '600', '600', '600', '600', '600', '600']);
  });

  it('in the same folder under another name only once', async () => {
    await using folder = temporaryFolder('store');
    mkdirSync(folder.file('data'));
    symlinkSync(folder.file('data'), folder.file('link'));
    await using running = await openPool({ data_dir: folder.file('data') });
    expect(await running.pool.open({ directory: folder.file('link') })).toBe(await running.pool.open({}));
  });

  it('with settings that do not trust the file', async () => {
    await using folder = temporaryFolder('store');
    await using running = await openPool({ data_dir: folder.path });
    const store = await running.pool.open({});
    await store.open({
      name: 'keys', source: { specifier: 'x', from: '' }, commands: { orphan: (sql) => sql.run('INSERT INTO keys_child VALUES (1)').changes }, queries: {},
      migrations: [{ version: 1, up: (sql) => void (sql.run('CREATE TABLE keys (id INTEGER PRIMARY KEY)'), sql.run('CREATE TABLE keys_child (id INTEGER REFERENCES keys (id))')) }],
    }).then((handle) => failureOf(handle.run('orphan' as never, undefined as never))).then((failure) => expect(failure).toMatchObject({ code: 'MOTIA_STORE_COMMAND_FAILED', message: expect.stringContaining('FOREIGN KEY') }));
  });
});

it('leaves no log behind when it is closed', async () => {
  await using folder = temporaryFolder('store');
  await fillFolder(folder.path);
  expect(Object.keys(hashesOf(folder.path))).toEqual(['motia.db', 'motia.db-marker']);
  expect(readFileSync(folder.file('motia.db')).includes('key-49')).toBe(true);
});
