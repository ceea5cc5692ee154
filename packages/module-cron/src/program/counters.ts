import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';
import { checkedTable, type Sealed } from '@motia/store-sqlite/rows';

/** `fence`: the newest fencing token. `scheduled`: grows with each change of the jobs that calls made. */
export type CounterName = 'fence' | 'scheduled';
interface CounterRow {
  readonly name: CounterName;
  readonly value: number;
}
const table = checkedTable<CounterRow>({ table: 'cron_counters', key: ['name'], values: ['value'] });

/** The next fencing token. */
export function nextToken(sql: StoreSql, context: StoreCommandContext): number {
  return advance(sql, 'fence', context);
}

/** The jobs that calls made have changed. */
export function touchScheduled(sql: StoreSql, context: StoreCommandContext): void {
  advance(sql, 'scheduled', context);
}

/** For queries: as it stands. */
export function counter(sql: StoreSql, name: CounterName): number {
  return rowOf(sql, name)?.value ?? 0;
}

/** Takes all rows as they are. For migrations. */
export function resealCounters(sql: StoreSql): void {
  for (const row of sql.all<CounterRow>('SELECT name, value FROM cron_counters')) sql.run('UPDATE cron_counters SET crc = ? WHERE name = ?', table.seal(row), row.name);
}

function advance(sql: StoreSql, name: CounterName, context: StoreCommandContext): number {
  const row = rowOf(sql, name);
  const value = (row !== undefined && table.isIntact(row) ? row.value : restored(sql, name, { row, context })) + 1;
  sql.run('INSERT INTO cron_counters (name, value, crc) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value, crc = excluded.crc', name, value, table.seal({ name, value }));
  return value;
}

/** What it must at least have been: a token is never given out twice, and whoever knows an older state reads anew. */
function restored(sql: StoreSql, name: CounterName, { row, context }: { readonly row: Sealed<CounterRow> | undefined; readonly context: StoreCommandContext }): number {
  if (row !== undefined) table.quarantine(sql, row, context);
  const given = name === 'fence' ? (sql.get<{ readonly token: number | null }>('SELECT max(fencing_token) AS token FROM cron_runs')?.token ?? 0) : 0;
  return Math.max(row?.value ?? 0, given);
}

function rowOf(sql: StoreSql, name: CounterName): Sealed<CounterRow> | undefined {
  return sql.get<Sealed<CounterRow>>('SELECT name, value, crc FROM cron_counters WHERE name = ?', name);
}
