import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { checkedTable, type Sealed } from '@motia/store-sqlite/rows';
import { customFunctionId, type CustomMark, type CustomOperation } from '../custom/custom-function.js';
import { streamErrors } from '../errors.js';

const table = checkedTable<CustomMark>({ table: 'stream_custom', key: ['stream', 'operation'], values: [] });

export function markCustom(sql: StoreSql, { stream, operation }: CustomMark): void {
  sql.run('INSERT OR REPLACE INTO stream_custom (stream, operation, crc) VALUES (?, ?, ?)', stream, operation, table.seal({ stream, operation }));
}

export function clearCustom(sql: StoreSql, { stream }: Pick<CustomMark, 'stream'>): void {
  sql.run('DELETE FROM stream_custom WHERE stream = ?', stream);
}

/** Moves what is damaged to the quarantine: nobody can tell which stream it was about. */
export function takeOutDamagedMarks(sql: StoreSql, context: StoreCommandContext): void {
  for (const row of sql.all<Sealed<CustomMark>>('SELECT stream, operation, crc FROM stream_custom')) if (!table.isIntact(row)) table.quarantine(sql, row, context);
}

export function readCustomMarks(sql: StoreSql): readonly CustomMark[] {
  return sql.all<Sealed<CustomMark>>('SELECT stream, operation, crc FROM stream_custom').filter((row) => table.isIntact(row)).map(({ stream, operation }) => ({ stream, operation }));
}

/** For changes that are about to be made here: another engine on the store may have seen a worker take the stream over. @throws `MOTIA_STREAM_CUSTOM_STORAGE_UNAVAILABLE` */
export function assertNotCustom(sql: StoreSql, mark: { readonly stream: string; readonly operation: CustomOperation }): void {
  if (sql.get('SELECT 1 FROM stream_custom WHERE stream = ? AND operation = ?', mark.stream, mark.operation) === undefined) return;
  throw streamErrors.CUSTOM_STORAGE_UNAVAILABLE({ stream: mark.stream, functionId: customFunctionId(mark) });
}
