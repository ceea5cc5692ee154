import type { StoreSql } from '@motia/engine-core/contract';

/** The next fencing token. */
export function nextToken(sql: StoreSql): number {
  sql.run("UPDATE cron_counters SET value = value + 1 WHERE name = 'fence'");
  return counter(sql, 'fence');
}

/** The jobs that calls made have changed. */
export function touchScheduled(sql: StoreSql): void {
  sql.run("UPDATE cron_counters SET value = value + 1 WHERE name = 'scheduled'");
}

export function counter(sql: StoreSql, name: 'fence' | 'scheduled'): number {
  return sql.get<{ value: number }>('SELECT value FROM cron_counters WHERE name = ?', name)?.value ?? 0;
}
