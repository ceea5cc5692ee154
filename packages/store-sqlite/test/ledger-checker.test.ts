import { describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { temporaryFolder } from '@motia/tools/testing';
import { LedgerChecker } from './fixtures/ledger-checker.js';

const base = { name: 'counter-0', lines: 2 };

describe('the checker of the random killer finds', () => {
  const check = async (history: readonly unknown[], statements: string): Promise<readonly string[]> => {
    await using folder = temporaryFolder('checker');
    const db = new Database(folder.file('a.db'));
    db.exec(`CREATE TABLE ledger (id TEXT, text TEXT); CREATE TABLE ledger_counters (name TEXT, value INTEGER); CREATE TABLE audit (id TEXT, line INTEGER); ${statements}`);
    db.close();
    const checker = new LedgerChecker();
    for (const line of history) checker.note(line);
    return checker.faults(folder.file('a.db'));
  };
  const attempt = (kind: string, id: string, more: object = {}) => ({ attempt: kind, id, ...base, ...more });
  const ok = (id: string) => ({ outcome: 'acknowledged', id });

  it.each([
    ['nothing where all is well', [attempt('put', 'a'), ok('a'), attempt('together', 'b'), ok('b'), attempt('count', 'c'), ok('c')], "INSERT INTO ledger VALUES ('a', 'a:'), ('b', 'b:'); INSERT INTO audit VALUES ('b', 0), ('b', 1); INSERT INTO ledger_counters VALUES ('counter-0', 1)", []],
    ['nothing where the outcome is not known', [attempt('put', 'a'), attempt('put', 'b'), ok('b'), attempt('remove', 'r', { of: 'b' })], "INSERT INTO ledger VALUES ('a', 'a:')", []],
    ['an acknowledged entry that is gone', [attempt('put', 'a'), ok('a')], '', ['lost: a']],
    ['an entry that nobody asked for', [], "INSERT INTO ledger VALUES ('a', 'a:')", ['phantom: a']],
    ['an entry that was removed', [attempt('put', 'a'), ok('a'), attempt('remove', 'r', { of: 'a' }), ok('r')], "INSERT INTO ledger VALUES ('a', 'a:')", ['phantom: a']],
    ['half a transaction', [attempt('together', 'a'), attempt('together', 'b')], "INSERT INTO ledger VALUES ('a', 'a:'); INSERT INTO audit VALUES ('a', 0), ('b', 0), ('b', 1)", ['torn: a', 'torn: b']],
    ['what was undone', [attempt('undone', 'a')], "INSERT INTO audit VALUES ('a', 0)", ['undone and there: a']],
    ['another text', [attempt('put', 'a')], "INSERT INTO ledger VALUES ('a', 'b:')", ['another text: a']],
    ['a counter that lost or gained', [attempt('count', 'a'), ok('a')], '', ['counter-0 is 0, with 1 acknowledged and 1 attempted']],
  ])('%s', async (_, history, statements, faults) => {
    expect(await check(history, statements)).toEqual(faults);
  });
});
