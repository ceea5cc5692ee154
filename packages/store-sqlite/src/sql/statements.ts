import type { Database, Statement } from 'better-sqlite3';
import type { SqlValue, StoreSql } from '@motia/engine-core/contract';
import { storeErrors } from '../errors.js';

/** Statements kept per connection; programs have some dozens. */
const keptStatements = 1_000;

/** Transactions, and the connection itself, belong to the store. */
const forbidden = /^[\s(]*(?:begin|commit|end|rollback|savepoint|release|attach|detach|pragma|vacuum)\b/i;

/**
 * The connection as prepared statements: each text is prepared once and kept.
 * @param access `query` refuses whatever could write, also on a connection that may; `command` only what belongs to the store; `host` nothing
 */
export function createStatements(db: Database, access: 'query' | 'command' | 'host'): StoreSql {
  const kept = new Map<string, Statement<SqlValue[]>>();
  const prepare = (text: string): Statement<SqlValue[]> => {
    let statement = kept.get(text);
    if (statement !== undefined) return statement;
    if (access !== 'host' && forbidden.test(text)) throw storeErrors.STATEMENT_REFUSED({ statement: text.slice(0, 80), reason: 'transactions and settings of the connection belong to the store' });
    statement = db.prepare<SqlValue[]>(text);
    if (access === 'query' && !statement.readonly) throw storeErrors.STATEMENT_REFUSED({ statement: text.slice(0, 80), reason: 'a query may only read' });
    const [oldest] = kept.size >= keptStatements ? kept.keys() : [];
    if (oldest !== undefined) kept.delete(oldest);
    kept.set(text, statement);
    return statement;
  };
  return {
    get: <Row>(text: string, ...values: readonly SqlValue[]) => prepare(text).get(...checked(values)) as Row | undefined,
    all: <Row>(text: string, ...values: readonly SqlValue[]) => prepare(text).all(...checked(values)) as readonly Row[],
    run(text, ...values) {
      const { changes, lastInsertRowid } = prepare(text).run(...checked(values));
      return { changes, lastId: Number(lastInsertRowid) };
    },
  };
}

/** SQLite would keep NaN as null and round large integers without a word. */
function checked(values: readonly SqlValue[]): SqlValue[] {
  for (const value of values) {
    if (typeof value !== 'number') continue;
    if (Number.isNaN(value)) throw storeErrors.VALUE_INVALID({ problem: 'it is not a number (NaN)' });
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) throw storeErrors.VALUE_INVALID({ problem: `the integer ${value} is beyond 2^53` });
  }
  return values as SqlValue[];
}
