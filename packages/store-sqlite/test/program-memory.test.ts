import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { defineStoreProgram, type StoreCommandContext, type StoreSql } from '@motia/engine-core/contract';
import { openWritable } from '../src/sql/connection.js';
import { RecentRows } from '../src/rows/index.js';
import { BatchRunner } from '../src/writer/batch-runner.js';

/** Says for each command what is remembered and what is in the database. */
const countProgram = defineStoreProgram({
  name: 'count',
  source: { specifier: './none.js', from: '' },
  migrations: [{ version: 1, up: (sql) => void (sql.run('CREATE TABLE count (value INTEGER NOT NULL) STRICT'), sql.run('INSERT INTO count VALUES (0)')) }],
  commands: {
    add(sql: StoreSql, { fails }: { readonly fails?: 'before' | 'after' }, { memory }: StoreCommandContext) {
      if (fails === 'before') throw new Error('before it changed anything');
      const remembered = memory.get('count') as number | undefined;
      const value = (sql.get<{ value: number }>('SELECT value FROM count')?.value ?? 0) + 1;
      sql.run('UPDATE count SET value = ?', value);
      memory.set('count', value, 8);
      if (fails === 'after') throw new Error('after it changed something');
      return { remembered, value };
    },
  },
  queries: {},
});

function start({ isShared = false } = {}) {
  const db = openWritable({ file: undefined, durability: 'memory' });
  const runner = new BatchRunner({ db, file: undefined, engineId: 'engine', fencingToken: 1, isShared });
  runner.open(countProgram);
  const add = (fails?: 'before' | 'after') => ({ program: 'count', command: 'add', input: { fails }, nowMs: 1 });
  /** Answers of units, each of these commands. */
  const run = (...units: readonly (readonly ReturnType<typeof add>[])[]) =>
    runner.run(units.map((commands) => ({ commands }))).outcomes.map((outcome) => ('values' in outcome ? outcome.values : outcome.error.details));
  return { add, run, value: () => db.prepare('SELECT value FROM count').pluck().get() };
}

describe('what a program remembers', () => {
  // A batch ends after two milliseconds, which on a busy machine would be anywhere.
  beforeEach(() => void jest.spyOn(performance, 'now').mockReturnValue(0));
  afterEach(() => void jest.restoreAllMocks());

  it('is there for its next command, in the same commit and in later ones', () => {
    const { add, run } = start();
    expect(run([add()], [add()])).toEqual([[{ remembered: undefined, value: 1 }], [{ remembered: 1, value: 2 }]]);
    expect(run([add()])).toEqual([[{ remembered: 2, value: 3 }]]);
  });

  it('is kept when a command throws before it has changed anything', () => {
    const { add, run, value } = start();
    run([add()]);
    expect(run([add('before')], [add()])).toEqual([expect.objectContaining({ reason: 'before it changed anything' }), [{ remembered: 1, value: 2 }]]);
    expect(value()).toBe(2);
  });

  it('never holds what was undone: one command that threw later, or a transaction', () => {
    const { add, run, value } = start();
    run([add()]);
    const failed = expect.objectContaining({ reason: 'after it changed something' }) as unknown;
    expect(run([add()], [add('after')], [add()])).toEqual([[{ remembered: undefined, value: 2 }], failed, [{ remembered: undefined, value: 3 }]]);
    expect(run([add(), add('after')], [add()])).toEqual([failed, [{ remembered: undefined, value: 4 }]]);
    expect(value()).toBe(4);
  });

  it('is nothing where other engines share the store', () => {
    const { add, run } = start({ isShared: true });
    expect(run([add()], [add()])).toEqual([[{ remembered: undefined, value: 1 }], [{ remembered: undefined, value: 2 }]]);
  });
});

describe('recent rows', () => {
  it('are those used last, within the bytes that they may take', () => {
    const rows = new RecentRows<number>(160);
    for (let n = 0; n < 100; n += 1) rows.set(`k${n}`, n, 10);
    const kept = Array.from({ length: 100 }, (_, n) => rows.get(`k${n}`)).filter((n) => n !== undefined);
    expect(kept.length).toBeLessThanOrEqual(17);
    expect(kept.at(-1)).toBe(99);
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => 100 - kept.length + index));
  });

  it('are gone once deleted or replaced by one that is too large', () => {
    const rows = new RecentRows<string>(160);
    rows.set('a', 'one', 10);
    rows.set('a', 'large', 100);
    expect(rows.get('a')).toBeUndefined();
    rows.set('b', 'two', 10);
    rows.delete('b');
    rows.set('c', 'three', 10);
    rows.clear();
    expect([rows.get('b'), rows.get('c')]).toEqual([undefined, undefined]);
  });
});
