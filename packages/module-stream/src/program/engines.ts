import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { checkedTable, type Sealed } from '@motia/store-sqlite/rows';

/** An engine that serves the streams of the store. */
interface EngineRow {
  readonly owner: number;
}

const table = checkedTable<EngineRow>({ table: 'stream_engine', key: ['owner'], values: [] });

export function enterEngine(sql: StoreSql, owner: number): void {
  sql.run('INSERT INTO stream_engine (owner, crc) VALUES (?, ?) ON CONFLICT (owner) DO UPDATE SET crc = excluded.crc', owner, table.seal({ owner }));
}

export function leaveEngine(sql: StoreSql, owner: number): void {
  sql.run('DELETE FROM stream_engine WHERE owner = ?', owner);
}

/** For rows that were written before they had checksums. */
export function sealEngines(sql: StoreSql): void {
  for (const { owner } of sql.all<EngineRow>('SELECT owner FROM stream_engine')) enterEngine(sql, owner);
}

/** Whether others than this engine and those that are gone serve the streams: not known when a row was damaged, which goes to the quarantine. */
export function otherEngines(sql: StoreSql, gone: readonly number[], context: StoreCommandContext): 'some' | 'none' | 'unknown' {
  const rows = sql.all<Sealed<EngineRow>>('SELECT owner, crc FROM stream_engine');
  const damaged = rows.filter((row) => !table.isIntact(row));
  for (const row of damaged) table.quarantine(sql, row, context);
  if (damaged.length > 0) return 'unknown';
  for (const owner of gone) leaveEngine(sql, owner);
  return rows.some(({ owner }) => owner !== context.fencingToken && !gone.includes(owner)) ? 'some' : 'none';
}
