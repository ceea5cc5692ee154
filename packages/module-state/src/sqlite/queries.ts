import type { StoreSql } from '@motia/engine-core/contract';
import type { StateListPage, StateListQuery, StateScopesQuery, StoredEntry } from '../state-store.js';
import { assertIntact, entryColumns, readRow, toEntry, type EntryRow } from './entry-rows.js';

/** @throws `MOTIA_STORE_ROW_CORRUPT` */
export function get(sql: StoreSql, { scope, key, nowMs }: { readonly scope: string; readonly key: string; readonly nowMs: number }): StoredEntry | undefined {
  const row = readRow(sql, scope, key);
  if (row === undefined) return undefined;
  assertIntact(row);
  return toEntry(row, nowMs);
}

/** Rows looked at in one step, before it is known how many of them count. */
const step = 256;

/** @throws `MOTIA_STORE_ROW_CORRUPT` */
export function list(sql: StoreSql, query: StateListQuery & { readonly nowMs: number }): StateListPage {
  const { scope, prefix, limit, maxBytes, nowMs } = query;
  const entries: StoredEntry[] = [];
  let bytes = 0;
  // Keys from the prefix on: it is the smallest of those that begin with it.
  let from: readonly [comparison: '>=' | '>', key: string] = query.after !== undefined && isAfter(query.after, prefix) ? ['>', query.after] : ['>=', prefix];
  for (;;) {
    const rows = sql.all<EntryRow>(`SELECT ${entryColumns} FROM state_entry WHERE scope = ? AND key ${from[0]} ? ORDER BY key LIMIT ?`, scope, from[1], step);
    for (const row of rows) {
      if (!row.key.startsWith(prefix)) return { entries, hasMore: false };
      assertIntact(row);
      const entry = toEntry(row, nowMs);
      if (entry === undefined) continue;
      if (entries.length === limit || (entries.length > 0 && bytes + entry.json.length > maxBytes)) return { entries, hasMore: true };
      entries.push(entry);
      bytes += entry.json.length;
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < step) return { entries, hasMore: false };
    from = ['>', last.key];
  }
}

export function scopes(sql: StoreSql, { prefix, after, limit, nowMs }: StateScopesQuery & { readonly nowMs: number }): { readonly scopes: readonly string[]; readonly hasMore: boolean } {
  const found: string[] = [];
  let from: readonly [comparison: '>=' | '>', scope: string] = after !== undefined && isAfter(after, prefix) ? ['>', after] : ['>=', prefix];
  for (;;) {
    // From scope to scope by the index: what a scope holds is not walked through.
    const next = sql.get<{ readonly scope: string }>(`SELECT scope FROM state_entry WHERE scope ${from[0]} ? AND value IS NOT NULL AND (expires_at_ms IS NULL OR expires_at_ms > ?) ORDER BY scope LIMIT 1`, from[1], nowMs);
    if (next === undefined || !next.scope.startsWith(prefix)) return { scopes: found, hasMore: false };
    if (found.length === limit) return { scopes: found, hasMore: true };
    found.push(next.scope);
    from = ['>', next.scope];
  }
}

export function nextExpiryAtMs(sql: StoreSql): number | undefined {
  return sql.get<{ readonly at: number }>('SELECT expires_at_ms AS at FROM state_entry WHERE expires_at_ms IS NOT NULL ORDER BY expires_at_ms LIMIT 1')?.at;
}

/** In the order of UTF-8 bytes, as SQLite compares texts. */
function isAfter(a: string, b: string): boolean {
  return Buffer.compare(Buffer.from(a), Buffer.from(b)) > 0;
}
