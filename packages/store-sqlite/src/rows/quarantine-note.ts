import type { SqlValue, StoreSql } from '@motia/engine-core/contract';

/** A row whose checksum was wrong. */
export interface CorruptRow {
  readonly table: string;
  readonly key: Readonly<Record<string, SqlValue>>;
}

/** Programs and the store may come from two copies of this package: they meet by this name. */
const listener = Symbol.for('motia.store.quarantined');

type Listening = StoreSql & { [listener]?: (row: CorruptRow) => void };

/** Has `listen` called when a program moves a row to the quarantine through this connection. */
export function onQuarantined(sql: StoreSql, listen: (row: CorruptRow) => void): void {
  (sql as Listening)[listener] = listen;
}

export function noteQuarantined(sql: StoreSql, row: CorruptRow): void {
  (sql as Listening)[listener]?.(row);
}
