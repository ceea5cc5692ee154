import { statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { temporaryFolder } from '@motia/tools/testing';
import { openWritable } from '../src/sql/connection.js';
import { BatchRunner } from '../src/writer/batch-runner.js';
import { notesProgram } from './fixtures/notes-program.js';
import { failureOf, openPool } from './fixtures/open.js';

const identity = { engineId: 'engine', fencingToken: 1, isShared: false };

describe('S4 durability', () => {
  it.each([['full', 2], ['normal', 1]] as const)('%s syncs accordingly, with a log', async (durability, synchronous) => {
    await using folder = temporaryFolder('store');
    const db = openWritable({ file: folder.file('a.db'), durability });
    expect([db.pragma('journal_mode', { simple: true }), db.pragma('synchronous', { simple: true })]).toEqual(['wal', synchronous]);
    expect([db.pragma('trusted_schema', { simple: true }), db.pragma('foreign_keys', { simple: true })]).toEqual([0, 1]);
    db.close();
  });

  it('is the strongest that anyone asked for', async () => {
    await using folder = temporaryFolder('store');
    const db = openWritable({ file: folder.file('a.db'), durability: 'normal' });
    const runner = new BatchRunner({ db, file: folder.file('a.db'), ...identity });
    runner.syncEveryCommit();
    expect(db.pragma('synchronous', { simple: true })).toBe(2);
    runner.close();

    await using running = await openPool({ data_dir: folder.path, durability: 'normal' });
    const store = await running.pool.open({});
    expect(store.durability).toBe('normal');
    expect(await running.pool.open({ durability: 'full' })).toBe(store);
    expect(store.durability).toBe('full');
    expect(await running.pool.open({ durability: 'normal' })).toBe(store);
    expect(store.durability).toBe('full');
  });

  it('of the module counts for whoever does not say', async () => {
    await using running = await openPool({ durability: 'memory' });
    expect(await running.pool.open({})).toMatchObject({ durability: 'memory', file: undefined });
  });

  it('memory: changes are gone with the engine', async () => {
    for (let round = 0; round < 2; round += 1) {
      await using running = await openPool({ durability: 'memory' });
      const notes = await (await running.pool.open({})).open(notesProgram);
      expect(notes.query('keys', undefined)).toEqual([]);
      await notes.run('add', { key: 'a', text: '' });
    }
  });
});

it('checkpoint_pages bounds the log', async () => {
  const logAfter = async (checkpoint_pages: number): Promise<number> => {
    await using folder = temporaryFolder('store');
    await using running = await openPool({ data_dir: folder.path, checkpoint_pages });
    const notes = await (await running.pool.open({})).open(notesProgram);
    for (let index = 0; index < 100; index += 1) await notes.run('add', { key: String(index), text: 'x'.repeat(4_000) });
    return statSync(folder.file('motia.db-wal')).size;
  };
  expect(await logAfter(5)).toBeLessThan(200_000);
  expect(await logAfter(1_000_000)).toBeGreaterThan(400_000);
});

describe('max_pending_bytes', () => {
  it('refuses what would make more wait, and takes it again when there is room', async () => {
    await using running = await openPool({ durability: 'memory', max_pending_bytes: 10_000 });
    const store = await running.pool.open({});
    const notes = await store.open(notesProgram);
    const text = 'x'.repeat(3_000);
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, (_, index) => notes.run('add', { key: String(index), text })));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected']);
    expect(outcomes[4]).toMatchObject({ reason: { code: 'MOTIA_STORE_BUSY', status: 503, retryable: true } });
    await notes.run('add', { key: '5', text });
    expect(notes.query('keys', undefined)).toEqual(['0', '1', '2', '5']);
  });

  it('takes a single change that is larger', async () => {
    await using running = await openPool({ durability: 'memory', max_pending_bytes: 10_000 });
    const notes = await (await running.pool.open({})).open(notesProgram);
    await notes.run('add', { key: 'large', text: 'x'.repeat(20_000) });
    expect(notes.query('keys', undefined)).toEqual(['large']);
  });

  it('undoes the transaction that a refused change belongs to', async () => {
    await using running = await openPool({ durability: 'memory', max_pending_bytes: 10_000 });
    const store = await running.pool.open({});
    const notes = await store.open(notesProgram);
    const whole = store.transaction((tx) => {
      for (let index = 0; index < 5; index += 1) void notes.run('add', { key: String(index), text: 'x'.repeat(3_000) }, { tx });
    });
    expect(await failureOf(whole)).toMatchObject({ code: 'MOTIA_STORE_BUSY' });
    expect(notes.query('keys', undefined)).toEqual([]);
  });
});

