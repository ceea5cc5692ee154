import type { Database, Statement } from 'better-sqlite3';
import type { SqlValue, StoreSql } from '@motia/engine-core/contract';
import { storeErrors } from '../errors.js';

/** Statements kept per connection; programs have some dozens. */
const keptStatements = 1_000;

/** Transactions, and the connection itself, belong to the store. */
const forbidden = /^[\s(]*(?:begin|commit|end|rollback|savepoint|release|attach|detach|pragma|vacuum)\b/i;

/** Statements that know how often one of them could have written. */
export interface Statements extends StoreSql {
  /** Grows with each statement that is not only for reading, whether it changed anything or failed. */
  readonly writes: number;
}

/**
 * The connection as prepared statements: each text is prepared once and kept.
 * @param access `query` refuses whatever could write, also on a connection that may; `command` only what belongs to the store; `host` nothing
 */
export function createStatements(db: Database, access: 'query' | 'command' | 'host'): Statements {
  let writes = 0;
  const kept = new Map<string, Kept>();
  const prepare = (text: string): Statement<SqlValue[]> => {
    const known = kept.get(text) ?? keep(text);
    if (known.mayWrite) writes += 1;
    return known.statement;
  };
  const keep = (text: string): Kept => {
    if (access !== 'host' && forbidden.test(text)) throw storeErrors.STATEMENT_REFUSED({ statement: text.slice(0, 80), reason: 'transactions and settings of the connection belong to the store' });
    const statement = db.prepare<SqlValue[]>(text);
    if (access === 'query' && !statement.readonly) throw storeErrors.STATEMENT_REFUSED({ statement: text.slice(0, 80), reason: 'a query may only read' });
    const [oldest] = kept.size >= keptStatements ? kept.keys() : [];
    if (oldest !== undefined) kept.delete(oldest);
    const added = { statement, mayWrite: !statement.readonly };
    kept.set(text, added);
    return added;
  };
  return {
    get writes() {
      return writes;
    },
    get: <Row>(text: string, ...values: readonly SqlValue[]) => prepare(text).get(...checked(values)) as Row | undefined,
    all: <Row>(text: string, ...values: readonly SqlValue[]) => prepare(text).all(...checked(values)) as readonly Row[],
    run(text, ...values) {
      const { changes, lastInsertRowid } = prepare(text).run(...checked(values));
      return { changes, lastId: Number(lastInsertRowid) };
    },
  };
}

interface Kept {
  readonly statement: Statement<SqlValue[]>;
  readonly mayWrite: boolean;
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
