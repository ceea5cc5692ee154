import type { SqlValue, StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { storeErrors } from '../errors.js';
import { noteQuarantined } from './quarantine-note.js';
import { rowChecksum } from './row-checksum.js';

export interface CheckedTableOptions<Row> {
  readonly table: string;
  /** Columns that name one row. */
  readonly key: readonly (keyof Row & string)[];
  /** Columns whose content must not change unnoticed. */
  readonly values: readonly (keyof Row & string)[];
}

/** A row as it was read, with its checksum in the column `crc`. */
export type Sealed<Row> = Row & { readonly crc: number };

/** A table whose rows carry a checksum, for programs. */
export interface CheckedTable<Row> {
  /** What belongs into the column `crc` (an INTEGER) when the row is written. Columns with other names may be left out. */
  seal(row: Row): number;
  isIntact(row: Sealed<Row>): boolean;
  /**
   * The row itself when it is intact. Where it is not, reading fails until the row is written anew or deleted, the store
   * keeps a copy in `store_quarantine`, and the engine says so. @throws `MOTIA_STORE_ROW_CORRUPT`
   */
  check(row: Sealed<Row>): Row;
  /** For a command that must go on without the row: moves it to `store_quarantine`; the engine says so. */
  quarantine(sql: StoreSql, row: Sealed<Row>, context: StoreCommandContext): void;
}

/** Says which columns of a table are under a checksum. */
export function checkedTable<Row extends object>({ table, key, values }: CheckedTableOptions<Row>): CheckedTable<Row> {
  const valueOf = (row: Row, column: string): SqlValue => (row as Readonly<Record<string, SqlValue>>)[column] ?? null;
  const keyOf = (row: Row): Readonly<Record<string, SqlValue>> => Object.fromEntries(key.map((column) => [column, valueOf(row, column)]));
  const seal = (row: Row): number => rowChecksum(...key.map((column) => valueOf(row, column)), ...values.map((column) => valueOf(row, column)));
  const isIntact = (row: Sealed<Row>): boolean => row.crc === seal(row);
  return {
    seal, isIntact,
    check(row) {
      if (!isIntact(row)) throw storeErrors.ROW_CORRUPT({ table, key: keyOf(row) });
      return row;
    },
    quarantine(sql, row, { nowMs }) {
      copyToQuarantine(sql, { table, key: keyOf(row), nowMs });
      const names = Object.entries(keyOf(row));
      sql.run(`DELETE FROM ${table} WHERE ${names.map(([column]) => `${column} IS ?`).join(' AND ')}`, ...names.map(([, value]) => value));
      noteQuarantined(sql, { table, key: keyOf(row) });
    },
  };
}

const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Keeps a copy of a row, whatever is in it. A second copy of the same row replaces the first. */
export function copyToQuarantine(sql: StoreSql, { table, key, nowMs }: { readonly table: string; readonly key: Readonly<Record<string, SqlValue>>; readonly nowMs: number }): void {
  const columns = Object.keys(key);
  if (!identifier.test(table) || columns.length === 0 || !columns.every((column) => identifier.test(column))) return;
  const row = sql.get<Readonly<Record<string, SqlValue>>>(`SELECT * FROM ${table} WHERE ${columns.map((column) => `${column} IS ?`).join(' AND ')}`, ...Object.values(key));
  if (row === undefined) return;
  sql.run('INSERT OR REPLACE INTO store_quarantine (table_name, key, row, found_at_ms) VALUES (?, ?, ?, ?)', table, shown(key), shown(row), nowMs);
}

/** Readable in any SQLite tool; bytes as hexadecimal digits. */
function shown(row: Readonly<Record<string, SqlValue>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(row).map(([column, value]) => [column, value instanceof Uint8Array ? { hex: Buffer.from(value).toString('hex') } : value])));
}