describe('a database that another program holds', () => {
  it('fails what waits with BUSY, and works on when it is free', async () => {
    await using folder = temporaryFolder('store');
    const file = folder.file('a.db');
    const db = openWritable({ file, durability: 'full', limits: { busyTimeoutMs: 20 } });
    const runner = new BatchRunner({ db, file, ...identity });
    runner.open(notesProgram);
    const other = openWritable({ file, durability: 'full' });
    other.exec('BEGIN IMMEDIATE');
    const unit = (key: string) => ({ commands: [{ program: 'notes', command: 'add', input: { key, text: '' }, nowMs: 1 }] });
    const { outcomes, report: { failure } } = runner.run([unit('a'), unit('b')]);
    expect(outcomes).toMatchObject([{ error: { code: 'MOTIA_STORE_BUSY', retryable: true } }, { error: { code: 'MOTIA_STORE_BUSY' } }]);
    expect(failure).toMatchObject({ code: 'MOTIA_STORE_BUSY' });
    other.exec('COMMIT');
    expect(runner.run([unit('a')]).outcomes).toMatchObject([{ values: [{ count: 1 }] }]);
    other.close();
    runner.close();
  });
});

describe('a batch', () => {
  // A batch ends after two milliseconds, which on a busy machine would be anywhere.
  beforeEach(() => void jest.spyOn(performance, 'now').mockReturnValue(0));
  afterEach(() => void jest.restoreAllMocks());

  const open = () => {
    const db = openWritable({ file: undefined, durability: 'memory' });
    const runner = new BatchRunner({ db, file: undefined, ...identity });
    runner.open(notesProgram);
    return { db, runner };
  };
  const add = (key: string) => ({ program: 'notes', command: 'add', input: { key, text: '' }, nowMs: 1 });

  it('ends at 512 commands, and never within a unit', () => {
    const { runner, db } = open();
    const queue = [{ commands: Array.from({ length: 400 }, (_, index) => add(`a${index}`)) }, { commands: Array.from({ length: 400 }, (_, index) => add(`b${index}`)) }, { commands: [add('c')] }];
    expect([runner.run(queue).report.commands, runner.run(queue).report.commands, queue.length]).toEqual([800, 1, 0]);
    expect(db.prepare('SELECT count(*) AS count FROM notes').get()).toEqual({ count: 801 });
  });

  it('whose commit is refused for what one unit did keeps the others', () => {
    const { runner, db } = open();
    runner.open({
      name: 'late', source: { specifier: 'x', from: '' }, queries: {},
      migrations: [{ version: 1, up: (sql) => void (sql.run('CREATE TABLE late (id INTEGER PRIMARY KEY)'), sql.run('CREATE TABLE late_child (id INTEGER REFERENCES late (id) DEFERRABLE INITIALLY DEFERRED)')) }],
      commands: { orphan: (sql) => sql.run('INSERT INTO late_child VALUES (1)').changes },
    });
    const { outcomes } = runner.run([{ commands: [add('a')] }, { commands: [{ program: 'late', command: 'orphan', input: undefined, nowMs: 1 }] }, { commands: [add('b')] }]);
    expect(outcomes.map((outcome) => ('values' in outcome ? 'kept' : `${outcome.error.code}: ${outcome.error.message}`))).toEqual(['kept', expect.stringMatching(/^MOTIA_STORE_COMMAND_FAILED: "orphan" .*FOREIGN KEY/), 'kept']);
    expect(db.prepare('SELECT key FROM notes ORDER BY key').all()).toEqual([{ key: 'a' }, { key: 'b' }]);
    expect(db.prepare('SELECT * FROM late_child').all()).toEqual([]);
  });
});
