import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { checkedTable, type Sealed } from '@motia/store-sqlite/rows';

/** What the program knows of the store as a whole: `epoch`, `history`, `closed`, `floor`. */
interface MetaRow {
  readonly key: string;
  readonly value: string;
}

const table = checkedTable<MetaRow>({ table: 'stream_meta', key: ['key'], values: ['value'] });

/** @throws `MOTIA_STORE_ROW_CORRUPT` */
export function readMeta(sql: StoreSql, key: MetaKey): string | undefined {
  const row = sql.get<Sealed<MetaRow>>('SELECT key, value, crc FROM stream_meta WHERE key = ?', key);
  return row === undefined ? undefined : table.check(row).value;
}

export function writeMeta(sql: StoreSql, key: MetaKey, value: string): void {
  sql.run('INSERT INTO stream_meta (key, value, crc) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, crc = excluded.crc', key, value, table.seal({ key, value }));
}

/** Moves what is damaged to the quarantine. True when there was something: what it said is not known any more. */
export function takeOutDamagedMeta(sql: StoreSql, context: StoreCommandContext): boolean {
  const damaged = sql.all<Sealed<MetaRow>>('SELECT key, value, crc FROM stream_meta').filter((row) => !table.isIntact(row));
  for (const row of damaged) table.quarantine(sql, row, context);
  return damaged.length > 0;
}

/** For rows that were written before they had checksums. */
export function sealMeta(sql: StoreSql): void {
  for (const { key, value } of sql.all<MetaRow>('SELECT key, value FROM stream_meta')) writeMeta(sql, key as MetaKey, value);
}

export type MetaKey = 'epoch' | 'history' | 'closed' | 'floor';
