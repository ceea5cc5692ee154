import type { StoreCommandContext, StoreSql } from '@motia/engine-core/contract';

export interface EngineBeat {
  readonly engineId: string;
  readonly beat: number;
}

export function beat(sql: StoreSql, { gone }: { readonly gone: readonly string[] }, { engineId }: StoreCommandContext): void {
  sql.run('INSERT INTO cron_engines (engine_id, beat) VALUES (?, 1) ON CONFLICT (engine_id) DO UPDATE SET beat = beat + 1', engineId);
  for (const other of gone) sql.run('DELETE FROM cron_engines WHERE engine_id = ?', other);
}

/** An engine that stops in order says so, and is gone at once. */
export function leave(sql: StoreSql, _input: undefined, { engineId }: StoreCommandContext): void {
  sql.run('DELETE FROM cron_engines WHERE engine_id = ?', engineId);
}

export function beats(sql: StoreSql): readonly EngineBeat[] {
  return sql.all<EngineBeat>('SELECT engine_id AS engineId, beat FROM cron_engines');
}
