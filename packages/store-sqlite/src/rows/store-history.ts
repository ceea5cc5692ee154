import type { StoreSql } from '@motia/engine-core/contract';

/** In the store's own tables. */
export function createHistory(sql: StoreSql): void {
  sql.run('CREATE TABLE store_history (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL) STRICT');
}

/** @param isReplaced the file was put in place of the one that was here, such as a backup */
export function beginHistory(sql: StoreSql, { id, isReplaced }: { readonly id: string; readonly isReplaced: boolean }): void {
  sql.run(`INSERT INTO store_history (one, id) VALUES (1, ?) ON CONFLICT (one) DO ${isReplaced ? 'UPDATE SET id = excluded.id' : 'NOTHING'}`, id);
}

/**
 * For commands of store programs: a name for what the store has been through. Another name than before: the file is a backup that was restored,
 * and what was written since then is gone, though others may have seen it.
 */
export function storeHistory(sql: StoreSql): string {
  return (sql.get<{ readonly id: string }>('SELECT id FROM store_history') as { readonly id: string }).id;
}
