import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { checkedTable, type Sealed } from '@motia/store-sqlite/rows';
import { sift, type Found } from './sound-rows.js';

export interface EngineBeat {
  readonly engineId: string;
  readonly beat: number;
}
interface EngineRow {
  readonly engine_id: string;
  readonly beat: number;
}
const table = checkedTable<EngineRow>({ table: 'cron_engines', key: ['engine_id'], values: ['beat'] });
const columns = 'SELECT engine_id, beat, crc FROM cron_engines';

export function beat(sql: StoreSql, { gone }: { readonly gone: readonly string[] }, context: StoreCommandContext): void {
  const { engineId: engine_id } = context;
  const own = sql.get<Sealed<EngineRow>>(`${columns} WHERE engine_id = ?`, engine_id);
  if (own !== undefined) dropIfDamaged(sql, own, context);
  const row: EngineRow = { engine_id, beat: (own?.beat ?? 0) + 1 };
  sql.run('INSERT INTO cron_engines (engine_id, beat, crc) VALUES (?, ?, ?) ON CONFLICT (engine_id) DO UPDATE SET beat = excluded.beat, crc = excluded.crc', row.engine_id, row.beat, table.seal(row));
  for (const other of gone) sql.run('DELETE FROM cron_engines WHERE engine_id = ?', other);
}

/** An engine that stops in order says so, and is gone at once. */
export function leave(sql: StoreSql, _input: undefined, { engineId }: StoreCommandContext): void {
  sql.run('DELETE FROM cron_engines WHERE engine_id = ?', engineId);
}

/** Of all engines that have not left. */
export function beats(sql: StoreSql): Found<EngineBeat, string> {
  return sift(sql.all<Sealed<EngineRow>>(columns), { isIntact: (row) => table.isIntact(row), toRow: ({ engine_id, beat: count }) => ({ engineId: engine_id, beat: count }), toKey: ({ engine_id }) => engine_id });
}

/** A sign of life that is not what was written says nothing of anybody. */
export function dropDamagedBeat(sql: StoreSql, engineId: string, context: StoreCommandContext): void {
  const row = sql.get<Sealed<EngineRow>>(`${columns} WHERE engine_id = ?`, engineId);
  if (row !== undefined) dropIfDamaged(sql, row, context);
}

/** Takes all rows as they are. For migrations. */
export function resealEngines(sql: StoreSql): void {
  for (const row of sql.all<EngineRow>('SELECT engine_id, beat FROM cron_engines')) sql.run('UPDATE cron_engines SET crc = ? WHERE engine_id = ?', table.seal(row), row.engine_id);
}

function dropIfDamaged(sql: StoreSql, row: Sealed<EngineRow>, context: StoreCommandContext): void {
  if (!table.isIntact(row)) table.quarantine(sql, row, context);
}
